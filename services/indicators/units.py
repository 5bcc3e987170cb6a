"""Administrative units as the statistical plane asks for them: which commune a code means.

A commune code alone is no unit: almost every code of today was used before July 2025, many for another
place. Here a unit is (code, era). The lists, and what became of what, are those of `shared.reference`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from shared.reference import communes
from shared.reference.communes import Era


@dataclass(frozen=True, slots=True)
class Unit:
    """A commune: its code in the list of an era."""

    code: str
    era: Era


@lru_cache(maxsize=65536)
def unit_on(code: str | None, day: date) -> Unit | None:
    """The unit that a code means on a day; None where it means none."""
    if code is None or communes.unit_on(code, day) is None:
        return None
    return Unit(code, communes.era_of(day))


@lru_cache(maxsize=65536)
def whole_successor(unit: Unit, day: date) -> Unit | None:
    """The unit of another day that this one is as a whole; None where it was split or merged away."""
    code = communes.convert(unit.code, _day_of(unit.era), day)
    return None if code is None else unit_on(code, day)


def name_of(unit: Unit, today: date) -> str:
    """The unit's full name; one of an era that has ended says so."""
    found = communes.unit_on(unit.code, _day_of(unit.era))
    if found is None:
        return unit.code
    return found.full_name if unit.era is communes.era_of(today) else f"{found.full_name} (đơn vị cũ)"


def _day_of(era: Era) -> date:
    return communes.TWO_TIERS_FROM if era is Era.TWO_TIERS else date.min
