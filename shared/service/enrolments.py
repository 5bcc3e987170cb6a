"""Enrolments, as school and vocational keep them: a place in a programme, from admission to its end.

Which service an enrolment belongs to is decided by its programme kind. The institution must stand in the
register of that service on the day of admission; a kind of institution that is not known to have such
programmes is only warned of, for registers follow reforms late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.clock import Clock
from shared.contracts import Event
from shared.contracts.codes import (
    SCHOOL_INSTITUTIONS,
    STAGES_OF,
    InstitutionKind,
    LeftReason,
    ProgrammeKind,
    RecordKind,
    Stage,
)
from shared.contracts.shapes import Enrolment, RecordIdentity, RecordKey
from shared.files.importing import Kind, Outcome
from shared.files.layout import Layout, Row
from shared.service.institutions import Register
from shared.service.judging import Judgement
from shared.service.kinds import kind_of
from shared.service.known_persons import warn_of_contradictions
from shared.service.records import (
    IdentityEvents,
    PersonRow,
    SourceTable,
    Stored,
    person_facts,
    withdrawn_by_ref,
)

FACTS = (
    "programme_kind",
    "institution_code",
    "trade_code",
    "admitted_on",
    "left_on",
    "left_reason",
    "completed_on",
    "dual_group",
)


class EnrolmentRow(PersonRow):
    """Columns of a table of enrolments (a declarative mixin)."""

    programme_kind: Mapped[str] = mapped_column(sa.Text)
    institution_code: Mapped[str] = mapped_column(sa.Text, index=True)
    trade_code: Mapped[str | None] = mapped_column(sa.Text)
    admitted_on: Mapped[date] = mapped_column(sa.Date)
    left_on: Mapped[date | None] = mapped_column(sa.Date)
    left_reason: Mapped[str | None] = mapped_column(sa.Text)
    completed_on: Mapped[date | None] = mapped_column(sa.Date)
    dual_group: Mapped[str | None] = mapped_column(sa.Text)


ENROLMENT_CONSTRAINTS = {
    "left_after_admission": "left_on IS NULL OR left_on >= admitted_on",
    "completed_after_admission": "completed_on IS NULL OR completed_on >= admitted_on",
}
"""What the database itself holds true of every enrolment."""


def enrolment_source(
    *,
    owner: str,
    table: sa.Table,
    history: sa.Table,
    recorded: type[Enrolment],
    withdrawn: type[RecordKey],
    identity_recorded: type[RecordIdentity],
    identity_withdrawn: type[RecordKey],
) -> SourceTable:
    """The source table of enrolments, with the event types of its service."""

    def on_recorded(before: Stored | None, after: Stored) -> Sequence[Event]:
        return [recorded(**person_facts(after), **_enrolment_facts(after))]

    return SourceTable(
        owner=owner,
        table=table,
        history=history,
        facts=FACTS,
        recorded=on_recorded,
        withdrawn=withdrawn_by_ref(withdrawn),
        identities=IdentityEvents(
            record_kind=RecordKind.ENROLMENT, recorded=identity_recorded, withdrawn=identity_withdrawn
        ),
    )


def enrolments_kind(
    layout: Layout,
    source: SourceTable,
    *,
    takes: frozenset[ProgrammeKind],
    institutions: sa.Table,
    person_tables: Sequence[sa.Table],
) -> Kind:
    """The KIND `enrolments` as one service takes it."""

    def save(
        session: Session, clock: Clock, publisher: str, organisation: str | None, rows: Sequence[Row]
    ) -> list[Outcome]:
        judgement = Judgement(rows)
        register = Register.of(session, institutions, {row.values["institution_code"] for row in rows})
        for row in rows:
            entry = register.judge(
                judgement,
                row,
                column="institution_code",
                day=row.values["admitted_on"],
                organisation=organisation,
            )
            if entry is not None:
                _warn_of_kind(judgement, row, InstitutionKind(entry["kind"]))
        warn_of_contradictions(
            session, person_tables, saved_in=source.table, publisher=publisher, judgement=judgement
        )
        return judgement.save(session, clock, source=source, publisher=publisher)

    return kind_of(layout, source, save=save, accepts=lambda row: row.values["programme_kind"] in takes)


def _warn_of_kind(judgement: Judgement, row: Row, kind: InstitutionKind) -> None:
    programme: ProgrammeKind = row.values["programme_kind"]
    if kind not in UNLIKELY_AT.get(programme, frozenset()):
        return
    message = (
        f"cơ sở này là loại {kind}, không thấy có chương trình {programme}; vẫn lưu, hãy kiểm tra lại mã "
        "cơ sở và loại chương trình."
    )
    judgement.warn(row, "institution_code", "programme_unlikely", message)


_WITHOUT_UPPER_SECONDARY = frozenset(
    kind for kind in SCHOOL_INSTITUTIONS if Stage.THPT not in STAGES_OF.get(kind, frozenset())
)
UNLIKELY_AT: Mapping[ProgrammeKind, frozenset[InstitutionKind]] = {
    ProgrammeKind.THPT: _WITHOUT_UPPER_SECONDARY,
    ProgrammeKind.GDTX: _WITHOUT_UPPER_SECONDARY,
    ProgrammeKind.DH: SCHOOL_INSTITUTIONS - {InstitutionKind.DH},
    ProgrammeKind.CD: frozenset({InstitutionKind.TC, InstitutionKind.THN}),
}
"""Institutions of the programme's own register at which it is likelier a slip than a fact."""


def _enrolment_facts(record: Stored) -> dict[str, Any]:
    reason = record["left_reason"]
    return {
        **{name: record[name] for name in FACTS},
        "programme_kind": ProgrammeKind(record["programme_kind"]),
        "left_reason": None if reason is None else LeftReason(reason),
    }
