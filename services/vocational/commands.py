"""What vocational does with rows that arrive: judge them against its register, store, publish changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.vocational import sources
from services.vocational.models import ENROLMENT, INSTITUTION, INTAKE, PROGRAMME
from shared.clock import Clock, today
from shared.database import one_of
from shared.errors import Conflict
from shared.files.importing import Outcome
from shared.files.layout import Row
from shared.service.institutions import Register, rows_left_alone
from shared.service.judging import Judgement
from shared.service.records import Stored, withdraw_record


class ProgrammeInUse(Conflict):
    """Intakes of the programme are still on record."""

    code = "programme_in_use"


def save_programmes(
    session: Session, clock: Clock, publisher: str, organisation: str | None, rows: Sequence[Row]
) -> list[Outcome]:
    """Store programmes. The institution must be known on the first day of the offer (none given: today)."""
    judgement = Judgement(rows)
    register = Register.of(session, INSTITUTION, {row.values["institution_code"] for row in rows})
    for row in rows:
        day = row.values["valid_from"] or today(clock)
        register.judge(judgement, row, column="institution_code", day=day, organisation=organisation)
    return judgement.save(session, clock, source=sources.PROGRAMMES, publisher=publisher)


def save_intakes(
    session: Session, clock: Clock, publisher: str, organisation: str | None, rows: Sequence[Row]
) -> list[Outcome]:
    """Store intakes of programmes that the same publisher has on record."""
    judgement = Judgement(rows)
    known = set(
        session.scalars(
            sa.select(PROGRAMME.c.key).where(
                PROGRAMME.c.publisher == publisher,
                one_of(session, PROGRAMME.c.key, {row.values["programme_id"] for row in rows}),
                PROGRAMME.c.withdrawn_at.is_(None),
            )
        )
    )
    for row in rows:
        if row.values["programme_id"] not in known:
            message = "không có chương trình nào mang mã này; hãy sửa mã, hoặc nhập tệp programmes trước."
            judgement.refuse(row, "programme_id", "unknown_programme", message)
    return judgement.save(session, clock, source=sources.INTAKES, publisher=publisher, facts=_intake_facts)


def withdraw_programme(session: Session, clock: Clock, publisher: str, key: str, reason: str) -> bool:
    """Take a programme back; raises `ProgrammeInUse` while it has intakes."""
    intakes = session.scalar(
        sa.select(sa.func.count()).where(
            INTAKE.c.publisher == publisher,
            INTAKE.c.programme_key == key,
            INTAKE.c.withdrawn_at.is_(None),
        )
    )
    if intakes:
        raise ProgrammeInUse(
            f"Chương trình này còn {intakes} khóa tuyển sinh; hãy rút các khóa đó (intakes) trước."
        )
    withdrawn = withdraw_record(
        session, clock, source=sources.PROGRAMMES, publisher=publisher, key=key, reason=reason
    )
    return withdrawn is not None


def _intake_facts(row: Row) -> dict[str, Any]:
    values = row.values
    return {
        "programme_key": values["programme_id"],
        "opens_on": values["opens_on"],
        "seats": values["seats"],
    }


def accept_all_institutions(session: Session, judgement: Judgement, rows: Sequence[Row]) -> None:
    """Vocational has no rule of its own about entries of the register."""


def rows_resting_on(session: Session, entry: Stored) -> int:
    """How many enrolments and programmes would name an unknown institution without this entry."""
    days: list[tuple[date, int]] = []
    for table, column in ((ENROLMENT, ENROLMENT.c.admitted_on), (PROGRAMME, PROGRAMME.c.valid_from)):
        query = sa.select(column, sa.func.count()).where(
            table.c.institution_code == entry["code"], table.c.withdrawn_at.is_(None), column.is_not(None)
        )
        days.extend(session.execute(query.group_by(column)).all())
    return rows_left_alone(session, INSTITUTION, entry, days=days)
