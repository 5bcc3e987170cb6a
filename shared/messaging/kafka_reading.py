"""A part of a Kafka log, read from start to end without a group.

It imports nothing of this house but the names of a log, so that `reading_beside` starts quickly.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaTimeoutError

from shared.messaging.log import Fields, Place

EVENT_ID_HEADER = "ce_id"
"""Header that repeats the CloudEvents id (the content is structured JSON and has it, too)."""

SLICE_S = 0.2
"""A wait is cut into slices of this length, so that a stop is seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaExcerpt:
    """What to read: `options` for the client; per place the first offset, and the one to stop before."""

    options: Mapping[str, Any]
    start: Mapping[Place, int]
    until: Mapping[Place, int]
    batch: int
    silence_s: float

    def read(self) -> Generator[list[Fields], None, None]:
        """Raises what the client raises; `KafkaTimeoutError` after `silence_s` without a record."""
        left = {place: end for place, end in self.until.items() if self.start.get(place, 0) < end}
        if not left:
            return
        consumer = KafkaConsumer(**self.options)
        try:
            assigned = {place: TopicPartition(*place) for place in left}
            consumer.assign(list(assigned.values()))
            for place, at in assigned.items():
                consumer.seek(at, self.start.get(place, 0))
            deadline = time.monotonic() + self.silence_s
            while left:
                polled = consumer.poll(timeout_ms=round(SLICE_S * 1000), max_records=self.batch)
                found = [row for row in fields_of(polled) if row[2] < self.until[row[:2]]]
                for place in [at for at, end in left.items() if consumer.position(assigned[at]) >= end]:
                    del left[place]
                    consumer.pause(assigned[place])
                if found:
                    deadline = time.monotonic() + self.silence_s
                    yield found
                elif time.monotonic() > deadline:
                    raise KafkaTimeoutError("no records")
        finally:
            consumer.close()


def fields_of(polled: Mapping[Any, Any]) -> list[Fields]:
    """What a poll brought, in order per partition."""
    return [
        (
            at.topic,
            at.partition,
            record.offset,
            (record.key or b"").decode(errors="replace"),
            record.value or b"",
            _event_id(record.headers),
        )
        for at, records in polled.items()
        for record in records
    ]


def _event_id(headers: Any) -> str | None:
    for name, value in headers:
        if name == EVENT_ID_HEADER:
            return str(value.decode(errors="replace"))
    return None
