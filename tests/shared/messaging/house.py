"""A small house for messaging tests: one source with an aggregate, one projection, event builders."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select, update
from sqlalchemy.orm import Session

from shared.clock import FixedClock
from shared.contracts import Envelope, Event, Topic, encode
from shared.contracts.codes import Stage
from shared.contracts.school import CompletionRecorded
from shared.database import Database, insert_ignore, open_database
from shared.messaging.handling import Handlers, Handling
from shared.messaging.log import EventLog, LogRecord, NewRecord, read
from shared.messaging.outbox import Pending, publish
from shared.messaging.relay import Relay
from shared.messaging.tables import create_messaging_tables
from shared.messaging.worker import Worker

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
        insert_ignore(session, AGGREGATE, [{"record_ref": ref, "version": 0}])
        locked = (
            update(AGGREGATE)
            .where(AGGREGATE.c.record_ref == ref)
            .values(version=AGGREGATE.c.version + 1)
            .returning(AGGREGATE.c.version)
        )
        version = session.execute(locked).scalar_one()
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


HANDLERS: Handlers = {CompletionRecorded: on_completion}


def worker(database: Database, log: EventLog, handlers: Handlers = HANDLERS, **options: Any) -> Worker:
    """A worker of the group "indicators" with a fixed clock and short waits."""
    quick: dict[str, Any] = {"backoff_s": 0.001, "backoff_max_s": 0.01, "poll_s": 0.1}
    return Worker(database, log, "indicators", handlers, clock=FixedClock(START), **(quick | options))


def relay(database: Database, log: EventLog, **options: Any) -> Relay:
    """The relay of the service "school"."""
    return Relay(database, log, "school", **options)


def records(*events: Pending) -> list[NewRecord]:
    """The events as the relay appends them."""
    made = []
    for event in events:
        name = uuid.uuid4().hex
        value = encode(
            Envelope(name, event.source, event.time, event.data.subject, event.sequence, event.data)
        )
        made.append(NewRecord(event.data.TOPIC.name, event.data.subject, value, name))
    return made


def append(log: EventLog, new: Sequence[NewRecord]) -> None:
    """Append with a producer of its own."""
    producer = log.producer()
    producer.append(new)
    producer.close()


def everything(log: EventLog, topic: Topic) -> list[LogRecord]:
    """All records of a topic, in order per partition."""
    return [record for batch in read(log, [topic], log.ends([topic])) for record in batch]
