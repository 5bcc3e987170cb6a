"""The board of a plan: every indicator with its value, verdict and breakdowns, as JSON-like data.

The shape is fixed by the interfaces of the house: exact fractions are compared, printed values are decimal
texts with six places, rounded half up. Counting is done by `queries`; this module asks and arranges.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from services.indicators import queries
from services.indicators.cohort import first_year, last_school_year, name_school_year
from services.indicators.definitions import Counts, Figures, Indicator, definitions
from services.indicators.destination import Destination
from services.indicators.plan import Plan, PlanIndicator, Target
from services.indicators.queries import CohortQuestion, Residence, YearCounts
from services.indicators.units import name_of, whole_successor
from shared.contracts.codes import Sex, Stage
from shared.errors import Invalid
from shared.reference import communes, destinations, ethnic

MINORITIES = "DTTS"
"""Key of the extra row of all ethnic minorities together."""

MEMBERS = ("numerator", "denominator", "excluded", "unknown")
"""The parts of a figure that a list can be asked for, beside the destinations."""

COVERAGE_WANTED = Fraction(95, 100)
"""Below this share of known destinations a board is provisional."""

_PLACES = 6
_NOT_SAID = "Không rõ"
_SEX_NAMES = {Sex.MALE: "Nam", Sex.FEMALE: "Nữ"}


class Dimension(StrEnum):
    """By what a figure can be broken down."""

    SCHOOL = "school"
    COMMUNE = "commune"
    VILLAGE = "village"
    SEX = "sex"
    ETHNICITY = "ethnicity"
    STAGE = "stage"
    DESTINATION = "destination"


class Units(StrEnum):
    """On which administrative units residences are shown."""

    THEN = "then"
    TODAY = "today"


class UnknownMember(Invalid):
    """A list was asked for by a word that names no part of a figure."""

    code = "unknown_member"


@dataclass(frozen=True, slots=True)
class BoardQuestion:
    """What is asked of a plan. `school_year` None: the last that ended, and what the indicator spans.

    `today`: for units and for whether the cut-off still lies ahead.
    """

    plan: Plan
    on: date
    today: date
    school_year: str | None = None
    by: tuple[Dimension, ...] = ()
    units: Units = Units.THEN

    def years_of(self, indicator: Indicator) -> tuple[str, ...]:
        """The school years that an indicator covers, the first one first. Raises `BadSchoolYear`."""
        if self.school_year is not None:
            first_year(self.school_year)
            return (self.school_year,)
        last = first_year(last_school_year(self.on))
        return tuple(name_school_year(year) for year in range(last - indicator.years + 1, last + 1))

    @property
    def year(self) -> str:
        """The school year that the board is about."""
        return self.school_year or last_school_year(self.on)

    def cohorts(self, years: Iterable[str]) -> CohortQuestion:
        """The cohorts of some school years in the plan's area at the cut-off date."""
        return CohortQuestion(frozenset(years), self.plan.area, self.on)


@dataclass(frozen=True, slots=True)
class _Slice:
    """One row of a breakdown before an indicator is computed from it."""

    key: str | None
    label: str
    counts: YearCounts


def board(session: Session, asked: BoardQuestion) -> dict[str, Any]:
    """All indicators of a plan. Raises `BadSchoolYear`."""
    years = {year for one in asked.plan.indicators for year in asked.years_of(one.indicator)}
    cohorts = asked.cohorts(years)
    totals = queries.totals(session, cohorts)
    slices = {
        dimension: _SLICERS[dimension](session, cohorts, asked)
        for dimension in dict.fromkeys(asked.by)
        if dimension in _SLICERS
    }
    heard = queries.data_time(session)
    return {
        "plan": asked.plan.id,
        "on": asked.on.isoformat(),
        "school_year": asked.year,
        "rule_version": definitions().rule_version,
        "data_time": None if heard is None else heard.isoformat().replace("+00:00", "Z"),
        "provisional": asked.on > asked.today or not _is_covered(totals, asked),
        "unlinked": queries.unlinked(session),
        "indicators": [
            _indicator(session, one, asked=asked, totals=totals, slices=slices)
            for one in asked.plan.indicators
        ],
    }


