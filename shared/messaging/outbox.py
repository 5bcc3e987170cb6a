"""Publishing: a row in the outbox, in the transaction of the change that it tells of.

Rule 1 is the caller's: first lock or update the row of the aggregate (which gives the event its
`sequence`), then publish. Only then do the ids of one key grow in the order of their commits, and only
then may the relay read the outbox by id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import uuid_utils
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from shared.contracts import Envelope, Event, encode
from shared.database import Database, insert_rows
from shared.messaging.tables import TABLES

_SILENT = "noinghe.silent"


@dataclass(frozen=True, slots=True)
class Pending:
    """An event to be published. `time`: aware UTC instant of recording; `source`: "/<owner>/<publisher>"."""

    data: Event
    sequence: int
    source: str
    time: datetime


def publish(session: Session, events: Sequence[Pending]) -> None:
    """Put the events into the outbox, in order; they leave when the transaction commits.

    Raises `ContractViolation` at once for an event off its contract. In a rebuild nothing is published.
    """
    if not events or session.info.get(_SILENT):
        return
    insert_rows(session, TABLES.outbox, [_row(event) for event in events])
    if session.get_bind().dialect.name == "postgresql":  # which folds equal notifications of a transaction
        session.execute(text("SELECT pg_notify(:channel || current_schema(), '')"), {"channel": CHANNEL})


CHANNEL = "noinghe_outbox_"
"""Prefix of the PostgreSQL notification channel; the schema's name follows."""


def silence(session: Session) -> None:
    """Make `publish` do nothing in this transaction: a replay tells nobody anything."""
    session.info[_SILENT] = True


def depth(database: Database) -> int:
    """How many events wait for the relay."""
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(TABLES.outbox)) or 0


def oldest(database: Database) -> datetime | None:
    """When the event that waits longest was recorded; None when nothing waits."""
    with database.read() as session:
        return session.scalar(select(TABLES.outbox.c.recorded_at).order_by(TABLES.outbox.c.id).limit(1))


def _row(pending: Pending) -> dict[str, Any]:
    data = pending.data
    event_id = str(uuid_utils.uuid7())
    subject = data.subject
    envelope = Envelope(event_id, pending.source, pending.time, subject, pending.sequence, data)
    return {
        "topic": data.TOPIC.name,
        "key": subject,
        "event_id": event_id,
        "value": encode(envelope),
        "recorded_at": pending.time,
    }
