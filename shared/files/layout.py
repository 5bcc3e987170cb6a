"""What a kind of spreadsheet looks like, and how its rows become checked values.

A `Layout` is declared once per KIND; `parse` applies it to a table. Everything that can be decided without
a database is decided here: repairs, warnings, refusals (interfaces page, "Files"). What needs a register
(does this school exist?) is decided by the service that saves the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from shared.contracts import Identity
from shared.files import persons
from shared.files.cells import Cell, Noted, Refusal, written
from shared.files.columns import IDENTITY_COLUMNS, Column
from shared.files.findings import Fault, Finding, fault_at
from shared.files.places import commune_findings
from shared.vietnamese import match_key, nfc

Values = Mapping[str, Any]
"""The values of one row, by column name; every column of the layout is there, None when empty."""


def no_findings(values: Values, today: date) -> Iterable[Finding]:
    """The check of a layout that has no rules across columns."""
    return ()


def no_day(values: Values) -> date | None:
    """The day of a layout whose rows have none."""
    return None


@dataclass(frozen=True)
class Layout:
    """The shape of one KIND of file.

    `key` gives a row's key from its values. `day` gives the day on which the row's codes are meant (None:
    not known, or any day). `communes` names the columns that hold commune codes. `check` judges one row,
    `check_all` all good rows together (it may only warn). With `person`, the identity columns join.
    """

    kind: str
    title_vi: str
    columns: tuple[Column, ...]
    key: Callable[[Values], str]
    day: Callable[[Values], date | None] = no_day
    check: Callable[[Values, date], Iterable[Finding]] = no_findings
    check_all: Callable[[Sequence[Row]], Iterable[Fault]] | None = None
    communes: tuple[str, ...] = ()
    person: bool = False

    @cached_property
    def all_columns(self) -> tuple[Column, ...]:
        """The layout's own columns, then the identity columns it does not declare itself."""
        if not self.person:
            return self.columns
        own = {column.name for column in self.columns}
        return self.columns + tuple(column for column in IDENTITY_COLUMNS if column.name not in own)

    @cached_property
    def by_heading(self) -> dict[str, Column]:
        """Columns by the match key of every heading they go by."""
        found: dict[str, Column] = {}
        for column in self.all_columns:
            for heading in (column.name, *column.headings):
                found.setdefault(heading_key(heading), column)
        return found


