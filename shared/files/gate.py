"""The gate before the workbook parser: what a workbook may be made of, decided by streaming.

Runs in the main process with constant memory: the directory is bounded before it is read, every part is
inflated in small pieces and thrown away, and reading stops at the first limit. What passes may still
be broken; the parser that follows works in a child process with limits of its own.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from shared.errors import Invalid

MEGABYTE = 1024 * 1024


class UnreadableFile(Invalid):
    """The file as a whole cannot be read; the message says why and what to do."""

    code = "unreadable_file"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a workbook may cost: bytes on disk and inflated, parts, and the extent of all sheets in cells."""

    file_bytes: int = 64 * MEGABYTE
    directory_bytes: int = MEGABYTE
    entries: int = 2000
    inflated_bytes: int = 400 * MEGABYTE
    columns: int = 1000
    rows: int = 250_000
    cells: int = 4_000_000


LIMITS = Limits()


def check_workbook(path: Path, limits: Limits = LIMITS) -> None:
    """Raise `UnreadableFile` unless the file is a plain workbook within the limits."""
    _check_kind(path, limits)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check_names(entries, limits)
            left, extent = limits.inflated_bytes, _Extent(limits)
            for entry in entries:
                left -= _check_entry(archive, entry, left, extent)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        struct.error,
        NotImplementedError,
        ValueError,
        OSError,
    ) as error:
        raise UnreadableFile(_BROKEN, code="broken_file") from error


_BROKEN = (
    "Tệp bảng tính bị hỏng hoặc tải lên chưa trọn vẹn; hãy mở lại bằng Excel, lưu thành .xlsx rồi gửi lại."
)
_END_RECORD = b"PK\x05\x06"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def _check_kind(path: Path, limits: Limits) -> None:
    size = path.stat().st_size
    if size > limits.file_bytes:
        message = f"Tệp lớn hơn {limits.file_bytes // MEGABYTE} MB; hãy tách thành nhiều tệp nhỏ hơn."
        raise UnreadableFile(message, code="file_too_large")
    with path.open("rb") as file:
        head = file.read(8)
        if head.startswith(_OLE):
            raise _old_or_locked(file)
        if not head.startswith(b"PK"):
            raise UnreadableFile(
                "Tệp mang đuôi .xlsx nhưng không phải bảng tính Excel; hãy mở lại rồi lưu thành .xlsx.",
                code="wrong_kind_of_file",
            )
        _check_directory(file, size, limits)


def _old_or_locked(file: BinaryIO) -> UnreadableFile:
    rest = file.read(4 * MEGABYTE)
    if "EncryptedPackage".encode("utf-16-le") in rest:
        return UnreadableFile(
            "Tệp có mật khẩu nên không đọc được; hãy bỏ mật khẩu rồi gửi lại.", code="password"
        )
    return UnreadableFile(
        "Đây là bảng tính kiểu cũ (.xls); hãy mở bằng Excel, chọn Lưu thành .xlsx rồi gửi lại.",
        code="wrong_kind_of_file",
    )


def _check_directory(file: BinaryIO, size: int, limits: Limits) -> None:
    """Bound the directory by what its end record says, which is what the reader goes by."""
    file.seek(max(0, size - 65_557))
    tail = file.read()
    place = tail.rfind(_END_RECORD)
    if place < 0 or len(tail) < place + 22:
        raise UnreadableFile(_BROKEN, code="broken_file")
    count, directory = struct.unpack("<HI", tail[place + 10 : place + 16])
    if count > limits.entries or directory > limits.directory_bytes:
        raise UnreadableFile(
            "Tệp bảng tính chứa quá nhiều thành phần bên trong; hãy chép bảng sang một tệp mới.",
            code="too_many_parts",
        )


