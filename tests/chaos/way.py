"""The way of a fact as the tests drive it: processes of the chain on one backend, watched from outside."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.chaos import chain, invariants
from tests.chaos.ledger import Told, read
from tests.chaos.mishap import Mishap

ALL = ("command", "relay", "worker", "answers")
WITHIN_S = 60.0


@dataclass
class Way:
    """A backend, the ledger of its commands, and how many processes there were."""

    folder: Path
    database_url: str
    log_url: str
    _lives: int = 0
    _alive: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def is_embedded(self) -> bool:
        return self.log_url.startswith("sqlite:")

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger"

    def told(self) -> Told:
        """What the outside world was told so far."""
        return read(self.ledger)

    def start(
        self,
        *roles: str,
        mishap: Mishap | None = None,
        commands: int = 20,
        pause_s: float = 0.0,
        beside: subprocess.Popen[str] | None = None,
    ) -> subprocess.Popen[str]:
        """A new process with these roles (none given: all of them); not at rest before `beside` has ended."""
        self._lives += 1
        command = [sys.executable, "-m", "tests.chaos.process"]
        command += ["--database", self.database_url, "--log", self.log_url, "--ledger", str(self.ledger)]
        command += ["--life", f"life{self._lives}", f"--commands={commands}", f"--pause={pause_s}"]
        command += ["--mishap", str(mishap)] if mishap else []
        command += [f"--beside={beside.pid}"] if beside else []
        with self._output.open("a") as output:
            process = subprocess.Popen(
                [*command, *(roles or ALL)], stdout=output, stderr=subprocess.STDOUT, text=True
            )
        self._alive.append(process)
        return process

    def live(self, mishap: Mishap | None = None, *roles: str, commands: int = 20) -> None:
        """A process until it dies of its mishap; without one, until everything is through."""
        process = self.start(*roles, mishap=mishap, commands=commands)
        self.wait(process, -signal.SIGKILL if mishap else 0, why=str(mishap))

    def wait(self, process: subprocess.Popen[str], status: int = 0, *, why: str = "") -> None:
        """Wait for the end of a process and see that it was the expected one."""
        assert process.wait(timeout=WITHIN_S) == status, f"{why}: {process.returncode}\n{self._tail()}"

    def until(self, condition: Callable[[], bool], *processes: subprocess.Popen[str]) -> None:
        """Wait for something outside; these processes must not end meanwhile."""
        deadline = time.monotonic() + WITHIN_S
        while not condition():
            for process in processes:
                assert process.poll() is None, f"{process.returncode}\n{self._tail()}"
            assert time.monotonic() < deadline, self._tail()
            time.sleep(0.01)

    def until_acknowledged(self, more: int, process: subprocess.Popen[str]) -> None:
        """Wait until so many more commands were acknowledged."""
        goal = len(self.told().ok) + more
        self.until(lambda: len(self.told().ok) >= goal, process)

    def until_stopped(self, process: subprocess.Popen[str]) -> None:
        """Wait until a process sleeps by SIGSTOP."""
        self.until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_STOPPED, process)

    def check(self) -> invariants.Through:
        """Every promise, now that everything is through."""
        return invariants.check(self.database_url, self.log_url, self.told())

    def output(self) -> str:
        """What all processes so far have printed."""
        return self._output.read_text()

    def end(self) -> None:
        """Leave no process behind."""
        for process in self._alive:
            if process.poll() is None:
                process.kill()
                process.wait()

    @property
    def _output(self) -> Path:
        return self.folder / "output"

    def _tail(self) -> str:
        return self.output()[-4_000:]


@contextmanager
def prepared(folder: Path, database_url: str, log_url: str) -> Iterator[Way]:
    """A way on empty tables and topics."""
    chain.prepare(database_url, log_url)
    way = Way(folder, database_url, log_url)
    try:
        yield way
    finally:
        way.end()
