"""Reads of the statistical plane: counts of cohorts, members behind a figure, supply and demand.

A cohort is asked for by school years, an area and a cut-off date. Counts come from `tally`, whose size
grows with places and days and not with persons; lists of members come from the pathways of the area.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.indicators.destination import Destination
from services.indicators.models import HEARD, INSTITUTION, PATHWAY, PERSON, RECORD, SPELL, TALLY, VACANCY
from services.indicators.plan import AreaPart
from services.indicators.units import Unit
from shared.contracts.codes import VOCATIONAL_PROGRAMMES, LeftReason, RecordKind, Stage
from shared.reference import trades
from shared.reference.communes import Era

YearCounts = Counter[tuple[str, Stage, Destination]]
"""Persons per school year, stage and destination."""


@dataclass(frozen=True, slots=True)
class CohortQuestion:
    """Whose cohorts, in which area, as at which cut-off date."""

    school_years: frozenset[str]
    area: tuple[AreaPart, ...]
    on: date


@dataclass(frozen=True, slots=True)
class Residence:
    """Where pupils lived at completion; `unit` None: not said, or a code in no list (kept in `code`).

    `village` None: the commune is meant; empty: the village was not said.
    """

    code: str | None
    unit: Unit | None
    village: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """One person behind a figure, under a pseudonym."""

    person_id: str
    school_year: str
    stage: Stage
    destination: Destination
    school_code: str
    residence_code: str | None
    village: str | None


def totals(session: Session, asked: CohortQuestion) -> YearCounts:
    """The cohort's persons per school year, stage and destination."""
    counts: YearCounts = Counter()
    for of_sex in _tallied(session, asked, "sex").values():
        counts.update(of_sex)
    return counts


def by_school(session: Session, asked: CohortQuestion) -> dict[str, YearCounts]:
    """The same for each school, by code."""
    return _tallied(session, asked, "school")


def by_sex(session: Session, asked: CohortQuestion) -> dict[str | None, YearCounts]:
    """The same for each sex; None: not said."""
    return {key or None: counts for key, counts in _tallied(session, asked, "sex").items()}


def by_ethnicity(session: Session, asked: CohortQuestion) -> dict[str | None, YearCounts]:
    """The same for each people, by code; None: not said."""
    return {key or None: counts for key, counts in _tallied(session, asked, "ethnicity").items()}


def by_residence(session: Session, asked: CohortQuestion, *, villages: bool) -> dict[Residence, YearCounts]:
    """The same for each commune, or village, of residence at completion, in the units of then."""
    found: defaultdict[Residence, YearCounts] = defaultdict(Counter)
    for key, counts in _tallied(session, asked, "residence").items():
        code, era, village = key.split("/", 2)
        unit = Unit(code, Era(era)) if era else None
        found[Residence(code or None, unit, village if villages else None)].update(counts)
    return found


def not_recognised(session: Session, asked: CohortQuestion, stages: Collection[Stage]) -> int:
    """Persons listed by a school of the area without being recognised on or before the cut-off."""
    listed = sa.select(PATHWAY.c.owner).where(_asked(PATHWAY, asked), PATHWAY.c.stage.in_(sorted(stages)))
    # Two ranges of the index instead of a walk through the whole cohort.
    never = listed.where(PATHWAY.c.first_recognised_on.is_(None))
    later = listed.where(PATHWAY.c.first_recognised_on > asked.on)
    owners = sa.union_all(never, later).subquery()
    return session.scalar(sa.select(sa.func.count(owners.c.owner.distinct()))) or 0


def members(
    session: Session,
    asked: CohortQuestion,
    *,
    stages: Collection[Stage],
    destinations: Collection[Destination],
) -> list[Member]:
    """The persons of a cohort with one of the destinations, in the order of their pseudonyms."""
    query = (
        sa.select(
            PATHWAY.c.owner,
            PATHWAY.c.school_year,
            PATHWAY.c.stage,
            SPELL.c.destination,
            PATHWAY.c.school_code,
            PATHWAY.c.residence_code,
            PATHWAY.c.village,
        )
        .select_from(_LIVES)
        .where(
            *_living(asked),
            PATHWAY.c.stage.in_(sorted(stages)),
            SPELL.c.destination.in_(sorted(destinations)),
        )
        .order_by(PATHWAY.c.owner, PATHWAY.c.stage)
    )
    return [
        Member(owner, school_year, Stage(stage), Destination(destination), *rest)
        for owner, school_year, stage, destination, *rest in session.execute(query)
    ]


def unlinked(session: Session) -> dict[str, int]:
    """Active rows that count for nobody: linked to no person, or to one without any completion row."""
    kinds = {
        "enrolments": RecordKind.ENROLMENT,
        "life_events": RecordKind.LIFE_EVENT,
        "placements": RecordKind.PLACEMENT,
    }
    of_persons = session.execute(
        sa.select(*(sa.func.coalesce(sa.func.sum(PERSON.c[name]), 0) for name in kinds)).where(
            PERSON.c.completions == 0
        )
    ).one()
    of_nobody: dict[str | None, int] = {}
    by_kind = sa.select(RECORD.c.kind, sa.func.count()).group_by(RECORD.c.kind)
    for kind, number in session.execute(by_kind.where(RECORD.c.active, RECORD.c.person_id.is_(None))):
        of_nobody[kind] = number
    return {
        name: int(number) + of_nobody.get(kind, 0)
        for (name, kind), number in zip(kinds.items(), of_persons, strict=True)
    }


def data_time(session: Session) -> datetime | None:
    """When the latest fact that is in the figures had been recorded; None: nothing was heard yet."""
    latest = session.scalar(sa.select(sa.func.max(HEARD.c.recorded_us)))
    if latest is None:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=latest)


