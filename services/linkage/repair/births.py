"""Birth dates: what is known of the day, and what it is worth.

Imports read slashes as day/month/year and never swap, so a birth date that did not make sense arrives as a
bare year with its writing beside it. Here the writing is read once more: month first where nothing else is
possible, a two-digit year, a serial day number of a spreadsheet. 01/01 and a bare year are marked: they say
little.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from shared.vietnamese import match_key

FIRST_YEAR, LAST_YEAR = 1900, 2100
_LAST_SHORT_YEAR = 35
"""A year of two digits up to this one lies in this century."""
_SERIAL_ZERO = date(1899, 12, 30)
_SERIALS = range(7306, 73051)
"""Day numbers of spreadsheets for 1920 to 2099; smaller ones could be years."""
_LONGEST = 40
_ISO = re.compile(r"([0-9]{4})[-/. ]([0-9]{1,2})[-/. ]([0-9]{1,2})(?:[t ].*)?")
_PARTS = re.compile(r"([0-9]{1,2})\s*[-/., ]\s*([0-9]{1,2})\s*[-/., ]\s*([0-9]{4}|[0-9]{2})(?: [0-9:]*)?")
_WORDS = re.compile(r"(?:ngay )?([0-9]{1,2}) thang ([0-9]{1,2}),? nam ([0-9]{4})")
_LONE_YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")


class BirthDate(NamedTuple):
    """`dob` and `swapped` are ISO days, `monthday` is "MM-DD"; `nominal`: 01/01, or no day at all."""

    dob: str | None
    year: int | None
    monthday: str | None
    nominal: bool
    swapped: str | None
    repairs: tuple[str, ...]


_UNKNOWN = BirthDate(None, None, None, False, None, ())


@lru_cache(maxsize=65536)
def birth_of(dob: str | None, as_written: str | None) -> BirthDate:
    """What is known of a birth; `dob` is an ISO day or a bare year, `as_written` its odd writing."""
    day = _iso_day(dob) if dob else None
    if day is not None:
        return _of_day(day, ())
    for text in (as_written, dob):
        found = _of_text(text) if text else None
        if found is not None:
            return found
    return _UNKNOWN


def _iso_day(text: str) -> date | None:
    if len(text) != 10 or not text.isascii():
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def _of_day(day: date, repairs: tuple[str, ...]) -> BirthDate:
    swapped = None
    if day.day <= 12 and day.day != day.month:
        swapped = day.replace(month=day.day, day=day.month).isoformat()
    text = day.isoformat()
    return BirthDate(text, day.year, text[5:], text[5:] == "01-01", swapped, repairs)


def _of_year(year: int, repairs: tuple[str, ...]) -> BirthDate | None:
    return BirthDate(None, year, None, True, None, repairs) if FIRST_YEAR <= year <= LAST_YEAR else None


def _of_text(written: str) -> BirthDate | None:
    text = match_key(written[:_LONGEST])
    parts = _parted(text)
    if parts is not None:
        return _of_parts(*parts)
    if re.fullmatch(r"[0-9]{4}", text):
        return _of_year(int(text), ())
    if re.fullmatch(r"[0-9]{5}(?:[.,]0+)?", text) and int(text[:5]) in _SERIALS:
        return _of_day(_SERIAL_ZERO + timedelta(days=int(text[:5])), ("dob_serial",))
    lone = _LONE_YEAR.findall(text)
    return _of_year(int(lone[0]), ("dob_year_only",)) if len(set(lone)) == 1 else None


def _parted(text: str) -> tuple[int, int, int] | None:
    """Day, month and year as numbers, whether or not they make a date."""
    iso = _ISO.fullmatch(text)
    if iso:
        return int(iso.group(3)), int(iso.group(2)), int(iso.group(1))
    found = _PARTS.fullmatch(text) or _WORDS.fullmatch(text)
    if found:
        return int(found.group(1)), int(found.group(2)), _whole_year(found.group(3))
    if re.fullmatch(r"[0-9]{8}", text):
        if text[:2] in ("19", "20") and 1 <= int(text[4:6]) <= 12:
            return int(text[6:]), int(text[4:6]), int(text[:4])
        return int(text[:2]), int(text[2:4]), int(text[4:])
    return None


def _whole_year(written: str) -> int:
    year = int(written)
    if len(written) == 4:
        return year
    return year + (2000 if year <= _LAST_SHORT_YEAR else 1900)


def _of_parts(day: int, month: int, year: int) -> BirthDate | None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    for one, other, code in ((day, month, "dob_as_written"), (month, day, "dob_month_first")):
        try:
            return _of_day(date(year, other, one), (code,))
        except ValueError:
            continue
    return _of_year(year, ("dob_year_only",))
