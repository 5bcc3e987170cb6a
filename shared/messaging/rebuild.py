"""Projections from the beginning: `verify` recomputes and compares, `replay` also puts the result in place.

Both read the log from offset 0 into a scratch database beside the live one, with the same code that a
worker uses, and publish nothing. `verify` compares with one snapshot of the live tables and exactly the
positions of that snapshot, so it is exact while workers go on. A topic that the service does not consume
but only publishes has no position; for it the snapshot must find the outbox empty and the log unmoved.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Table, delete, select
from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.contracts import Topic
from shared.database import Database, copy_rows, insert_rows, match_rows
from shared.errors import Unavailable
from shared.messaging.applying import Applier, Item, reached_by
from shared.messaging.digest import Digest, digest_of
from shared.messaging.handling import Handlers
from shared.messaging.judging import Verdicts
from shared.messaging.log import EventLog, Place
from shared.messaging.reading_beside import read_here, reading_beside
from shared.messaging.tables import TABLES

POSITION = TABLES.consumer_position

_BATCH = 2_000
_MANY = 20_000
"""From so many records on, a process of its own reads them."""

_FIRST = 12_000
"""So many of them are read here: that process starts meanwhile (a quarter of a second), and gets ahead."""

_FAULTS_NAMED = 20
_ATTEMPTS = 50
_PAUSE_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """What a rebuild needs to know of a service.

    `tables` follow from events alone, have natural keys, and none refers to another. `service` is also the
    consumer group's name.
    """

    service: str
    database: Database
    log: EventLog
    migrations: Path
    topics: Sequence[Topic]
    handlers: Handlers
    tables: Sequence[Table]
    clock: Clock


@dataclass(frozen=True, slots=True)
class Compared:
    """One table: as it is live, and as it came out of the log."""

    table: str
    live: Digest
    rebuilt: Digest

    @property
    def same(self) -> bool:
        """Whether both have the same rows."""
        return self.live == self.rebuilt


@dataclass(slots=True)
class Comparison:
    """What a verification or a replay found. `gaps`: subjects whose sequence numbers have a hole."""

    events: int = 0
    tables: list[Compared] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every table is the same and no sequence has a hole."""
        return not self.gaps and all(compared.same for compared in self.tables)

    def to_json(self) -> dict[str, Any]:
        """For the command line."""
        return {
            "ok": self.ok,
            "events": self.events,
            "gaps": self.gaps[:_FAULTS_NAMED],
            "tables": [
                {
                    "table": compared.table,
                    "same": compared.same,
                    "rows": compared.live.rows,
                    "rebuilt_rows": compared.rebuilt.rows,
                    "digest": compared.live.value,
                    "rebuilt_digest": compared.rebuilt.value,
                }
                for compared in self.tables
            ],
        }


def verify(projection: Projection) -> Comparison:
    """Recompute the projections up to where the live ones are, and compare. Changes nothing.

    Raises `Unavailable` when the service publishes on a replayed topic without a pause.
    """
    until, live = _snapshot(projection)
    with projection.database.scratch() as scratch:
        history = _History(projection, scratch)
        history.advance(until)
        with scratch.read() as session:
            rebuilt = _digests(session, projection)
    history.found.tables = _paired(projection, live, rebuilt)
    return history.found


def replay(
    projection: Projection, *, progress: Callable[[int, int], None] = lambda done, total: None
) -> Comparison:
    """Build the projections again from the log and put them in place of the live ones, all or none.

    Workers may go on meanwhile: the last events are read while their positions are locked. Positions and
    dead letters of the replayed topics are replaced with the tables; the inbox gains what it lacked.
    """
    with projection.database.scratch() as scratch:
        history = _History(projection, scratch)
        for _ in range(_ATTEMPTS):
            history.advance(projection.log.ends(projection.topics), progress=progress)
            with projection.database.write() as live:
                stored = _positions(live, projection, locked=True)
                own = _own_ends(projection, stored)
                if not _waiting(live, own):
                    history.advance({**own, **stored})
                    with ThreadPoolExecutor(1, thread_name_prefix="replay-digest") as beside:
                        digests = beside.submit(_digests_now, projection, scratch)
                        with scratch.read() as rebuilt:
                            changed = _swap(
                                rebuilt, live, projection, consumed={topic for topic, _ in stored}
                            )
                        history.found.tables = _compared(projection, changed, digests.result())
                    return history.found
            time.sleep(_PAUSE_S)
    raise _restless(projection)


def _snapshot(projection: Projection) -> tuple[dict[Place, int], list[Digest]]:
    """Offsets and digests that belong together."""
    for _ in range(_ATTEMPTS):
        with projection.database.read() as session:
            stored = _positions(session, projection)
            own = _own_ends(projection, stored)
            waiting = _waiting(session, own)
            live = _digests(session, projection)
        if not waiting and own == _own_ends(projection, stored):
            return {**own, **stored}, live
        time.sleep(_PAUSE_S)
    raise _restless(projection)


def _own_ends(projection: Projection, stored: Mapping[Place, int]) -> dict[Place, int]:
    """Ends of the topics that have no stored position: those the service does not consume."""
    consumed = {topic for topic, _ in stored}
    own = [topic for topic in projection.topics if topic.name not in consumed]
    return projection.log.ends(own) if own else {}


def _waiting(session: Session, own: Mapping[Place, int]) -> bool:
    """Whether events of these topics are still in the outbox."""
    if not own:
        return False
    outbox = TABLES.outbox
    found = select(outbox.c.id).where(outbox.c.topic.in_({topic for topic, _ in own})).limit(1)
    return session.scalar(found) is not None


