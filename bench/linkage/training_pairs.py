"""Scored candidate pairs of a generated population, with the truth: what tables and oracles are trained on.

The way is that of the service: cells are read as `noinghe import` reads them, identities repaired, numbers
sealed, records blocked and scored by the shipped settings document with frequencies counted from the very
records. The result is arrays, because a population of 50,000 people has half a million pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.linkage.population import Population, Source
from services.linkage.evidence.axes import KINH, People, Relation
from services.linkage.features import Features, features
from services.linkage.model import document as documents
from services.linkage.model import frequencies
from services.linkage.model.batch import BatchScorer
from services.linkage.model.blocking import key_table
from services.linkage.model.pairing import candidate_pairs
from services.linkage.repair import repair
from services.linkage.sealing import Seal
from shared.contracts import Identity
from shared.files import persons
from shared.files.cells import Noted, Refusal

Ints = npt.NDArray[np.int64]

_TODAY = date(2026, 11, 22)
_SEAL = Seal(bytes(32))
_TEXTS = ("full_name", "ethnic_code", "residence_code", "village", "student_id", "mother_name", "father_name")


@dataclass(frozen=True, slots=True)
class Records:
    """Columns over records, in the order of sources. `listing`: number of the list, across sources.

    `stage` 1 THCS, 2 THPT, 0 no completion. `birth_year` 0: not known. `number`, `birth`: codes of the
    sealed number and the whole birth date, -1 for none.
    """

    features: list[Features]
    person: Ints
    source: Ints
    listing: Ints
    stage: Ints
    happened_year: Ints
    birth_year: Ints
    number: Ints
    birth: Ints

    def __len__(self) -> int:
        return len(self.features)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Candidate pairs by positions of records (left < right), as stage 1 scores them."""

    left: Ints
    right: Ints
    weight_bits: npt.NDArray[np.float64]
    levels: npt.NDArray[np.int8]
    name_tf_bits: npt.NDArray[np.float64]
    relation: npt.NDArray[np.int8]
    people: npt.NDArray[np.int8]
    same: npt.NDArray[np.bool_]


def identity_of(row: dict[str, str], day: date | None) -> Identity:
    """The identity of a file's row as the import reads it; `day` is the day on which its codes are meant."""
    values: dict[str, Any] = {name: row.get(name) or None for name in _TEXTS}
    values["sex"] = _read(persons.sex, row["sex"])
    values["phone"] = _read(persons.phone, row["phone"])
    values["person_id"] = _read(persons.personal_number, row["person_id"])
    values["dob"] = _read(persons.birth_date, row["dob"])
    settled, _ = persons.settled(values)
    return persons.identity_of({**values, **settled}, day)


def records_of(population: Population, *, dated: bool = True) -> Records:
    """All records of a population; not `dated`: the day of a commune code is not told (files of no store)."""
    found: list[Features] = []
    for source in population.sources:
        days = source.day.astype(object).tolist()
        for row, day in zip(source.rows(), days, strict=True):
            repaired = repair(identity_of(row, day if dated else None))
            sealed = _SEAL.number(repaired.number) if repaired.number else None
            hint = _SEAL.number(repaired.number_hint) if repaired.number_hint else None
            found.append(features(repaired, sealed, hint=hint))
    lists = np.cumsum([0, *(int(source.listing.max(initial=-1)) + 1 for source in population.sources)])
    years = [source.day.astype("datetime64[Y]").astype(np.int64) + 1970 for source in population.sources]
    return Records(
        features=found,
        person=np.concatenate([source.person for source in population.sources]),
        source=np.concatenate([np.full(len(s), place) for place, s in enumerate(population.sources)]),
        listing=np.concatenate([s.listing + lists[place] for place, s in enumerate(population.sources)]),
        stage=np.concatenate([_stages(source) for source in population.sources]),
        happened_year=np.concatenate(years),
        birth_year=np.array([record.birth_year or 0 for record in found], dtype=np.int64),
        number=_codes([record.number for record in found]),
        birth=_codes([record.dob for record in found]),
    )


def pairs_of(records: Records) -> Pairs:
    """All candidate pairs, scored with frequencies counted from these records."""
    document = documents.shipped()
    tables = frequencies.from_records(document, records.features)
    left, right = candidate_pairs(key_table(records.features))
    scorer = BatchScorer(document, tables)
    scored = scorer.score(scorer.encode(records.features), left, right)
    one_source = records.source[left] == records.source[right]
    one_list = records.listing[left] == records.listing[right]
    return Pairs(
        left=left,
        right=right,
        weight_bits=scored.weight_bits,
        levels=scored.levels,
        name_tf_bits=scored.name_tf_bits,
        relation=np.where(
            one_list, Relation.ONE_LIST, np.where(one_source, Relation.ONE_SOURCE, Relation.APART)
        ).astype(np.int8),
        people=_peoples(records.features, left, right),
        same=records.person[left] == records.person[right],
    )


def _read(reader: Any, cell: str) -> Any:
    if not cell:
        return None
    try:
        value = reader(cell, _TODAY)
    except Refusal:
        return None
    return value.value if isinstance(value, Noted) else value


def _stages(source: Source) -> Ints:
    if "stage" not in source.columns:
        return np.zeros(len(source), dtype=np.int64)
    return np.where(source.columns["stage"] == "THPT", 2, 1).astype(np.int64)


def _codes(values: list[str | None]) -> Ints:
    book: dict[str, int] = {}
    return np.array([-1 if v is None else book.setdefault(v, len(book)) for v in values], dtype=np.int64)


def _peoples(found: list[Features], left: Ints, right: Ints) -> npt.NDArray[np.int8]:
    marked = np.array([record.marker is not None for record in found])
    known = np.array([record.ethnic is not None for record in found])
    other = np.array([record.ethnic not in (None, KINH) for record in found])
    people = np.where(known[left] | known[right], People.KINH, People.UNKNOWN)
    people = np.where(other[left] | other[right], People.MINORITY, people)
    return np.where(marked[left] | marked[right], People.MARKED, people).astype(np.int8)
