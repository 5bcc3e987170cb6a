"""Vacancies: places on offer, from posting to closing; never fewer than were taken already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.employment.employers import Named, employer_refs
from services.employment.models import VACANCY
from services.employment.sources import VACANCIES, VACANCY_FACTS
from shared.clock import Clock
from shared.database import one_of
from shared.errors import Conflict
from shared.files.importing import Outcome
from shared.files.layout import Row
from shared.service.judging import Judgement, by_number
from shared.service.records import Incoming, save_records, withdraw_record


class VacancyInUse(Conflict):
    """Placements of the vacancy are still on record."""

    code = "vacancy_in_use"


def save_vacancies(
    session: Session, clock: Clock, publisher: str, organisation: str | None, rows: Sequence[Row]
) -> list[Outcome]:
    """Store vacancies. Refused: fewer openings than placements.

    The stored vacancies are locked before their employers, as a batch of placements does it.
    """
    judgement = Judgement(rows)
    query = sa.select(VACANCY.c.key, VACANCY.c.placed).where(
        VACANCY.c.publisher == publisher, one_of(session, VACANCY.c.key, {row.key for row in rows})
    )
    locked = session.execute(query.order_by(VACANCY.c.key).with_for_update())
    placed = dict(locked.all())
    for row in rows:
        taken = placed.get(row.key, 0)
        if row.values["openings"] < taken:
            message = (
                f"đã có {taken} người được nhận vào vị trí này; số chỗ phải từ {taken} trở lên, hãy sửa lại."
            )
            judgement.refuse(row, "openings", "openings_below_placements", message)
    accepted = judgement.accepted()
    named = [Named(row.values["tax_code"], row.values["employer_name"]) for row in accepted]
    refs = employer_refs(session, clock, publisher=publisher, named=named)
    incoming = [
        Incoming(key=row.key, facts=_facts(row) | {"employer_ref": refs[name]}, original=row.original)
        for row, name in zip(accepted, named, strict=True)
    ]
    saved = save_records(session, clock, source=VACANCIES, publisher=publisher, rows=incoming)
    return judgement.outcomes(by_number(accepted, saved))


def withdraw_vacancy(session: Session, clock: Clock, publisher: str, key: str, reason: str) -> bool:
    """Take a vacancy back; raises `VacancyInUse` while placements name it."""
    query = sa.select(VACANCY.c.placed).where(VACANCY.c.publisher == publisher, VACANCY.c.key == key)
    placed = session.scalar(query.with_for_update())
    if placed:
        raise VacancyInUse(
            f"Còn {placed} người được nhận vào vị trí này; hãy rút các dòng đó (placements) trước."
        )
    withdrawn = withdraw_record(session, clock, source=VACANCIES, publisher=publisher, key=key, reason=reason)
    return withdrawn is not None


def _facts(row: Row) -> dict[str, Any]:
    return {name: row.values[name] for name in VACANCY_FACTS if name != "employer_ref"}
