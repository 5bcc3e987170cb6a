"""One process of the chain: `python -m tests.chaos.process --database URL --log URL ROLE…`.

Roles: `command` (a load of commands, written to the ledger; SIGTERM ends the load early), `relay`, `worker`,
`answers` (the relay of the consumer's outbox). Ends with status 0 when its own roles have come to rest; may
be told to die or to sleep at a step before.
"""

from __future__ import annotations

import argparse
import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil

from shared.contracts.school import CONTENT
from shared.database import Database, open_database
from shared.errors import Invalid, Unavailable
from shared.messaging import outbox
from shared.messaging.log import EventLog
from shared.messaging.worker import positions
from tests.chaos import chain
from tests.chaos.ledger import Ledger
from tests.chaos.mishap import Mishap, arm

WRITERS = 3
LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Load:
    """A stream of commands: so many acknowledged ones per writer, each with a pause after it."""

    database: Database
    ledger: Ledger
    life: str
    commands: int
    pause_s: float
    stop: threading.Event

    def run(self, writer: int) -> None:
        """Issue commands until enough were acknowledged (or told to stop); what did not answer is unknown."""
        chance = random.Random(f"{self.life}/{writer}")  # noqa: S311 - which records, the same every time
        done = number = 0
        while done < self.commands and not self.stop.is_set():
            number += 1
            token = f"{self.life}.{writer}.{number}"
            if number % 13 == 5:
                token += f" {chain.REFUSED}"
            elif number % 17 == 16:  # late: a dead letter would itself keep a first batch from doubling
                token += f" {chain.POISON}"
            self.ledger.write("begun", token)
            try:
                chain.command(self.database, token, [f"ref-{n}" for n in chance.sample(range(9), 2)])
            except Invalid:
                self.ledger.write("fail", token)
            except Unavailable:
                self.ledger.write("unknown", token)
                time.sleep(0.1)
            else:
                self.ledger.write("ok", token)
                done += 1
            time.sleep(self.pause_s)


class Roles:
    """The roles of this process at work on threads, and when they are at rest."""

    def __init__(self, database_url: str, log_url: str, stack: ExitStack) -> None:
        self._database_url = database_url
        self._stack = stack
        self.log: EventLog = chain.open_log(log_url)
        stack.callback(self.log.close)
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._busy: list[Callable[[], bool]] = []
        self._databases: list[Database] = []

    def open(self, service: str) -> Database:
        """A service's database, until the process ends."""
        database = self._stack.enter_context(open_database(self._database_url, service, timeout_s=10))
        self._databases.append(database)
        return database

    def relay(self) -> None:
        """Move the publisher's outbox."""
        database = self.open(chain.PUBLISHER)
        self._start(chain.relay(database, self.log, chain.PUBLISHER).run)
        self._busy.append(lambda: outbox.depth(database) > 0)

    def worker(self, instance: str) -> None:
        """Consume."""
        database = self.open(chain.CONSUMER)
        self._start(chain.worker(database, self.log, instance).run)
        self._busy.append(lambda: self._is_behind(database))

    def answers(self) -> None:
        """Move the consumer's outbox."""
        database = self.open(chain.CONSUMER)
        self._start(chain.relay(database, self.log, chain.CONSUMER).run)
        self._busy.append(lambda: outbox.depth(database) > 0)

    def wait_for(self, process: int) -> None:
        """Not come to rest before that process has ended, however empty the outbox is meanwhile."""
        self._busy.append(lambda: psutil.pid_exists(process))

    def finish(self) -> None:
        """Return when everything is through, with all threads ended."""
        while not self._at_rest():
            time.sleep(LOOK_S)
        self._stop.set()
        for database in self._databases:
            database.wake()
        self.log.wake()
        for thread in self._threads:
            thread.join()

    def _start(self, run: Callable[[threading.Event], None]) -> None:
        thread = threading.Thread(target=run, args=(self._stop,))
        thread.start()
        self._threads.append(thread)

    def _is_behind(self, database: Database) -> bool:
        reached = positions(database)
        return any(reached.get(at, 0) < end for at, end in self.log.ends([CONTENT]).items())

    def _at_rest(self) -> bool:
        try:
            return not any(busy() for busy in self._busy)
        except Unavailable:
            return False


def main() -> None:
    """Run the roles asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.process")
    parser.add_argument("--database", required=True)
    parser.add_argument("--log", required=True)
    parser.add_argument("--ledger", type=Path, required=True)
    parser.add_argument("--life", required=True)
    parser.add_argument("--commands", type=int, default=20)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--mishap", type=Mishap.read)
    parser.add_argument("--beside", type=int)
    parser.add_argument("roles", nargs="+", choices=["command", "relay", "worker", "answers"])
    asked = parser.parse_args()
    if asked.mishap is not None:
        arm(asked.mishap)
    with ExitStack() as stack:
        roles = Roles(asked.database, asked.log, stack)
        if asked.beside is not None:
            roles.wait_for(asked.beside)
        if "relay" in asked.roles:
            roles.relay()
        if "worker" in asked.roles:
            roles.worker(asked.life if asked.mishap and asked.mishap.signal == signal.SIGSTOP else "one")
        if "answers" in asked.roles:
            roles.answers()
        if "command" in asked.roles:
            stop = threading.Event()
            signal.signal(signal.SIGTERM, lambda *_: stop.set())
            load = Load(
                database=roles.open(chain.PUBLISHER),
                ledger=Ledger(asked.ledger),
                life=asked.life,
                commands=asked.commands,
                pause_s=asked.pause,
                stop=stop,
            )
            writers = [threading.Thread(target=load.run, args=(number,)) for number in range(WRITERS)]
            for writer in writers:
                writer.start()
            for writer in writers:
                writer.join()
        roles.finish()


if __name__ == "__main__":
    main()
