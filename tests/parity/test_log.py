"""What every event log does."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest

from shared.contracts.school import CONTENT, IDENTITY
from shared.messaging.log import EventLog, LogMismatch, LogRecord, Place, open_event_log, read
from shared.messaging.partitioning import partition_of
from tests.shared.messaging.house import append, completion, everything, pending, records


def poll_all(
    log: EventLog, group: str, *, count: int, start: dict[Place, int] | None = None
) -> list[LogRecord]:
    consumer = log.consumer(
        group,
        [CONTENT],
        instance="one",
        starting_points=lambda places: {at: (start or {}).get(at, 0) for at in places},
    )
    found: list[LogRecord] = []
    for _ in range(100):
        found += consumer.poll(100, timeout_s=0.2)
        if len(found) >= count:
            break
    consumer.close()
    return found


def test_records_come_back_whole_and_in_order_per_key(log: EventLog) -> None:
    new = records(*[pending(completion(f"ref-{n % 7}"), n // 7 + 1) for n in range(700)])
    append(log, new)
    by_key: dict[str, list[str | None]] = defaultdict(list)
    for record in everything(log, CONTENT):
        assert record.partition == partition_of(record.key, CONTENT.partitions)
        by_key[record.key].append(record.event_id)
    expected: dict[str, list[str | None]] = defaultdict(list)
    for made in new:
        expected[made.key].append(made.event_id)
    assert by_key == expected
    assert {record.value for record in everything(log, CONTENT)} == {made.value for made in new}


def test_ends_count_what_was_appended(log: EventLog) -> None:
    assert set(log.ends([CONTENT]).values()) == {0}
    append(log, records(*[pending(completion(f"ref-{n}")) for n in range(50)]))
    ends = log.ends([CONTENT, IDENTITY])
    assert sum(ends.values()) == 50
    assert len(ends) == CONTENT.partitions + IDENTITY.partitions


def test_a_consumer_begins_at_the_starting_points(log: EventLog) -> None:
    append(log, records(*[pending(completion("same"), n) for n in range(1, 11)]))
    at = ("noinghe.school.content", partition_of("same", CONTENT.partitions))
    assert [record.offset for record in poll_all(log, "g1", count=4, start={at: 6})] == [6, 7, 8, 9]


def test_a_consumer_reads_again_after_a_seek(log: EventLog) -> None:
    append(log, records(*[pending(completion("same"), n) for n in range(1, 11)]))
    consumer = log.consumer(
        "g2", [CONTENT], instance="one", starting_points=lambda places: dict.fromkeys(places, 0)
    )
    first: list[LogRecord] = []
    while len(first) < 10:
        first += consumer.poll(100, timeout_s=0.2)
    consumer.seek({first[0].place: 7, ("elsewhere", 0): 3})
    again: list[LogRecord] = []
    while len(again) < 3:
        again += consumer.poll(100, timeout_s=0.2)
    consumer.close()
    assert again == first[7:]


def test_a_part_can_be_read_without_a_group(log: EventLog) -> None:
    append(log, records(*[pending(completion("same"), n) for n in range(1, 11)]))
    at = ("noinghe.school.content", partition_of("same", CONTENT.partitions))
    batches = list(read(log, [CONTENT], {at: 8}, start={at: 2}, batch=3))
    assert [record.offset for batch in batches for record in batch] == [2, 3, 4, 5, 6, 7]
    assert max(len(batch) for batch in batches) <= 3


def test_topics_stay_as_they_were_made(log: EventLog) -> None:
    log.ensure_topics([CONTENT])
    with pytest.raises(LogMismatch, match="phân vùng"):
        log.ensure_topics([replace(CONTENT, partitions=7)])
    with pytest.raises(LogMismatch, match="hợp đồng"):
        log.ensure_topics([replace(CONTENT, retention_ms=60_000)])


def test_a_topic_that_is_not_there_is_said_at_once(log: EventLog) -> None:
    missing = replace(CONTENT, name="noinghe.nowhere")
    with pytest.raises(LogMismatch, match=r"noinghe\.nowhere"):
        log.consumer("g3", [missing], instance="one", starting_points=lambda places: {})


def test_the_same_address_opens_the_same_log(log: EventLog, log_url: str) -> None:
    append(log, records(pending(completion("a"))))
    other = open_event_log(log_url)
    assert [record.key for record in everything(other, CONTENT)] == ["a"]
    other.close()
