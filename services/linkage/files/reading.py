"""Files to be linked: opened, checked, named, and cut into batches of rows.

Nothing about an identity is refused here. A row is lost only when none of its identity columns is filled;
such rows are counted and the first of them named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from services.linkage.files.columns import BY_HEADING, IDENTITY, KEYS, PASSED_OVER, kind_of, places_of
from shared.contracts.codes import RecordKind
from shared.errors import Invalid
from shared.files.cells import Cell, Refusal, written
from shared.files.gate import UnreadableFile
from shared.files.layout import Table, heading_key
from shared.files.reading import stream_table

BATCH_ROWS = 10_000
_NAMED_ROWS = 5
_TOTALS = frozenset({"tong", "tong cong", "tong so", "cong"})


class SameFileTwice(Invalid):
    """One file was given twice: every record would be its own double."""

    code = "same_file_twice"


class NoIdentity(UnreadableFile):
    """The file has no column or no row that says who somebody is."""

    code = "no_identity"


@dataclass(slots=True)
class Source:
    """One file of a run, and what was noticed while it was read.

    `name`: as in the output. `key_column`: the column that names its rows, None: the number of the row.
    `rows` with an identity; `empty` without one, the first of them in `empty_rows`; `unnamed` rows whose key
    cell was empty; `repeated` rows whose key stood on an earlier row, the first keys in `repeated_keys`.
    """

    name: str
    path: Path
    columns: dict[str, int]
    kind: RecordKind | None
    table: Table
    unknown: tuple[str, ...]
    rows: int = 0
    empty: int = 0
    empty_rows: list[int] = field(default_factory=list)
    unnamed: int = 0
    repeated: int = 0
    repeated_keys: list[str] = field(default_factory=list)

    @property
    def key_column(self) -> str | None:
        """The first column that can name a row of this file."""
        return next((name for name in KEYS if name in self.columns), None)


class Batch(NamedTuple):
    """Some rows of one source, ready to be prepared anywhere.

    `source` is the place of the file in the run, `keys` names each row, `numbers` are rows of the sheet.
    """

    source: int
    kind: str | None
    columns: dict[str, int]
    keys: list[str]
    numbers: list[int]
    lines: list[Sequence[Cell]]


def open_sources(paths: Sequence[Path]) -> list[Source]:
    """Open every file and read its header.

    Raises `UnreadableFile` with the file's name, `NoIdentity`, `SameFileTwice`.
    """
    _check_different(paths)
    sources = []
    for path, name in zip(paths, source_names(paths), strict=True):
        try:
            table = stream_table(path, expected=BY_HEADING)
        except UnreadableFile as problem:
            raise _of_file(path, problem) from None
        columns = places_of(table.headings)
        if not columns.keys() & set(IDENTITY):
            message = (
                "không có cột nào cho biết hồ sơ là của ai (họ tên, ngày sinh, số định danh…); "
                "hãy kiểm tra dòng tiêu đề."
            )
            raise NoIdentity(f"{path.name}: {message}")
        unknown = tuple(
            text
            for text in table.headings
            if text and heading_key(text) not in BY_HEADING and heading_key(text) not in PASSED_OVER
        )
        sources.append(Source(name, path, columns, kind_of(columns), table, unknown))
    return sources


def batches(sources: Sequence[Source], *, size: int = BATCH_ROWS) -> Iterator[Batch]:
    """The rows of all sources in order; what is noticed is noted in the sources.

    Raises `UnreadableFile` at a broken row, and `NoIdentity` after a file of which every row is empty.
    """
    for number, source in enumerate(sources):
        seen: set[str] = set()
        rows = _filled(source)
        try:
            while taken := list(islice(rows, size)):
                keys = [_key(source, row, line, seen) for row, line in taken]
                source.rows += len(taken)
                yield Batch(
                    number,
                    source.kind,
                    source.columns,
                    keys,
                    [row for row, _ in taken],
                    [line for _, line in taken],
                )
        except UnreadableFile as problem:
            raise _of_file(source.path, problem) from None
        if not source.rows:
            raise NoIdentity(
                f"{source.path.name}: không có hàng nào có thông tin về người; hãy kiểm tra lại."
            )


def source_names(paths: Sequence[Path]) -> list[str]:
    """The names of the sources: the stem, with its folder where two are equal, else with a number."""
    stems = [path.stem for path in paths]
    names: list[str] = []
    for path, stem in zip(paths, stems, strict=True):
        name = stem if stems.count(stem) == 1 else f"{path.absolute().parent.name}/{stem}"
        names.append(name)
    used: set[str] = set()
    for place, name in enumerate(names):
        free, count = name, 1
        while free in used:
            count += 1
            free = f"{name}-{count}"
        used.add(free)
        names[place] = free
    return names


def _check_different(paths: Sequence[Path]) -> None:
    seen: set[Path] = set()
    for path in paths:
        where = path.resolve()
        if where in seen:
            raise SameFileTwice(f"Tệp {path.name} được đưa vào hai lần; hãy bỏ bớt một lần.")
        seen.add(where)


def _of_file(path: Path, problem: UnreadableFile) -> UnreadableFile:
    return UnreadableFile(f"{path.name}: {problem.message}", code=problem.code)


def _filled(source: Source) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Rows that say something of somebody; the others are counted, but for blank lines and totals."""
    places = [place for name, place in source.columns.items() if name in IDENTITY]
    name_place = source.columns.get("full_name", -1)
    for number, line in source.table.rows:
        if any(place < len(line) and not _is_blank(line[place]) for place in places):
            if not _is_total(line, name_place, places):
                yield number, line
        elif any(not _is_blank(cell) for cell in line) and not _is_total(line, 0, places):
            source.empty += 1
            if len(source.empty_rows) < _NAMED_ROWS:
                source.empty_rows.append(number)


def _key(source: Source, number: int, line: Sequence[Cell], seen: set[str]) -> str:
    """The name of a row. One that stood before gets a number behind it, so that both are kept apart."""
    for column in KEYS:
        place = source.columns.get(column)
        if place is not None and place < len(line) and (key := _text(line[place])):
            break
    else:
        key = str(number)
        source.unnamed += 1
    if key not in seen:
        seen.add(key)
        return key
    source.repeated += 1
    if len(source.repeated_keys) < _NAMED_ROWS:
        source.repeated_keys.append(key)
    count = 2
    while f"{key}#{count}" in seen:
        count += 1
    seen.add(f"{key}#{count}")
    return f"{key}#{count}"


def _is_total(line: Sequence[Cell], place: int, places: Sequence[int]) -> bool:
    """Whether the row is a line of totals: the cell says so, and at most one identity column is filled."""
    if sum(1 for other in places if other < len(line) and not _is_blank(line[other])) > 1:
        return False
    first = line[place] if 0 <= place < len(line) else None
    return isinstance(first, str) and heading_key(first[:100]) in _TOTALS


def _is_blank(cell: Cell) -> bool:
    return cell is None or (type(cell) is str and not cell.strip())


def _text(cell: Cell) -> str:
    try:
        return written(cell).strip()[:200]
    except Refusal:
        return ""
