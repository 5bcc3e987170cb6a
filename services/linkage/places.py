"""Whether two residences can be the same, through the communes of then and now.

A commune code is compared on the units of today: it is converted from the day on which it was meant. An old
commune that was split cannot be converted; it keeps its old code, and is compared by village. A code
without a day says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from functools import lru_cache

from shared.reference import communes
from shared.vietnamese import match_key

_TODAYS_UNITS = communes.TWO_TIERS_FROM


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody lives: `commune` on today's units, or `split` (an old commune that went to several)."""

    commune: str | None = None
    split: str | None = None
    village: str | None = None


class Agreement(IntEnum):
    """What two places say about each other; the greater value is the better news."""

    DIFFERS = 0
    UNCLEAR = 1
    SILENT = 2
    AGREES = 3


@lru_cache(maxsize=65536)
def place_of(code: str | None, on: date | None, village: str | None) -> Place:
    """The comparable form of a residence; `on` is the day on which the commune code is meant."""
    village_key = match_key(village) if village else None
    if code is None or on is None or communes.unit_on(code, on) is None:
        return Place(village=village_key)
    today = communes.convert(code, on, _TODAYS_UNITS)
    return Place(today, None if today else code, village_key)


def compare(one: Place, other: Place) -> Agreement:
    """Equal commune, or equal village where the communes cannot be told apart, agrees."""
    if _has_commune(one) and _has_commune(other):
        return _compare_communes(one, other)
    if one.village and other.village:
        return Agreement.AGREES if one.village == other.village else Agreement.DIFFERS
    return Agreement.SILENT


def compare_any(some: Iterable[Place], others: Iterable[Place]) -> Agreement:
    """Of somebody known by several residences: one that agrees is enough, else what speaks against counts."""
    others = tuple(others)
    seen = {compare(one, other) for one in some for other in others}
    for verdict in (Agreement.AGREES, Agreement.DIFFERS, Agreement.UNCLEAR):
        if verdict in seen:
            return verdict
    return Agreement.SILENT


def _has_commune(place: Place) -> bool:
    return place.commune is not None or place.split is not None


def _compare_communes(one: Place, other: Place) -> Agreement:
    if (one.commune, one.split) == (other.commune, other.split):
        return Agreement.AGREES
    if _may_be_part(one.split, other.commune) or _may_be_part(other.split, one.commune):
        is_same_village = one.village is not None and one.village == other.village
        return Agreement.AGREES if is_same_village else Agreement.UNCLEAR
    return Agreement.DIFFERS


def _may_be_part(split: str | None, commune: str | None) -> bool:
    if split is None or commune is None:
        return False
    return any(part.code == split for part in communes.parts_of(commune))