def member_list(
    session: Session, asked: BoardQuestion, *, indicator_id: str, member: str
) -> list[dict[str, Any]]:
    """Who is behind a figure, under pseudonyms.

    `member`: numerator, denominator, excluded (of the cohort, not in the denominator), unknown (UNK in the
    denominator) or a destination. Raises `UnknownMember`, `BadSchoolYear`, `NotFound`.
    """
    indicator = asked.plan.indicator(indicator_id)
    found = queries.members(
        session,
        asked.cohorts(asked.years_of(indicator)),
        stages=indicator.stages,
        destinations=_destinations_of(indicator, member),
    )
    return [
        {
            "person_id": one.person_id,
            "destination": str(one.destination),
            "school_code": one.school_code,
            "residence_code": one.residence_code,
            "village": one.village,
        }
        for one in found
    ]


def decimal_text(value: Fraction) -> str:
    """A fraction that is not negative with six places, rounded half up: 14/17 is "0.823529"."""
    scaled = (2 * value.numerator * 10**_PLACES + value.denominator) // (2 * value.denominator)
    return f"{scaled // 10**_PLACES}.{scaled % 10**_PLACES:0{_PLACES}d}"


def _destinations_of(indicator: Indicator, member: str) -> frozenset[Destination]:
    base = frozenset(one for one in Destination if indicator.has_in_base(one))
    parts = (indicator.numerator, base, frozenset(Destination) - base, base & {Destination.UNK})
    named = dict(zip(MEMBERS, parts, strict=True))
    if member in named:
        return named[member]
    if member in set(Destination):
        return frozenset({Destination(member)})
    known = ", ".join([*named, *Destination])
    raise UnknownMember(f"Không có phần “{member}” của chỉ tiêu; chọn trong: {known}.")


def _indicator(
    session: Session,
    one: PlanIndicator,
    *,
    asked: BoardQuestion,
    totals: YearCounts,
    slices: Mapping[Dimension, Sequence[_Slice]],
) -> dict[str, Any]:
    indicator = one.indicator
    years = asked.years_of(indicator)
    counts = _of_years(totals, years)
    figures = indicator.figures(counts)
    value = _value(figures)
    answer = {
        "id": indicator.id,
        "name_vi": indicator.name_vi,
        "school_year": ", ".join(years),
        "numerator": figures.numerator,
        "denominator": figures.denominator,
        "value": None if value is None else decimal_text(value),
        "target": _target(one.target),
        "met": None if value is None or one.target is None else one.target.is_met_by(value),
        "unknown": figures.unknown,
        "second": {"numerator": figures.known_numerator, "denominator": figures.known_denominator},
        "breakdowns": [
            row
            for dimension in dict.fromkeys(asked.by)
            for row in _breakdown(dimension, indicator, counts=counts, years=years, slices=slices)
        ],
    }
    if indicator.shows_not_recognised:
        cohorts = asked.cohorts(years)
        answer["not_recognised"] = queries.not_recognised(session, cohorts, indicator.stages)
    return answer


def _value(figures: Figures) -> Fraction | None:
    return Fraction(figures.numerator, figures.denominator) if figures.denominator else None


def _target(target: Target | None) -> dict[str, str] | None:
    return None if target is None else {"op": target.op, "value": decimal_text(target.value)}


def _breakdown(
    dimension: Dimension,
    indicator: Indicator,
    *,
    counts: Counts,
    years: Sequence[str],
    slices: Mapping[Dimension, Sequence[_Slice]],
) -> Iterable[dict[str, Any]]:
    if dimension is Dimension.STAGE:
        for stage in (*indicator.stages, *indicator.stages_beside):
            yield _row(dimension, stage, label=stage, figures=indicator.figures(counts, stages=(stage,)))
    elif dimension is Dimension.DESTINATION:
        yield from _by_destination(indicator, counts)
    else:
        for one in slices[dimension]:
            mine = _of_years(one.counts, years)
            if any(stage in indicator.stages for stage, _ in mine):
                yield _row(dimension, one.key, label=one.label, figures=indicator.figures(mine))


def _by_destination(indicator: Indicator, counts: Counts) -> Iterable[dict[str, Any]]:
    """Everyone of the cohort by where they are, the deceased too; destinations of nobody have no row."""
    cohort = {key: number for key, number in counts.items() if key[0] in indicator.stages}
    everyone = sum(cohort.values())
    for destination in definitions().destinations.precedence:
        number = sum(number for key, number in cohort.items() if key[1] is destination)
        if number:
            yield {
                "dimension": Dimension.DESTINATION.value,
                "key": destination.value,
                "label": destinations.name_of(destination) or destination.value,
                "numerator": number,
                "denominator": everyone,
            }


def _row(dimension: Dimension, key: str | None, *, label: str, figures: Figures) -> dict[str, Any]:
    return {
        "dimension": dimension.value,
        "key": None if key is None else str(key),
        "label": str(label),
        "numerator": figures.numerator,
        "denominator": figures.denominator,
    }


