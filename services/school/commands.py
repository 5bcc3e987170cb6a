"""What school does with rows that arrive: judge them against its register, store them, publish changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.school import completions, sources
from services.school.models import COMPLETION, ENROLMENT, INSTITUTION, PERSON_TABLES
from shared.clock import Clock
from shared.contracts.codes import STAGES_OF, InstitutionKind
from shared.database import one_of
from shared.files.importing import Outcome
from shared.files.layout import Row
from shared.files.persons import person_key
from shared.service.institutions import Register, covers, rows_left_alone
from shared.service.judging import Judgement
from shared.service.known_persons import warn_of_contradictions
from shared.service.records import Stored

FIRST_ROUND = 1


def save_completions(
    session: Session, clock: Clock, publisher: str, organisation: str | None, rows: Sequence[Row]
) -> list[Outcome]:
    """Store completions. Refused: a school that is unknown on the row's day, has no such stage, has no
    commune, or is run by somebody else.
    """
    judgement = Judgement(rows)
    register = Register.of(session, INSTITUTION, {row.values["school_code"] for row in rows})
    for row in rows:
        school = register.judge(
            judgement, row, column="school_code", day=completion_day(row.values), organisation=organisation
        )
        if school is not None:
            _judge_school(judgement, row, school)
    warn_of_contradictions(
        session, PERSON_TABLES, saved_in=COMPLETION, publisher=publisher, judgement=judgement
    )
    return judgement.save(
        session, clock, source=sources.COMPLETIONS, publisher=publisher, facts=_completion_facts
    )


def save_life_events(
    session: Session, clock: Clock, publisher: str, organisation: str | None, rows: Sequence[Row]
) -> list[Outcome]:
    """Store life events. No row names a school, so an organisation limits nothing."""
    judgement = Judgement(rows)
    source = sources.LIFE_EVENTS
    warn_of_contradictions(
        session, PERSON_TABLES, saved_in=source.table, publisher=publisher, judgement=judgement
    )
    return judgement.save(session, clock, source=source, publisher=publisher)


def judge_institutions(session: Session, judgement: Judgement, rows: Sequence[Row]) -> None:
    """Refuse an entry without commune while completions are published under it."""
    without = [row for row in rows if row.values["commune_code"] is None]
    if not without:
        return
    days = _days_of_completions(session, [row.values["code"] for row in without])
    for row in without:
        if any(covers(row.values, day) for day in days.get(row.values["code"], ())):
            message = "trường này có danh sách hoàn thành, tốt nghiệp nên phải có mã xã; hãy điền mã xã."
            judgement.refuse(row, "commune_code", "commune_missing", message)


def rows_resting_on(session: Session, entry: Stored) -> int:
    """How many completions and enrolments would name an unknown school without this entry."""
    code = entry["code"]
    days = list(_days_of_completions(session, [code]).get(code, {}).items())
    admitted = sa.select(ENROLMENT.c.admitted_on, sa.func.count()).where(
        ENROLMENT.c.institution_code == code, ENROLMENT.c.withdrawn_at.is_(None)
    )
    days.extend(session.execute(admitted.group_by(ENROLMENT.c.admitted_on)).all())
    return rows_left_alone(session, INSTITUTION, entry, days=days)


def completion_day(values: Mapping[str, Any]) -> date:
    """The day on which the codes of a row of completions are meant."""
    return completions.day_of(values["school_year"], values["recognised_on"])


def natural_key(values: Mapping[str, Any]) -> str | None:
    """Person, stage and school year: how a completion is known without a record_id."""
    person = person_key(values)
    return None if person is None else f"{person}/{values['stage']}/{values['school_year']}"


def _judge_school(judgement: Judgement, row: Row, school: Stored) -> None:
    code, stage = row.values["school_code"], row.values["stage"]
    if stage not in STAGES_OF.get(InstitutionKind(school["kind"]), frozenset()):
        message = (
            f"cơ sở “{code}” là loại {school['kind']}, không có cấp {stage}; hãy sửa cấp học hoặc mã trường."
        )
        judgement.refuse(row, "stage", "stage_not_taught", message)
    if school["commune_code"] is None:
        message = (
            f"trường “{code}” chưa có mã xã trong danh mục (institutions); hãy bổ sung mã xã rồi nhập lại."
        )
        judgement.refuse(row, "school_code", "school_without_commune", message)


def _completion_facts(row: Row) -> dict[str, Any]:
    values = row.values
    day: date | None = values["recognised_on"]
    return {
        "natural_key": natural_key(values),
        "school_code": values["school_code"],
        "stage": values["stage"],
        "school_year": values["school_year"],
        "recognised_round": (values["recognised_round"] or FIRST_ROUND) if day else None,
        "recognised_on": day,
        "is_late": completions.is_late(values["school_year"], day, said=values["is_late"]),
        "basis": completions.basis_of(values["stage"], day),
        "decision_no": values["decision_no"],
    }


def _days_of_completions(session: Session, codes: Sequence[str]) -> dict[str, dict[date, int]]:
    columns = (COMPLETION.c.school_code, COMPLETION.c.school_year, COMPLETION.c.recognised_on)
    query = (
        sa.select(*columns, sa.func.count())
        .where(one_of(session, COMPLETION.c.school_code, codes), COMPLETION.c.withdrawn_at.is_(None))
        .group_by(*columns)
    )
    found: dict[str, dict[date, int]] = {}
    for code, school_year, recognised_on, count in session.execute(query):
        days = found.setdefault(code, {})
        day = completions.day_of(school_year, recognised_on)
        days[day] = days.get(day, 0) + count
    return found