@dataclass(frozen=True, slots=True)
class Table:
    """A table as read: headings, and rows as (number in the sheet, cells in the order of the headings).

    `answers_every_row`: blank lines and lines of totals are rows too, and want an answer.
    """

    headings: Sequence[str]
    rows: Iterable[tuple[int, Sequence[Cell]]]
    warnings: tuple[Fault, ...] = ()
    answers_every_row: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row that can be stored as far as its file tells.

    `identity` is None for kinds without a person. `original` holds the texts that reading changed, as they
    were written, by column name.
    """

    number: int
    values: dict[str, Any]
    key: str
    identity: Identity | None = None
    original: dict[str, str] = field(default_factory=dict, compare=False)


@dataclass(slots=True)
class Parsed:
    """A file after parsing.

    `rejected` holds the numbers of refused rows. `repeats` says how often the content of a row (by its
    number) came again in the file. `unusable`: the file as a whole was refused.
    """

    kind: str
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    rejected: set[int] = field(default_factory=set)
    repeats: dict[int, int] = field(default_factory=dict)
    unusable: bool = False


def heading_key(heading: str) -> str:
    """A heading as it is compared: no marks, case, punctuation or underscores."""
    return " ".join("".join(c if c.isalnum() else " " for c in match_key(heading)).split())


def table_of_items(items: Sequence[Mapping[str, Any]], layout: Layout) -> Table:
    """JSON items as a table; an item's row number is its place, from 1.

    A needed column that no item has is there and empty: each item then answers for itself.
    """
    headings = list(dict.fromkeys(name for item in items for name in item))
    given = {layout.by_heading.get(heading_key(heading)) for heading in headings}
    headings += [column.name for column in layout.columns if column.needed and column not in given]
    return Table(
        headings=headings,
        rows=((number, [item.get(name) for name in headings]) for number, item in enumerate(items, start=1)),
        answers_every_row=True,
    )


def unusable(kind: str, code: str, message: str) -> Parsed:
    """What stands for a file that cannot be read at all: one fault without a row."""
    return Parsed(kind=kind, faults=[Fault(None, None, None, code, message)], unusable=True)


def parse(layout: Layout, table: Table, *, today: date) -> Parsed:
    """Read every row of the table; nothing is raised for what a file contains."""
    places, missing, warnings = _match_headings(layout, table.headings)
    if missing:
        listed = ", ".join(f"“{column.name}”" for column in missing)
        return unusable(
            layout.kind,
            "missing_column",
            f"Tệp thiếu cột bắt buộc {listed} của mẫu “{layout.title_vi}”; hãy thêm cột rồi gửi lại.",
        )
    parsed = Parsed(kind=layout.kind, warnings=[*table.warnings, *warnings])
    first_rows: dict[str, Row] = {}
    births: dict[str, tuple[str, int]] = {}
    seen_any = False
    for number, line in table.rows:
        if not table.answers_every_row and all(map(_is_blank, line)):
            continue
        seen_any = True
        if not table.answers_every_row and _is_total(layout, places, line):
            parsed.warnings.append(
                Fault(number, None, None, "total_row_skipped", f"Hàng {number}: đã bỏ qua hàng tổng cộng.")
            )
            continue
        reading = _RowReading(layout, number, today)
        row = reading.row(places, line)
        parsed.warnings.extend(reading.warnings)
        if row is None:
            parsed.faults.extend(reading.faults)
            parsed.rejected.add(number)
            continue
        first = first_rows.setdefault(row.key, row)
        if first is row:
            parsed.rows.append(row)
            _note_birth(births, row, parsed)
        elif first.values == row.values and first.identity == row.identity:
            parsed.repeats[first.number] = parsed.repeats.get(first.number, 0) + 1
        else:
            parsed.rejected.add(number)
            parsed.faults.append(
                Fault(
                    number,
                    None,
                    row.key,
                    "duplicate_key",
                    f"Hàng {number}: khóa của hàng này đã có ở hàng {first.number} với nội dung khác; "
                    "hãy giữ lại một hàng đúng.",
                )
            )
    if not seen_any:
        return unusable(
            layout.kind, "empty_file", "Tệp không có hàng dữ liệu nào; hãy kiểm tra đã chọn đúng tệp."
        )
    if layout.check_all is not None:
        parsed.warnings.extend(layout.check_all(parsed.rows))
    return parsed


class _RowReading:
    """The reading of one row: collects what is wrong and what is odd."""

    __slots__ = ("faults", "layout", "number", "today", "warnings")

    def __init__(self, layout: Layout, number: int, today: date) -> None:
        self.layout = layout
        self.number = number
        self.today = today
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []

    def row(self, places: Sequence[tuple[Column, int]], line: Sequence[Cell]) -> Row | None:
        """The row, or None when something in it is refused."""
        values: dict[str, Any] = {column.name: None for column in self.layout.all_columns}
        raw: dict[str, Cell] = {}
        original: dict[str, str] = {}
        bad: set[str] = set()
        for column, place in places:
            cell = line[place] if place < len(line) else None
            if _is_blank(cell):
                continue
            raw[column.name] = cell
            try:
                value = column.read(cell, self.today)
            except Refusal as refusal:
                bad.add(column.name)
                self._fault(column.name, cell, refusal.code, refusal.message)
                continue
            if type(value) is Noted:
                self._warn(column.name, cell, value.code, value.message)
                value = value.value
            values[column.name] = value
            if type(cell) is str and type(value) is str and value != cell:
                original[column.name] = cell
        for column in self.layout.columns:
            if column.needed and values[column.name] is None and column.name not in bad:
                self._fault(
                    column.name, None, "missing_value", "Ô này bắt buộc phải có; hãy điền rồi gửi lại."
                )
        if self.layout.person:
            known = {**values, "person_id": None} if "person_id" in bad else values
            settled, findings = persons.settled(known)
            values.update(settled)
            self._judge(raw, findings)
        day = self.layout.day(values)
        residence = ("residence_code",) if self.layout.person else ()
        for name in (*residence, *self.layout.communes):
            self._judge(raw, commune_findings(name, values[name], day))
        self._judge(raw, _not_for_want_of(bad, values, self.layout.check(values, self.today)))
        if self.faults:
            return None
        identity = persons.identity_of(values, day) if self.layout.person else None
        return Row(self.number, values, self.layout.key(values), identity, original)

    def _judge(self, raw: Mapping[str, Cell], findings: Iterable[Finding]) -> None:
        for finding in findings:
            cell = raw.get(finding.column) if finding.column else None
            said = finding.at(self.number, _shown(cell))
            (self.faults if finding.refused else self.warnings).append(said)

    def _fault(self, column: str, cell: Cell, code: str, message: str) -> None:
        self.faults.append(fault_at(self.number, column, _shown(cell), code, message))

    def _warn(self, column: str, cell: Cell, code: str, message: str) -> None:
        self.warnings.append(fault_at(self.number, column, _shown(cell), code, message))


def _not_for_want_of(bad: set[str], values: Values, findings: Iterable[Finding]) -> Iterable[Finding]:
    """Findings, without those that only miss what was just refused: one mistake, one fault."""
    return (one for one in findings if not bad or (one.column and values.get(one.column) is not None))


def _is_blank(cell: Cell) -> bool:
    return cell is None or (type(cell) is str and not cell.strip())


def _shown(cell: Any) -> str | None:
    try:
        return written(cell)[:_SHOWN] or None
    except Refusal:
        return str(cell)[:_SHOWN]


def _match_headings(
    layout: Layout, headings: Sequence[str]
) -> tuple[list[tuple[Column, int]], list[Column], list[Fault]]:
    """Columns with their place, needed columns that are missing, and headings nobody knows."""
    places: dict[str, tuple[Column, int]] = {}
    warnings: list[Fault] = []
    for place, heading in enumerate(headings):
        if not nfc(heading):
            continue
        column = layout.by_heading.get(heading_key(heading))
        if column is None:
            if heading_key(heading) not in _IGNORED_HEADINGS:
                message = f"Cột “{heading[:60]}” không có trong mẫu “{layout.title_vi}” nên không được đọc."
                warnings.append(Fault(None, heading, None, "unknown_column", message))
        elif column.name in places:
            message = f"Cột “{heading[:60]}” trùng nghĩa với một cột đứng trước; chỉ đọc cột đứng trước."
            warnings.append(Fault(None, heading, None, "repeated_column", message))
        else:
            places[column.name] = (column, place)
    missing = [column for column in layout.all_columns if column.needed and column.name not in places]
    return list(places.values()), missing, warnings


def _is_total(layout: Layout, places: Sequence[tuple[Column, int]], line: Sequence[Cell]) -> bool:
    """Whether the row is a line of totals: it says so first, and its needed cells are not all filled."""
    first = next((cell for cell in line if not _is_blank(cell)), None)
    if not isinstance(first, str) or len(first) > _SHOWN or heading_key(first) not in _TOTALS:
        return False
    return any(
        place >= len(line) or _is_blank(line[place])
        for column, place in places
        if column.needed or column.name == "person_id"
    )


def _note_birth(births: dict[str, tuple[str, int]], row: Row, parsed: Parsed) -> None:
    """Warn where one personal number comes with two birth dates in one file."""
    number, dob = row.values.get("person_id"), row.values.get("dob")
    if row.identity is None or not number or not dob:
        return
    known, first = births.setdefault(number, (dob, row.number))
    if known != dob and not (len(known) != len(dob) and known[:4] == dob[:4]):
        message = (
            f"cùng số định danh với hàng {first} nhưng ngày sinh khác; vẫn lưu, hãy kiểm tra cả hai hàng."
        )
        parsed.warnings.append(fault_at(row.number, "dob", dob, "birth_dates_differ", message))


_SHOWN = 100
_TOTALS = frozenset({"tong", "tong cong", "tong so", "cong", "cong chung", "toan truong"})
_IGNORED_HEADINGS = frozenset({"stt", "tt", "so tt", "so thu tu"})
