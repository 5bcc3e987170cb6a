"""Days as Vietnamese offices write them. Slashes, dots, dashes and spaces are always day, month, year.

Nothing is ever swapped: 05/06 is the fifth of June, and a thirteenth month is an error, whatever the
spreadsheet program of another country would make of it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from shared import vietnamese

FIRST_YEAR, LAST_YEAR = 1900, 2100
_EXCEL_DAY_ZERO = date(1899, 12, 30)
_EXCEL_FIRST, _EXCEL_LAST = 61, 73050
_ISO = re.compile(
    r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:\.[0-9]+)?Z?)?"
)
_PARTS = re.compile(
    r"([0-9]{1,2})(?: ?[-/.] ?| )([0-9]{1,2})(?: ?[-/.] ?| )([0-9]{4}|[0-9]{2})"
    r"(?: [0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?"
)
_WORDS = re.compile(r"(?:ngay )?([0-9]{1,2}) thang ([0-9]{1,2}),? nam ([0-9]{4})")
_NUMBER = re.compile(r"([0-9]{1,8})(?:[.,]0+)?")


class NotADay(Exception):
    """The text names no day. `parts` holds (day, month, year) as written, where it has three numbers."""

    def __init__(self, code: str, message: str, *, parts: tuple[int, int, int] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.parts = parts


@dataclass(frozen=True, slots=True)
class Birth:
    """A birth date: an ISO day, a bare year or None, and how it was written where that was odd.

    `note` is (code, message) where the sender should know something.
    """

    value: str | None
    as_written: str | None = None
    note: tuple[str, str] | None = None

    @property
    def year(self) -> int | None:
        """The year of birth."""
        return int(self.value[:4]) if self.value else None

    @property
    def day(self) -> date | None:
        """The whole date, if it is one."""
        return date.fromisoformat(self.value) if self.value and len(self.value) == 10 else None


def parse_day(cell: Any, today: date) -> date | None:
    """The day a cell names; None for an empty cell; raises `NotADay`."""
    if isinstance(cell, datetime):
        return _bounded(cell.date())
    if isinstance(cell, date):
        return _bounded(cell)
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _of_number(cell)
    if cell is None:
        return None
    if not isinstance(cell, str):
        raise _unreadable(cell)
    raw = vietnamese.nfc(cell)
    if not raw:
        return None
    parts = _parts(raw, today)
    if parts is not None:
        return _of_parts(*parts)
    number = _NUMBER.fullmatch(raw)
    if number:
        return _of_number(int(number.group(1)))
    raise _unreadable(raw)


def parse_birth(cell: Any, today: date) -> Birth | None:
    """The birth date a cell names, as far as it can be told; None for an empty cell; never raises."""
    raw = _birth_text(cell)
    if not raw:
        return None
    if re.fullmatch(r"[0-9]{4}", raw) and FIRST_YEAR <= int(raw) <= LAST_YEAR:
        return _aged(Birth(raw, raw, ("birth_year_only", _YEAR_ONLY)), today)
    try:
        day = parse_day(cell if not isinstance(cell, str) else raw, today)
    except NotADay as problem:
        return _odd_birth(raw, problem.parts, today)
    if day is None:
        return None
    if (day.day, day.month) == (1, 1):
        return _aged(Birth(day.isoformat(), raw, ("birth_first_of_january", _JANUARY)), today)
    return _aged(Birth(day.isoformat()), today)


_YEAR_ONLY = "Ngày sinh chỉ có năm; vẫn lưu năm, hãy bổ sung ngày và tháng nếu biết."
_JANUARY = "Ngày sinh 01/01 thường là ngày ghi thay khi không rõ; vẫn lưu, hãy kiểm tra giấy khai sinh."


def _birth_text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float) and math.isfinite(cell) and cell == int(cell):
        return str(int(cell))
    return vietnamese.nfc(str(cell))


def _odd_birth(raw: str, parts: tuple[int, int, int] | None, today: date) -> Birth:
    year = parts[2] if parts else None
    if year is None:
        lone = re.findall(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])", raw)
        year = int(lone[0]) if len(lone) == 1 else None
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR:
        message = "Không đọc được ngày sinh; vẫn giữ nguyên văn, hãy ghi dạng 09/03/2011."
        return Birth(None, raw, ("birth_date_unreadable", message))
    message = "Ngày sinh không có thật (ngày hoặc tháng sai); chỉ lưu năm, hãy ghi dạng 09/03/2011."
    return _aged(Birth(str(year), raw, ("birth_date_odd", message)), today)


def _aged(birth: Birth, today: date) -> Birth:
    day = birth.day
    if (day is not None and day > today) or (birth.year or 0) > today.year:
        message = "Ngày sinh ở sau hôm nay; vẫn lưu, hãy kiểm tra lại năm sinh."
        return Birth(birth.value, birth.as_written, ("birth_date_after_today", message))
    return birth


def _parts(raw: str, today: date) -> tuple[int, int, int] | None:
    iso = _ISO.fullmatch(raw)
    if iso:
        return int(iso.group(3)), int(iso.group(2)), int(iso.group(1))
    found = _PARTS.fullmatch(raw) or _WORDS.fullmatch(vietnamese.match_key(raw))
    if found:
        return int(found.group(1)), int(found.group(2)), _whole_year(found.group(3), today)
    if re.fullmatch(r"[0-9]{8}", raw):
        if raw[:2] in ("19", "20") and 1 <= int(raw[4:6]) <= 12:
            return int(raw[6:]), int(raw[4:6]), int(raw[:4])
        return int(raw[:2]), int(raw[2:4]), int(raw[4:])
    return None


def _whole_year(written: str, today: date) -> int:
    """A two-digit year lies at most ten years ahead of today."""
    if len(written) == 4:
        return int(written)
    century = today.year // 100 * 100
    year = century + int(written)
    return year if year <= today.year + 10 else year - 100


def _of_parts(day: int, month: int, year: int) -> date:
    try:
        return _bounded(date(year, month, day))
    except ValueError:
        hint = "tháng phải từ 1 đến 12" if month > 12 or month < 1 else "ngày này không có trong tháng"
        raise NotADay(
            "impossible_date",
            f"“{day:02d}/{month:02d}/{year}” không phải là ngày có thật ({hint}; luôn đọc ngày/tháng/năm); "
            "hãy sửa theo dạng 05/06/2026.",
            parts=(day, month, year),
        ) from None


def _of_number(number: float) -> date:
    """A day as a spreadsheet counts it: whole days since the end of 1899."""
    if not math.isfinite(number) or not _EXCEL_FIRST <= number < _EXCEL_LAST + 1:
        raise _unreadable(number)
    if number == int(number) and FIRST_YEAR <= number <= LAST_YEAR:
        raise NotADay(
            "impossible_date", f"“{int(number)}” chỉ là năm; hãy ghi đủ ngày/tháng/năm, dạng 05/06/2026."
        )
    return _EXCEL_DAY_ZERO + timedelta(days=int(number))


def _bounded(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise NotADay(
            "impossible_date",
            f"Năm {day.year} nằm ngoài khoảng {FIRST_YEAR}–{LAST_YEAR}; hãy sửa lại năm.",
            parts=(day.day, day.month, day.year),
        )
    return day


def _unreadable(raw: Any) -> NotADay:
    return NotADay(
        "impossible_date", f"“{str(raw)[:40]}” không phải là ngày; hãy ghi ngày/tháng/năm, dạng 05/06/2026."
    )
