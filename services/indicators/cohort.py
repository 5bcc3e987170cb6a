"""Who belongs to a cohort: one completion per person and stage, the first.

A completion row is either recognised (it has a day) or listed as not recognised. The cohort of a school
year at a cut-off date is made of persons whose *first* recognition of the stage belongs to that school
year and is not after the cut-off. Every other row of a person stands beside the cohort: a repeated
completion counts nowhere, a row without recognition counts as "not recognised" until the person is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from shared.contracts.codes import Stage
from shared.errors import Invalid

_SCHOOL_YEAR = re.compile(r"(\d{4})-(\d{4})")


class BadSchoolYear(Invalid):
    """A school year is not written N-N+1."""

    code = "bad_school_year"


@dataclass(frozen=True, slots=True)
class Completion:
    """A completion row of one person. `recorded` orders rows of the same day, the earlier one first."""

    record_ref: str
    stage: Stage
    school_year: str
    recognised_on: date | None
    recorded: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What a completion row means for its person.

    `counts`: it is the person's one completion of the stage. `first_recognised_on`: when the person was
    first recognised in this stage by any row; None: never.
    """

    completion: Completion
    counts: bool
    first_recognised_on: date | None


def standings(completions: Iterable[Completion]) -> list[Standing]:
    """Judge all completion rows of one person."""
    found: list[Standing] = []
    by_stage: dict[Stage, list[Completion]] = {}
    for completion in completions:
        by_stage.setdefault(completion.stage, []).append(completion)
    for rows in by_stage.values():
        first = min((row for row in rows if row.recognised_on is not None), key=_order, default=None)
        since = first.recognised_on if first is not None else None
        found.extend(Standing(row, row is first, since) for row in rows)
    return found


def _order(completion: Completion) -> tuple[date, str, int, str]:
    day = completion.recognised_on or date.max
    return (day, completion.school_year, completion.recorded, completion.record_ref)


def row_day(school_year: str, recognised_on: date | None) -> date:
    """The day on which a completion row's codes are meant: recognition, else the end of the school year."""
    return recognised_on or end_of_school_year(school_year)


def end_of_school_year(school_year: str) -> date:
    """31 May of the second year of "N-N+1". Raises `BadSchoolYear`."""
    return date(first_year(school_year) + 1, 5, 31)


def first_year(school_year: str) -> int:
    """N of "N-N+1". Raises `BadSchoolYear`."""
    found = _SCHOOL_YEAR.fullmatch(school_year)
    if found is None or int(found[2]) != int(found[1]) + 1:
        raise BadSchoolYear(f"Năm học “{school_year}” viết sai; đúng là hai năm liền nhau, ví dụ 2025-2026.")
    return int(found[1])


def name_school_year(first: int) -> str:
    """The school year that begins in a year: 2025 gives "2025-2026"."""
    return f"{first}-{first + 1}"


def last_school_year(on: date) -> str:
    """The last school year that ended on or before a day."""
    ended_this_year = on >= date(on.year, 5, 31)
    return name_school_year(on.year - 1 if ended_this_year else on.year - 2)
