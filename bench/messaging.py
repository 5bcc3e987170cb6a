"""Throughput of messaging beside the bare client: relay, end to end, replay; on both backends.

End to end is: rows in an outbox, relay, log, worker (validation, inbox, position, dead letters), projection
committed. On Kafka relay and worker are processes of their own, as in a province, and so are the bare
producer and consumer; embedded, both are threads of one process, as in `noinghe up`.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue

from prometheus_client import REGISTRY

from bench import flow, peers
from bench.children import answer_of, child, running
from bench.measure import Line, Target, alternate, compared
from bench.run import Run
from shared.contracts import Envelope
from shared.messaging import rebuild
from shared.messaging.log import open_event_log
from shared.messaging.relay import Relay
from shared.messaging.worker import Worker
from shared.service.heap import calm_collector

WARM = 500
RELAY = Target(0.65, 0.80)
END_TO_END = Target(0.50, 0.65)
EMBEDDED = Target(1.0, 1.5)
REPLAY = Target(1.5, 2.5)

_LOOK_S = 0.002
_topics = itertools.count(1)


def measure_relay(run: Run) -> list[Line]:
    """From an outbox to acknowledged by Kafka, beside a producer that sends the same from memory."""
    found = alternate(
        run.extent.repetitions,
        {
            "bare": partial(_bare_producer, run),
            "postgresql": partial(_relay, run, "postgresql"),
            "sqlite": partial(_relay, run, "sqlite"),
        },
    )
    return [
        compared("relay, PostgreSQL outbox / bare producer", found["postgresql"], found["bare"], RELAY),
        compared("relay, SQLite outbox / bare producer", found["sqlite"], found["bare"], RELAY),
    ]


def measure_end_to_end(run: Run) -> list[Line]:
    """From an outbox to a committed projection, and the projection again from the log."""
    replays: dict[str, list[float]] = {"kafka": [], "embedded": []}

    def on_kafka() -> float:
        live, replayed = _on_kafka(run)
        replays["kafka"].append(replayed)
        return live

    def embedded() -> float:
        live, replayed = _embedded(run)
        replays["embedded"].append(replayed)
        return live

    found = alternate(
        run.extent.repetitions,
        {"bare": partial(_bare_pair, run), "kafka": on_kafka, "embedded": embedded},
    )
    pair = "bare producer + consumer"
    return [
        compared(f"end to end, PostgreSQL and Kafka / {pair}", found["kafka"], found["bare"], END_TO_END),
        compared(f"end to end, embedded / {pair}", found["embedded"], found["bare"], EMBEDDED),
        compared("replay / live, PostgreSQL and Kafka", replays["kafka"], found["kafka"], REPLAY),
        compared("replay / live, embedded", replays["embedded"], found["embedded"], REPLAY),
    ]


def _bare_producer(run: Run) -> float:
    with _bare_topic(run) as topic:
        with child(peers.produce, run.kafka.address, topic, warm=WARM, count=run.extent.events) as producer:
            producer.receive()
            producer.go()
            rate: float = producer.receive()
        run.say(f"bare producer: {rate:,.0f} events/s")
        return rate


def _bare_pair(run: Run) -> float:
    sizes = {"warm": WARM, "count": run.extent.events}
    with (
        _bare_topic(run) as topic,
        child(peers.consume, run.kafka.address, topic, **sizes) as consumer,
        child(peers.produce, run.kafka.address, topic, **sizes) as producer,
    ):
        producer.receive()
        consumer.receive()
        producer.go()
        rate: float = consumer.receive()
        producer.receive()
    run.say(f"bare producer and consumer: {rate:,.0f} events/s")
    return rate


@contextmanager
def _bare_topic(run: Run) -> Iterator[str]:
    topic = f"bare-{next(_topics)}"
    run.kafka.clear()
    peers.new_topic(run.kafka.address, topic)
    yield topic


def _relay(run: Run, dialect: str) -> float:
    run.kafka.clear()
    ensure_topics(run.kafka.url)
    with database_urls(run, dialect) as (url, _):
        rate: float = answer_of(_relay_child, url, run.kafka.url, run.extent.events)
    run.say(f"relay, {dialect}: {rate:,.0f} events/s")
    return rate


def _on_kafka(run: Run) -> tuple[float, float]:
    run.kafka.clear()
    ensure_topics(run.kafka.url)
    with database_urls(run, "postgresql") as (source_url, target_url):
        with child(_worker_child, target_url, run.kafka.url, run.extent.events) as worker:
            _fill_warm(source_url, run.kafka.url)
            worker.receive()
            _fill(source_url, run.extent.events)
            with child(relay_child, source_url, run.kafka.url):
                live: float = worker.receive()
        replayed: float = answer_of(_replay_child, target_url, run.kafka.url)
    run.say(f"end to end on Kafka: live {live:,.0f}, replay {replayed:,.0f} events/s")
    return live, replayed


def _embedded(run: Run) -> tuple[float, float]:
    folder = run.folder()
    live: float = answer_of(_embedded_child, folder, run.extent.events)
    replayed: float = answer_of(_replay_child, f"sqlite:///{folder}", log_url(folder))
    run.say(f"end to end, embedded: live {live:,.0f}, replay {replayed:,.0f} events/s")
    return live, replayed


@contextmanager
def database_urls(run: Run, dialect: str) -> Iterator[tuple[str, str]]:
    """Empty databases for source and target."""
    if dialect == "sqlite":
        yield f"sqlite:///{run.folder()}", f"sqlite:///{run.folder()}"
        return
    urls = f"{run.postgres.create_database()}", f"{run.postgres.create_database()}"
    yield urls
    for url in urls:
        run.postgres.drop_database(url)


def log_url(folder: Path) -> str:
    """The embedded event log of a folder."""
    return f"sqlite:///{folder / 'event-log.db'}"


def ensure_topics(url: str) -> None:
    """Create the topic of the flow."""
    log = open_event_log(url)
    log.ensure_topics([flow.TOPIC])
    log.close()


def _fill(url: str, count: int) -> None:
    source = flow.open_prepared(url, flow.SOURCE)
    flow.fill(source, count, first=WARM)
    source.dispose()


def _fill_warm(url: str, log_address: str) -> None:
    source = flow.open_prepared(url, flow.SOURCE)
    log = open_event_log(log_address)
    flow.fill(source, WARM)
    Relay(source, log, flow.SOURCE).drain()
    log.close()
    source.dispose()


def _relay_child(pipe: Connection, url: str, log_address: str, count: int) -> None:
    """How many events a second the relay gets acknowledged, after its first batch."""
    calm_collector()
    source = flow.open_prepared(url, flow.SOURCE)
    log = open_event_log(log_address)
    flow.fill(source, count)
    with running([Relay(source, log, flow.SOURCE).run], wake=[source.wake]):
        first, since = _until(1)
        last, now = _until(count)
    pipe.send((last - first) / (now - since))
    pipe.recv()
    log.close()
    source.dispose()


def _until(wanted: int) -> tuple[float, float]:
    """How many events the relay had moved when it had moved at least so many, and when that was."""
    while True:
        moved = REGISTRY.get_sample_value("noinghe_relay_published_total", {"service": flow.SOURCE}) or 0.0
        if moved >= wanted:
            return moved, time.monotonic()
        time.sleep(_LOOK_S)


def relay_child(pipe: Connection, url: str, log_address: str) -> None:
    """A relay until `go`."""
    calm_collector()
    source = flow.open_prepared(url, flow.SOURCE)
    log = open_event_log(log_address)
    with running([Relay(source, log, flow.SOURCE).run], wake=[source.wake]):
        pipe.recv()
    log.close()
    source.dispose()


def _worker_child(pipe: Connection, url: str, log_address: str, count: int) -> None:
    """A worker until `go`; tells when it is warm, and the rate of the rest."""
    calm_collector()
    target = flow.open_prepared(url, flow.TARGET)
    log = open_event_log(log_address)
    meter = flow.Meter(warm=WARM, total=WARM + count, tell=pipe.send)
    target.on_commit(meter.committed)
    worker = Worker(target, log, flow.TARGET, flow.handlers(lambda heard: _count(meter, heard)))
    with running([worker.run], wake=[log.wake]):
        pipe.recv()
    log.close()
    target.dispose()


def _embedded_child(pipe: Connection, folder: Path, count: int) -> None:
    """Everything in this process; tells the rate."""
    calm_collector()
    source = flow.open_prepared(f"sqlite:///{folder}", flow.SOURCE)
    target = flow.open_prepared(f"sqlite:///{folder}", flow.TARGET)
    log = open_event_log(log_url(folder))
    log.ensure_topics([flow.TOPIC])
    told: SimpleQueue[float | None] = SimpleQueue()
    meter = flow.Meter(warm=WARM, total=WARM + count, tell=told.put)
    target.on_commit(meter.committed)
    worker = Worker(target, log, flow.TARGET, flow.handlers(lambda heard: _count(meter, heard)))
    relay = Relay(source, log, flow.SOURCE)
    with running([worker.run], wake=[log.wake]):
        flow.fill(source, WARM)
        relay.drain()
        told.get()
        flow.fill(source, count, first=WARM)
        with running([relay.run], wake=[source.wake]):
            pipe.send(told.get())
            pipe.recv()
    log.close()
    source.dispose()
    target.dispose()


def _replay_child(pipe: Connection, url: str, log_address: str) -> None:
    """Build the projection again from the log; how many events a second that took."""
    calm_collector()
    target = flow.open_prepared(url, flow.TARGET)
    log = open_event_log(log_address)
    since = time.monotonic()
    found = rebuild.replay(flow.projection(target, log))
    took = time.monotonic() - since
    if not found.ok:
        raise RuntimeError("the replay came out different from the live projection")
    pipe.send(found.events / took)
    pipe.recv()
    log.close()
    target.dispose()


def _count(meter: flow.Meter, heard: Sequence[Envelope]) -> None:
    meter.add(len(heard))
