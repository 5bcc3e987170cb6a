"""Decoding what a Kafka broker sent, for a replay: the client's records took half of its reading time.

kafka-python makes three objects of every record and looks at each of its bytes of length one by one; here a
record becomes the one tuple that is wanted (`Fields`), and the forms that lengths have nearly always are read
without a call. Format: KIP-98, record batch of magic 2. Everything else stays the client's: connections,
fetching, errors, positions, checksums, decompression.

It takes the place of a class inside the client, so whoever raises the version of kafka-python runs the tests
of replays on Kafka. Workers do without: a group's consumer has more to lose.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kafka import KafkaConsumer
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.record.util import decode_varint

from shared.messaging.log import Fields

EVENT_ID_HEADER = "ce_id"
"""Header that repeats the CloudEvents id (the content is structured JSON and has it, too)."""

_NAME = EVENT_ID_HEADER.encode()
_ONE_HEADER = bytes([1 << 1, len(_NAME) << 1]) + _NAME
"""How the headers begin that our producers write. Lengths are zigzag, so twice as large."""

_ID_AT = len(_ONE_HEADER) + 1


def decode_quickly(consumer: KafkaConsumer) -> None:
    """Let the `poll` of this consumer return `Fields` instead of the client's records."""
    consumer._fetcher.PartitionRecords = _Fetched


class _Fetched(Fetcher.PartitionRecords):  # type: ignore[misc] # the client has no types
    """What a fetch brought of one partition."""

    def _maybe_skip_record(self, record: Fields) -> bool:
        return bool(record[2] < self.fetch_offset)

    def _unpack_records(self, tp: Any, records: Any, _of_key: Any, _of_value: Any) -> Iterator[Fields]:
        """The records in order; the client reads `next_fetch_offset` after each that it took."""
        while (batch := records.next_batch()) is not None:
            if batch.magic != 2:
                raise CorruptRecordError(f"record batch of magic {batch.magic}: older than Kafka 0.11")
            if self.check_crcs and not batch.validate_crc():
                raise CorruptRecordError(f"checksum of the batch at {tp} {batch.base_offset}")
            self.leader_epoch = batch.leader_epoch
            if not batch.is_control_batch:
                for row in fields_in(batch, tp.topic, tp.partition):
                    self.next_fetch_offset = row[2] + 1
                    yield row
            self.next_fetch_offset = batch.next_offset  # the last ones may have been compacted away
        self.drain()


def fields_in(batch: Any, topic: str, partition: int) -> list[Fields]:
    """The records of one batch of the client. Raises `CorruptRecordError`."""
    batch = iter(batch)  # decompresses it
    buffer, pos, base = bytes(batch._buffer), batch._pos, batch.base_offset
    found = []
    try:
        for _ in range(batch.records_count):
            length, pos = decode_varint(buffer, pos)
            end = pos + length
            pos += 1  # attributes, of which none is in use
            while buffer[pos] & 0x80:  # the time
                pos += 1
            delta, pos = decode_varint(buffer, pos + 1)
            size = buffer[pos]
            if size & 0x81:
                size, pos = decode_varint(buffer, pos)
            else:
                size, pos = size >> 1, pos + 1
            key = buffer[pos : pos + size].decode(errors="replace") if size >= 0 else ""
            pos += max(0, size)
            size, pos = decode_varint(buffer, pos)
            value = buffer[pos : pos + size] if size >= 0 else b""
            pos += max(0, size)
            headers = buffer[pos:end]
            if headers.startswith(_ONE_HEADER) and headers[_ID_AT - 1] == (len(headers) - _ID_AT) << 1:
                event_id: str | None = headers[_ID_AT:].decode(errors="replace")
            else:
                event_id = _event_id(headers)
            pos = end
            found.append((topic, partition, base + delta, key, value, event_id))
    except (IndexError, ValueError) as fault:
        raise CorruptRecordError(f"a record of {topic} {partition} after {base}: {fault!r}") from fault
    if pos != len(buffer):
        raise CorruptRecordError(f"records of {topic} {partition} after {base} do not fill their batch")
    return found


def _event_id(headers: bytes) -> str | None:
    """The id among any headers."""
    count, pos = decode_varint(headers, 0)
    found = None
    for _ in range(count):
        parts = []
        for _part in ("name", "value"):
            size, pos = decode_varint(headers, pos)
            parts.append(headers[pos : pos + max(0, size)])
            pos += max(0, size)
        if found is None and parts[0] == _NAME:
            found = parts[1].decode(errors="replace")
    if count < 0 or pos != len(headers):
        raise ValueError("headers of another length than they say")
    return found
