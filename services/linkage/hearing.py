"""Storing identities as they are heard: repaired, their numbers sealed, the newest of each record.

A replay needs only what follows from the events, so it stores identities and leaves features empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from services.linkage.announcing import micros
from services.linkage.deriving import Desk
from services.linkage.driver import driver_of
from services.linkage.equipment import Equipment, Kept, equipment_of, features_now, sealed_with
from services.linkage.keeping import Records, StoredRow, packed
from services.linkage.matching import Change
from services.linkage.repair import repair
from shared.contracts import Envelope, Identity
from shared.contracts.shapes import RecordIdentity


@dataclass(slots=True)
class Heard:
    """What a batch changed. `gone`: references of records that were taken back."""

    changes: list[Change] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


def hear(desk: Desk, envelopes: Sequence[Envelope]) -> Heard:
    """Store the newest identity of each record, with its features; what changed by it."""
    heard = Heard()
    rows, kept = [], []
    first_heard = _first_heard(envelopes)
    for envelope, number, was in _newer(desk.records, envelopes):
        first_us = was.first_us if was else first_heard[envelope.subject]
        before = was.features if was else None
        data = envelope.data
        if not isinstance(data, RecordIdentity):
            rows.append(_row(envelope, number, first_us))
            heard.gone.append(envelope.subject)
            heard.changes.append(Change(number, before, None))
            continue
        made, record = _made(desk.equipment, envelope, data, number=number, first_us=first_us)
        rows.append(made)
        kept.append(record)
        heard.changes.append(Change(number, before, record))
    desk.records.store(rows)
    desk.records.forget(change.id for change in heard.changes)
    desk.records.remember(kept)
    return heard


def remember(session: Session, envelopes: Sequence[Envelope]) -> None:
    """Store the newest identity of each record, and compute nothing."""
    equipment = equipment_of(session)
    records = Records(driver_of(session), Equipment(equipment.seal))
    rows = []
    first_heard = _first_heard(envelopes)
    for envelope, number, was in _newer(records, envelopes):
        first_us = was.first_us if was else first_heard[envelope.subject]
        data = envelope.data
        if isinstance(data, RecordIdentity):
            identity = Identity.from_json(data.identity)
            sealed = sealed_with(identity, repair(identity), equipment.seal)
            rows.append(_row(envelope, number, first_us, data, *sealed))
        else:
            rows.append(_row(envelope, number, first_us))
    records.store(rows)


def _newer(records: Records, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, int, StoredRow | None]]:
    """The newest event of each record that is newer than what is stored, the record's number, and that."""
    newest: dict[str, Envelope] = {}
    for envelope in envelopes:
        known = newest.get(envelope.subject)
        if known is None or envelope.sequence > known.sequence:
            newest[envelope.subject] = envelope
    stored: Mapping[str, StoredRow] = records.stored(list(newest))
    number = records.last_id() if len(stored) < len(newest) else 0
    found: list[tuple[Envelope, int, StoredRow | None]] = []
    for ref, envelope in newest.items():
        was = stored.get(ref)
        if was is None:
            number += 1
            found.append((envelope, number, None))
        elif envelope.sequence > was.sequence:
            found.append((envelope, was.id, was))
    return found


def _first_heard(envelopes: Sequence[Envelope]) -> dict[str, int]:
    """When each record was first heard of in a batch: the time of the first of its events there."""
    return {envelope.subject: micros(envelope.time) for envelope in reversed(envelopes)}


def _made(
    equipment: Equipment, envelope: Envelope, data: RecordIdentity, *, number: int, first_us: int
) -> tuple[tuple[Any, ...], Kept]:
    identity = Identity.from_json(data.identity)
    repaired = repair(identity)
    sealed = sealed_with(identity, repaired, equipment.seal)
    found = features_now(repaired, equipment.seal)
    row = _row(envelope, number, first_us, data, *sealed, packed(found))
    record = Kept(
        number,
        envelope.subject,
        str(data.record_kind),
        envelope.source,
        sealed.listed_on,
        first_us,
        False,
        found,
    )
    return row, record


def _row(
    envelope: Envelope,
    number: int,
    first_us: int,
    data: RecordIdentity | None = None,
    identity: str | None = None,
    sealed_number: str | None = None,
    listed_on: str | None = None,
    features: str | None = None,
) -> tuple[Any, ...]:
    """The row of `record` as `Records.store` writes it."""
    return (
        number,
        envelope.subject,
        envelope.sequence,
        str(data.record_kind) if data else None,
        envelope.source,
        data.record_key if data else None,
        first_us,
        listed_on,
        identity,
        sealed_number,
        features,
    )
