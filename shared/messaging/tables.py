"""The tables that every service's database has for messaging: outbox, inbox, positions, dead letters, lease.

The definitions stand in the service's MetaData (`messaging_tables`) and are what its first migration
creates (`create_messaging_tables`). They are version 1: a change gets a migration function of its own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

_BIG_ID = BigInteger().with_variant(Integer, "sqlite")


class MessagingTables(NamedTuple):
    """The messaging tables of one MetaData."""

    outbox: Table
    inbox: Table
    consumer_position: Table
    dead_letter: Table
    relay_lease: Table


def messaging_tables(metadata: MetaData) -> MessagingTables:
    """Add the messaging tables to a MetaData, or return those that it has."""
    if "outbox" in metadata.tables:
        return MessagingTables(*(metadata.tables[name] for name in MessagingTables._fields))
    return MessagingTables(
        _outbox(metadata),
        _inbox(metadata),
        _consumer_position(metadata),
        _dead_letter(metadata),
        _relay_lease(metadata),
    )


def create_messaging_tables(op: Any) -> None:
    """Create the messaging tables in a migration; `op` is Alembic's."""
    metadata = MetaData()
    messaging_tables(metadata)
    connection = op.get_bind()
    metadata.create_all(connection, checkfirst=False)
    if connection.dialect.name == "postgresql":
        # Every row of the outbox lives for milliseconds: without this the relay wades through dead rows.
        connection.execute(
            text(
                "ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, "
                "autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0, "
                "autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000)"
            )
        )


def _outbox(metadata: MetaData) -> Table:
    """Events that the log has not acknowledged yet. Ids are never used twice."""
    return Table(
        "outbox",
        metadata,
        Column("id", _BIG_ID, primary_key=True, autoincrement=True),
        Column("topic", String(120), nullable=False),
        Column("key", Text, nullable=False),
        Column("event_id", String(36), nullable=False),
        Column("value", LargeBinary, nullable=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        sqlite_autoincrement=True,
    )


def _inbox(metadata: MetaData) -> Table:
    """Ids of the events that a consumer group has dealt with."""
    return Table(
        "inbox",
        metadata,
        Column("consumer", String(60), primary_key=True),
        Column("event_id", String(200), primary_key=True),
        sqlite_with_rowid=False,
    )


def _consumer_position(metadata: MetaData) -> Table:
    """The next offset to be read, per group and partition: the truth, changed by compare-and-set."""
    return Table(
        "consumer_position",
        metadata,
        Column("consumer", String(60), primary_key=True),
        Column("topic", String(120), primary_key=True),
        Column("partition", Integer, primary_key=True),
        Column("next_offset", BigInteger, nullable=False),
    )


def _dead_letter(metadata: MetaData) -> Table:
    """Events that could not be applied ("poison") and those waiting behind them ("parked")."""
    table = Table(
        "dead_letter",
        metadata,
        Column("id", _BIG_ID, primary_key=True, autoincrement=True),
        Column("consumer", String(60), nullable=False),
        Column("topic", String(120), nullable=False),
        Column("partition", Integer, nullable=False),
        Column("log_offset", BigInteger, nullable=False),
        Column("key", Text, nullable=False),
        Column("event_id", String(200), nullable=False),
        Column("event_type", String(120), nullable=True),
        Column("value", LargeBinary, nullable=False),
        Column("state", String(8), nullable=False),
        Column("commutative", Boolean, nullable=False),
        Column("reason", Text, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False),
        UniqueConstraint("consumer", "topic", "partition", "log_offset"),
        sqlite_autoincrement=True,
    )
    Index("ix_dead_letter_subject", table.c.consumer, table.c.topic, table.c.key)
    return table


def _relay_lease(metadata: MetaData) -> Table:
    """Which relay may move the outbox (SQLite only; PostgreSQL has advisory locks).

    `expires_at`: seconds of the machine's monotonic clock, so that a clock step changes nothing.
    """
    return Table(
        "relay_lease",
        metadata,
        Column("name", String(60), primary_key=True),
        Column("owner", String(200), nullable=False),
        Column("epoch", BigInteger, nullable=False),
        Column("expires_at", Double, nullable=False),
    )


TABLES = messaging_tables(MetaData())
"""The same tables outside any service's MetaData, for the statements of this package."""
