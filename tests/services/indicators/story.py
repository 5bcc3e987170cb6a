"""Builders of facts as events, and a statistical plane that hears them."""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from services.indicators.board import BoardQuestion, Dimension, Units, board, member_list
from services.indicators.handlers import on_facts
from services.indicators.models import PROJECTIONS
from services.indicators.plan import plan_of
from shared.clock import FixedClock
from shared.contracts import Envelope, Event, employment, linkage, school, vocational
from shared.contracts.codes import (
    SCHOOL_INSTITUTIONS,
    SCHOOL_PROGRAMMES,
    VOCATIONAL_INSTITUTIONS,
    InstitutionKind,
    LeftReason,
    LifeEventKind,
    ProgrammeKind,
    Sex,
    Stage,
)
from shared.database import Database, open_database
from shared.messaging.handling import Handling

MIGRATIONS = Path(__file__).parents[3] / "services" / "indicators" / "migrations"
TODAY = date(2027, 1, 15)
_START = datetime(2026, 6, 1, tzinfo=UTC)


def day(text: str | None) -> date | None:
    """A day from ISO text; empty is none."""
    return date.fromisoformat(text) if text else None


def certain_day(text: str) -> date:
    """A day from ISO text."""
    return date.fromisoformat(text)


@dataclass
class Story:
    """Facts in the order of recording; each verb returns the record's reference and keeps its envelope."""

    envelopes: list[Envelope] = field(default_factory=list)
    _sequences: Counter[tuple[str, str]] = field(default_factory=Counter)

    def tell(self, event: Event) -> Envelope:
        """Record any fact: the next sequence of its subject, one second later than the one before."""
        where = (event.TOPIC.name, event.subject)
        self._sequences[where] += 1
        number = len(self.envelopes) + 1
        envelope = Envelope(
            id=f"event-{number}",
            source=f"/{event.TOPIC.owner}/local",
            time=_START + timedelta(seconds=number),
            subject=event.subject,
            sequence=self._sequences[where],
            data=event,
        )
        self.envelopes.append(envelope)
        return envelope

    def school(
        self,
        code: str,
        commune: str | None = "03390",
        *,
        since: str | None = "2025-07-01",
        until: str | None = None,
        kind: str = "THCS",
    ) -> None:
        """Register an institution in every register that keeps its kind."""
        of_kind = InstitutionKind(kind)
        registers = [
            event
            for event, kinds in (
                (school.InstitutionRegistered, SCHOOL_INSTITUTIONS),
                (vocational.InstitutionRegistered, VOCATIONAL_INSTITUTIONS),
            )
            if of_kind in kinds
        ]
        for register in registers:
            self.tell(
                register(
                    code=code,
                    name=f"Trường {code}",
                    kind=of_kind,
                    commune_code=commune,
                    valid_from=day(since),
                    valid_to=day(until),
                )
            )

    def completion(
        self,
        ref: str,
        person: str | None,
        *,
        at: str = "S1",
        stage: str = "THCS",
        year: str = "2025-2026",
        on: str | None = "2026-05-28",
        sex: str | None = "F",
        ethnic: str | None = "03",
        residence: str | None = "03390",
        village: str | None = "Bản A",
    ) -> str:
        """Somebody finished a stage, or was listed without (`on` None)."""
        self.tell(
            school.CompletionRecorded(
                record_ref=ref,
                sex=Sex(sex) if sex else None,
                ethnic_code=ethnic,
                residence_code=residence,
                village=village,
                school_code=at,
                stage=Stage(stage),
                school_year=year,
                recognised_round=1 if on else None,
                recognised_on=day(on),
            )
        )
        return self.link(ref, person)

    def enrolment(
        self,
        ref: str,
        person: str | None,
        kind: str,
        *,
        on: str,
        left: str | None = None,
        reason: str | None = None,
        completed: str | None = None,
        trade: str | None = None,
        at: str = "X1",
    ) -> str:
        """Somebody was admitted to a programme; told by the service that keeps its kind."""
        programme = ProgrammeKind(kind)
        recorded = (
            school.EnrolmentRecorded if programme in SCHOOL_PROGRAMMES else vocational.EnrolmentRecorded
        )
        self.tell(
            recorded(
                record_ref=ref,
                programme_kind=programme,
                institution_code=at,
                trade_code=trade,
                admitted_on=certain_day(on),
                left_on=day(left),
                left_reason=LeftReason(reason) if reason else None,
                completed_on=day(completed),
            )
        )
        return self.link(ref, person)

    def happened(self, ref: str, person: str | None, what: str, *, on: str) -> str:
        """Something happened in somebody's life."""
        self.tell(
            school.LifeEventRecorded(record_ref=ref, event=LifeEventKind(what), happened_on=certain_day(on))
        )
        return self.link(ref, person)

    def placement(
        self, ref: str, person: str | None, *, on: str, ended: str | None = None, vacancy: str | None = None
    ) -> str:
        """Somebody was hired."""
        self.tell(
            employment.PlacementRecorded(
                record_ref=ref,
                employer_ref="employer",
                vacancy_ref=vacancy,
                started_on=certain_day(on),
                ended_on=day(ended),
            )
        )
        return self.link(ref, person)

    def vacancy(
        self, ref: str, *, openings: int, posted: str, trade: str | None, closed: str | None = None
    ) -> None:
        """A vacancy was posted."""
        self.tell(
            employment.VacancyPosted(
                vacancy_ref=ref,
                employer_ref="employer",
                title="Thợ",
                openings=openings,
                trade_code=trade,
                posted_on=certain_day(posted),
                closed_on=day(closed),
            )
        )

    def link(self, ref: str, person: str | None) -> str:
        """The record belongs to a person; None: nothing is said."""
        if person is not None:
            self.tell(
                linkage.RecordLinked(record_ref=ref, person_id=person, decided_by=linkage.DecidedBy.NUMBER)
            )
        return ref

    def unlink(self, ref: str) -> None:
        """The record belongs to nobody known any more."""
        self.tell(linkage.RecordUnlinked(record_ref=ref, reason="reviewer"))


