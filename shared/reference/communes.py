"""Communes, districts and provinces before and since 1 July 2025, and what became of what.

A code without a day says nothing: most codes exist on both sides of that day, about half of them for
another place. The older list is the state of early 2025 and stands for all earlier days; communes merged
before that are not told apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from shared.reference import lists
from shared.vietnamese import equality_key, match_key

TWO_TIERS_FROM = date(2025, 7, 1)
"""The first day of the present communes; districts ended the day before."""


class Era(StrEnum):
    """The two lists of communes."""

    THREE_TIERS = "three_tiers"
    TWO_TIERS = "two_tiers"


@dataclass(frozen=True, slots=True)
class Unit:
    """A commune in one era; `parent_code` is its district (until June 2025) or its province (since)."""

    code: str
    name: str
    kind: str
    parent_code: str
    era: Era

    @property
    def full_name(self) -> str:
        """The name with its kind, as printed: "Xã Bình Lư"."""
        return f"{_KINDS[self.kind]} {self.name}"


@dataclass(frozen=True, slots=True)
class Part:
    """An old commune inside a new one; `whole`: nothing of it went elsewhere."""

    code: str
    whole: bool


def era_of(day: date) -> Era:
    """Which list holds on a day."""
    return Era.TWO_TIERS if day >= TWO_TIERS_FROM else Era.THREE_TIERS


def unit_on(code: str, day: date) -> Unit | None:
    """The commune that carries the code on that day."""
    return _units(era_of(day)).get(code)


def is_known(code: str) -> bool:
    """Whether the code is or was a commune's, on any day."""
    return any(code in _units(era) for era in Era)


def convert(code: str, from_day: date, to_day: date) -> str | None:
    """The code on `to_day` of the commune that was `code` on `from_day`; None unless it is the same whole.

    Forward: the new commune that took all of the old one. Backward: the old commune, where the new one is
    made of it alone.
    """
    before, after = era_of(from_day), era_of(to_day)
    if code not in _units(before):
        return None
    if before is after:
        return code
    if after is Era.TWO_TIERS:
        targets = _successors().get(code, ())
        return targets[0].code if len(targets) == 1 and targets[0].whole else None
    parts = parts_of(code)
    return parts[0].code if len(parts) == 1 and parts[0].whole else None


def parts_of(code: str) -> tuple[Part, ...]:
    """The old communes of which a present one is made."""
    return _predecessors().get(code, ())


def of_district(district_code: str) -> tuple[str, ...]:
    """The communes of a district as it was until June 2025; empty when there was no such district."""
    return _by_district().get(district_code, ())


def district_name(district_code: str) -> str | None:
    """The full name of a former district ("Huyện Kon Rẫy")."""
    return _districts().get(district_code)


def province_name(province_code: str, day: date) -> str | None:
    """The full name of the province that carries the code on that day."""
    return _provinces(era_of(day)).get(province_code)


def suggest_code(name: str, day: date | None) -> str | None:
    """The only commune of that name on that day (None: on any day); None when there is none or several.

    "Xã Bình Lư" and "Bình Lư" are the same; marks decide first, then the name without marks.
    """
    bare = _PREFIX.sub("", name.strip())
    for key in (equality_key, match_key):
        eras = tuple(Era) if day is None else (era_of(day),)
        found = {code for era in eras for code in _by_name(era, key is equality_key).get(key(bare), ())}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


_PREFIX = re.compile(
    r"^(?:xã|phường|thị trấn|đặc khu|x\.|p\.|tt\.?|xa|phuong|thi tran|dac khu)\s+", re.IGNORECASE
)
_KINDS = {"xa": "Xã", "phuong": "Phường", "thi_tran": "Thị trấn", "dac_khu": "Đặc khu"}


def _era_of_row(row: dict[str, str]) -> Era:
    return Era.TWO_TIERS if row["valid_from"] else Era.THREE_TIERS


@cache
def _all_units() -> dict[Era, dict[str, Unit]]:
    found: dict[Era, dict[str, Unit]] = {era: {} for era in Era}
    for row in lists.rows("communes"):
        era = _era_of_row(row)
        found[era][row["code"]] = Unit(row["code"], row["name"], row["kind"], row["parent_code"], era)
    return found


def _units(era: Era) -> dict[str, Unit]:
    return _all_units()[era]


@cache
def _by_name(era: Era, marked: bool) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for unit in _units(era).values():
        key = equality_key(unit.name) if marked else match_key(unit.name)
        found[key] = (*found.get(key, ()), unit.code)
    return found


@cache
def _changes() -> tuple[tuple[str, str, bool], ...]:
    return tuple(
        (row["old_code"], row["new_code"], row["whole"] == "1") for row in lists.rows("commune_changes")
    )


@cache
def _successors() -> dict[str, tuple[Part, ...]]:
    found: dict[str, tuple[Part, ...]] = {}
    for old, new, whole in _changes():
        found[old] = (*found.get(old, ()), Part(new, whole))
    return found


@cache
def _predecessors() -> dict[str, tuple[Part, ...]]:
    found: dict[str, tuple[Part, ...]] = {}
    for old, new, whole in _changes():
        found[new] = (*found.get(new, ()), Part(old, whole))
    return found


@cache
def _by_district() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for unit in _units(Era.THREE_TIERS).values():
        found[unit.parent_code] = (*found.get(unit.parent_code, ()), unit.code)
    return found


@cache
def _districts() -> dict[str, str]:
    return {row["code"]: row["full_name"] for row in lists.rows("districts")}


@cache
def _all_provinces() -> dict[Era, dict[str, str]]:
    found: dict[Era, dict[str, str]] = {era: {} for era in Era}
    for row in lists.rows("provinces"):
        found[_era_of_row(row)][row["code"]] = row["full_name"]
    return found


def _provinces(era: Era) -> dict[str, str]:
    return _all_provinces()[era]