def _of_years(counts: YearCounts, years: Sequence[str]) -> Counter[tuple[Stage, Destination]]:
    found: Counter[tuple[Stage, Destination]] = Counter()
    for (school_year, stage, destination), number in counts.items():
        if school_year in years:
            found[stage, destination] += number
    return found


def _is_covered(totals: YearCounts, asked: BoardQuestion) -> bool:
    """Whether enough of the plan's cohort of the board's year is known; a cohort of nobody is not."""
    stages = {stage for one in asked.plan.indicators for stage in one.indicator.stages}
    counts = _of_years(totals, (asked.year,))
    alive = {key: n for key, n in counts.items() if key[0] in stages and key[1] is not Destination.DEC}
    known = sum(n for key, n in alive.items() if key[1] is not Destination.UNK)
    return bool(alive) and Fraction(known, sum(alive.values())) >= COVERAGE_WANTED


def _by_school(session: Session, cohorts: CohortQuestion, asked: BoardQuestion) -> list[_Slice]:
    found = queries.by_school(session, cohorts)
    names = queries.school_names(session, found.keys(), asked.on)
    return [_Slice(code, names.get(code, code), found[code]) for code in sorted(found)]


def _by_sex(session: Session, cohorts: CohortQuestion, asked: BoardQuestion) -> list[_Slice]:
    found = queries.by_sex(session, cohorts)
    return [
        _Slice(key, _NOT_SAID if key is None else _SEX_NAMES[Sex(key)], found[key])
        for key in sorted(found, key=_not_said_last)
    ]


def _by_ethnicity(session: Session, cohorts: CohortQuestion, asked: BoardQuestion) -> list[_Slice]:
    found = queries.by_ethnicity(session, cohorts)
    minorities: YearCounts = Counter()
    for code, counts in found.items():
        if code is not None and ethnic.is_minority(code):
            minorities.update(counts)
    rows = [
        _Slice(code, _NOT_SAID if code is None else ethnic.name_of(code) or code, found[code])
        for code in sorted(found, key=_not_said_last)
    ]
    return [*rows, _Slice(MINORITIES, "Dân tộc thiểu số", minorities)] if minorities else rows


def _by_commune(session: Session, cohorts: CohortQuestion, asked: BoardQuestion) -> list[_Slice]:
    return _by_residence(queries.by_residence(session, cohorts, villages=False), asked)


def _by_village(session: Session, cohorts: CohortQuestion, asked: BoardQuestion) -> list[_Slice]:
    return _by_residence(queries.by_residence(session, cohorts, villages=True), asked)


def _by_residence(found: Mapping[Residence, YearCounts], asked: BoardQuestion) -> list[_Slice]:
    """Slices by place; places that are one on the units asked for are added up.

    Where the units of today are asked for and an old commune was split, it keeps a row of its own: what
    lies in which new commune is known of villages and persons only, never of a total.
    """
    merged: defaultdict[tuple[str | None, str], YearCounts] = defaultdict(Counter)
    for residence, counts in found.items():
        merged[_place(residence, asked)].update(counts)
    ordered = sorted(merged, key=lambda place: (place[0] is None, place[0] or "", place[1]))
    return [_Slice(key, label, merged[key, label]) for key, label in ordered]


def _place(residence: Residence, asked: BoardQuestion) -> tuple[str | None, str]:
    """Key and label of a residence."""
    if residence.code is None:
        return None, residence.village or _NOT_SAID
    key, label = residence.code, residence.code
    if residence.unit is not None:
        unit = residence.unit
        label = name_of(unit, asked.today)
        if asked.units is Units.TODAY and unit.era is not communes.era_of(asked.today):
            whole = whole_successor(unit, asked.today)
            if whole is None:
                key, label = f"{unit.era}:{unit.code}", f"{label}, đã chia tách"
            else:
                key, label = whole.code, name_of(whole, asked.today)
    if residence.village is None:
        return key, label
    return f"{key}/{residence.village}", f"{residence.village or 'Không rõ thôn, bản'}, {label}"


def _not_said_last(key: str | None) -> tuple[bool, str]:
    return key is None, key or ""


_SLICERS: Mapping[Dimension, Callable[[Session, CohortQuestion, BoardQuestion], Sequence[_Slice]]] = {
    Dimension.SCHOOL: _by_school,
    Dimension.COMMUNE: _by_commune,
    Dimension.VILLAGE: _by_village,
    Dimension.SEX: _by_sex,
    Dimension.ETHNICITY: _by_ethnicity,
}