class Plane:
    """A statistical plane of its own: a database that hears stories and answers questions."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._clock = FixedClock(_START)

    @classmethod
    def open(cls, url: str) -> Plane:
        """On a fresh database, brought to the present version."""
        database = open_database(url, "indicators")
        database.upgrade(MIGRATIONS)
        return cls(database)

    def hear(self, envelopes: Iterable[Envelope], *, at_once: int = 1000) -> None:
        """Hear events in batches, each in a transaction of its own, as a worker does."""
        waiting = list(envelopes)
        for start in range(0, len(waiting), at_once):
            with self.database.write() as session:
                on_facts(Handling(session, self._clock, rebuilding=False), waiting[start : start + at_once])

    def board(
        self,
        plan: str,
        on: str,
        *,
        school_year: str | None = None,
        by: Sequence[str] = (),
        units: str = "then",
        today: date = TODAY,
    ) -> dict[str, Any]:
        """The board of a plan."""
        with self.database.read() as session:
            return board(session, _question(plan, on, school_year, by=by, units=units, today=today))

    def indicator(self, plan: str, indicator: str, on: str, **asked: Any) -> dict[str, Any]:
        """One indicator of a board."""
        found = self.board(plan, on, **asked)["indicators"]
        (one,) = (entry for entry in found if entry["id"] == indicator)
        result: dict[str, Any] = one
        return result

    def members(
        self, indicator: str, plan: str, on: str, *, member: str, school_year: str | None = None
    ) -> list[dict[str, Any]]:
        """Who is behind a figure."""
        with self.database.read() as session:
            asked = _question(plan, on, school_year, by=(), units="then", today=TODAY)
            return member_list(session, asked, indicator_id=indicator, member=member)

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every projection, in an order of its own."""
        with self.database.read() as session:
            return {
                table.name: sorted((tuple(row) for row in session.execute(table.select())), key=repr)
                for table in PROJECTIONS
            }


def _question(
    plan: str, on: str, school_year: str | None, *, by: Sequence[str], units: str, today: date
) -> BoardQuestion:
    return BoardQuestion(
        plan_of(plan),
        certain_day(on),
        today,
        school_year=school_year,
        by=tuple(Dimension(dimension) for dimension in by),
        units=Units(units),
    )


def broken_down(indicator: dict[str, Any], dimension: str) -> dict[str | None, tuple[int, int | None]]:
    """The rows of one breakdown as {key: (numerator, denominator)}."""
    return {
        row["key"]: (row["numerator"], row["denominator"])
        for row in indicator["breakdowns"]
        if row["dimension"] == dimension
    }


def shuffled_and_doubled(envelopes: Sequence[Envelope], seed: int) -> list[Envelope]:
    """The same events in another order, some of them twice."""
    chance = random.Random(seed)  # noqa: S311 - a test's shuffle
    doubled = [*envelopes, *chance.sample(list(envelopes), len(envelopes) // 3)]
    chance.shuffle(doubled)
    return doubled


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
