"""The event log of one machine: partitions, consumer groups and replay in one SQLite file.

Appends come in batches under one lock, durable before they are acknowledged (synchronous=FULL). The event
id is unique per topic, so a repeated append changes nothing. One process appends (the owner of the data
folder: SQLite before 3.51.3 can, rarely, corrupt a write-ahead log that two processes checkpoint at once);
others may read. Not for several machines, not for network file systems.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

from shared.contracts import Topic
from shared.database import is_transient
from shared.database.blocks import in_blocks
from shared.errors import Unavailable
from shared.messaging.embedded_group import GroupMember
from shared.messaging.embedded_reading import EmbeddedExcerpt, fetch
from shared.messaging.log import LogMismatch, LogRecord, NewRecord, Place, StartingPoints
from shared.messaging.partitioning import hashes_of

_SCHEMA = """
CREATE TABLE IF NOT EXISTS topic (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, partitions INTEGER NOT NULL,
    retention_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS head (
    topic INTEGER NOT NULL REFERENCES topic, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS record (
    topic INTEGER NOT NULL REFERENCES topic, partition INTEGER NOT NULL, "offset" INTEGER NOT NULL,
    key TEXT NOT NULL, value BLOB NOT NULL, event_id TEXT NOT NULL, appended_at INTEGER NOT NULL,
    PRIMARY KEY (topic, partition, "offset")) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS record_event ON record (topic, event_id);
CREATE TABLE IF NOT EXISTS member (
    consumer TEXT NOT NULL, owner TEXT NOT NULL, expires_at REAL NOT NULL,
    PRIMARY KEY (consumer, owner)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lease (
    consumer TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, owner TEXT NOT NULL,
    epoch INTEGER NOT NULL, expires_at REAL NOT NULL, PRIMARY KEY (consumer, topic, partition)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS committed (
    consumer TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
    PRIMARY KEY (consumer, topic, partition)) WITHOUT ROWID;
"""

_INSERT = 'INSERT INTO record (topic, partition, "offset", key, value, event_id, appended_at) VALUES '
_ROW = "(?,?,?,?,?,?,?)"
_HEADS = "SELECT t.name, t.id, h.partition, h.next_offset FROM head h JOIN topic t ON t.id = h.topic"


class EmbeddedLog:
    """An open event log file."""

    def __init__(
        self,
        file: Path,
        *,
        busy_timeout_s: float = 30.0,
        lease_ttl_s: float = 10.0,
        safety_poll_s: float = 0.25,
    ) -> None:
        """Open or create the file. `safety_poll_s`: how often to look for appends of another process."""
        self._file = file
        self._busy_timeout_s = busy_timeout_s
        self._lease_ttl_s = lease_ttl_s
        self._safety_poll_s = safety_poll_s
        self._lock = threading.Lock()
        self._appended = threading.Condition()
        self._generation = 0
        with self.told():
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
            except OSError as fault:
                raise Unavailable(f"Không tạo được thư mục {file.parent}: hãy kiểm tra quyền ghi.") from fault
            self._writer = self._connect()
            with self.transaction() as connection:
                for statement in _SCHEMA.split(";"):
                    connection.execute(statement)

    def ensure_topics(self, topics: Sequence[Topic]) -> None:
        """Create what is missing; raise `LogMismatch` where partitions or retention differ.

        Records older than a limited retention go now, at start, and not in between.
        """
        with self.transaction() as connection:
            known = {
                row[0]: row[1:]
                for row in connection.execute("SELECT name, partitions, retention_ms FROM topic")
            }
            for topic in topics:
                wanted = (topic.partitions, topic.retention_ms)
                if topic.name not in known:
                    self._create(connection, topic)
                elif known[topic.name] != wanted:
                    raise LogMismatch(
                        f"Chủ đề {topic.name} trong nhật ký sự kiện có (số phân vùng, thời hạn giữ) = "
                        f"{known[topic.name]}, hợp đồng ghi {wanted}: không thể đổi chủ đề đã có."
                    )
                elif topic.retention_ms >= 0:
                    _expire(connection, topic)

    def producer(self) -> EmbeddedProducer:
        """A producer; all producers of the process share one writing connection."""
        return EmbeddedProducer(self)

    def consumer(
        self, group: str, topics: Sequence[Topic], *, instance: str | None, starting_points: StartingPoints
    ) -> EmbeddedConsumer:
        """Join a consumer group. `instance` is not needed here: members are told apart by process."""
        self._check(topics)
        return EmbeddedConsumer(self, group, topics, starting_points=starting_points)

    def ends(self, topics: Sequence[Topic]) -> dict[Place, int]:
        """The offset that the next record of each partition will get."""
        names = {topic.name for topic in topics}
        with self.told(), closing(self._connect()) as connection:
            found = {(name, p): end for name, _, p, end in connection.execute(_HEADS) if name in names}
        for topic in topics:
            for partition in range(topic.partitions):
                found.setdefault((topic.name, partition), 0)
        return found

    def excerpt(
        self, topics: Sequence[Topic], until: Mapping[Place, int], *, start: Mapping[Place, int], batch: int
    ) -> EmbeddedExcerpt:
        """Everything from `start` (default: the beginning) to the given ends. Reading it joins no group."""
        self._check(topics)
        places = [(topic.name, partition) for topic in topics for partition in range(topic.partitions)]
        return EmbeddedExcerpt(
            file=self._file,
            busy_timeout_s=self._busy_timeout_s,
            start={at: start.get(at, 0) for at in places},
            until={at: until.get(at, 0) for at in places},
            batch=batch,
        )

    def wake(self) -> None:
        """End the waiting of consumers early."""
        with self._appended:
            self._generation += 1
            self._appended.notify_all()

    def close(self) -> None:
        """Close the writing connection; consumers close their own."""
        with self._lock:
            self._writer.close()

    @contextmanager
    def told(self) -> Iterator[None]:
        """Say what SQLite raises for a while in a sentence."""
        try:
            yield
        except sqlite3.Error as fault:
            if is_transient(fault):
                raise Unavailable(
                    f"Nhật ký sự kiện {self._file} chưa dùng được ({fault}): "
                    "hãy kiểm tra quyền ghi và đĩa trống."
                ) from fault
            raise

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One writing transaction at a time per process; rolled back on any error."""
        with self.told():
            if not self._lock.acquire(timeout=self._busy_timeout_s):
                raise Unavailable(f"Nhật ký sự kiện {self._file} đang bận ghi; xin thử lại sau.")
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                try:
                    yield self._writer
                except BaseException:
                    self._writer.rollback()
                    raise
                self._writer.commit()
            finally:
                self._lock.release()

    def append(self, records: Sequence[NewRecord]) -> None:
        """Append in order, durable at return. Records whose event id the topic has are left out."""
        try:
            self._append(records)
        except sqlite3.IntegrityError:  # some are there already: look which, and append the rest
            self._append(records, only_new=True)
        self.wake()

    def generation(self) -> int:
        """A number that changes with every append of this process."""
        return self._generation

    def wait(self, generation: int, timeout_s: float) -> None:
        """Return when something was appended after `generation` was read, or after the timeout."""
        with self._appended:
            if self._generation == generation:
                self._appended.wait(min(timeout_s, self._safety_poll_s))

    def member(self, group: str, places: Sequence[Place]) -> GroupMember:
        """A new member of a consumer group."""
        return GroupMember(self.transaction, group, places, ttl_s=self._lease_ttl_s)

    def reader(self) -> sqlite3.Connection:
        """A connection for one consumer."""
        with self.told():
            return self._connect()

    def _append(self, records: Sequence[NewRecord], *, only_new: bool = False) -> None:
        with self.transaction() as connection:
            topics = {
                name: (topic, partitions)
                for name, topic, partitions in connection.execute("SELECT name, id, partitions FROM topic")
            }
            heads = {
                (t, p): n for t, p, n in connection.execute("SELECT topic, partition, next_offset FROM head")
            }
            if only_new:
                records = _unknown(connection, records, topics)
            now = time.time_ns() // 1_000_000
            moved: dict[tuple[int, int], int] = {}
            rows = []
            hashes = hashes_of([record.key for record in records])
            for (name, key, value, event_id), hashed in zip(records, hashes, strict=True):
                try:
                    topic, partitions = topics[name]
                except KeyError:
                    raise LogMismatch(f"Nhật ký sự kiện không có chủ đề {name}.") from None
                at = (topic, hashed % partitions)
                offset = heads[at]
                heads[at] = moved[at] = offset + 1
                rows.append((*at, offset, key, value, event_id, now))
            for size, values in in_blocks(rows):
                connection.execute(_inserting(size), values)
            connection.executemany(
                "UPDATE head SET next_offset = ? WHERE topic = ? AND partition = ?",
                [(next_offset, *at) for at, next_offset in moved.items()],
            )

    @staticmethod
    def _create(connection: sqlite3.Connection, topic: Topic) -> None:
        created = connection.execute(
            "INSERT INTO topic (name, partitions, retention_ms) VALUES (?,?,?)",
            (topic.name, topic.partitions, topic.retention_ms),
        )
        connection.executemany(
            "INSERT INTO head VALUES (?,?,0)", [(created.lastrowid, p) for p in range(topic.partitions)]
        )

    def _check(self, topics: Sequence[Topic]) -> None:
        with self.told(), closing(self._connect()) as connection:
            known = dict(connection.execute("SELECT name, partitions FROM topic").fetchall())
        for topic in topics:
            if known.get(topic.name) != topic.partitions:
                raise LogMismatch(
                    f"Chủ đề {topic.name} phải có {topic.partitions} phân vùng, "
                    f"nhật ký sự kiện có {known.get(topic.name, 0)}."
                )

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._file, timeout=self._busy_timeout_s, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA wal_autocheckpoint=4000")
        connection.execute("PRAGMA journal_size_limit=67108864")
        connection.execute("PRAGMA cache_size=-16384")
        return connection


class EmbeddedProducer:
    """Appends to an embedded log."""

    def __init__(self, log: EmbeddedLog) -> None:
        self._log = log

    def append(self, records: Sequence[NewRecord]) -> None:
        """Append in order, durable at return."""
        self._log.append(records)

    def close(self) -> None:
        """Nothing is under way between appends."""


class EmbeddedConsumer:
    """A member of a consumer group of an embedded log."""

    def __init__(
        self, log: EmbeddedLog, group: str, topics: Sequence[Topic], *, starting_points: StartingPoints
    ) -> None:
        self._log = log
        self._starting_points = starting_points
        places = [(topic.name, partition) for topic in topics for partition in range(topic.partitions)]
        self._member = log.member(group, places)
        self._connection = log.reader()
        self._positions: dict[Place, int] = {}
        self._seen: tuple[int, int] | None = None
        self._turn = 0

    def poll(self, max_records: int, *, timeout_s: float) -> list[LogRecord]:
        """The next records of the partitions held, in order per partition; empty when time ran out."""
        deadline = time.monotonic() + timeout_s
        while True:
            self._balance()
            generation = self._log.generation()
            records = self._fetch(generation, max_records)
            left = deadline - time.monotonic()
            if records or left <= 0 or self._log.generation() != generation:
                return records
            self._log.wait(generation, left)

    def seek(self, positions: Mapping[Place, int]) -> None:
        """Read on from these offsets; places that are not held are ignored."""
        self._positions.update({at: offset for at, offset in positions.items() if at in self._positions})
        self._seen = None

    def commit_hint(self, positions: Mapping[Place, int]) -> None:
        """Kept in memory and written with the next renewal of the leases."""
        self._member.note(positions)

    def close(self) -> None:
        """Leave the group, so that others take over at once."""
        self._connection.close()
        self._member.leave()

    def _balance(self) -> None:
        held = self._member.renew_when_due()
        if held == self._positions.keys():
            return
        gained = sorted(held - self._positions.keys())
        kept = {at: offset for at, offset in self._positions.items() if at in held}
        self._positions = {**kept, **dict.fromkeys(gained, 0), **self._starting_points(gained)}
        self._seen = None

    def _fetch(self, generation: int, max_records: int) -> list[LogRecord]:
        """Records from all places that have some, beginning with another place each time."""
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if self._seen == (generation, version):
            return []
        ready = [
            (at, topic, end)
            for name, topic, partition, end in self._connection.execute(_HEADS).fetchall()
            if self._positions.get(at := (name, partition), end) < end
        ]
        if not ready:
            self._seen = (generation, version)
            return []
        self._turn = (self._turn + 1) % len(ready)
        records: list[LogRecord] = []
        for at, topic, end in ready[self._turn :] + ready[: self._turn]:
            found = fetch(
                self._connection,
                at,
                topic_id=topic,
                start=self._positions[at],
                end=end,
                limit=max_records - len(records),
            )
            if found:
                self._positions[at] = found[-1][2] + 1
                records += map(LogRecord._make, found)
            else:  # nothing kept up to the end
                self._positions[at] = end
            if len(records) >= max_records:
                break
        return records


@cache
def _inserting(rows: int) -> str:
    return _INSERT + ",".join([_ROW] * rows)


def _expire(connection: sqlite3.Connection, topic: Topic) -> None:
    oldest = time.time_ns() // 1_000_000 - topic.retention_ms
    connection.execute(
        "DELETE FROM record WHERE topic = (SELECT id FROM topic WHERE name = ?) AND appended_at < ?",
        (topic.name, oldest),
    )


def _unknown(
    connection: sqlite3.Connection, records: Sequence[NewRecord], topics: Mapping[str, tuple[int, int]]
) -> list[NewRecord]:
    """The records whose event id their topic does not have; the first of those given twice."""
    fresh: dict[tuple[str, str], NewRecord] = {}
    for record in records:
        topic, _ = topics[record.topic]
        known = connection.execute(
            "SELECT 1 FROM record WHERE topic = ? AND event_id = ?", (topic, record.event_id)
        ).fetchone()
        if known is None:
            fresh.setdefault((record.topic, record.event_id), record)
    return list(fresh.values())
