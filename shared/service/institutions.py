"""The register of institutions, as school and vocational keep it: entries by code and validity.

An entry is known to everybody by (code, valid_from). On a day the entry counts whose `valid_from` is the
latest on or before it, unless its `valid_to` lies before that day. An organisation runs an institution
when it has the same code, or registered one of its entries.

School and vocational each keep the kinds of institution that can have their programmes, so neither knows the
others; `say_kinds` tells a sender who sees the whole house that a code is known, only of the wrong kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.clock import Clock
from shared.contracts import Event
from shared.contracts.codes import InstitutionKind
from shared.contracts.shapes import Institution, InstitutionKey
from shared.database import Database, one_of
from shared.errors import Conflict
from shared.files.findings import Fault, fault_at
from shared.files.importing import MOVED, Kind, Outcome
from shared.files.layout import Layout, Row
from shared.service.judging import Judgement
from shared.service.kinds import kind_of
from shared.service.records import (
    RecordRow,
    SourceTable,
    Stored,
    withdraw_record,
)
from shared.vietnamese import match_key

FACTS = ("code", "name", "kind", "commune_code", "valid_from", "valid_to")


class InstitutionRow(RecordRow):
    """Columns of a register of institutions (a declarative mixin)."""

    code: Mapped[str] = mapped_column(sa.Text, index=True)
    name: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[str] = mapped_column(sa.Text)
    commune_code: Mapped[str | None] = mapped_column(sa.Text)
    valid_from: Mapped[date | None] = mapped_column(sa.Date)
    valid_to: Mapped[date | None] = mapped_column(sa.Date)


class InstitutionInUse(Conflict):
    """Rows of other kinds still name the institution."""

    code = "institution_in_use"


def institution_source(
    *,
    owner: str,
    table: sa.Table,
    history: sa.Table,
    registered: type[Institution],
    withdrawn: type[InstitutionKey],
) -> SourceTable:
    """The source table of a register, with the event types of its service."""

    def on_recorded(before: Stored | None, after: Stored) -> Sequence[Event]:
        return [
            registered(
                code=after["code"],
                valid_from=after["valid_from"],
                name=after["name"],
                kind=InstitutionKind(after["kind"]),
                commune_code=after["commune_code"],
                valid_to=after["valid_to"],
            )
        ]

    def on_withdrawn(record: Stored) -> Event:
        return withdrawn(code=record["code"], valid_from=record["valid_from"])

    return SourceTable(
        owner=owner,
        table=table,
        history=history,
        facts=FACTS,
        recorded=on_recorded,
        withdrawn=on_withdrawn,
        shared_keys=True,
    )


@dataclass(frozen=True, slots=True)
class Register:
    """The entries of the institutions that a batch names.

    `on` and `runs` answer from memory; suggesting a code for a name reads all entries, once, when needed.
    """

    session: Session
    table: sa.Table
    _entries: dict[str, list[Stored]]

    @classmethod
    def of(cls, session: Session, table: sa.Table, codes: Iterable[str]) -> Register:
        """Read the entries of these codes."""
        entries: dict[str, list[Stored]] = {}
        query = sa.select(table).where(one_of(session, table.c.code, codes), table.c.withdrawn_at.is_(None))
        for record in session.execute(query).mappings():
            entries.setdefault(record["code"], []).append(dict(record))
        for listed in entries.values():
            listed.sort(key=lambda entry: entry["valid_from"] or date.min, reverse=True)
        return cls(session, table, entries)

    def on(self, code: str, day: date) -> Stored | None:
        """The entry of a code that counts on a day."""
        for entry in self._entries.get(code, ()):
            if entry["valid_from"] is None or entry["valid_from"] <= day:
                return entry if covers(entry, day) else None
        return None

    def runs(self, organisation: str, code: str) -> bool:
        """Whether an organisation runs an institution."""
        return organisation == code or any(
            entry["publisher"] == organisation for entry in self._entries.get(code, ())
        )

    def without(self, record_ref: str) -> Register:
        """The register as it would be without one entry."""
        entries = {
            code: [entry for entry in listed if entry["record_ref"] != record_ref]
            for code, listed in self._entries.items()
        }
        return Register(self.session, self.table, entries)

    def is_taken(self, code: str) -> bool:
        """Whether there is an entry of this code, on whatever day."""
        return code in self._entries

    def judge(
        self, judgement: Judgement, row: Row, *, column: str, day: date, organisation: str | None
    ) -> Stored | None:
        """The institution that a row names in a column; refuses what is unknown, or run by somebody else."""
        code: str = row.values[column]
        entry = self.on(code, day)
        if entry is None:
            fault = "institution_not_valid" if self.is_taken(code) else UNKNOWN_INSTITUTION
            judgement.refuse(row, column, fault, self._unknown(code, day))
            return None
        if organisation is not None and not self.runs(organisation, code):
            message = (
                f"đơn vị {organisation} không quản lý cơ sở “{code}”; hãy gửi bằng tài khoản của cơ sở đó, "
                "hoặc kiểm tra lại mã."
            )
            judgement.refuse(row, column, "institution_of_another", message)
            return None
        return entry

    def _unknown(self, code: str, day: date) -> str:
        shown = f"{day:%d/%m/%Y}"
        if self.is_taken(code):
            return (
                f"mã “{code}” có trong danh mục nhưng không có hiệu lực ngày {shown}; hãy tra lại mã và ngày."
            )
        suggested = self._codes_of_name(code)
        if suggested:
            listed = ", ".join(suggested)
            return f"phải ghi mã trường hoặc cơ sở, không ghi tên “{code[:60]}”; hãy ghi mã {listed}."
        return (
            f"danh mục không có cơ sở nào mang mã “{code[:60]}” và có chương trình, cấp học ghi ở hàng này; "
            "hãy sửa một trong hai, hoặc nhập cơ sở này vào danh mục (institutions) trước."
        )

    def _codes_of_name(self, name: str) -> list[str]:
        wanted = match_key(name)
        columns = (self.table.c.code, self.table.c.name)
        query = sa.select(*columns).where(self.table.c.withdrawn_at.is_(None)).distinct()
        return sorted({code for code, called in self.session.execute(query) if match_key(called) == wanted})[
            :3
        ]


def institutions_kind(
    layout: Layout,
    source: SourceTable,
    *,
    takes: frozenset[InstitutionKind],
    judge: Callable[[Session, Judgement, Sequence[Row]], None],
    in_use: Callable[[Session, Stored], int],
) -> Kind:
    """The KIND `institutions` as one service takes it.

    `judge` adds the rules of the service; `in_use` counts the rows that an entry alone makes valid.
    """

    def save(
        session: Session, clock: Clock, publisher: str, organisation: str | None, rows: Sequence[Row]
    ) -> list[Outcome]:
        judgement = Judgement(rows)
        if organisation is not None:
            _refuse_others(session, source, judgement, rows, organisation)
        judge(session, judgement, judgement.accepted())
        return judgement.save(session, clock, source=source, publisher=publisher)

    def withdraw(session: Session, clock: Clock, publisher: str, key: str, reason: str) -> bool:
        table = source.table
        keys = [key, f"{key}/"]  # an entry that holds since always may be named by its code alone
        query = sa.select(table).where(table.c.key.in_(keys), table.c.withdrawn_at.is_(None))
        record = session.execute(query.order_by(table.c.key)).mappings().first()
        found = None if record is None else dict(record)
        if found is None or publisher not in (LOCAL, found["publisher"], found["code"]):
            return False
        if reason != MOVED and (rows := in_use(session, found)):
            raise InstitutionInUse(
                f"Còn {rows} dòng ghi cơ sở “{found['code']}” trong thời gian này; "
                "hãy rút hoặc sửa các dòng đó trước."
            )
        withdrawn = withdraw_record(
            session, clock, source=source, publisher=publisher, key=found["key"], reason=reason
        )
        return withdrawn is not None

    return kind_of(
        layout, source, save=save, accepts=lambda row: row.values["kind"] in takes, withdraw=withdraw
    )


def say_kinds(
    faults: Sequence[Fault], rows: Mapping[int, Row], registers: Iterable[tuple[Database, sa.Table]]
) -> list[Fault]:
    """Say of a code that the asked register does not know, and another one does, what kind it is of.

    `rows`: the rows by number; what they wanted of the institution is their programme, or their stage.
    """
    unknown = {fault.value or "" for fault in faults if fault.code == UNKNOWN_INSTITUTION}
    if not unknown:
        return list(faults)
    kinds: dict[str | None, str] = {}
    for database, table in registers:
        with database.read() as session:
            named = (one_of(session, table.c.code, unknown), table.c.withdrawn_at.is_(None))
            query = sa.select(table.c.code, table.c.kind).where(*named).order_by(table.c.valid_from)
            kinds.update(session.execute(query).tuples().all())
    return [
        _of_wrong_kind(fault, rows[fault.row], kinds[fault.value])
        if fault.code == UNKNOWN_INSTITUTION and fault.row is not None and fault.value in kinds
        else fault
        for fault in faults
    ]


def _of_wrong_kind(fault: Fault, row: Row, kind: str) -> Fault:
    column = "programme_kind" if "programme_kind" in row.values else "stage"
    what = "chương trình" if column == "programme_kind" else "cấp học"
    message = (
        f"cơ sở “{fault.value}” là loại {kind}, không có {what} {row.values[column]}; "
        f"hãy sửa mã cơ sở, hoặc sửa {column}."
    )
    return fault_at(row.number, fault.column, fault.value, "institution_of_wrong_kind", message)


def rows_left_alone(
    session: Session, table: sa.Table, entry: Stored, *, days: Iterable[tuple[date, int]]
) -> int:
    """How many rows would name an unknown institution without this entry; `days`: their days, counted."""
    remaining = Register.of(session, table, [entry["code"]]).without(entry["record_ref"])
    return sum(n for day, n in days if covers(entry, day) and remaining.on(entry["code"], day) is None)


def covers(entry: Mapping[str, Any], day: date) -> bool:
    """Whether a day lies in the validity of an entry."""
    return (entry["valid_from"] is None or entry["valid_from"] <= day) and (
        entry["valid_to"] is None or day <= entry["valid_to"]
    )


def _refuse_others(
    session: Session, source: SourceTable, judgement: Judgement, rows: Sequence[Row], organisation: str
) -> None:
    register = Register.of(session, source.table, {row.values["code"] for row in rows})
    for row in rows:
        code = row.values["code"]
        if register.is_taken(code) and not register.runs(organisation, code):
            message = (
                f"đơn vị {organisation} không quản lý cơ sở “{code}” nên không được sửa; hãy kiểm tra lại mã."
            )
            judgement.refuse(row, "code", "institution_of_another", message)


UNKNOWN_INSTITUTION = "unknown_institution"
"""The fault of a code that has no entry in the register, on whatever day."""

LOCAL = "local"
"""The publisher of an office that works for everybody; it may change every entry."""
