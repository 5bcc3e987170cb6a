"""Builders for linkage tests: records in one line each, and a linkage service that hears of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import uuid_utils
from sqlalchemy.orm import Session

from services.linkage import commands
from services.linkage.clusters.policy import LARGEST_PART
from services.linkage.commands import Done
from services.linkage.deciding import decide_changes
from services.linkage.deriving import take_turn
from services.linkage.equipment import equip_with
from services.linkage.handlers import REBUILD_HANDLERS, on_identity
from services.linkage.hearing import hear
from services.linkage.model.blocking import OVERSIZE
from services.linkage.models import LINK, MESSAGING, REBUILT
from services.linkage.sealing import Seal
from shared.clock import FixedClock
from shared.contracts import Envelope, Event, Identity, decode, school
from shared.contracts.codes import RecordKind
from shared.database import Database, open_database
from shared.messaging.digest import digest_of
from shared.messaging.handling import Handling

MIGRATIONS = Path(__file__).parents[3] / "services" / "linkage" / "migrations"
SEAL = Seal(bytes(range(32)))
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


def open_town(url: str, **options: Any) -> Database:
    """A migrated linkage database that seals numbers under the key of all tests."""
    database = open_database(url, "linkage", **options)
    equip_with(database, SEAL)
    database.upgrade(MIGRATIONS)
    return database


@dataclass
class Town:
    """A linkage service that hears identities one batch at a time."""

    database: Database
    clock: FixedClock = field(default_factory=lambda: FixedClock(START))
    crowd: int = OVERSIZE
    largest: int = LARGEST_PART
    sequences: dict[str, int] = field(default_factory=dict)
    heard: list[Envelope] = field(default_factory=list)

    def hear(
        self, *facts: tuple[str, Identity | None] | tuple[str, Identity | None, RecordKind]
    ) -> list[Envelope]:
        """Records (reference, identity, kind; a completion when the reference starts with c), in one batch.

        No identity: the record is taken back.
        """
        envelopes = [self.envelope(*fact) for fact in facts]
        self.receive(envelopes)
        return envelopes

    def receive(self, envelopes: Sequence[Envelope]) -> None:
        """One batch of the worker."""
        self.clock.instant += timedelta(seconds=1)
        self.heard.extend(envelopes)
        with self.database.write() as session:
            if self.is_usual:
                on_identity(Handling(session, self.clock, False), envelopes)
                return
            desk = take_turn(session, crowd=self.crowd, largest=self.largest)
            heard = hear(desk, envelopes)
            if heard.changes:
                decide_changes(desk, self.clock, heard.changes, gone=heard.gone)

    @property
    def is_usual(self) -> bool:
        """Whether crowds and parts are bounded as in production, as reviewers' commands have them."""
        return (self.crowd, self.largest) == (OVERSIZE, LARGEST_PART)

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

    def merge(self, one: str, other: str) -> Done:
        """Somebody says that the persons of two records are one."""
        links = self.links()
        return self._act(commands.merge, links[one].person_id, links[other].person_id)

    def split(self, *refs: str) -> Done:
        """Somebody says that these records are another person than the rest of theirs."""
        return self._act(commands.split, self.links()[refs[0]].person_id, refs)

    def unlink(self, ref: str) -> Done:
        """Somebody takes a record out of its person."""
        return self._act(commands.unlink, ref)

    def undo(self, word_id: str = commands.LAST) -> Done:
        """A word is taken back."""
        return self._act(commands.undo, word_id)

    def _act(self, command: Any, *subjects: Any) -> Done:
        self.clock.instant += timedelta(seconds=1)
        with self.database.write() as session:
            done: Done = command(session, self.clock, *subjects, reviewer="k1", reason="thử")
            return done

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

    def envelope(
        self, ref: str, identity: Identity | None, kind: RecordKind | None = None, *, at: int | None = None
    ) -> Envelope:
        """The next identity event of a record; `at`: milliseconds after the start, else one per event."""
        sequence = self.sequences[ref] = self.sequences.get(ref, 0) + 1
        data: Event = school.IdentityWithdrawn(record_ref=ref)
        if identity is not None:
            made = kind or (RecordKind.COMPLETION if ref.startswith("c") else RecordKind.ENROLMENT)
            data = school.IdentityRecorded(record_ref=ref, record_kind=made, identity=identity.to_json())
        time = START + timedelta(milliseconds=len(self.heard) if at is None else at)
        return Envelope(str(uuid_utils.uuid7()), "/school/local", time, ref, sequence, data)


def rows(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of the tables that follow from events, sorted, without what is computed."""
    found = {}
    with database.read() as session:
        for made in REBUILT:
            told = [column for column in made.c if column.info.get("digest", True)]
            listed = (tuple(row) for row in session.execute(sa.select(*told)))
            found[made.name] = sorted(listed, key=repr)
            assert digest_of(session, made).rows == len(found[made.name])
    return found


def _replay(session: Session, envelopes: Sequence[Envelope]) -> None:
    for envelope in envelopes:
        handling = Handling(session, FixedClock(START), True)
        REBUILD_HANDLERS[type(envelope.data)](handling, [envelope])