def _check_names(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    names = [entry.filename for entry in entries]
    lowered = {name.lower() for name in names}
    if len(entries) > limits.entries:
        raise UnreadableFile(
            "Tệp bảng tính chứa quá nhiều thành phần bên trong nên bị từ chối.", code="too_many_parts"
        )
    if any(name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or ":" in name for name in names):
        raise UnreadableFile(
            "Tệp chứa đường dẫn không an toàn nên bị từ chối; hãy chép bảng sang một tệp mới.",
            code="unsafe_path",
        )
    if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in lowered):
        raise UnreadableFile(
            "Tệp chứa macro nên bị từ chối; hãy lưu thành “Excel Workbook (.xlsx)” không có macro.",
            code="macros",
        )
    if any(entry.flag_bits & 1 for entry in entries):
        raise UnreadableFile(
            "Tệp có mật khẩu nên không đọc được; hãy bỏ mật khẩu rồi gửi lại.", code="password"
        )
    if "xl/workbook.xml" not in lowered or "[content_types].xml" not in lowered:
        raise UnreadableFile(
            "Tệp không phải bảng tính .xlsx (có thể là Word hoặc tệp nén); hãy lưu thành .xlsx.",
            code="wrong_kind_of_file",
        )


def _check_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int, extent: _Extent) -> int:
    """The inflated size of one part, having looked at every piece of it."""
    name = entry.filename.lower()
    is_xml = name.endswith((".xml", ".rels", ".vml"))
    is_sheet = "/worksheets/" in name and name.endswith(".xml")
    size = 0
    before = b""
    with archive.open(entry) as part:
        for piece in _pieces(part):
            size += len(piece)
            if size > left:
                raise UnreadableFile(
                    "Nội dung tệp bung ra quá lớn nên bị từ chối; hãy chép phần dữ liệu sang một tệp mới.",
                    code="inflates_too_much",
                )
            window = before + piece
            if is_xml:
                _check_markup(window, first=size == len(piece))
            if is_sheet:
                extent.look(window)
            before = window[-_OVERLAP:]
    if is_sheet:
        extent.next_sheet()
    return size


_OVERLAP = 64


def _pieces(part: IO[bytes]) -> Iterator[bytes]:
    while piece := part.read(256 * 1024):
        yield piece


def _check_markup(window: bytes, *, first: bool) -> None:
    if first and (window[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in window[:64]):
        raise UnreadableFile(_BROKEN, code="broken_file")
    if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
        raise UnreadableFile(
            "Tệp chứa khai báo XML không được phép (DOCTYPE) nên bị từ chối; hãy chép bảng sang một tệp mới.",
            code="forbidden_markup",
        )
    if first and b"macroEnabled" in window:
        raise UnreadableFile(
            "Tệp chứa macro nên bị từ chối; hãy lưu thành “Excel Workbook (.xlsx)”.", code="macros"
        )


class _Extent:
    """How far the sheets reach, by the addresses of their cells and rows."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.cells_before = 0
        self.last_column = 0
        self.last_row = 0

    def next_sheet(self) -> None:
        """Begin with another sheet; what the sheets span adds up."""
        self.cells_before += self.last_column * self.last_row
        self.last_column = self.last_row = 0

    def look(self, window: bytes) -> None:
        """Widen by the addresses in this piece; refuse when the sheet has become too wide or too long."""
        letters = max(_COLUMNS.findall(window), key=_letters_order, default=b"")
        if letters:
            self.last_column = max(self.last_column, _column_number(letters))
        rows = _ROWS.findall(window)
        if rows:
            self.last_row = max(self.last_row, int(max(rows, key=_letters_order)))
        limits = self.limits
        if (
            self.last_column > limits.columns
            or self.last_row > limits.rows
            or self.cells_before + self.last_column * self.last_row > limits.cells
        ):
            raise UnreadableFile(
                "Bảng tính có ô hoặc định dạng ở rất xa vùng dữ liệu (quá nhiều hàng hoặc cột); "
                "hãy xóa các hàng, cột thừa hoặc chép bảng sang một tệp mới.",
                code="far_cells",
            )


_COLUMNS = re.compile(rb"""<(?:\w+:)?c\s[^>]{0,40}?\br\s*=\s*["']\$?([A-Za-z]{1,8})\$?[0-9]""")
_ROWS = re.compile(rb"""\br\s*=\s*["'](?:\$?[A-Za-z]{1,8}\$?)?([0-9]{1,12})["']""")


def _letters_order(letters: bytes) -> tuple[int, bytes]:
    return len(letters), letters.upper()


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
