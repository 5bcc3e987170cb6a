"""Reads a table from a CSV or XLSX file: finds the sheet and the header row, keeps the sheet's row numbers.

CSV is read here. A workbook passes the gate (`shared.files.gate`) and is then parsed by a child process
with limits on memory and time, so that no file can take the service down.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import subprocess
import sys
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from shared.files import gate
from shared.files.cells import Cell
from shared.files.findings import Fault
from shared.files.gate import UnreadableFile
from shared.files.layout import Layout, Parsed, Table, heading_key, parse, unusable
from shared.vietnamese import nfc

CHILD_MEMORY_BYTES = 1024 * gate.MEGABYTE
"""Address space of the parser; what it really uses stays near half of that."""

CHILD_SECONDS = 60
HEADER_WITHIN = 40
"""Title lines above the header row: at most so many lines are looked at."""

_TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
_DELIMITERS = ",;\t"


def read_file(layout: Layout, path: Path, *, today: date) -> Parsed:
    """Read and parse; a file that cannot be read becomes one fault without a row."""
    try:
        table = read_table(path, expected=layout.by_heading)
    except UnreadableFile as problem:
        return unusable(layout.kind, problem.code, problem.message)
    return parse(layout, table, today=today)


def read_table(path: Path, *, expected: Collection[str] = ()) -> Table:
    """The table in a file; `expected` are keys (`heading_key`) of headings by which it is found.

    Raises `UnreadableFile`.
    """
    _check_there(path)
    suffix = path.suffix.lower()
    if suffix in _TEXT_SUFFIXES:
        sheets = [_read_text(path, expected)]
    elif suffix == ".xlsx":
        gate.check_workbook(path)
        sheets = _read_workbook(path)
    else:
        raise UnreadableFile(_WRONG_KIND.get(suffix, _WRONG_KIND[""]), code="wrong_kind_of_file")
    return _choose(sheets, expected)


def stream_table(path: Path, *, expected: Collection[str] = ()) -> Table:
    """As `read_table`, for a CSV of any length: rows come as they are read, without the limits of a sheet.

    Raises `UnreadableFile`, also while rows are read: a fault of the file may stand in its last row.
    """
    _check_there(path)
    if path.suffix.lower() not in _TEXT_SUFFIXES:
        return read_table(path, expected=expected)
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    decoded = _decoded(head, whole=len(head) < _HEAD_BYTES)
    delimiter, start = _dialect(decoded, expected)
    lines: list[Sequence[Cell]] = list(islice(_lines_of(path, delimiter, first_row=start), HEADER_WITHIN))
    if not any(map(_filled, lines)):
        raise UnreadableFile("Tệp không có dữ liệu nào; hãy kiểm tra đã chọn đúng tệp.", code="empty_file")
    place = _header(lines, expected)[0]
    sheet = _Sheet(None, False, start, lines[: place + 1])
    below = islice(_lines_of(path, delimiter, first_row=start), place + 1, None)
    return Table(headings=[_heading(cell) for cell in lines[place]], rows=_rows(sheet, place, below))


_HEAD_BYTES = 400_000


def _lines_of(path: Path, delimiter: str, *, first_row: int) -> Iterator[list[Cell]]:
    """The lines of a CSV file, read as they are asked for; `first_row` 2 passes over a line `sep=`."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(1, first_row):
            file.readline()
        try:
            yield from _lines(file, delimiter, first_row=first_row, limits=_LENGTH_FREE)
        except UnicodeDecodeError:
            raise UnreadableFile(_NOT_UTF8, code="not_utf8") from None


_LENGTH_FREE = gate.Limits(rows=sys.maxsize, cells=sys.maxsize)


def _check_there(path: Path) -> None:
    if not path.is_file():
        raise UnreadableFile("Không tìm thấy tệp; hãy kiểm tra lại đường dẫn.", code="file_not_found")
    if path.stat().st_size == 0:
        raise UnreadableFile("Tệp rỗng; hãy kiểm tra đã chọn đúng tệp.", code="empty_file")


_WRONG_KIND = {
    "": "Chỉ nhận tệp .csv hoặc .xlsx; hãy lưu bảng thành một trong hai dạng này.",
    ".xls": "Tệp .xls là bảng tính kiểu cũ; hãy mở bằng Excel, chọn Lưu thành .xlsx rồi gửi lại.",
    ".xlsm": "Tệp .xlsm có thể chứa macro nên bị từ chối; hãy lưu thành “Excel Workbook (.xlsx)”.",
}


