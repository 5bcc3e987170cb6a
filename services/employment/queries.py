"""Reading vacancies and placements back in the words of their files: names and keys for references."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.employment.models import EMPLOYER, VACANCY
from shared.database import one_of
from shared.service.reading import Words, no_words
from shared.service.records import Stored


def words_of_vacancies(session: Session, records: Sequence[Stored]) -> Sequence[Mapping[str, Any]]:
    """Name and tax code of each vacancy's employer, and how many places are taken."""
    employers = _employers(session, records)
    return [{**employers[record["employer_ref"]], "placed": record["placed"]} for record in records]


def words_of_placements(session: Session, records: Sequence[Stored]) -> Sequence[Mapping[str, Any]]:
    """Name and tax code of each placement's employer, and the key of its vacancy."""
    employers = _employers(session, records)
    refs = {record["vacancy_ref"] for record in records if record["vacancy_ref"] is not None}
    query = sa.select(VACANCY.c.record_ref, VACANCY.c.key).where(one_of(session, VACANCY.c.record_ref, refs))
    vacancies = dict(session.execute(query).all())
    return [
        {**employers[record["employer_ref"]], "vacancy_id": vacancies.get(record["vacancy_ref"])}
        for record in records
    ]


def _employers(session: Session, records: Sequence[Stored]) -> dict[str, dict[str, Any]]:
    refs = {record["employer_ref"] for record in records}
    query = sa.select(EMPLOYER.c.record_ref, EMPLOYER.c.name, EMPLOYER.c.tax_code).where(
        one_of(session, EMPLOYER.c.record_ref, refs)
    )
    return {
        ref: {"employer_name": name, "tax_code": tax_code} for ref, name, tax_code in session.execute(query)
    }


KIND_WORDS: Mapping[str, Words] = {
    "employers": no_words,
    "vacancies": words_of_vacancies,
    "placements": words_of_placements,
}
"""What else to say of the rows of a kind."""
