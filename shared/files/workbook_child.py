"""The program that parses a workbook, run as a child process with limits on memory and time.

It is started by its path and imports nothing of ours, so that it starts quickly and a crash of the parser
(a hostile sheet can abort the process) harms nobody. Arguments: path, bytes of address space, seconds of
processor time. Output: per sheet one JSON line {"sheet": name, "hidden": bool, "first_row": number},
then lines that are lists of rows; a row is a list of cells; a date is {"day": "2026-05-28"}.
"""

from __future__ import annotations

import datetime
import resource
import sys
from itertools import islice
from typing import BinaryIO

import orjson
from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

ROWS_PER_LINE = 2000


def main() -> None:
    """Parse the workbook named on the command line."""
    path, memory, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = sys.stdout.buffer
    workbook = CalamineWorkbook.from_path(path)
    for about in workbook.sheets_metadata:
        if about.typ != SheetTypeEnum.WorkSheet:
            continue
        hidden = about.visible != SheetVisibleEnum.Visible
        sheet = workbook.get_sheet_by_name(about.name)
        first_row = sheet.start[0] + 1 if sheet.start else 1
        _write(out, {"sheet": about.name, "hidden": hidden, "first_row": first_row})
        rows = iter(sheet.to_python(skip_empty_area=True))
        while lines := list(islice(rows, ROWS_PER_LINE)):
            _write(out, lines)


def _write(out: BinaryIO, what: object) -> None:
    out.write(orjson.dumps(what, default=_tagged, option=_OPTIONS))


def _tagged(value: object) -> object:
    if isinstance(value, datetime.date):
        return {"day": value.isoformat()[:10]}
    return str(value)


_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATETIME

if __name__ == "__main__":
    main()
