"""Many records are read and judged by a process of its own, with the same result and the same errors."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from kafka.errors import KafkaError, KafkaTimeoutError

from infra.kafka import KafkaBroker
from shared.contracts import Topic
from shared.contracts.school import CONTENT
from shared.errors import Unavailable
from shared.messaging.embedded import EmbeddedLog
from shared.messaging.judging import Verdicts
from shared.messaging.kafka import KafkaLog
from shared.messaging.kafka_reading import KafkaExcerpt
from shared.messaging.log import EventLog, Excerpt, NewRecord, Place
from shared.messaging.reading_beside import read_here, reading_beside
from tests.shared.messaging.house import append, completion, pending, records

COUNT = 600
"""More bytes than a pipe holds."""


@pytest.fixture
def topic() -> Topic:
    """A topic that no other test uses: its events are on the wrong one."""
    return replace(CONTENT, name=f"noinghe.test.{uuid.uuid4().hex}", partitions=3)


def _filled(log: EventLog, topic: Topic) -> EventLog:
    log.ensure_topics([CONTENT, topic])
    made = records(*[pending(completion(f"ref-{n}")) for n in range(COUNT)])
    append(log, [record._replace(topic=topic.name) for record in made])
    return log


@pytest.fixture
def kafka_log(kafka: KafkaBroker, topic: Topic) -> Iterator[KafkaLog]:
    """A log on Kafka whose topic has `COUNT` records."""
    opened = KafkaLog.from_url(kafka.url)
    _filled(opened, topic)
    yield opened
    opened.close()


@pytest.fixture(params=["embedded", "kafka"])
def log(request: pytest.FixtureRequest, tmp_path: Path, topic: Topic) -> Iterator[EventLog]:
    """A log of either kind whose topic has `COUNT` records."""
    if request.param == "kafka":
        yield request.getfixturevalue("kafka_log")
        return
    opened = EmbeddedLog(tmp_path / "log" / "event log.db")
    yield _filled(opened, topic)
    opened.close()


@pytest.fixture
def excerpt(log: EventLog, topic: Topic) -> Excerpt:
    """All but the first five records of a partition."""
    ends = log.ends([topic])
    return log.excerpt([topic], ends, start={next(iter(ends)): 5}, batch=50)


def readers() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE and "reading_beside" in " ".join(child.cmdline())
    ]


def by_place(batches: Iterator[Verdicts]) -> dict[tuple[Place, int], tuple[object, ...]]:
    """Every record with what is known of it, whichever batch it was in."""
    found: dict[tuple[Place, int], tuple[object, ...]] = {}
    for batch in batches:
        known: dict[int, object] = {place: fault for place, *fault in batch.faults}
        for name, (places, columns) in batch.events.items():
            known |= zip(places, zip([name] * len(places), *columns, strict=True), strict=True)
        assert sorted(known) == list(range(len(batch.records)))
        for place, record in enumerate(batch.records):
            found[record[:2], record[2]] = (record, known[place])
    return found


def test_what_is_read_beside_is_what_is_read_here(excerpt: Excerpt) -> None:
    here = by_place(read_here(excerpt))
    with reading_beside(excerpt) as batches:
        beside = by_place(batches)
    assert len(beside) == COUNT - 5
    assert beside == here
    assert {str(fault) for _, fault in beside.values()} == {
        "['sự kiện không thuộc chủ đề này', 'wrong_topic']"
    }
    assert readers() == []


def test_events_come_by_type_and_the_others_with_their_faults(tmp_path: Path) -> None:
    with closing(EmbeddedLog(tmp_path / "event-log.db")) as log:
        log.ensure_topics([CONTENT])
        good = records(*[pending(completion(f"ref-{n}")) for n in range(20)])
        append(log, [*good, NewRecord(CONTENT.name, "rubbish", b"{not json", "rubbish-1")])
        whole = log.excerpt([CONTENT], log.ends([CONTENT]), start={}, batch=50)
        with reading_beside(whole) as batches:
            beside = by_place(batches)
        assert beside == by_place(read_here(whole))
    assert sum(str(known).startswith("('vn.noinghe.school.") for _, known in beside.values()) == 20


def test_who_stops_reading_leaves_no_process(excerpt: Excerpt) -> None:
    with reading_beside(excerpt) as batches:
        next(batches)
        assert len(readers()) == 1
    assert readers() == []


def test_the_death_of_the_reading_process_is_a_sentence(excerpt: Excerpt, log: EventLog) -> None:
    with reading_beside(excerpt) as batches:
        next(batches)
        (reader,) = readers()
        reader.kill()
        with pytest.raises(Unavailable, match="dừng giữa chừng"), log.told():
            list(batches)
    assert readers() == []


def test_errors_of_the_reading_process_are_told_here(tmp_path: Path, topic: Topic) -> None:
    with closing(EmbeddedLog(tmp_path / "event-log.db")) as log:
        _filled(log, topic)
        excerpt = log.excerpt([topic], log.ends([topic]), start={}, batch=50)
        gone = replace(excerpt, file=tmp_path / "elsewhere.db")
        with reading_beside(gone) as batches, pytest.raises(Unavailable, match="quyền"), log.told():
            next(batches)
    assert not (tmp_path / "elsewhere.db").exists()


def test_errors_of_the_kafka_client_are_raised_here() -> None:
    options = {"bootstrap_servers": ["127.0.0.1:1"], "bootstrap_timeout_ms": 300}
    place = ("noinghe.school.content", 0)
    excerpt = KafkaExcerpt(options=options, start={}, until={place: 1}, batch=10, silence_s=1)
    with reading_beside(excerpt) as batches, pytest.raises(KafkaError, match="bootstrap"):
        list(batches)


def test_silence_is_an_error(kafka_log: KafkaLog, topic: Topic) -> None:
    (place, end), *_ = kafka_log.ends([topic]).items()
    excerpt = KafkaExcerpt(
        options=kafka_log._reading(), start={place: end}, until={place: end + 1}, batch=10, silence_s=0.3
    )
    with pytest.raises(KafkaTimeoutError, match="no records"):
        list(excerpt.read())
