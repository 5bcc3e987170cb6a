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

from shared.messaging.kafka_records import decode_quickly
from shared.messaging.log import Fields, Place

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
            decode_quickly(consumer)
            assigned = {place: TopicPartition(*place) for place in left}
            consumer.assign(list(assigned.values()))
            for place, at in assigned.items():
                consumer.seek(at, self.start.get(place, 0))
            deadline = time.monotonic() + self.silence_s
            while left:
                polled = consumer.poll(timeout_ms=round(SLICE_S * 1000), max_records=self.batch)
                found: list[Fields] = []
                for at, rows in polled.items():
                    end = self.until[at.topic, at.partition]
                    found += rows if rows[-1][2] < end else [row for row in rows if row[2] < end]
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
