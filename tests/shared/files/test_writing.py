"""Writing: what goes out comes back, and nothing becomes a formula."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from shared.files.cells import Cell, written
from shared.files.reading import read_table
from shared.files.writing import write_table

HEADINGS = ["code", "name", "openings", "posted_on"]
ROWS: list[list[Cell]] = [["000211000001", "Bình Lư", 3, date(2026, 9, 10)], ["=1+1", "@SUM(A1)", None, None]]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_what_is_written_is_read_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write_table(path, HEADINGS, ROWS)
    found = read_table(path)
    first = next(line for _, line in found.rows)
    assert found.headings == HEADINGS
    assert [written(cell) for cell in first] == ["000211000001", "Bình Lư", "3", "2026-09-10"]


def test_a_workbook_holds_no_formulas(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_table(path, HEADINGS, [*ROWS, ["https://example.org", "mailto:a@b.c", 1, None]])
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    assert [cell.data_type for cell in sheet["A"]] == ["s", "s", "s", "s"]
    assert [cell.hyperlink for cell in sheet["A"]] == [None] * 4


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", "＝1"])
def test_csv_texts_that_look_like_formulas_are_disarmed(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    write_table(path, ["name"], [[text]])
    with path.open(encoding="utf-8-sig", newline="") as lines:
        assert list(csv.reader(lines))[1] == [f"'{text}"]


def test_negative_numbers_in_csv_stay_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_table(path, ["n"], [[-1]])
    assert path.read_text("utf-8-sig").splitlines()[1] == "-1"


def test_equal_tables_give_equal_files(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_table(tmp_path / name, HEADINGS, ROWS)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
