"""Work under 15 is an alert (child labour), never a reason to refuse what a list says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from shared.files.findings import Finding, warn

WORKING_AGE_YEARS = 15
_YEAR = 4


def findings_of_working_age(values: Mapping[str, Any], column: str, started_on: date) -> Iterable[Finding]:
    """A warning where somebody certainly was under 15 when work began.

    The birth date of the row counts; without one, the birth year in the personal number. A year alone is
    taken as its first day, so that only what is certain is said.
    """
    born = _earliest_birth(values["dob"], values["person_id"])
    if born is None or (started_on.year - born.year, (started_on.month, started_on.day)) >= (
        WORKING_AGE_YEARS,
        (born.month, born.day),
    ):
        return ()
    message = "người này chưa đủ 15 tuổi khi bắt đầu làm việc; vẫn lưu, hãy kiểm tra ngày sinh và báo nơi phụ trách trẻ em."
    return (warn(column, "employed_under_15", message),)


def _earliest_birth(dob: str | None, number: str | None) -> date | None:
    if dob is not None:
        return date(int(dob), 1, 1) if len(dob) == _YEAR else date.fromisoformat(dob)
    if number is not None:
        return date(1900 + int(number[3]) // 2 * 100 + int(number[4:6]), 1, 1)
    return None
