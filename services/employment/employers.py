"""Employers: on record by tax code, or by name alone until somebody says more.

Vacancies and placements name their employer; one that is not known yet is recorded as known by name alone.
A tax code that comes later for the same name is given to that record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.employment.models import EMPLOYER, PLACEMENT, VACANCY
from services.employment.sources import EMPLOYERS
from shared.clock import Clock
from shared.database import one_of
from shared.errors import Conflict
from shared.files.importing import Outcome
from shared.files.layout import Row
from shared.service.judging import Judgement, by_number
from shared.service.records import Incoming, Stored, save_records, withdraw_record
from shared.vietnamese import match_key


class EmployerInUse(Conflict):
    """Vacancies or placements of the employer are still on record."""

    code = "employer_in_use"


@dataclass(frozen=True, slots=True)
class Named:
    """An employer as a row names it."""

    tax_code: str | None
    name: str

    @property
    def name_key(self) -> str:
        """The name as it is compared."""
        return match_key(self.name)

    @property
    def key(self) -> str:
        """How the publisher knows it."""
        return self.tax_code or self.name_key


def save_employers(
    session: Session, clock: Clock, publisher: str, organisation: str | None, rows: Sequence[Row]
) -> list[Outcome]:
    """Store employers. A row without tax code leaves the one that is known alone."""
    judgement = Judgement(rows)
    accepted = judgement.accepted()
    named = [Named(row.values["tax_code"], row.values["employer_name"]) for row in accepted]
    known = _Known.load(session, publisher, named)
    incoming = []
    for row, name in zip(accepted, named, strict=True):
        record = known.find(name)
        tax_code = name.tax_code or (record["tax_code"] if record else None)
        facts = {
            "tax_code": tax_code,
            "name": name.name,
            "name_key": name.name_key,
            "commune_code": row.values["commune_code"],
        }
        incoming.append(Incoming(key=tax_code or name.key, facts=facts, original=row.original))
    saved = save_records(session, clock, source=EMPLOYERS, publisher=publisher, rows=incoming)
    return judgement.outcomes(by_number(accepted, saved))


def employer_refs(
    session: Session, clock: Clock, *, publisher: str, named: Iterable[Named]
) -> dict[Named, str]:
    """The references of these employers; what is not known yet is recorded, what is known is not changed."""
    wanted = list(dict.fromkeys(named))
    known = _Known.load(session, publisher, wanted)
    refs: dict[Named, str] = {}
    missing: list[Named] = []
    incoming: list[Incoming] = []
    for name in wanted:
        record = known.find(name)
        if (
            record is not None
            and record["withdrawn_at"] is None
            and name.tax_code in (None, record["tax_code"])
        ):
            refs[name] = record["record_ref"]
            continue
        facts = {
            "tax_code": name.tax_code or (record["tax_code"] if record else None),
            "name": record["name"] if record else name.name,
            "name_key": record["name_key"] if record else name.name_key,
            "commune_code": record["commune_code"] if record else None,
        }
        missing.append(name)
        incoming.append(Incoming(key=facts["tax_code"] or name.key, facts=facts))
    saved = save_records(session, clock, source=EMPLOYERS, publisher=publisher, rows=incoming)
    refs.update((name, result.after["record_ref"]) for name, result in zip(missing, saved, strict=True))
    return refs


def withdraw_employer(session: Session, clock: Clock, publisher: str, key: str, reason: str) -> bool:
    """Take an employer back, by tax code or name; raises `EmployerInUse` while rows name it."""
    keys = [key, match_key(key)]
    query = sa.select(EMPLOYER.c.record_ref, EMPLOYER.c.key).where(
        EMPLOYER.c.publisher == publisher, EMPLOYER.c.key.in_(keys), EMPLOYER.c.withdrawn_at.is_(None)
    )
    found = session.execute(query.with_for_update()).first()
    if found is None:
        return False
    in_use = sum(
        session.scalar(
            sa.select(sa.func.count()).where(
                table.c.employer_ref == found.record_ref, table.c.withdrawn_at.is_(None)
            )
        )
        or 0
        for table in (VACANCY, PLACEMENT)
    )
    if in_use:
        raise EmployerInUse(
            f"Còn {in_use} dòng việc tìm người, việc làm của người sử dụng lao động này; rút trước."
        )
    withdrawn = withdraw_record(
        session, clock, source=EMPLOYERS, publisher=publisher, key=found.key, reason=reason
    )
    return withdrawn is not None


class _Known:
    """The publisher's employers that some names may mean."""

    def __init__(self, records: Iterable[Stored]) -> None:
        self._by_key: dict[str, Stored] = {}
        self._by_name: dict[str, list[Stored]] = {}
        for record in records:
            self._by_key[record["key"]] = record
            self._by_name.setdefault(record["name_key"], []).append(record)

    @classmethod
    def load(cls, session: Session, publisher: str, named: Iterable[Named]) -> _Known:
        """Read them."""
        named = list(named)
        query = sa.select(EMPLOYER).where(
            EMPLOYER.c.publisher == publisher,
            sa.or_(
                one_of(session, EMPLOYER.c.key, {name.key for name in named}),
                one_of(session, EMPLOYER.c.name_key, {name.name_key for name in named}),
            ),
        )
        return cls(dict(record) for record in session.execute(query).mappings())

    def find(self, name: Named) -> Stored | None:
        """By tax code; else the record known by this name alone; else the only one in force of that name."""
        record = self._by_key.get(name.key) or self._by_key.get(name.name_key)
        if record is not None or name.tax_code is not None:
            return record
        same_name = [r for r in self._by_name.get(name.name_key, ()) if r["withdrawn_at"] is None]
        return same_name[0] if len(same_name) == 1 else None
