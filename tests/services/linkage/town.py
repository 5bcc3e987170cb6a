"""Builders for linkage tests: records in one line each, and a linkage service that hears of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import uuid_utils
from sqlalchemy.orm import Session

from services.linkage import commands
from services.linkage.deciding import decide_anew, take_turn
from services.linkage.handlers import REBUILD_HANDLERS, on_identity, store_identities
from services.linkage.known import CROWD, Known, known
from services.linkage.models import DECISION, LINK, MESSAGING, RECORD
from shared.clock import FixedClock
from shared.contracts import Envelope, Event, Identity, decode, school
from shared.contracts.codes import RecordKind
from shared.contracts.linkage import LINKS
from shared.database import Database
from shared.messaging.handling import Handling

MIGRATIONS = Path(__file__).parents[3] / "services" / "linkage" / "migrations"
START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
BINH_LU, BINH_LU_THEN, KON_BRAIH = "03390", "03412", "23497"
NOW, THEN = date(2026, 5, 31), date(2024, 5, 31)


def person(**changes: Any) -> Identity:
    """Lò Thị Mai of Bình Lư, known in full but for a number."""
    mai = Identity(
        full_name="Lò Thị Mai",
        sex="F",
        dob="2011-03-09",
        residence_code=BINH_LU,
        residence_on=NOW,
        village="Bản A",
    )
    return replace(mai, **changes)


def seen(ref: str, identity: Identity | None = None, *, completion: bool = False, **changes: Any) -> Known:
    """What the rules know of a record of Lò Thị Mai, or of the identity given."""
    return known(ref, replace(identity or person(), **changes), completion=completion)


def leaver(ref: str, *, source: str | None = None, **changes: Any) -> Known:
    """A completion of Lò Thị Mai."""
    return known(ref, person(**changes), completion=True, source=source)


def number_only(ref: str, number: str, *, completion: bool = False) -> Known:
    """A record that carries a number and nothing else."""
    return known(ref, Identity(personal_number=number), completion=completion)


def table(records: Iterable[Known]) -> dict[str, Known]:
    """The records by reference."""
    return {record.ref: record for record in records}


@dataclass
class Town:
    """A linkage service that hears identities one batch at a time."""

    database: Database
    clock: FixedClock = field(default_factory=lambda: FixedClock(START))
    crowd: int = CROWD
    sequences: dict[str, int] = field(default_factory=dict)
    heard: list[Envelope] = field(default_factory=list)

    def hear(
        self, *facts: tuple[str, Identity | None] | tuple[str, Identity | None, RecordKind]
    ) -> list[Envelope]:
        """Records (reference, identity, kind; a completion when the reference starts with c), in one batch.

        No identity: the record is taken back.
        """
        envelopes = [self._envelope(*fact) for fact in facts]
        self.receive(envelopes)
        return envelopes

    def receive(self, envelopes: Sequence[Envelope]) -> None:
        """One batch of the worker."""
        self.clock.instant += timedelta(seconds=1)
        self.heard.extend(envelopes)
        with self.database.write() as session:
            if self.crowd == CROWD:
                on_identity(Handling(session, self.clock, False), envelopes)
                return
            take_turn(session)
            decide_anew(session, self.clock, store_identities(session, envelopes), crowd=self.crowd)

    def decide(self, ref: str, same_as: str | None) -> None:
        """A reviewer's word."""
        self.clock.instant += timedelta(seconds=1)
        with self.database.write() as session:
            commands.decide_review(session, self.clock, ref, same_as=same_as, reviewer="k1")

    def take_back(self, ref: str) -> None:
        """A reviewer's word taken back."""
        self.clock.instant += timedelta(seconds=1)
        with self.database.write() as session:
            commands.take_back(session, self.clock, ref, reviewer="k1")

    def links(self) -> dict[str, Any]:
        """The rows of `link` by reference."""
        with self.database.read() as session:
            return {row.record_ref: row for row in session.execute(sa.select(LINK))}

    def partition(self) -> set[frozenset[str]]:
        """The records of each person."""
        persons: dict[str, set[str]] = {}
        for ref, row in self.links().items():
            if row.person_id is not None:
                persons.setdefault(row.person_id, set()).add(ref)
        return {frozenset(refs) for refs in persons.values()}

    def reviews(self) -> dict[str, str]:
        """Open reviews: reference and reason."""
        return {ref: row.review_reason for ref, row in self.links().items() if row.review_reason}

    def unlinked(self) -> dict[str, str]:
        """Unlinked records: reference and reason."""
        return {ref: row.unlinked_reason for ref, row in self.links().items() if row.person_id is None}

    def published(self) -> list[Envelope]:
        """Everything in the outbox, in order."""
        outbox = MESSAGING.outbox
        with self.database.read() as session:
            return [
                decode(value) for value in session.scalars(sa.select(outbox.c.value).order_by(outbox.c.id))
            ]

    def forget_published(self) -> None:
        """Empty the outbox."""
        with self.database.write() as session:
            session.execute(sa.delete(MESSAGING.outbox))

    def rebuild_into(self, other: Database) -> None:
        """Replay identities and links into another database."""
        with other.write() as session:
            _replay(session, self.published())
            _replay(session, self.heard)

    def _envelope(self, ref: str, identity: Identity | None, kind: RecordKind | None = None) -> Envelope:
        sequence = self.sequences[ref] = self.sequences.get(ref, 0) + 1
        data: Event = school.IdentityWithdrawn(record_ref=ref)
        if identity is not None:
            made = kind or (RecordKind.COMPLETION if ref.startswith("c") else RecordKind.ENROLMENT)
            data = school.IdentityRecorded(record_ref=ref, record_kind=made, identity=identity.to_json())
        time = START + timedelta(milliseconds=len(self.heard))
        return Envelope(str(uuid_utils.uuid7()), "/school/local", time, ref, sequence, data)


def rows(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of the projections, sorted."""
    with database.read() as session:
        return {
            made.name: sorted(tuple(row) for row in session.execute(sa.select(made)))
            for made in (RECORD, LINK, DECISION)
        }


def _replay(session: Session, envelopes: Sequence[Envelope]) -> None:
    for envelope in envelopes:
        handling = Handling(session, FixedClock(START), True)
        REBUILD_HANDLERS[type(envelope.data)](handling, [envelope])


__all__ = [
    "BINH_LU",
    "BINH_LU_THEN",
    "KON_BRAIH",
    "LINKS",
    "NOW",
    "THEN",
    "Town",
    "leaver",
    "number_only",
    "person",
    "rows",
    "seen",
    "table",
]
