"""Places and peoples in a row: commune codes by the day they are meant, ethnic groups by code or name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from shared import vietnamese
from shared.files.cells import Cell, Noted, written
from shared.files.findings import Finding, refuse
from shared.reference import communes, ethnic


def commune_findings(column: str, code: str | None, day: date | None) -> Iterable[Finding]:
    """Refuse a commune code that is not valid on the row's day (None: on any), and a name with its code."""
    if code is None:
        return ()
    if day is not None:
        if communes.unit_on(code, day) is not None:
            return ()
    elif communes.is_known(code):
        return ()
    on = f" vào ngày {day:%d/%m/%Y}" if day else ""
    if code.isdigit():
        message = f"không có xã, phường nào mang mã “{code[:20]}”{on}; hãy tra lại mã theo ngày của hàng này."
        return (refuse(column, "unknown_commune", message),)
    suggested = communes.suggest_code(code, day)
    hint = f"hãy ghi mã {suggested}" if suggested else "hãy ghi mã 5 chữ số (tên này không chỉ đúng một xã)"
    return (refuse(column, "unknown_commune", f"phải ghi mã xã, không ghi tên “{code[:40]}”; {hint}."),)


def ethnic_code(cell: Cell, today: date) -> Any:
    """The two-digit code of a people, given by code or by one of its names; unknown ones are left out."""
    raw = vietnamese.nfc(written(cell))
    if not raw:
        return None
    if raw.isdecimal() and raw.isascii():
        padded = raw.zfill(2)
        found = padded if ethnic.name_of(padded) is not None else None
    else:
        found = ethnic.code_of_name(raw)
    if found is None:
        message = f"Không có dân tộc “{raw[:30]}” trong danh mục 54 dân tộc; hãy ghi mã 01–54, hiện để trống."
        return Noted(None, "unknown_ethnic_group", message)
    return found
