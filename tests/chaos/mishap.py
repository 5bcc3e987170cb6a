"""Steps of the way of a fact, and a process that ends itself at the n-th pass of one of them.

Armed in the entry script of a process (`process`, `office`), never in the test's own: the classes that do
the work are wrapped, so the same code runs as ever until the moment comes.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy.orm import Session

from shared.database import Database
from shared.messaging import outbox
from shared.messaging.applying import Applier
from shared.messaging.custody import PostgresqlCustody, SqliteCustody
from shared.messaging.embedded import EmbeddedConsumer, EmbeddedLog
from shared.messaging.kafka import KafkaGroupConsumer
from shared.messaging.relay import Relay
from shared.messaging.worker import Worker

COMMAND_STEPS = ("command:before-commit", "command:after-commit")
RELAY_STEPS = (
    "relay:before-append",
    "relay:within-append",
    "relay:after-append",
    "relay:before-delete",
    "relay:after-delete",
)
WORKER_STEPS = (
    "worker:after-poll",
    "worker:before-commit",
    "worker:after-commit",
    "worker:after-hint",
)
LOG_STEPS = ("log:before-commit", "log:after-commit")
"""Inside an append of the embedded log; on Kafka the broker itself is killed instead."""

STEPS = (*COMMAND_STEPS, *RELAY_STEPS, *WORKER_STEPS, *LOG_STEPS)


@dataclass
class Mishap:
    """What happens at the `nth` pass of `step`. Written as "STEP@NTH" or "STEP@NTH@STOP"."""

    step: str
    nth: int
    signal: signal.Signals = signal.SIGKILL
    _passed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def read(cls, text: str) -> Mishap:
        """The mishap that `text` describes."""
        step, nth, *rest = text.split("@")
        if step not in STEPS:
            raise ValueError(f"no such step: {step}")
        return cls(step, int(nth), signal.SIGSTOP if rest == ["STOP"] else signal.SIGKILL)

    def __str__(self) -> str:
        return f"{self.step}@{self.nth}" + ("@STOP" if self.signal == signal.SIGSTOP else "")

    def passes(self, step: str) -> None:
        """A thread passes a step; at the right one this call does not return, or only after SIGCONT."""
        if step != self.step:
            return
        with self._lock:
            self._passed += 1
            due = self._passed == self.nth
        if due:
            # to this very thread: a stop sent to the process may let the caller run on for a moment
            signal.pthread_kill(threading.get_ident(), self.signal)


def arm(mishap: Mishap) -> None:
    """Wrap what does the work, for the rest of this process."""
    _wrap_commits(mishap)
    _wrap_relay(mishap)
    _wrap_log(mishap)
    _wrap_worker(mishap)


_PUBLISHED = "chaos.published"
_doing = threading.local()


@contextmanager
def _being(name: str) -> Iterator[None]:
    """What this thread does for the length of a block."""
    _doing.name = name
    try:
        yield
    finally:
        _doing.name = None


def _wrap_commits(mishap: Mishap) -> None:
    write, insert = Database.write, cast(Callable[..., None], vars(outbox)["insert_rows"])

    def noting(session: Session, table: Any, rows: Any) -> None:
        session.info[_PUBLISHED] = True
        insert(session, table, rows)

    @contextmanager
    def writing(self: Database) -> Iterator[Session]:
        name = getattr(_doing, "name", None)
        with write(self) as session:
            yield session
            if name is None and session.info.get(_PUBLISHED):
                name = "command"
            mishap.passes(f"{name}:before-commit")
        mishap.passes(f"{name}:after-commit")

    vars(outbox)["insert_rows"] = noting
    _put(Database, "write", writing)


def _wrap_relay(mishap: Mishap) -> None:
    append = Relay._append

    def appending(self: Relay, rows: Sequence[Any]) -> None:
        mishap.passes("relay:before-append")
        if mishap.step == "relay:within-append" and len(rows) > 1:
            append(self, rows[: len(rows) // 2])
            mishap.passes("relay:within-append")
            append(self, rows[len(rows) // 2 :])
        else:
            append(self, rows)
        mishap.passes("relay:after-append")

    _put(Relay, "_append", appending)
    for custody in (SqliteCustody, PostgresqlCustody):
        _wrap(custody, "delete", before="relay:before-delete", after="relay:after-delete", mishap=mishap)


def _wrap_log(mishap: Mishap) -> None:
    append, transaction = EmbeddedLog.append, EmbeddedLog.transaction

    def appending(self: EmbeddedLog, records: Any) -> None:
        with _being("log"):
            append(self, records)

    @contextmanager
    def inside(self: EmbeddedLog) -> Iterator[Any]:
        with transaction(self) as connection:
            yield connection
            if getattr(_doing, "name", None) == "log":
                mishap.passes("log:before-commit")
        if getattr(_doing, "name", None) == "log":
            mishap.passes("log:after-commit")

    _put(EmbeddedLog, "append", appending)
    _put(EmbeddedLog, "transaction", inside)


def _wrap_worker(mishap: Mishap) -> None:
    apply = Applier.apply

    def applying(self: Applier, *arguments: Any) -> Any:
        with _being("worker"):
            return apply(self, *arguments)

    _put(Applier, "apply", applying)
    _wrap(Worker, "_apply", before="worker:after-poll", mishap=mishap)
    for consumer in (EmbeddedConsumer, KafkaGroupConsumer):
        _wrap(consumer, "commit_hint", after="worker:after-hint", mishap=mishap)


def _wrap(owner: type, name: str, *, mishap: Mishap, before: str = "", after: str = "") -> None:
    """Let a method tell when it begins and when it has returned."""
    original = cast(Callable[..., Any], getattr(owner, name))

    def telling(*arguments: Any, **options: Any) -> Any:
        mishap.passes(before)
        result = original(*arguments, **options)
        mishap.passes(after)
        return result

    _put(owner, name, telling)


def _put(owner: type, name: str, function: Callable[..., Any]) -> None:
    setattr(owner, name, function)
