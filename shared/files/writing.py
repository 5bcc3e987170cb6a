"""Writes a table to CSV or XLSX. Nothing that is written can become a formula or a link.

CSV is UTF-8 with a byte order mark, which is what Excel needs to read Vietnamese; a text that a spreadsheet
would take for a formula gets an apostrophe in front. XLSX cells hold texts as texts.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

import xlsxwriter

from shared.files.cells import Cell

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
_SHEET_NAME = "Dữ liệu"


def write_table(path: Path, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Write a header row and rows; the suffix of the path decides: .xlsx, else CSV."""
    if path.suffix.lower() == ".xlsx":
        _write_workbook(path, headings, rows)
    else:
        _write_text(path, headings, rows)


def safe_text(text: str) -> str:
    """A text that no spreadsheet takes for a formula when it opens a CSV file."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _write_text(path: Path, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([safe_text(heading) for heading in headings])
        writer.writerows([_plain(cell) for cell in row] for row in rows)


def _plain(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return safe_text(cell)
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    return cell


def _write_workbook(path: Path, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    with xlsxwriter.Workbook(str(path), _OPTIONS) as book:
        book.set_properties({"created": datetime(2026, 1, 1)})  # noqa: DTZ001 - equal tables give equal files
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        as_text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet(_SHEET_NAME)
        sheet.freeze_panes(1, 0)
        for column, heading in enumerate(headings):
            sheet.set_column(column, column, max(10, min(40, len(heading) + 4)))
            sheet.write_string(0, column, heading, bold)
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(number, column, cell[:32_767], as_text)
                elif isinstance(cell, bool):
                    sheet.write_boolean(number, column, cell)
                elif isinstance(cell, (datetime, date)):
                    sheet.write_datetime(number, column, cell, day)
                elif cell is not None:
                    sheet.write_number(number, column, cell)
