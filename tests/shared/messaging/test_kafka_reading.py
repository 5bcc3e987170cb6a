"""Many records of Kafka are read by a process of its own, with the same result and the same errors."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import psutil
import pytest
from kafka.errors import KafkaError, KafkaTimeoutError

from infra.kafka import KafkaBroker
from shared.contracts import Topic
from shared.contracts.school import CONTENT
from shared.errors import Unavailable
from shared.messaging import kafka
from shared.messaging.kafka import KafkaLog
from shared.messaging.kafka_reading import Extract, read, read_beside
from tests.shared.messaging.house import append, completion, pending, records

COUNT = 600
"""More bytes than a pipe holds."""


@pytest.fixture
def topic() -> Topic:
    """A topic that no other test uses."""
    return replace(CONTENT, name=f"noinghe.test.{uuid.uuid4().hex}", partitions=3)


@pytest.fixture
def log(kafka: KafkaBroker, topic: Topic) -> Iterator[KafkaLog]:
    """A log whose topic has `COUNT` records."""
    opened = KafkaLog.from_url(kafka.url)
    opened.ensure_topics([topic])
    made = records(*[pending(completion(f"ref-{n}")) for n in range(COUNT)])
    append(opened, [record._replace(topic=topic.name) for record in made])
    yield opened
    opened.close()


def readers() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE and "kafka_reading" in " ".join(child.cmdline())
    ]


def test_records_read_beside_are_those_read_here(
    log: KafkaLog, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = log.ends([topic])
    start = {next(iter(ends)): 5}
    here = [record for batch in log.read([topic], ends, start=start, batch=50) for record in batch]
    monkeypatch.setattr(kafka, "_MANY", COUNT - 5)
    beside = []
    for batch in log.read([topic], ends, start=start, batch=50):
        assert len(readers()) <= 1
        beside += batch
    assert len(beside) == COUNT - 5
    assert sorted(beside) == sorted(here)
    assert readers() == []


def test_who_stops_reading_leaves_no_process(
    log: KafkaLog, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka, "_MANY", 1)
    with closing(log.read([topic], log.ends([topic]), batch=10)) as batches:  # type: ignore[type-var]
        next(batches)
        assert len(readers()) == 1
    assert readers() == []


def test_the_death_of_the_reading_process_is_a_sentence(
    log: KafkaLog, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka, "_MANY", 1)
    batches = log.read([topic], log.ends([topic]), batch=10)
    next(batches)
    (reader,) = readers()
    reader.kill()
    with pytest.raises(Unavailable, match="KafkaTimeoutError"):
        list(batches)
    assert readers() == []


def test_an_error_of_the_reading_process_is_raised_here() -> None:
    options = {"bootstrap_servers": ["127.0.0.1:1"], "bootstrap_timeout_ms": 300}
    place = ("noinghe.school.content", 0)
    extract = Extract(options=options, start={}, until={place: 1}, batch=10, silence_s=1)
    with pytest.raises(KafkaError, match="bootstrap"):
        list(read_beside(extract))


def test_silence_is_an_error(log: KafkaLog, topic: Topic) -> None:
    (place, end), *_ = log.ends([topic]).items()
    extract = Extract(
        options=log._reading(), start={place: end}, until={place: end + 1}, batch=10, silence_s=0.3
    )
    with pytest.raises(KafkaTimeoutError, match="no records"):
        list(read(extract))
