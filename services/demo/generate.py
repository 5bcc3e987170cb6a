"""Writes the demo's workbooks from the rows in `source/`: texts as texts, days as days, whole money.

Equal sources give equal files, so that a generated workbook can be compared with the committed one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from services.demo import KINDS
from shared.files.cells import Cell
from shared.files.writing import write_table

SOURCE = Path(__file__).with_name("source")

VIETNAMESE_HEADINGS: Mapping[str, Mapping[str, str]] = {
    "completions": {
        "person_id": "Số định danh cá nhân",
        "full_name": "Họ và tên",
        "sex": "Giới tính",
        "dob": "Ngày sinh",
        "ethnic_code": "Mã dân tộc",
        "school_code": "Mã trường",
        "stage": "Cấp học",
        "school_year": "Năm học",
        "recognised_round": "Đợt công nhận",
        "recognised_on": "Ngày công nhận",
        "residence_code": "Mã xã cư trú",
        "village": "Thôn, bản",
    },
    "enrolments": {
        "enrolment_id": "Mã nhập học",
        "person_id": "Số định danh cá nhân",
        "programme_kind": "Loại chương trình",
        "institution_code": "Mã cơ sở đào tạo",
        "trade_code": "Mã ngành, nghề",
        "admitted_on": "Ngày nhập học",
        "left_on": "Ngày thôi học",
        "left_reason": "Lý do thôi học",
        "dual_group": "Nhóm 9+",
    },
}
"""Headings as offices write them, for some of the files; the others keep the names of the interfaces."""

_WHOLE = frozenset({"recognised_round", "openings"})


def generate(folder: Path) -> list[Path]:
    """Write all workbooks into `folder`; the paths in the order of import."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(kind, folder / f"{kind}.xlsx") for kind in KINDS]


def _write(kind: str, target: Path) -> Path:
    with (SOURCE / f"{kind}.csv").open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        names = list(rows.fieldnames or ())
        headings = [VIETNAMESE_HEADINGS.get(kind, {}).get(name, name) for name in names]
        write_table(target, headings, _typed(names, rows))
    return target


def _typed(names: Sequence[str], rows: csv.DictReader[str]) -> Iterator[list[Cell]]:
    for row in rows:
        yield [_cell(name, row[name]) for name in names]


def _cell(name: str, text: str) -> Cell:
    if not text:
        return None
    if name in _WHOLE or name.endswith("_vnd_month"):
        return int(text)
    if name == "dob" or name.endswith(("_on", "_from", "_to")):
        return date.fromisoformat(text)
    return text
