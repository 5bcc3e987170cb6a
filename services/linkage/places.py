"""Where somebody lives, through the communes of then and now.

A commune code is read on the units of today: it is converted from the day on which it was meant. An old
commune that was split cannot be converted; it keeps its old code. A code without a day says something only
where it is on one list, or the unit of then is whole in the unit of now that carries the same code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import NamedTuple

from shared.reference import communes, lists
from shared.vietnamese import match_key, nfc

_TODAYS_UNITS = communes.TWO_TIERS_FROM
_FORMER_UNITS = _TODAYS_UNITS - timedelta(days=1)
_CODE_LENGTH = 5
_LONGEST_NAME = 120
_NAME_PARTS = re.compile(r"\s*(?:[,;/|]|\s[-–—]\s)\s*")
_KIND = re.compile(
    r"^(?:xa|phuong|thi tran|dac khu|x|p|tt|huyen|thi xa|thanh pho|quan|tinh|h|tx|tp|q|t)\b[. ]*"
)


class Residence(NamedTuple):
    """What a commune code or name says; codes.

    `commune`: on today's units; `split`: an old commune that went to several, where there is no such.
    `district`: the former district, where one can be told. `province`: today's. `repairs`: codes of what was
    done.
    """

    commune: str | None
    split: str | None
    district: str | None
    province: str | None
    repairs: tuple[str, ...]


_NOWHERE = Residence(None, None, None, None, ())


def residence_of(written: str | None, on: date | None) -> Residence:
    """The residence that a commune code says, or a commune's name with or without district and province.

    `on` is the day on which the code is meant; None: not known.
    """
    if on is not None:  # one day stands for all on which the same list holds, so that the cache serves them
        on = _TODAYS_UNITS if on >= _TODAYS_UNITS else _FORMER_UNITS
    return _residence_of(written, on)


@lru_cache(maxsize=65536)
def _residence_of(written: str | None, on: date | None) -> Residence:
    code = nfc(written[:_LONGEST_NAME]) if written else ""
    if not code:
        return _NOWHERE
    repairs: tuple[str, ...] = ()
    if any(map(str.isalpha, code)):
        named = _code_of_name(code, on)
        if named is None:
            return _NOWHERE
        (code, on), repairs = named, ("commune_name",)
    elif code.isascii() and code.isdigit() and len(code) < _CODE_LENGTH:
        code, repairs = code.zfill(_CODE_LENGTH), ("commune_zeros",)
    day = on if on is not None else _only_day(code)
    if day is None or communes.unit_on(code, day) is None:
        return _NOWHERE
    today = communes.convert(code, day, _TODAYS_UNITS)
    if communes.era_of(day) is communes.Era.THREE_TIERS:
        former = communes.unit_on(code, day)
        district = former.parent_code if former else None
        if today is None or today != code:
            repairs = (*repairs, "commune_of_then")
    else:
        district = _only(_district_of(part.code) for part in communes.parts_of(code))
    now = (today,) if today else _successors().get(code, ())
    return Residence(today, None if today else code, district, _only(map(_province_of, now)), repairs)


def _only_day(code: str) -> date | None:
    """A day that stands for a code without one: its only list, or both where they mean the same unit."""
    then, now = communes.unit_on(code, _FORMER_UNITS), communes.unit_on(code, _TODAYS_UNITS)
    if then is None or now is None:
        return _TODAYS_UNITS if now else _FORMER_UNITS if then else None
    return _TODAYS_UNITS if communes.convert(code, _FORMER_UNITS, _TODAYS_UNITS) == code else None


def _code_of_name(written: str, on: date | None) -> tuple[str, date] | None:
    """The only commune that the name can mean, and a day of its list; "Xã Bình Lư, Tam Đường, Lai Châu".

    Without a day both lists are looked at, and believed where they end in the same commune of today.
    """
    first, *others = [_bare(part) for part in _NAME_PARTS.split(written) if part.strip()] or [""]
    found: dict[str | None, tuple[str, date]] = {}
    for day in (_TODAYS_UNITS, _FORMER_UNITS) if on is None else (on,):
        known = _named(communes.era_of(day)).get(first, ())
        fitting = [code for code in known if all(other in _wider_names(code, day) for other in others)]
        for code in fitting or (known if len(known) == 1 else ()):
            found.setdefault(communes.convert(code, day, _TODAYS_UNITS) or f"split {code}", (code, day))
    return next(iter(found.values())) if len(found) == 1 else None


def _bare(name: str) -> str:
    """A unit's name without its kind, marks and spaces."""
    words = re.sub(r"[\s'\-]+", " ", match_key(name)).strip()
    return (_KIND.sub("", words) or words).replace(" ", "")


@cache
def _named(era: communes.Era) -> dict[str, tuple[str, ...]]:
    """The communes of an era by bare name."""
    found: dict[str, tuple[str, ...]] = {}
    for row in lists.rows("communes"):
        if bool(row["valid_from"]) is (era is communes.Era.TWO_TIERS):
            key = _bare(row["name"])
            found[key] = (*found.get(key, ()), row["code"])
    return found


@lru_cache(maxsize=4096)
def _wider_names(code: str, day: date) -> frozenset[str]:
    """Bare names of the district and the provinces that a commune lies in, then and now."""
    unit = communes.unit_on(code, day)
    if unit is None:
        return frozenset()
    provinces, districts = _provinces(), _districts()
    if unit.era is communes.Era.TWO_TIERS:
        return frozenset((provinces.get((unit.parent_code, True), ""),))
    name, province = districts.get(unit.parent_code, ("", ""))
    now = [provinces.get((_province_of(new) or "", True), "") for new in _successors().get(code, ())]
    return frozenset((name, provinces.get((province, False), ""), *now))


@cache
def _districts() -> dict[str, tuple[str, str]]:
    """Bare name and province of the former districts."""
    return {row["code"]: (_bare(row["name"]), row["province_code"]) for row in lists.rows("districts")}


@cache
def _provinces() -> dict[tuple[str, bool], str]:
    """Bare names of provinces by code and whether they are of today."""
    return {(row["code"], bool(row["valid_from"])): _bare(row["name"]) for row in lists.rows("provinces")}


@cache
def _successors() -> dict[str, tuple[str, ...]]:
    """The communes of today that hold something of an old one."""
    found: dict[str, tuple[str, ...]] = {}
    for row in lists.rows("commune_changes"):
        found[row["old_code"]] = (*found.get(row["old_code"], ()), row["new_code"])
    return found


def _district_of(code: str) -> str | None:
    unit = communes.unit_on(code, _FORMER_UNITS)
    return unit.parent_code if unit else None


def _province_of(code: str) -> str | None:
    unit = communes.unit_on(code, _TODAYS_UNITS)
    return unit.parent_code if unit else None


def _only(values: Iterable[str | None]) -> str | None:
    """The value that all share; None where they differ or there is none."""
    seen = set(values)
    return seen.pop() if len(seen) == 1 else None