@dataclass(slots=True)
class _Sheet:
    """A sheet as it lies in the file; `first_row` is the number of the first line in `lines`."""

    name: str | None
    hidden: bool
    first_row: int
    lines: list[Sequence[Cell]] = field(default_factory=list)


def _choose(sheets: Sequence[_Sheet], expected: Collection[str]) -> Table:
    """The sheet whose header is known best, visible ones first; the others are named in warnings."""
    filled = [sheet for sheet in sheets if any(_filled(line) for line in sheet.lines)]
    if not filled:
        raise UnreadableFile("Tệp không có dữ liệu nào; hãy kiểm tra đã chọn đúng tệp.", code="empty_file")
    headers = [_header(sheet.lines, expected) for sheet in filled]
    best = max(range(len(filled)), key=lambda i: (headers[i][1] > 0, not filled[i].hidden, headers[i][1], -i))
    warnings = [
        Fault(
            None,
            None,
            sheet.name,
            "sheet_ignored",
            f"Trang tính “{sheet.name}” cũng có bảng nhưng không được đọc; mỗi tệp chỉ đọc một trang, "
            "hãy gửi trang này trong một tệp riêng.",
        )
        for i, sheet in enumerate(filled)
        if i != best and headers[i][1] >= 2
    ]
    sheet, place = filled[best], headers[best][0]
    headings = [_heading(cell) for cell in sheet.lines[place]]
    return Table(headings, _rows(sheet, place, sheet.lines[place + 1 :]), tuple(warnings))


def _header(lines: Sequence[Sequence[Cell]], expected: Collection[str]) -> tuple[int, int]:
    """The place of the header line, and how many known headings it has."""
    best, place, most = 0, 0, -1
    for number, line in enumerate(lines[:HEADER_WITHIN]):
        known = len({key for key in map(_key, line) if key in expected})
        count = _filled(line)
        if known > best:
            best, place = known, number
        elif best == 0 and count > most:
            place, most = number, count
    return place, best


def _rows(sheet: _Sheet, place: int, below: Iterable[Sequence[Cell]]) -> Iterator[tuple[int, Sequence[Cell]]]:
    """The lines below the header, without the header repeated and without the line of column numbers."""
    header = sheet.lines[place]
    for number, line in enumerate(below, start=sheet.first_row + place + 1):
        if line == header or (number == sheet.first_row + place + 1 and _is_numbering(line)):
            continue
        yield number, line


def _is_numbering(line: Sequence[Cell]) -> bool:
    """Whether a line only numbers the columns: (1), (2), (3)."""
    filled = [str(cell).strip("() ").removesuffix(".0") for cell in line if cell not in (None, "")]
    return len(filled) >= 3 and filled == [str(number) for number in range(1, len(filled) + 1)]


def _heading(cell: Cell) -> str:
    return nfc(cell) if isinstance(cell, str) else "" if cell is None else str(cell)


def _key(cell: Cell) -> str:
    return heading_key(cell) if isinstance(cell, str) and len(cell) <= 200 else ""


def _filled(line: Sequence[Cell]) -> int:
    return sum(1 for cell in line if cell is not None and not (isinstance(cell, str) and not cell.strip()))


def _read_text(path: Path, expected: Collection[str]) -> _Sheet:
    if path.stat().st_size > gate.LIMITS.file_bytes:
        message = (
            f"Tệp lớn hơn {gate.LIMITS.file_bytes // gate.MEGABYTE} MB; hãy tách thành nhiều tệp nhỏ hơn."
        )
        raise UnreadableFile(message, code="file_too_large")
    decoded = _decoded(path.read_bytes(), whole=True)
    delimiter, first_row = _dialect(decoded, expected)
    text = io.StringIO(decoded.partition("\n")[2] if first_row > 1 else decoded, newline="")
    return _Sheet(
        None, False, first_row, list(_lines(text, delimiter, first_row=first_row, limits=gate.LIMITS))
    )


