"""What an event log is: named, partitioned, append-only streams with offsets, whichever engine keeps them.

Offsets of a partition grow and may have gaps. Records of one key are in one partition, in the order of
their appends. A repeated append may make a record appear twice; consumers know it by its event id.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

from shared.contracts import Topic
from shared.errors import Invalid

Place: TypeAlias = tuple[str, int]
"""Topic name and partition."""

Fields: TypeAlias = tuple[str, int, int, str, bytes, str | None]
"""The fields of a `LogRecord`, as a tuple that is quick to make and to hand over."""

StartingPoints: TypeAlias = Callable[[Sequence[Place]], Mapping[Place, int]]
"""Asked when partitions are assigned: the offset to read next, for each of them."""


class NewRecord(NamedTuple):
    """A record to be appended; the log gives it its partition and offset."""

    topic: str
    key: str
    value: bytes
    event_id: str


class LogRecord(NamedTuple):
    """A record of the log. `event_id` is None when a stranger wrote it without one."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    event_id: str | None

    @property
    def place(self) -> Place:
        """Topic and partition."""
        return self.topic, self.partition


class Excerpt(Protocol):
    """A part of the log, asked for and not read yet. Another process may read it: it pickles."""

    def read(self) -> Generator[list[Fields], None, None]:
        """Its records, in order per partition. Raises what the engine raises: see `EventLog.told`."""
        ...


class LogMismatch(Invalid):
    """The log does not look as the contracts say; a person must decide, so nothing is read or written."""

    code = "log_mismatch"


class Producer(Protocol):
    """Appends records. Not shared between threads; after an error it is closed and a new one taken."""

    def append(self, records: Sequence[NewRecord]) -> None:
        """Append in order; returns when everything is acknowledged, raises `Unavailable` otherwise."""
        ...

    def close(self) -> None:
        """Give up what is under way; an `append` of another thread then raises."""
        ...


class Consumer(Protocol):
    """A member of a consumer group; the group's members share the partitions. Used by one thread."""

    def poll(self, max_records: int, *, timeout_s: float) -> list[LogRecord]:
        """The next records of the partitions assigned, in order per partition; empty when time ran out."""
        ...

    def seek(self, positions: Mapping[Place, int]) -> None:
        """Read on from these offsets; places that are not assigned are ignored."""
        ...

    def commit_hint(self, positions: Mapping[Place, int]) -> None:
        """Tell the log how far the group is, for people and tools; the truth is in the database."""
        ...

    def close(self) -> None:
        """Leave the group."""
        ...


class EventLog(Protocol):
    """An open event log; shared between threads."""

    def ensure_topics(self, topics: Sequence[Topic]) -> None:
        """Create what is missing; raise `LogMismatch` where partitions or retention differ."""
        ...

    def producer(self) -> Producer:
        """A new producer. Raises `Unavailable`."""
        ...

    def consumer(
        self, group: str, topics: Sequence[Topic], *, instance: str | None, starting_points: StartingPoints
    ) -> Consumer:
        """Join a consumer group. Raises `Unavailable`, `LogMismatch`.

        `instance`: a name that is stable over restarts, so that a replica that is soon back finds its
        partitions; None for a member that comes and goes.
        """
        ...

    def ends(self, topics: Sequence[Topic]) -> dict[Place, int]:
        """The offset that the next record of each partition will get."""
        ...

    def excerpt(
        self, topics: Sequence[Topic], until: Mapping[Place, int], *, start: Mapping[Place, int], batch: int
    ) -> Excerpt:
        """Everything from `start` (default: the beginning) to the given ends. Reading it joins no group."""
        ...

    def told(self) -> AbstractContextManager[None]:
        """A block whose errors of the engine are said in a sentence: `Unavailable`, `LogMismatch`."""
        ...

    def wake(self) -> None:
        """End the waiting of this process's consumers early."""
        ...

    def close(self) -> None:
        """Give back files and connections."""
        ...


def read(
    log: EventLog,
    topics: Sequence[Topic],
    until: Mapping[Place, int],
    *,
    start: Mapping[Place, int] | None = None,
    batch: int = 2_000,
) -> Iterator[list[LogRecord]]:
    """Everything from `start` (default: the beginning) to the given ends, in order per partition."""
    with closing(log.excerpt(topics, until, start=start or {}, batch=batch).read()) as batches:
        while True:
            with log.told():
                records = next(batches, None)
            if records is None:
                return
            yield list(map(LogRecord._make, records))


def open_event_log(url: str) -> EventLog:
    """Open "sqlite:////file" (embedded, one machine) or "kafka://[user:password@]host:port[,host:port]"."""
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/"):
        from shared.messaging.embedded import EmbeddedLog  # noqa: PLC0415 - it stands on this module

        return EmbeddedLog(Path(rest[1:]))
    if scheme == "kafka" and rest:
        from shared.messaging.kafka import KafkaLog  # noqa: PLC0415 - and so does this

        return KafkaLog.from_url(url)
    raise ValueError("an event log is sqlite:///FILE or kafka://[user:password@]host:port")
