"""What a broker sent is decoded to the same records as the client makes of it, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.errors import CorruptRecordError
from kafka.record.memory_records import MemoryRecords, MemoryRecordsBuilder

from shared.messaging.kafka_records import EVENT_ID_HEADER, _Fetched, fields_in

Sent = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]

UNCOMPRESSED, LZ4 = 0, 3
OFFSET = 70
BATCH_HEADER = 61

OURS: list[Sent] = [
    (f"ref-{n}".encode(), b'{"n": %d}' % n, [(EVENT_ID_HEADER, b"id-%d" % n)]) for n in range(200)
]
STRANGE: list[Sent] = [
    (None, b"no key", [(EVENT_ID_HEADER, b"1")]),
    (b"no value", None, [(EVENT_ID_HEADER, b"2")]),
    (b"no header", b"value", []),
    (b"", b"", [(EVENT_ID_HEADER, b"")]),
    (b"no id", b"value", [(EVENT_ID_HEADER, None)]),
    (b"other header", b"value", [("trace", b"x")]),
    (b"two headers", b"value", [("trace", None), (EVENT_ID_HEADER, b"3")]),
    (b"twice", b"value", [(EVENT_ID_HEADER, b"4"), (EVENT_ID_HEADER, b"5")]),
    (b"longer name", b"value", [(EVENT_ID_HEADER + "s", b"6")]),
    (b"no text: \xff", b"value", [(EVENT_ID_HEADER, b"\xff")]),
    (b"k" * 63, b"v" * 63, [(EVENT_ID_HEADER, b"i" * 63)]),
    (b"k" * 64, b"v" * 64, [(EVENT_ID_HEADER, b"i" * 64)]),
    (b"k" * 10_000, b"v" * 70_000, [(EVENT_ID_HEADER, b"i" * 10_000)]),
]


def stored(sent: Sequence[Sent], codec: int = UNCOMPRESSED) -> bytes:
    """One batch as the client's producer writes it; the times grow, so that they take one to four bytes."""
    builder = MemoryRecordsBuilder(2, codec, 1 << 20, offset=OFFSET)
    for n, (key, value, headers) in enumerate(sent):
        assert builder.append(1_700_000_000_000 + n**3, key, value, headers)
    builder.close()
    return bytes(builder.buffer())


def batch_of(buffer: bytes) -> Any:
    return MemoryRecords(buffer).next_batch()


@pytest.mark.parametrize("codec", [UNCOMPRESSED, LZ4])
@pytest.mark.parametrize("sent", [OURS, STRANGE], ids=["ours", "strange"])
def test_records_come_out_as_the_client_reads_them(sent: list[Sent], codec: int) -> None:
    buffer = stored(sent, codec)
    expected = [
        (
            "topic",
            3,
            record.offset,
            (record.key or b"").decode(errors="replace"),
            record.value or b"",
            next(
                (
                    (value or b"").decode(errors="replace")
                    for name, value in record.headers
                    if name == "ce_id"
                ),
                None,
            ),
        )
        for record in batch_of(buffer)
    ]
    assert [row[2] for row in expected[:2]] == [OFFSET, OFFSET + 1]
    assert fields_in(batch_of(buffer), "topic", 3) == expected


@pytest.mark.parametrize("more", [1, -1])
@pytest.mark.parametrize("at", [0, 5, 15, 21], ids=["record", "key", "value", "headers"])
def test_a_length_that_does_not_fit_is_refused(at: int, more: int) -> None:
    spoiled = bytearray(stored(STRANGE[2:3]))
    spoiled[BATCH_HEADER + at] = (spoiled[BATCH_HEADER + at] + 2 * more) % 256
    with pytest.raises(CorruptRecordError):
        fields_in(batch_of(bytes(spoiled)), "topic", 3)


def fetched(buffer: bytes, *, start: int) -> Any:
    """What a poll would take from a fetch that asked for records from `start` on."""
    return _Fetched(start, TopicPartition("topic", 3), MemoryRecords(buffer))


def test_a_fetch_begins_where_it_was_asked_to_and_knows_how_far_it_was_taken() -> None:
    part = fetched(stored(OURS, LZ4), start=OFFSET + 50)
    assert [row[3] for row in part.take(2)] == ["ref-50", "ref-51"]
    assert part.next_fetch_offset == OFFSET + 52
    assert [row[2] for row in part.take()] == list(range(OFFSET + 52, OFFSET + len(OURS)))
    assert part.next_fetch_offset == OFFSET + len(OURS)
    assert not part


def test_a_batch_with_another_checksum_is_refused() -> None:
    spoiled = bytearray(stored(OURS))
    spoiled[-1] ^= 1
    with pytest.raises(CorruptRecordError):
        fetched(bytes(spoiled), start=OFFSET).take()


def test_a_batch_of_an_older_format_is_refused() -> None:
    old = MemoryRecordsBuilder(1, UNCOMPRESSED, 1 << 20)
    old.append(1, b"key", b"value")
    old.close()
    with pytest.raises(CorruptRecordError):
        fetched(bytes(old.buffer()), start=0).take()
