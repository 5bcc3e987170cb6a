"""The tables that the web layer keeps in every service's database: API keys, idempotency records, heartbeats.

One definition serves both the service's MetaData (`web_tables`) and its first migration
(`create_web_tables`).
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from shared.database import UtcInstant

API_KEY: Final = "api_key"
IDEMPOTENCY: Final = "idempotency"
HEARTBEAT: Final = "heartbeat"


def web_tables(metadata: sa.MetaData) -> None:
    """Add `api_key`, `idempotency` and `heartbeat` to a service's MetaData."""
    for name, columns in _definitions().items():
        sa.Table(name, metadata, *columns)


def create_web_tables(op: Any) -> None:
    """Create the same tables in a migration (`op` is `alembic.op`)."""
    for name, columns in _definitions().items():
        op.create_table(name, *columns)


API_KEYS: Final = sa.table(
    API_KEY,
    sa.column("prefix", sa.String),
    sa.column("secret_hash", sa.String),
    sa.column("organisation", sa.String),
    sa.column("scopes", sa.String),
    sa.column("created_at", UtcInstant),
    sa.column("revoked_at", UtcInstant),
)
"""Light reference for statements: independent of whose MetaData holds the table."""

IDEMPOTENCY_RECORDS: Final = sa.table(
    IDEMPOTENCY,
    sa.column("caller", sa.String),
    sa.column("route", sa.String),
    sa.column("idempotency_key", sa.String),
    sa.column("body_hash", sa.String),
    sa.column("started_at", UtcInstant),
    sa.column("status", sa.Integer),
    sa.column("headers", sa.Text),
    sa.column("body", sa.Text),
)
"""Light reference for statements. `status` is empty while the first request is still at work."""


HEARTBEATS: Final = sa.table(HEARTBEAT, sa.column("process", sa.String), sa.column("beat_at", UtcInstant))
"""Light reference for statements: when the process that relays and handles last said that it lives."""


def _definitions() -> dict[str, list[Any]]:
    return {
        API_KEY: [
            sa.Column("prefix", sa.String(16), primary_key=True),
            sa.Column("secret_hash", sa.String(64), nullable=False),
            sa.Column("organisation", sa.String(64)),
            sa.Column("scopes", sa.String(400), nullable=False),
            sa.Column("created_at", UtcInstant, nullable=False),
            sa.Column("revoked_at", UtcInstant),
        ],
        IDEMPOTENCY: [
            sa.Column("caller", sa.String(16), primary_key=True),
            sa.Column("route", sa.String(200), primary_key=True),
            sa.Column("idempotency_key", sa.String(128), primary_key=True),
            sa.Column("body_hash", sa.String(64), nullable=False),
            sa.Column("started_at", UtcInstant, nullable=False, index=True),
            sa.Column("status", sa.Integer),
            sa.Column("headers", sa.Text),
            sa.Column("body", sa.Text),
        ],
        HEARTBEAT: [
            sa.Column("process", sa.String(40), primary_key=True),
            sa.Column("beat_at", UtcInstant, nullable=False),
        ],
    }
