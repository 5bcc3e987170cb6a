"""The worker of a consumer group: polls the log, applies each batch once, tells the log afterwards.

The truth about how far it is lies in its own database, in the transaction of the effects. What does not
answer is waited for, longer each time; only events that fail by themselves become dead letters.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Mapping, Sequence

import structlog
from sqlalchemy import func, select

from shared.clock import Clock, SystemClock
from shared.contracts import Topic
from shared.database import Database, is_transient
from shared.errors import NoiNgheError, Unavailable
from shared.messaging import metrics
from shared.messaging.applying import Applier, PositionMoved, TooManyDeadLetters, reached_by
from shared.messaging.dead_letters import PARKED, POISON
from shared.messaging.handling import Handler, Handlers, Handling
from shared.messaging.log import Consumer, EventLog, LogRecord, Place
from shared.messaging.tables import TABLES

__all__ = ["Handler", "Handlers", "Handling", "TooManyDeadLetters", "Worker", "positions", "topics_of"]

_log = structlog.get_logger(__name__)


def positions(database: Database) -> dict[Place, int]:
    """How far the database is in each partition it reads; with several groups, the slowest."""
    table = TABLES.consumer_position
    slowest = select(table.c.topic, table.c.partition, func.min(table.c.next_offset)).group_by(
        table.c.topic, table.c.partition
    )
    with database.read() as session:
        return {(topic, partition): offset for topic, partition, offset in session.execute(slowest)}


def topics_of(handlers: Handlers) -> list[Topic]:
    """The topics that the handlers need, by name."""
    by_name = {event_type.TOPIC.name: event_type.TOPIC for event_type in handlers}
    return [by_name[name] for name in sorted(by_name)]


class Stuck(Unavailable):
    """The consumer delivers nothing although the log has something for it; the worker takes a new one."""

    code = "consumer_stuck"


class Worker:
    """One member of a consumer group. `run` for a thread of its own, or `drain` up to given ends."""

    def __init__(
        self,
        database: Database,
        log: EventLog,
        group: str,
        handlers: Handlers,
        *,
        clock: Clock | None = None,
        instance: str | None = None,
        batch: int = 1_000,
        poll_s: float = 1.0,
        lag_every_s: float = 10.0,
        dead_letters_per_minute: int | None = 120,
        backoff_s: float = 0.05,
        backoff_max_s: float = 10.0,
    ) -> None:
        """`instance`: name of this replica, stable over restarts; None: it comes and goes.

        `batch`: events in one transaction.

        `dead_letters_per_minute`: more poison than this stops the worker (None: nothing does).
        """
        self._database = database
        self._log = log
        self._group = group
        self._instance = instance
        self._batch = batch
        self._poll_s = poll_s
        self._lag_every_s = lag_every_s
        self._backoff_s = backoff_s
        self._backoff_max_s = backoff_max_s
        self._topics = topics_of(handlers)
        self._applier = Applier(
            database,
            group,
            handlers,
            clock=clock or SystemClock(),
            dead_letters_per_minute=dead_letters_per_minute,
        )
        self._positions: dict[Place, int] = {}
        self._failures = 0
        self._lag_due = 0.0
        self._has_waited = False

    def run(self, stop: threading.Event) -> None:
        """Apply events until `stop` is set; outlives failures of the log and of the database.

        To stop without delay set the event and call `log.wake()`.
        Raises `TooManyDeadLetters`: then a person must look.
        """
        metrics.WORKER_STOPPED.labels(self._group).set(0)
        while not stop.is_set():
            try:
                self._serve(stop)
            except TooManyDeadLetters as fault:
                metrics.WORKER_STOPPED.labels(self._group).set(1)
                _log.error("worker.stopped", consumer=self._group, error=fault.code, reason=fault.message)
                raise
            except Exception as fault:
                self._pause(fault, stop)

    def drain(self, ends: Mapping[Place, int] | None = None, *, timeout_s: float = 60.0) -> None:
        """Apply everything up to the given ends (default: those of now). Raises `Unavailable` when late."""
        wanted = dict(self._log.ends(self._topics) if ends is None else ends)
        deadline = time.monotonic() + timeout_s
        stop = threading.Event()
        consumer = self._join()
        try:
            while any(self._positions.get(place, 0) < end for place, end in wanted.items()):
                if time.monotonic() > deadline:
                    raise Unavailable(
                        f"{self._group}: chưa đọc hết nhật ký sự kiện trong {timeout_s:.0f} giây."
                    )
                self._step(consumer, stop, poll_s=0.2)
        finally:
            consumer.close()

    def _serve(self, stop: threading.Event) -> None:
        consumer = self._join()
        try:
            while not stop.is_set():
                self._step(consumer, stop, poll_s=self._poll_s)
        finally:
            consumer.close()

    def _join(self) -> Consumer:
        self._positions = {}
        self._has_waited = False
        return self._log.consumer(
            self._group, self._topics, instance=self._instance, starting_points=self._starting_points
        )

    def _starting_points(self, places: Sequence[Place]) -> Mapping[Place, int]:
        found = self._applier.positions(places)
        self._positions.update(found)
        return found

    def _step(self, consumer: Consumer, stop: threading.Event, *, poll_s: float) -> None:
        """Poll once and apply what came; a failed batch will be polled again."""
        polled = consumer.poll(self._batch, timeout_s=poll_s)
        at = self._positions
        records = [r for r in polled if r.offset >= at.get((r.topic, r.partition), 0)]
        if not records:
            self._measure_lag()
            return
        try:
            reached = self._apply(records)
        except PositionMoved:
            metrics.WORKER_RETRIES.labels(self._group, "position").inc()
            consumer.seek(self._starting_points(sorted({record.place for record in records})))
        except Exception as fault:
            if not is_transient(fault):
                raise
            consumer.seek({record.place: self._positions[record.place] for record in records})
            self._pause(fault, stop)
        else:
            self._failures = 0
            consumer.commit_hint(reached)
            self._measure_lag()

    def _apply(self, records: Sequence[LogRecord]) -> Mapping[Place, int]:
        """Apply what came; returns where that leads."""
        self._has_waited = False
        items = self._applier.judge(records)
        outcomes = self._applier.apply(items, self._positions)
        reached = reached_by(items)
        self._positions.update(reached)
        for outcome, count in outcomes.items():
            metrics.WORKER_HANDLED.labels(self._group, outcome).inc(count)
            if count and outcome in {POISON, PARKED}:
                metrics.DEAD_LETTERS.labels(self._group, outcome).inc(count)
                _log.error("worker.dead_letters", consumer=self._group, state=outcome, count=count)
        return reached

    def _pause(self, fault: Exception, stop: threading.Event) -> None:
        """Wait before the next attempt: twice as long each time, never in step with others."""
        self._failures += 1
        metrics.WORKER_RETRIES.labels(self._group, "transient").inc()
        if isinstance(fault, NoiNgheError):
            _log.warning("worker.retries", consumer=self._group, error=fault.code, reason=fault.message)
        elif is_transient(fault):
            _log.warning("worker.retries", consumer=self._group, error=type(fault).__name__)
        else:
            _log.error("worker.retries", consumer=self._group, error=type(fault).__name__, exc_info=fault)
        longest = min(self._backoff_max_s, self._backoff_s * 2.0 ** min(self._failures, 16))
        stop.wait(longest * random.uniform(0.5, 1.0))  # noqa: S311 - jitter

    def _measure_lag(self) -> None:
        """How far behind; looked up seldom, because it costs a question to the log.

        Raises `Stuck` where nothing came between two looks although there was something to read: after an
        outage kafka-python was seen polling for ever without fetching, and only a new consumer helps.
        """
        now = time.monotonic()
        if now < self._lag_due:
            return
        self._lag_due = now + self._lag_every_s
        try:
            ends = self._log.ends(self._topics)
        except Unavailable:
            return
        behind = sum(max(0, end - self._positions.get(at, end)) for at, end in ends.items())
        metrics.WORKER_LAG.labels(self._group).set(behind)
        if behind and self._has_waited:
            raise Stuck(f"{self._group}: còn {behind} sự kiện mà không nhận được gì; đang tham gia lại.")
        self._has_waited = behind > 0
