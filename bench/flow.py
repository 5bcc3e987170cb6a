"""A small real flow to measure with: an outbox of link events, and one projection that hears them.

Links are the most frequent events of the house (about 400 bytes on the wire). The projection keeps the
newest state of every record, as a service would write it: one statement per batch, in the worker's
transaction. Every event is about another record, as in an import, so no cache of keys ever helps.
Two databases: `source` (the outbox) and `target` (the projection), with the tables of one migration.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from shared.clock import SystemClock
from shared.contracts import Envelope, encode
from shared.contracts.linkage import LINKS, DecidedBy, RecordLinked
from shared.database import Database, chunked, open_database, upsert_newer
from shared.messaging import rebuild
from shared.messaging.handling import Handler, Handlers, Handling
from shared.messaging.log import EventLog
from shared.messaging.outbox import Pending, publish
from shared.messaging.tables import messaging_tables

SOURCE = "source"
TARGET = "target"
TOPIC = LINKS
ROWS_PER_COMMAND = 1_000
"""Events of one transaction that fills the outbox, as an import saves rows in chunks."""

_MIGRATIONS = Path(__file__).with_name("migrations")
_START = datetime(2025, 6, 1, tzinfo=UTC)

METADATA = sa.MetaData()
messaging_tables(METADATA)
LINK = sa.Table(
    "link",
    METADATA,
    sa.Column("record_ref", sa.Text, primary_key=True),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("person_id", sa.Text, nullable=False),
)


def open_prepared(url: str, name: str) -> Database:
    """Open one of the two databases at its newest version."""
    database = open_database(url, name)
    database.upgrade(_MIGRATIONS)
    return database


def events(count: int, *, first: int = 0) -> Iterator[Pending]:
    """Links of so many records, each the first event of its record."""
    for place in range(first, first + count):
        yield pending(place)


def pending(place: int) -> Pending:
    """The link of the record that has this place in the order."""
    data = RecordLinked(
        record_ref=f"{place:032x}", person_id=f"{place // 2:032x}", decided_by=DecidedBy.NUMBER
    )
    return Pending(data, 1, "/linkage/local", _START + timedelta(microseconds=place))


def encoded(count: int, *, first: int = 0) -> list[tuple[str, bytes, str]]:
    """The same events ready for the wire, as (key, value, event id): what a bare producer sends."""
    found = []
    for place, event in enumerate(events(count, first=first), start=first):
        event_id = f"00000000-0000-7000-8000-{place:012x}"
        subject = event.data.subject
        envelope = Envelope(event_id, event.source, event.time, subject, event.sequence, event.data)
        found.append((subject, encode(envelope), event_id))
    return found


def fill(database: Database, count: int, *, first: int = 0) -> None:
    """Publish the events into the outbox."""
    for chunk in chunked(events(count, first=first), ROWS_PER_COMMAND):
        with database.write() as session:
            publish(session, chunk)


def handlers(heard: Callable[[Sequence[Envelope]], None] = lambda _: None) -> Handlers:
    """The table of handlers; `heard` is told of each run of events inside the transaction."""

    def on_links(handling: Handling, envelopes: Sequence[Envelope]) -> None:
        heard(envelopes)
        rows = []
        for envelope in envelopes:
            data = envelope.data
            assert isinstance(data, RecordLinked)
            rows.append(
                {
                    "record_ref": data.record_ref,
                    "sequence": envelope.sequence,
                    "person_id": data.person_id,
                }
            )
        upsert_newer(handling.session, LINK, rows)

    hearing: Handler = on_links
    return {RecordLinked: hearing}


def projection(database: Database, log: EventLog) -> rebuild.Projection:
    """What a replay of the target needs."""
    return rebuild.Projection(
        service=TARGET,
        database=database,
        log=log,
        migrations=_MIGRATIONS,
        topics=[TOPIC],
        handlers=handlers(),
        tables=[LINK],
        clock=SystemClock(),
    )


class Meter:
    """Counts what is through, and times it from the first commit after the warming up to the last.

    `add` counts inside a transaction, `committed` looks at the clock after it.
    """

    def __init__(
        self,
        *,
        warm: int,
        total: int,
        tell: Callable[[float | None], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`tell(None)` when the first `warm` are through, `tell(rate)` when all are. `clock`: seconds."""
        self._clock = clock
        self._warm = warm
        self._total = total
        self._tell = tell
        self._handled = 0
        self._seen = 0
        self._from: tuple[float, int] | None = None

    def add(self, count: int) -> None:
        """So many events are in the present transaction."""
        self._handled += count

    def committed(self) -> None:
        """The transaction is through."""
        before, self._seen = self._seen, self._handled
        if before == self._seen:
            return
        now = self._clock()
        if before < self._warm <= self._seen:
            self._tell(None)
        elif self._from is None and self._seen > self._warm:
            self._from = now, self._seen
        if self._seen >= self._total and before < self._total and self._from is not None:
            since, first = self._from
            self._tell((self._seen - first) / (now - since))
