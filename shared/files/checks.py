"""Judgements over several cells of one row, shared by the layouts of different kinds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from shared import vietnamese
from shared.contracts.codes import ProgrammeKind
from shared.files import cells
from shared.files.findings import Finding, refuse, warn
from shared.reference import trades

WORKING_AGE = 15


def trade_code(cell: cells.Cell, today: date) -> Any:
    """Reads a trade code: digits, or "SC:" and a slug in any case; its form is judged by `trade_findings`."""
    value = cells.code(cell, today)
    if isinstance(value, str):
        compact = value.replace(" ", "")
        if compact[:3].upper() == trades.SHORT_COURSE:
            return trades.SHORT_COURSE + compact[3:].lower()
        return compact if compact.isdecimal() else value
    return value


def trade_findings(
    code: str | None, programme_kind: ProgrammeKind | None, *, column: str = "trade_code"
) -> Iterator[Finding]:
    """Refuse a malformed trade code; warn of one that the catalogue does not know."""
    if code is None:
        return
    if not trades.is_well_formed(code, programme_kind):
        form = _TRADE_FORMS.get(programme_kind, _ANY_TRADE_FORM)
        suggested = _slug_of(code) if programme_kind in _SLUGGED else None
        hint = f"; có lẽ là {suggested}" if suggested else ""
        message = f"Mã ngành, nghề “{code[:40]}” sai dạng; hãy ghi {form}{hint}."
        yield refuse(column, "malformed_trade_code", message)
    elif trades.is_looked_up(code) and trades.find(code) is None:
        message = (
            f"Mã ngành, nghề “{code[:40]}” đúng dạng nhưng chưa có trong danh mục; vẫn lưu, hãy kiểm tra lại."
        )
        yield warn(column, "unknown_trade_code", message)


def not_before(
    values: Mapping[str, Any], first: str, then: str, *, code: str, message: str
) -> Iterator[Finding]:
    """Refuse a row whose day `then` lies before its day `first`; missing days say nothing."""
    if values[first] is not None and values[then] is not None and values[then] < values[first]:
        yield refuse(then, code, message)


def born_before(values: Mapping[str, Any], column: str, *, code: str, message: str) -> Iterator[Finding]:
    """Refuse a row whose day in `column` lies before the birth date of the same row."""
    day, dob = values[column], values["dob"]
    if day is not None and dob and day.isoformat()[: len(dob)] < dob:
        yield refuse(column, code, message)


def employed_under_age(values: Mapping[str, Any], day: date | None, *, column: str) -> Iterator[Finding]:
    """Warn of work before the fifteenth birthday, by the birth date or else by the personal number."""
    if day is None:
        return
    dob: str | None = values["dob"]
    number: str | None = values["person_id"]
    if dob and len(dob) == 10:
        born = date.fromisoformat(dob)
        under = (day.year - born.year, day.month, day.day) < (WORKING_AGE, born.month, born.day)
    elif dob or number:
        year = int(dob) if dob else _birth_year(str(number))
        under = 0 <= day.year - year < WORKING_AGE
    else:
        under = False
    if under:
        message = f"Đi làm khi chưa đủ {WORKING_AGE} tuổi; vẫn lưu, hãy kiểm tra và báo cho xã biết."
        yield warn(column, "employed_under_15", message)


def _birth_year(number: str) -> int:
    return 1900 + int(number[3]) // 2 * 100 + int(number[4:6])


def _slug_of(code: str) -> str | None:
    named = trades.slug_code(re.sub(r"^sc\s*:", "", vietnamese.match_key(code)))
    return named if trades.find(named) else None


_SLUGGED = (ProgrammeKind.SC, ProgrammeKind.DTTX)
_SLUG_FORM = "“SC:” và tên nghề viết liền không dấu, ví dụ SC:sua_chua_xe_may"
_ANY_TRADE_FORM = f"7 chữ số bắt đầu bằng 5, 6, 7, hoặc {_SLUG_FORM}"
_TRADE_FORMS: dict[ProgrammeKind | None, str] = {
    ProgrammeKind.TC: "7 chữ số bắt đầu bằng 5",
    ProgrammeKind.THN: "7 chữ số bắt đầu bằng 5",
    ProgrammeKind.CD: "7 chữ số bắt đầu bằng 6",
    ProgrammeKind.DH: "7 chữ số bắt đầu bằng 7",
    ProgrammeKind.SC: _SLUG_FORM,
    ProgrammeKind.DTTX: _SLUG_FORM,
}
