"""A small house for messaging tests: one source with an aggregate, one projection, event builders."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select, update
from sqlalchemy.orm import Session

from shared.contracts import Envelope, Event
from shared.contracts.codes import Stage
from shared.contracts.school import CompletionRecorded
from shared.database import Database, open_database
from shared.messaging.handling import Handling
from shared.messaging.outbox import Pending, publish
from shared.messaging.tables import create_messaging_tables

START = datetime(2026, 6, 1, tzinfo=UTC)
SOURCE = "/school/local"

METADATA = MetaData()
AGGREGATE = Table(
    "aggregate",
    METADATA,
    Column("record_ref", String(40), primary_key=True),
    Column("version", Integer, nullable=False),
)
SEEN = Table(
    "seen",
    METADATA,
    Column("record_ref", String(40), primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("times", Integer, nullable=False),
    Column("village", String(200)),
)


@contextmanager
def empty_postgresql(server: str) -> Iterator[str]:
    """The address of a new database on the server, dropped at the end."""
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    yield server.rsplit("/", 1)[0] + f"/{name}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def open_prepared(url: str, service: str, *, schema: str | None = None) -> Database:
    """Open a database and create the tables of this module and of messaging."""
    database = open_database(url, service, schema=schema)
    with database.write() as session:
        METADATA.create_all(session.connection())
        with Operations.context(MigrationContext.configure(session.connection())) as op:
            create_messaging_tables(op)
    return database


def completion(ref: str, *, village: str | None = None) -> CompletionRecorded:
    """A completion event of the given record."""
    return CompletionRecorded(
        record_ref=ref, school_code="000", stage=Stage.THCS, school_year="2025-2026", village=village
    )


def pending(data: Event, sequence: int = 1) -> Pending:
    """The event, recorded `sequence` seconds after the start."""
    return Pending(data, sequence, SOURCE, START + timedelta(seconds=sequence))


def change(database: Database, ref: str, *, village: str | None = None) -> int:
    """A command: lock and count up the aggregate, then publish (rule 1). Returns the new sequence."""
    with database.write() as session:
        locked = (
            update(AGGREGATE)
            .where(AGGREGATE.c.record_ref == ref)
            .values(version=AGGREGATE.c.version + 1)
            .returning(AGGREGATE.c.version)
        )
        version = session.scalar(locked)
        if version is None:
            session.execute(insert(AGGREGATE).values(record_ref=ref, version=1))
            version = 1
        publish(session, [pending(completion(ref, village=village), version)])
        return int(version)


def changes(database: Database, refs: Sequence[str]) -> None:
    """One first event for each record, in one transaction."""
    with database.write() as session:
        publish(session, [pending(completion(ref)) for ref in refs])


def on_completion(handling: Handling, events: Sequence[Envelope]) -> None:
    """Count every application, so that a second one shows; keep the sequence last applied."""
    for event in events:
        data = event.data
        assert isinstance(data, CompletionRecorded)
        _count(handling.session, data.record_ref, event.sequence, data.village)


def _count(session: Session, ref: str, sequence: int, village: str | None) -> None:
    changed = (
        update(SEEN)
        .where(SEEN.c.record_ref == ref)
        .values(sequence=sequence, times=SEEN.c.times + 1, village=village)
    )
    if session.execute(changed).rowcount == 0:  # type: ignore[attr-defined]
        session.execute(insert(SEEN).values(record_ref=ref, sequence=sequence, times=1, village=village))


def seen(database: Database) -> dict[str, tuple[int, int]]:
    """What the projection holds: record -> (sequence, times applied)."""
    with database.read() as session:
        return {row.record_ref: (row.sequence, row.times) for row in session.execute(select(SEEN))}