def _decoded(data: bytes, *, whole: bool) -> str:
    """The text of a CSV file, or of its beginning (not `whole`: its last character may be cut)."""
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"{\\rtf")):
        raise UnreadableFile(
            "Tệp mang đuôi văn bản nhưng bên trong là Excel, PDF…; hãy sửa đuôi tệp hoặc lưu thành CSV.",
            code="wrong_kind_of_file",
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data:
        raise UnreadableFile(_NOT_UTF8, code="not_utf8")
    try:
        decoded = codecs.getincrementaldecoder("utf-8-sig")().decode(data, final=whole)
    except UnicodeDecodeError:
        raise UnreadableFile(_NOT_UTF8, code="not_utf8") from None
    if re.match(r"\s*<(!doctype|html|\?xml|table)", decoded[:200], re.IGNORECASE):
        raise UnreadableFile(
            "Tệp là trang web hoặc XML chứ không phải CSV; hãy mở bằng Excel và lưu thành CSV UTF-8.",
            code="wrong_kind_of_file",
        )
    return decoded


def _dialect(decoded: str, expected: Collection[str]) -> tuple[str, int]:
    """The separator, and the number of the first row: 2 where the first line only names the separator."""
    named = re.match(r"sep=(.)\r?\n", decoded)
    return (named.group(1), 2) if named else (_delimiter(decoded, expected), 1)


_NOT_UTF8 = (
    "Tệp CSV không ở bảng mã UTF-8; hãy lưu lại bằng Excel với lựa chọn “CSV UTF-8”, hoặc gửi tệp .xlsx."
)


def _delimiter(decoded: str, expected: Collection[str]) -> str:
    """The separator under which most known headings appear, then the most columns."""

    def score(delimiter: str) -> tuple[int, int]:
        head = "\n".join(decoded[:100_000].splitlines()[:HEADER_WITHIN])
        try:
            lines = list(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter))
        except csv.Error:
            return (-1, 0)
        return _header(lines, expected)[1], max(map(_filled, lines), default=0)

    return max(_DELIMITERS, key=score)


def _lines(
    text: Iterable[str], delimiter: str, *, first_row: int, limits: gate.Limits
) -> Iterator[list[Cell]]:
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    cells = number = 0
    while True:
        try:
            line: list[Any] = next(reader)
        except StopIteration:
            return
        except csv.Error:
            message = (
                f"Hàng {first_row + number} của tệp CSV có dấu ngoặc kép không đóng đúng hoặc một ô quá dài; "
                "hãy mở bằng Excel và lưu lại thành CSV UTF-8."
            )
            raise UnreadableFile(message, code="broken_file") from None
        number += 1
        cells += len(line)
        if len(line) > limits.columns or number > limits.rows or cells > limits.cells:
            raise UnreadableFile(
                "Tệp CSV có quá nhiều hàng hoặc cột; hãy tách thành nhiều tệp.", code="file_too_large"
            )
        yield line


def _read_workbook(path: Path) -> list[_Sheet]:
    """All sheets, from the child process; whatever befalls the child becomes `UnreadableFile`."""
    program = Path(__file__).with_name("workbook_child.py")
    command = [sys.executable, "-I", str(program), str(path), str(CHILD_MEMORY_BYTES), str(CHILD_SECONDS)]
    sheets: list[_Sheet] = []
    with subprocess.Popen(  # noqa: S603 - our own program, arguments as a list
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        alarm = threading.Timer(CHILD_SECONDS, child.kill)
        alarm.start()
        try:
            for line in child.stdout or ():
                _take(sheets, line)
            status = child.wait()
        except (orjson.JSONDecodeError, IndexError):
            status = -1
        finally:
            alarm.cancel()
            child.kill()
    if status < 0:
        raise UnreadableFile(
            "Bảng tính quá nặng hoặc bị hỏng nên không đọc được trong giới hạn cho phép; "
            "hãy chép phần dữ liệu sang một tệp mới rồi gửi lại.",
            code="file_too_heavy",
        )
    if status > 0:
        raise UnreadableFile(
            "Tệp bảng tính bị hỏng nên không đọc được; hãy mở bằng Excel, lưu thành .xlsx rồi gửi lại.",
            code="broken_file",
        )
    return sheets


def _take(sheets: list[_Sheet], line: bytes) -> None:
    said = orjson.loads(line)
    if isinstance(said, dict):
        sheets.append(_Sheet(said["sheet"], said["hidden"], said["first_row"]))
        return
    for cells in said:
        for place, cell in enumerate(cells):
            if type(cell) is dict:
                cells[place] = _day(cell)
    sheets[-1].lines.extend(said)


def _day(tagged: dict[str, str]) -> date | str:
    try:
        return date.fromisoformat(tagged["day"])
    except ValueError:
        return tagged["day"]