def _restless(projection: Projection) -> Unavailable:
    return Unavailable(
        f"Dịch vụ {projection.service} đang ghi liên tục; hãy đợi yên (noinghe settle) rồi thử lại."
    )


class _History:
    """The replayed part of the log, and what was seen on the way."""

    def __init__(self, projection: Projection, scratch: Database) -> None:
        scratch.upgrade(projection.migrations)
        self.found = Comparison()
        self._projection = projection
        self._applier = Applier(
            scratch, projection.service, projection.handlers, clock=projection.clock, rebuilding=True
        )
        places = [(topic.name, p) for topic in projection.topics for p in range(topic.partitions)]
        self._positions = self._applier.positions(places)
        self._sequences: dict[str, dict[str, int]] = {topic.name: {} for topic in projection.topics}

    def advance(
        self, until: Mapping[Place, int], *, progress: Callable[[int, int], None] = lambda done, total: None
    ) -> None:
        """Apply everything from where we are up to the given offsets."""
        total = sum(max(0, end - self._positions.get(at, 0)) for at, end in until.items())
        done = 0
        if not total:
            return
        for items in _one_ahead(self._judged(until)):
            self._applier.apply(items, self._positions)
            self._positions.update(reached_by(items))
            self._check_sequences(items)
            done += len(items)
            progress(min(done, total), total)
        self.found.events += done

    def _judged(self, until: Mapping[Place, int]) -> Generator[list[Item], None, None]:
        with closing(self._verdicts(until)) as batches:
            while True:
                with self._projection.log.told():
                    found = next(batches, None)
                if found is None:
                    return
                yield self._applier.items(found)

    def _verdicts(self, until: Mapping[Place, int]) -> Generator[Verdicts, None, None]:
        """What is known of the records up to the given offsets.

        Of many the most are read by another process; the first of each place keep this one busy meanwhile.
        """
        projection, start = self._projection, {at: self._positions.get(at, 0) for at in until}
        excerpt = partial(projection.log.excerpt, projection.topics, batch=_BATCH)
        total = sum(max(0, end - start[at]) for at, end in until.items())
        if total < _MANY:
            yield from read_here(excerpt(until, start=start))
            return
        middle = {at: start[at] + max(0, end - start[at]) * _FIRST // total for at, end in until.items()}
        with reading_beside(excerpt(until, start=middle)) as others:
            yield from read_here(excerpt(middle, start=start))
            yield from others

    def _check_sequences(self, items: Sequence[Item]) -> None:
        for item in items:
            if item.envelope is None:
                continue
            topic, key, sequence = item.record.topic, item.record.key, item.envelope.sequence
            seen = self._sequences[topic]
            last = seen.get(key, 0)
            if sequence > last + 1:
                self.found.gaps.append(f"{topic} {key}: {last} -> {sequence}")
            if sequence > last:
                seen[key] = sequence


def _one_ahead(batches: Generator[list[Item], None, None]) -> Iterator[list[Item]]:
    """The same batches; while one is applied, the next is read and judged on a thread of its own."""
    with closing(batches), ThreadPoolExecutor(1, thread_name_prefix="replay-reader") as reader:
        coming = reader.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = reader.submit(next, batches, None)
            yield batch


def _positions(session: Session, projection: Projection, *, locked: bool = False) -> dict[Place, int]:
    names = [topic.name for topic in projection.topics]
    stored = select(POSITION).where(POSITION.c.consumer == projection.service, POSITION.c.topic.in_(names))
    stored = stored.order_by(POSITION.c.topic, POSITION.c.partition)
    if locked:
        stored = stored.with_for_update()
    return {(row.topic, row.partition): row.next_offset for row in session.execute(stored)}


def _digests(session: Session, projection: Projection) -> list[Digest]:
    return [digest_of(session, table) for table in projection.tables]


def _digests_now(projection: Projection, database: Database) -> list[Digest]:
    with database.read() as session:
        return _digests(session, projection)


def _compared(projection: Projection, changed: set[Table], rebuilt: Sequence[Digest]) -> list[Compared]:
    """The live tables as last committed, which a swap under way does not change yet, and the rebuilt ones.

    Where the swap found every row equal, the digest is, too.
    """
    with projection.database.read() as session:
        live = [
            digest_of(session, table) if table in changed else now
            for table, now in zip(projection.tables, rebuilt, strict=True)
        ]
    return _paired(projection, live, rebuilt)


def _paired(projection: Projection, live: Sequence[Digest], rebuilt: Sequence[Digest]) -> list[Compared]:
    return [
        Compared(table.name, was, now)
        for table, was, now in zip(projection.tables, live, rebuilt, strict=True)
    ]


def _swap(rebuilt: Session, live: Session, projection: Projection, *, consumed: set[str]) -> set[Table]:
    """Put the rebuilt rows in place of the live ones; the projections that this changed."""
    changed = {table for table in projection.tables if match_rows(rebuilt, live, table)}
    letters, positions = TABLES.dead_letter, _positions(rebuilt, projection)
    replayed = letters.c.topic.in_([topic.name for topic in projection.topics])
    live.execute(delete(letters).where(letters.c.consumer == projection.service, replayed))
    copy_rows(rebuilt, live, letters, names=[column.name for column in letters.c if column.name != "id"])
    live.execute(
        delete(POSITION).where(POSITION.c.consumer == projection.service, POSITION.c.topic.in_(consumed))
    )
    reached = [
        {"consumer": projection.service, "topic": topic, "partition": partition, "next_offset": offset}
        for (topic, partition), offset in positions.items()
        if topic in consumed
    ]
    insert_rows(live, POSITION, reached)
    copy_rows(rebuilt, live, TABLES.inbox, ignore=True)
    return changed
