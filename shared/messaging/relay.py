"""The relay moves a service's outbox into the event log, in order, and deletes what was acknowledged.

One relay per service is active; others stand by. While one batch is on its way to the log the next is
read, but it is sent only after the first was acknowledged: so a failure never lets a later event of a key
overtake an earlier one, and only a prefix per key is ever deleted. A crash between acknowledgement and
deletion repeats events; consumers know them by their ids.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

import structlog

from shared.database import Database
from shared.errors import NoiNgheError, Unavailable
from shared.messaging import metrics
from shared.messaging.custody import OutboxRow, custody_of
from shared.messaging.log import EventLog, NewRecord, Producer

_log = structlog.get_logger(__name__)

_STOP_LOOK_S = 0.2
"""How often a relay that waits for an acknowledgement looks whether it should stop."""


class Relay:
    """Moves one outbox. `run` for a thread of its own, or `drain` for the present content."""

    def __init__(
        self,
        database: Database,
        log: EventLog,
        service: str,
        *,
        batch: int = 1_000,
        batch_bytes: int = 4 * 1024 * 1024,
        safety_poll_s: float = 1.0,
        lease_ttl_s: float = 15.0,
        backoff_s: float = 0.1,
        backoff_max_s: float = 5.0,
        stop_grace_s: float = 5.0,
    ) -> None:
        """Two batches at most are held in memory, each of `batch` rows and about `batch_bytes`.

        `safety_poll_s`: how long a lost wake-up can delay an event. `stop_grace_s`: how long a stop waits
        for an acknowledgement that is under way.
        """
        self._log = log
        self._service = service
        self._batch = batch
        self._batch_bytes = batch_bytes
        self._safety_poll_s = safety_poll_s
        self._backoff_s = backoff_s
        self._backoff_max_s = backoff_max_s
        self._stop_grace_s = stop_grace_s
        self._database = database
        self._custody = custody_of(database, lease_ttl_s=lease_ttl_s)
        self._producer: Producer | None = None
        self._active = metrics.RELAY_ACTIVE.labels(service)
        self._published = metrics.RELAY_PUBLISHED.labels(service)
        self._depth = metrics.OUTBOX_DEPTH.labels(service)

    def run(self, stop: threading.Event) -> None:
        """Move events until `stop` is set; outlives failures of the log and of the database.

        To stop without delay set the event and call `database.wake()`.
        """
        with self._at_work() as sender:
            failures = 0
            while not stop.is_set():
                try:
                    if self._custody.acquire():
                        self._active.set(1)
                        self._move(sender, stop, until_empty=False)
                        failures = 0
                    else:
                        self._active.set(0)
                        self._custody.wait(self._safety_poll_s)
                except Exception as fault:
                    failures += 1
                    self._give_up(fault)
                    stop.wait(self._pause_s(failures))

    def drain(self, *, timeout_s: float = 60.0) -> None:
        """Move everything that is there now. Raises `Unavailable` when that fails or takes too long."""
        deadline = time.monotonic() + timeout_s
        stop = threading.Event()
        with self._at_work() as sender:
            while not self._custody.acquire():
                if time.monotonic() > deadline:
                    raise Unavailable(f"Hàng chờ của {self._database.where} do tiến trình khác giữ.")
                self._custody.wait(0.05)
            try:
                self._move(sender, stop, until_empty=True)
            except Unavailable as fault:
                self._give_up(fault)
                raise

    def _at_work(self) -> _AtWork:
        return _AtWork(self)

    def _move(self, sender: ThreadPoolExecutor, stop: threading.Event, *, until_empty: bool) -> None:
        """Read, send, delete, in overlapping steps, until stopped, out of custody or empty."""
        flying: Sequence[int] = []
        under_way: Future[None] | None = None
        while True:
            rows = [] if stop.is_set() else self._read(flying)
            if under_way is not None:
                self._await(under_way, stop)
            under_way = sender.submit(self._append, rows) if rows else None
            if flying:
                self._custody.delete(flying)
                self._published.inc(len(flying))
            flying = [row[0] for row in rows]
            self._depth.set(len(flying))
            if flying:
                continue
            if until_empty or stop.is_set():
                return
            self._custody.wait(self._safety_poll_s)
            if not self._custody.acquire():
                return

    def _read(self, flying: Sequence[int]) -> Sequence[OutboxRow]:
        rows = self._custody.read(self._batch, flying=flying)
        size = 0
        for number, (_, _, _, value, _) in enumerate(rows):
            size += len(value)
            if size > self._batch_bytes and number:
                return rows[:number]
        return rows

    def _append(self, rows: Sequence[OutboxRow]) -> None:
        if self._producer is None:
            self._producer = self._log.producer()
        self._producer.append([NewRecord(*row[1:]) for row in rows])

    def _await(self, under_way: Future[None], stop: threading.Event) -> None:
        stopped_at: float | None = None
        while True:
            try:
                under_way.result(timeout=_STOP_LOOK_S)
            except NotYet:
                if under_way.done():
                    raise
                if stop.is_set():
                    stopped_at = stopped_at or time.monotonic()
                    if time.monotonic() > stopped_at + self._stop_grace_s and self._producer is not None:
                        self._producer.close()
            else:
                return

    def _give_up(self, fault: Exception) -> None:
        """Throw the producer away: the next attempt begins with the first row that is not deleted."""
        metrics.RELAY_FAILURES.labels(self._service).inc()
        if isinstance(fault, NoiNgheError):
            _log.warning("relay.failed", service=self._service, error=fault.code, reason=fault.message)
        else:
            _log.error("relay.failed", service=self._service, error=type(fault).__name__, exc_info=fault)
        if self._producer is not None:
            self._producer.close()
            self._producer = None

    def _pause_s(self, failures: int) -> float:
        longest = min(self._backoff_max_s, self._backoff_s * 2.0 ** min(failures, 16))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter

    def _end(self) -> None:
        if self._producer is not None:
            self._producer.close()
            self._producer = None
        try:
            self._custody.close()
        except Unavailable as fault:  # the lease runs out by itself
            _log.warning("relay.release_failed", service=self._service, error=fault.code)
        self._active.set(0)


class _AtWork:
    """The sending thread and the wake-up hook, for as long as a relay runs."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay

    def __enter__(self) -> ThreadPoolExecutor:
        relay = self._relay
        relay._custody.open()
        self._unhook = relay._database.on_commit(relay._custody.wake)
        self._sender = ThreadPoolExecutor(1, thread_name_prefix=f"{relay._service}-sender")
        return self._sender

    def __exit__(self, *_: object) -> None:
        self._unhook()
        if self._relay._producer is not None:
            self._relay._producer.close()
        self._sender.shutdown()
        self._relay._end()
