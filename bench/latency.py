"""From a command's commit to the projection's commit, at a steady 500 events a second.

Every event is a transaction of its own, as when many people work at once. The clock starts on the last
line before the command's commit and stops after the commit of the projection, so both commits count.
Embedded: one process. Kafka: the web, the relay and the worker are three processes (PostgreSQL below each).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

from bench import flow
from bench.children import answer_of, child, running
from bench.measure import Line, Target, limited, number, percentile
from bench.messaging import database_urls, ensure_topics, log_url, relay_child
from bench.run import Run
from shared.contracts import Envelope
from shared.database import Database
from shared.messaging.log import open_event_log
from shared.messaging.outbox import publish
from shared.messaging.relay import Relay
from shared.messaging.worker import Worker
from shared.service.heap import calm_collector

EVENTS_PER_S = 500
WRITERS = 4
EMBEDDED = Target(50, 15, more_is_better=False)
KAFKA = Target(250, 100, more_is_better=False)

_WARM_S = 2.0
_STEADY_SHARE = 0.98

Moments = dict[str, float]
"""By record: seconds of the machine's monotonic clock, which its processes share."""


def measure_embedded(run: Run) -> list[Line]:
    """All in one process, on files."""
    run.say("latency, embedded")
    written, arrived = answer_of(_embedded_child, run.folder(), run.extent.latency_s)
    return [_line("embedded", written, arrived, EMBEDDED)]


def measure_kafka(run: Run) -> list[Line]:
    """Three processes, PostgreSQL and the broker."""
    run.say("latency, PostgreSQL and Kafka")
    run.kafka.clear()
    ensure_topics(run.kafka.url)
    seconds = run.extent.latency_s
    with database_urls(run, "postgresql") as (source_url, target_url):
        source = flow.open_prepared(source_url, flow.SOURCE)
        with (
            child(_worker_child, target_url, run.kafka.url, _events(seconds)) as worker,
            child(relay_child, source_url, run.kafka.url),
        ):
            _write(source, 1, first=0)
            worker.receive()
            written = _write(source, _events(seconds), first=1)
            arrived = worker.receive()
        source.dispose()
    return [_line("PostgreSQL and Kafka", written, arrived, KAFKA)]


def _events(seconds: float) -> int:
    return round((_WARM_S + seconds) * EVENTS_PER_S)


def _line(where: str, written: Moments, arrived: Moments, target: Target) -> Line:
    """Percentiles without the first two seconds, in milliseconds."""
    begin = min(written.values()) + _WARM_S
    steady = {record: moment for record, moment in written.items() if moment >= begin}
    took = [(arrived[record] - moment) * 1_000 for record, moment in steady.items()]
    p50, p95, p99 = (percentile(took, share) for share in (0.50, 0.95, 0.99))
    reached = (len(steady) - 1) / (max(steady.values()) - min(steady.values()))
    seen = f"p50 {number(p50)}, p95 {number(p95)}, p99 {number(p99)} ms"
    if reached < EVENTS_PER_S * _STEADY_SHARE:
        seen += f" (only {reached:.0f} events/s were written)"
    measure = f"commit to projection at {EVENTS_PER_S} events/s, {where}"
    return limited(measure, p95, target, seen=seen, unit="ms p95")


def _write(database: Database, count: int, *, first: int) -> Moments:
    """One command per event, spread evenly over time by a few writers."""
    begin = time.monotonic()

    def write(writer: int) -> Moments:
        moments: Moments = {}
        for place in range(writer, count, WRITERS):
            time.sleep(max(0.0, begin + place / EVENTS_PER_S - time.monotonic()))
            event = flow.pending(first + place)
            with database.write() as session:
                publish(session, [event])
                moments[event.data.subject] = time.monotonic()
        return moments

    with ThreadPoolExecutor(WRITERS) as writers:
        return {
            record: at for moments in writers.map(write, range(WRITERS)) for record, at in moments.items()
        }


class _Arrivals:
    """Notes when each record was committed to the projection; tells when the awaited number is there."""

    def __init__(self, database: Database) -> None:
        self.moments: Moments = {}
        self._under_way: list[str] = []
        self._awaited: list[tuple[int, Callable[[Moments], None]]] = []
        database.on_commit(self._committed)

    def hear(self, envelopes: Sequence[Envelope]) -> None:
        """In the handler: these are in the present transaction."""
        self._under_way += [envelope.subject for envelope in envelopes]

    def when(self, count: int, tell: Callable[[Moments], None]) -> None:
        """Call `tell` once so many are there; to be said in ascending order, before they come."""
        self._awaited.append((count, tell))

    def _committed(self) -> None:
        now = time.monotonic()
        self.moments |= dict.fromkeys(self._under_way, now)
        self._under_way.clear()
        while self._awaited and len(self.moments) >= self._awaited[0][0]:
            _, tell = self._awaited.pop(0)
            tell(self.moments)


def _worker_child(pipe: Connection, url: str, log_address: str, count: int) -> None:
    """A worker until `go`; tells when the first event came, and in the end when each came."""
    calm_collector()
    target = flow.open_prepared(url, flow.TARGET)
    log = open_event_log(log_address)
    arrivals = _Arrivals(target)
    arrivals.when(1, lambda _: pipe.send(None))
    arrivals.when(1 + count, pipe.send)
    worker = Worker(target, log, flow.TARGET, flow.handlers(arrivals.hear))
    with running([worker.run], wake=[log.wake]):
        pipe.recv()
    log.close()
    target.dispose()


def _embedded_child(pipe: Connection, folder: Path, seconds: float) -> None:
    """Writers, relay and worker; tells when each event was written and when it came."""
    calm_collector()
    source = flow.open_prepared(f"sqlite:///{folder}", flow.SOURCE)
    target = flow.open_prepared(f"sqlite:///{folder}", flow.TARGET)
    log = open_event_log(log_url(folder))
    log.ensure_topics([flow.TOPIC])
    arrivals = _Arrivals(target)
    worker = Worker(target, log, flow.TARGET, flow.handlers(arrivals.hear))
    relay = Relay(source, log, flow.SOURCE)
    with running([worker.run, relay.run], wake=[log.wake, source.wake]):
        written = _write(source, _events(seconds), first=0)
        arrivals.when(len(written), lambda arrived: pipe.send((written, arrived)))
        target.wake()
        pipe.recv()
    log.close()
    source.dispose()
    target.dispose()
