"""Placements: who was hired. Those that name a vacancy never exceed its openings.

A batch first locks every vacancy that it could touch, in the order of their keys, then judges its rows one
by one against the places left, stores them, and counts the places afresh. A placement that has ended still
took its place: openings say how many people were wanted, not how many work there at one time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.employment.employers import Named, employer_refs
from services.employment.models import PERSON_TABLES, PLACEMENT, VACANCY
from services.employment.sources import PLACEMENTS, VACANCIES
from shared.clock import Clock
from shared.database import one_of
from shared.files.importing import Outcome
from shared.files.layout import Row
from shared.service.judging import Judgement, by_number
from shared.service.known_persons import warn_of_contradictions
from shared.service.records import (
    Incoming,
    Saved,
    Stored,
    amend_records,
    save_records,
    withdraw_record,
)


def save_placements(
    session: Session, clock: Clock, publisher: str, organisation: str | None, rows: Sequence[Row]
) -> list[Outcome]:
    """Store placements. Refused: an unknown vacancy, and one whose places are taken."""
    judgement = Judgement(rows)
    places = _Places.lock(session, publisher, rows)
    for row in judgement.accepted():
        places.judge(judgement, row)
    warn_of_contradictions(
        session, PERSON_TABLES, saved_in=PLACEMENT, publisher=publisher, judgement=judgement
    )
    accepted = judgement.accepted()
    incoming = _incoming(session, clock, publisher, accepted, places)
    saved = save_records(session, clock, source=PLACEMENTS, publisher=publisher, rows=incoming)
    _count_places(session, clock, publisher, saved)
    return judgement.outcomes(by_number(accepted, saved))


def withdraw_placement(session: Session, clock: Clock, publisher: str, key: str, reason: str) -> bool:
    """Take a placement back; its place is free again."""
    _Places.lock_of(session, publisher, [key], [])
    withdrawn = withdraw_record(
        session, clock, source=PLACEMENTS, publisher=publisher, key=key, reason=reason
    )
    if withdrawn is None:
        return False
    _count_places(session, clock, publisher, [withdrawn])
    return True


class _Places:
    """The places left at the vacancies of a batch, while it is judged row by row."""

    def __init__(self, vacancies: Iterable[Stored], held: dict[str, str | None]) -> None:
        self._vacancies = {vacancy["key"]: vacancy for vacancy in vacancies}
        self._left = {v["record_ref"]: v["openings"] - v["placed"] for v in self._vacancies.values()}
        self._held = held

    @classmethod
    def lock(cls, session: Session, publisher: str, rows: Sequence[Row]) -> _Places:
        """Lock the vacancies that the rows name, and those whose places their records hold."""
        wanted = {row.values["vacancy_id"] for row in rows if row.values["vacancy_id"] is not None}
        return cls.lock_of(session, publisher, [row.key for row in rows], wanted)

    @classmethod
    def lock_of(
        cls, session: Session, publisher: str, placements: Iterable[str], vacancies: Iterable[str]
    ) -> _Places:
        """The same for keys of placements and keys of vacancies."""
        placements = list(placements)
        held = _places_held(session, publisher, placements)
        query = sa.select(VACANCY).where(
            VACANCY.c.publisher == publisher,
            sa.or_(
                one_of(session, VACANCY.c.key, vacancies),
                one_of(session, VACANCY.c.record_ref, {ref for ref in held.values() if ref is not None}),
            ),
        )
        locked = session.execute(query.order_by(VACANCY.c.key).with_for_update()).mappings().all()
        # Read again: until the vacancies were locked, their places could still change hands.
        return cls([dict(v) for v in locked], _places_held(session, publisher, placements))

    def vacancy(self, row: Row) -> Stored | None:
        """The vacancy that a row names, if it is in force."""
        found = self._vacancies.get(row.values["vacancy_id"])
        return None if found is None or found["withdrawn_at"] is not None else found

    def judge(self, judgement: Judgement, row: Row) -> None:
        """Refuse a row without a place for it; else the place is taken from here on."""
        held = self._held.get(row.key)
        wanted = self.vacancy(row)
        if row.values["vacancy_id"] is not None and wanted is None:
            message = (
                "không có vị trí việc làm nào mang mã này; hãy sửa mã, hoặc nhập vị trí (vacancies) trước."
            )
            judgement.refuse(row, "vacancy_id", "unknown_vacancy", message)
            return
        ref = None if wanted is None else wanted["record_ref"]
        if ref == held:
            return
        if wanted is not None and self._left[wanted["record_ref"]] <= 0:
            message = (
                f"vị trí này chỉ có {wanted['openings']} chỗ và đã đủ người; hãy tăng số chỗ của vị trí "
                "(vacancies), hoặc sửa mã vị trí."
            )
            judgement.refuse(row, "vacancy_id", "no_openings_left", message)
            return
        if ref is not None:
            self._left[ref] -= 1
        if held is not None and held in self._left:
            self._left[held] += 1
        self._held[row.key] = ref


def _places_held(session: Session, publisher: str, keys: Sequence[str]) -> dict[str, str | None]:
    query = sa.select(PLACEMENT.c.key, PLACEMENT.c.vacancy_ref).where(
        PLACEMENT.c.publisher == publisher,
        one_of(session, PLACEMENT.c.key, keys),
        PLACEMENT.c.withdrawn_at.is_(None),
    )
    return dict(session.execute(query).all())


def _incoming(
    session: Session, clock: Clock, publisher: str, rows: Sequence[Row], places: _Places
) -> list[Incoming]:
    named = {
        row.number: Named(row.values["tax_code"], row.values["employer_name"])
        for row in rows
        if row.values["employer_name"] is not None
    }
    refs = employer_refs(session, clock, publisher=publisher, named=named.values())
    incoming = []
    for row in rows:
        vacancy = places.vacancy(row)
        name = named.get(row.number)
        facts = {
            "employer_ref": refs[name] if name is not None else (vacancy or {})["employer_ref"],
            "vacancy_ref": None if vacancy is None else vacancy["record_ref"],
            "occupation_code": row.values["occupation_code"],
            "wage_vnd_month": row.values["wage_vnd_month"],
            "started_on": row.values["started_on"],
            "ended_on": row.values["ended_on"],
        }
        incoming.append(Incoming(key=row.key, facts=facts, identity=row.identity, original=row.original))
    return incoming


def _count_places(session: Session, clock: Clock, publisher: str, saved: Iterable[Saved]) -> None:
    """Bring `placed` of the vacancies touched up to date, and publish what was filled or became free."""
    touched = {
        record["vacancy_ref"]
        for result in saved
        if result.status != "same"
        for record in (result.before, result.after)
        if record is not None and record["vacancy_ref"] is not None
    }
    if not touched:
        return
    query = sa.select(VACANCY).where(one_of(session, VACANCY.c.record_ref, touched))
    vacancies = session.execute(query.order_by(VACANCY.c.key).with_for_update()).mappings().all()
    counting = (
        sa.select(PLACEMENT.c.vacancy_ref, sa.func.count())
        .where(one_of(session, PLACEMENT.c.vacancy_ref, touched), PLACEMENT.c.withdrawn_at.is_(None))
        .group_by(PLACEMENT.c.vacancy_ref)
    )
    placed: Counter[str] = Counter(dict(session.execute(counting).all()))
    changes = [
        (dict(vacancy), {"placed": placed[vacancy["record_ref"]]})
        for vacancy in vacancies
        if vacancy["placed"] != placed[vacancy["record_ref"]]
    ]
    amend_records(session, clock, source=VACANCIES, publisher=publisher, changes=changes)
