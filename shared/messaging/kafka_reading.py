"""Reading Kafka in a process of its own, for a replay of many events.

kafka-python takes records apart in Python, 9 us each, as much as decoding and applying them together. In the
same interpreter one would wait for the other; so this program reads, and the replay gets plain tuples through
a pipe that holds little: it waits when the replay is behind. It imports nothing but the client, so that it
starts in an eighth of a second, and gets what it must know (the password, too) through the pipe as well.

The program is `main` with the numbers of two inherited pipes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from typing import Any, TypeAlias

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, KafkaTimeoutError

EVENT_ID_HEADER = "ce_id"
"""Header that repeats the CloudEvents id (the content is structured JSON and has it, too)."""

SLICE_S = 0.2
"""A wait is cut into slices of this length, so that a stop is seen."""

Place: TypeAlias = tuple[str, int]
Fields: TypeAlias = tuple[str, int, int, str, bytes, str | None]
"""The fields of a `LogRecord`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """What to read: `options` for the client; per place the first offset, and the one to stop before."""

    options: Mapping[str, Any]
    start: Mapping[Place, int]
    until: Mapping[Place, int]
    batch: int
    silence_s: float


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


def read(extract: Extract) -> Generator[list[Fields], None, None]:
    """Read here. Raises what the client raises; `KafkaTimeoutError` after `silence_s` without a record."""
    left = dict(extract.until)
    consumer = KafkaConsumer(**extract.options)
    try:
        assigned = {place: TopicPartition(*place) for place in left}
        consumer.assign(list(assigned.values()))
        for place, at in assigned.items():
            consumer.seek(at, extract.start.get(place, 0))
        deadline = time.monotonic() + extract.silence_s
        while left:
            polled = consumer.poll(timeout_ms=round(SLICE_S * 1000), max_records=extract.batch)
            found = [row for row in fields_of(polled) if row[2] < extract.until[row[:2]]]
            for place in [place for place, end in left.items() if consumer.position(assigned[place]) >= end]:
                del left[place]
                consumer.pause(assigned[place])
            if found:
                deadline = time.monotonic() + extract.silence_s
                yield found
            elif time.monotonic() > deadline:
                raise KafkaTimeoutError("no records")
    finally:
        consumer.close()


def read_beside(extract: Extract) -> Generator[list[Fields], None, None]:
    """The same, in another process, which ends with this iterator. Its death is a `KafkaTimeoutError`."""
    theirs_in, ours_out = Pipe(duplex=False)
    ours_in, theirs_out = Pipe(duplex=False)
    with ours_in, ours_out:
        with theirs_in, theirs_out:
            numbers = (theirs_in.fileno(), theirs_out.fileno())
            started = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-c", f"from {__name__} import main; main()", *map(str, numbers)],
                pass_fds=numbers,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        try:
            ours_out.send(extract)
            while (batch := ours_in.recv()) is not None:
                if isinstance(batch, Exception):
                    raise batch
                yield batch
        except (EOFError, BrokenPipeError) as fault:
            raise KafkaTimeoutError("the reading process ended") from fault
        finally:
            started.kill()
            started.wait()


def main() -> None:
    """Send what the extract asks for, then None; or what went wrong."""
    given, answer = (Connection(int(number)) for number in sys.argv[1:])
    with suppress(BrokenPipeError, KeyboardInterrupt):  # who asked is gone, or stops us both
        try:
            for batch in read(given.recv()):
                answer.send(batch)
            answer.send(None)
        except (KafkaError, OSError) as fault:
            answer.send(fault)


def _event_id(headers: Any) -> str | None:
    for name, value in headers:
        if name == EVENT_ID_HEADER:
            return str(value.decode(errors="replace"))
    return None
