"""Finding the table in a file: separators, title lines, sheets, row numbers."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from shared.files.gate import UnreadableFile
from shared.files.layout import Table
from shared.files.layouts import ENROLMENTS, INSTITUTIONS
from shared.files.reading import read_file, read_table
from shared.files.writing import write_table
from tests.shared.files.rows import TODAY, enrolment

HEADINGS = list(enrolment())
LINE: list[Any] = list(enrolment().values())


def table(path: Path) -> Table:
    return read_table(path, expected=ENROLMENTS.by_heading)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_csv_is_read_with_any_separator_and_mark(
    tmp_path: Path, separator: str, mark: str, newline: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        mark + newline.join(separator.join(line) for line in (HEADINGS, LINE)), "utf-8", newline=""
    )
    found = table(path)
    assert found.headings == HEADINGS
    assert list(found.rows) == [(2, LINE)]


def test_the_separator_line_of_excel_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sep=;\n" + ";".join(HEADINGS) + "\n" + ";".join(LINE), "utf-8")
    assert list(table(path).rows) == [(3, LINE)]


def test_rows_keep_the_numbers_of_the_sheet_below_title_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    lines: list[list[Any]] = [
        [],
        ["UBND HUYỆN MẪU", None, None, None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
        ["DANH SÁCH NHẬP HỌC"],
        [],
        HEADINGS,
        [1, 2, 3, 4, 5, 6],
        LINE,
        [],
        LINE,
    ]
    for line in lines:
        sheet.append(line)
    sheet.merge_cells("A3:F3")
    book.save(path)
    found = read_file(ENROLMENTS, path, today=TODAY)
    assert (len(found.rows), found.rows[0].number, found.repeats) == (1, 7, {7: 1})
    assert found.faults == []


def test_types_of_cells_survive_the_child_process(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_table(path, HEADINGS, [["E1", 62211000001, "TC", None, 1.5, date(2026, 9, 10)]])
    ((number, line),) = table(path).rows
    assert number == 2
    assert list(line) == ["E1", 62211000001, "TC", "", 1.5, date(2026, 9, 10)]


def test_the_sheet_with_the_known_headings_is_read_and_others_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    notes = book.active
    assert notes is not None
    notes.append(["Hướng dẫn", "Điền trang sau"])
    for name, key in (("9A", "E1"), ("9B", "E2")):
        sheet = book.create_sheet(name)
        sheet.append(HEADINGS)
        sheet.append([key, *LINE[1:]])
    book.save(path)
    found = read_file(ENROLMENTS, path, today=TODAY)
    assert [row.key for row in found.rows] == ["E1"]
    assert [(warning.value, warning.code) for warning in found.warnings] == [("9B", "sheet_ignored")]


def test_a_hidden_sheet_yields_to_a_visible_one(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    hidden = book.active
    assert hidden is not None
    hidden.append(HEADINGS)
    hidden.append(["OLD", *LINE[1:]])
    sheet = book.create_sheet("Nhập học")
    sheet.append(HEADINGS)
    sheet.append(LINE)
    hidden.sheet_state = "hidden"
    book.save(path)
    assert [row.key for row in read_file(ENROLMENTS, path, today=TODAY).rows] == ["E1"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"", "empty_file"),
        ("a.xlsx", b"", "empty_file"),
        ("a.csv", b"\n\n  \n", "empty_file"),
        ("a.csv", "enrolment_id,full_name\nE1,Vì".encode("utf-16"), "not_utf8"),
        ("a.csv", "Vì Văn Chung".encode("cp1258", "replace") + b"\xd0\xff", "not_utf8"),
        ("a.csv", b"a\x00b", "not_utf8"),
        ("a.csv", b'a,b\n"x,1\n', "broken_file"),
        ("a.csv", b"a,b\n" + b"x" * 200_000, "broken_file"),
        ("a.csv", b"a," * 2000, "file_too_large"),
        ("a.csv", b"PK\x03\x04 and so on", "wrong_kind_of_file"),
        ("a.csv", b"<html><table>", "wrong_kind_of_file"),
        ("a.xlsx", b"enrolment_id,person_id\n", "wrong_kind_of_file"),
        ("a.xlsx", b"PK\x03\x04 truncated", "broken_file"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "wrong_kind_of_file"),
        ("a.pdf", b"%PDF-1.7", "wrong_kind_of_file"),
        ("a", b"code,name", "wrong_kind_of_file"),
        ("a.xlsm", b"PK", "wrong_kind_of_file"),
    ],
)
def test_a_wrong_or_empty_file_is_one_fault_without_a_row(
    tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    found = read_file(INSTITUTIONS, path, today=TODAY)
    assert [(fault.row, fault.code) for fault in found.faults] == [(None, code)]
    assert found.unusable
    assert found.rows == []


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile) as problem:
        table(tmp_path / "none.csv")
    assert problem.value.code == "file_not_found"


def test_fifty_thousand_rows_of_twelve_columns_are_read_and_parsed_in_seconds(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    extra = ["full_name", "sex", "dob", "ethnic_code", "residence_code", "village"]
    more: list[Any] = ["Vì Văn Chung", "M", date(2011, 3, 9), "03", "03390", "Bản A"]
    write_table(
        path, [*HEADINGS, *extra], ([f"E{i}", f"000211{i:06d}", *LINE[2:], *more] for i in range(50_000))
    )
    started = time.perf_counter()
    found = read_file(ENROLMENTS, path, today=TODAY)
    assert len(found.rows) == 50_000
    assert time.perf_counter() - started < 20, "usually about four seconds on two cores"