def school_names(session: Session, codes: Collection[str], on: date) -> dict[str, str]:
    """The names of schools on a day (else the first name that they had), by code."""
    columns = (INSTITUTION.c.code, INSTITUTION.c.valid_from, INSTITUTION.c.name)
    query = sa.select(*columns).where(INSTITUTION.c.code.in_(sorted(codes)), INSTITUTION.c.active)
    names: dict[str, str] = {}
    for code, valid_from, name in sorted(tuple(row) for row in session.execute(query)):
        if code not in names or valid_from <= on:
            names[code] = name
    return names


def supply_and_demand(session: Session, on: date) -> list[dict[str, Any]]:
    """Per trade, on a day: openings, learners, completions of courses, placements; no trade comes last."""
    measures: Mapping[str, sa.Select[Any]] = {
        "openings": _openings(on),
        "learners": _learners(on),
        "completions": _courses_completed(on),
        "placements": _placements(on),
    }
    found: defaultdict[str | None, dict[str, int]] = defaultdict(dict)
    for measure, query in measures.items():
        for trade_code, number in session.execute(query):
            found[trade_code][measure] = int(number)
    return [
        {
            "trade_code": trade_code,
            "name_vi": None if trade_code is None else trades.name_of(trade_code),
            **{measure: found[trade_code].get(measure, 0) for measure in measures},
        }
        for trade_code in sorted(found, key=lambda code: (code is None, code))
    ]


def _openings(on: date) -> sa.Select[Any]:
    """Places of vacancies that are open on the day."""
    return (
        sa.select(VACANCY.c.trade_code, sa.func.sum(VACANCY.c.openings))
        .where(
            VACANCY.c.active,
            VACANCY.c.posted_on <= on,
            VACANCY.c.closed_on.is_(None) | (VACANCY.c.closed_on > on),
        )
        .group_by(VACANCY.c.trade_code)
    )


_COURSE = (
    RECORD.c.active,
    RECORD.c.kind == RecordKind.ENROLMENT,
    RECORD.c.trade_code.is_not(None) | RECORD.c.programme_kind.in_(sorted(VOCATIONAL_PROGRAMMES)),
)
_COURSE_COMPLETED_ON = sa.func.coalesce(
    RECORD.c.completed_on,
    sa.case((RECORD.c.left_reason == LeftReason.COMPLETED, RECORD.c.left_on)),
)


def _learners(on: date) -> sa.Select[Any]:
    """Distinct persons in a course on the day: admitted, not left, not completed."""
    person = sa.func.coalesce(RECORD.c.person_id, RECORD.c.record_ref)
    return (
        sa.select(RECORD.c.trade_code, sa.func.count(person.distinct()))
        .where(
            *_COURSE,
            RECORD.c.admitted_on <= on,
            RECORD.c.left_on.is_(None) | (RECORD.c.left_on > on),
            RECORD.c.completed_on.is_(None) | (RECORD.c.completed_on > on),
        )
        .group_by(RECORD.c.trade_code)
    )


def _courses_completed(on: date) -> sa.Select[Any]:
    """Courses completed on or before the day."""
    return (
        sa.select(RECORD.c.trade_code, sa.func.count())
        .where(*_COURSE, on >= _COURSE_COMPLETED_ON)
        .group_by(RECORD.c.trade_code)
    )


def _placements(on: date) -> sa.Select[Any]:
    """Placements that began on or before the day, by the trade of their vacancy."""
    vacancy = sa.and_(VACANCY.c.vacancy_ref == RECORD.c.vacancy_ref, VACANCY.c.active)
    return (
        sa.select(VACANCY.c.trade_code, sa.func.count())
        .select_from(RECORD.outerjoin(VACANCY, vacancy))
        .where(RECORD.c.active, RECORD.c.kind == RecordKind.PLACEMENT, RECORD.c.started_on <= on)
        .group_by(VACANCY.c.trade_code)
    )


_LIVES = PATHWAY.join(SPELL, SPELL.c.record_ref == PATHWAY.c.record_ref)


def _asked(table: sa.Table, asked: CohortQuestion) -> sa.ColumnElement[bool]:
    """Rows of the asked school years and area; stage and all codes are named so that the index serves."""
    codes = {code for part in asked.area for code in part.commune_codes}
    areas = (
        sa.and_(
            table.c.school_era == part.era,
            table.c.school_commune_code.in_(sorted(part.commune_codes)),
        )
        for part in asked.area
    )
    return sa.and_(
        table.c.school_year.in_(sorted(asked.school_years)),
        table.c.stage.in_([*Stage]),
        table.c.school_commune_code.in_(sorted(codes)),
        sa.or_(*areas),
    )


def _living(asked: CohortQuestion) -> Iterable[sa.ColumnElement[bool]]:
    """Pathways of the cohort with the one spell that holds on the cut-off date."""
    return (
        _asked(PATHWAY, asked),
        PATHWAY.c.counts,
        SPELL.c.since <= asked.on,
        SPELL.c.until > asked.on,
    )


def _tallied(session: Session, asked: CohortQuestion, dimension: str) -> dict[str, YearCounts]:
    """Persons on the cut-off date by the keys of a dimension of the tally."""
    by = (TALLY.c.key, TALLY.c.school_year, TALLY.c.stage, TALLY.c.destination)
    query = (
        sa.select(*by, sa.func.sum(TALLY.c.change))
        .where(_asked(TALLY, asked), TALLY.c.dimension == dimension, TALLY.c.day <= asked.on)
        .group_by(*by)
    )
    found: defaultdict[str, YearCounts] = defaultdict(Counter)
    for key, school_year, stage, destination, number in session.execute(query):
        if number:
            found[key][school_year, Stage(stage), Destination(destination)] = int(number)
    return found
