"""From the cells of a batch of rows to columns of numbers: repaired, sealed, keyed, coded.

One batch is prepared without looking at any other, so batches can be prepared in several processes. What
comes back is small: each text once per batch, seals as numbers, no object per row. A personal number leaves
this module only as a seal under a key that lives as long as the run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from services.linkage.features import LISTS, NUMBERS, Features, by_columns, features
from services.linkage.files.columns import DAYS
from services.linkage.files.reading import Batch
from services.linkage.model.batch import NULL
from services.linkage.model.blocking import key_table_of
from services.linkage.repair import repair
from services.linkage.sealing import Seal
from shared.contracts import Identity
from shared.files import cells, dates, persons
from shared.files.cells import Cell, Refusal

Ints = npt.NDArray[np.int64]

SEALS = frozenset({"number", "number_sorted", "number_hint"})
"""Columns of seals: held as 63-bit numbers."""

MASKS = 12
_SEAL_BITS = (1 << 63) - 1
_NUMBER = re.compile(r"[0-9]{12}")
_YEAR = re.compile(r"(?<![0-9])[0-9]{4}(?![0-9])")
_LAST_DAY_OF_SCHOOL = (5, 31)


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of texts: `codes` point into `values`, `NULL` where there is none."""

    codes: Ints
    values: list[str]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch as columns, row by row in its order.

    `numbers`: columns of numbers and seals, `NULL` where there is none; `masks` (n x 12) likewise. `keys`:
    the blocking keys (n x rules, 0 where there is none). `listing`: whose class list a leaver stands on.
    `stage`, `happened_year`: facts, None or `NULL` where not known.
    """

    source: int
    names: list[str]
    texts: dict[str, Coded]
    numbers: dict[str, Ints]
    masks: Ints
    keys: Ints
    listing: Coded
    stage: Coded
    happened_year: Ints


def prepare(batch: Batch, seal: Seal, columns: Sequence[str], *, today: date) -> Prepared:
    """Prepare a batch; `columns` of the features are kept, the others only make keys."""
    rows = _Rows(batch, today)
    return prepared(
        batch.source,
        batch.keys,
        [sealed_features(identity, seal) for identity in rows.identities()],
        columns,
        listings=rows.listings(),
        stages=rows.stages(),
        happened_years=[day.year if day else None for day in rows.days()],
    )


def prepared(
    source: int,
    names: list[str],
    found: Sequence[Features],
    columns: Sequence[str],
    *,
    listings: Sequence[str | None],
    stages: Sequence[str | None],
    happened_years: Sequence[int | None],
) -> Prepared:
    """Features of some records, and their facts, as columns."""
    by_column = by_columns(found)
    texts: dict[str, Coded] = {}
    numbers: dict[str, Ints] = {}
    for column in columns:
        if column in LISTS:
            continue
        values = by_column[column]
        if column in NUMBERS:
            numbers[column] = _whole(values)
        elif column in SEALS:
            numbers[column] = _whole([None if v is None else int(v, 16) & _SEAL_BITS for v in values])
        else:
            texts[column] = coded(values)
    return Prepared(
        source,
        names,
        texts,
        numbers,
        _masks(by_column["number_masks"]),
        key_table_of(by_column, len(found)),
        coded(listings),
        coded(stages),
        _whole(happened_years),
    )


def coded(values: Sequence[str | None]) -> Coded:
    """Texts as codes in the order of their first appearance."""
    texts: dict[str | None, None] = dict.fromkeys(values)
    texts.pop(None, None)
    book: dict[str | None, int] = {None: NULL, **{text: code for code, text in enumerate(texts)}}
    codes = np.fromiter(map(book.__getitem__, values), dtype=np.int64, count=len(values))
    return Coded(codes, [text for text in texts if text is not None])


class _Rows:
    """The rows of one batch, column by column."""

    def __init__(self, batch: Batch, today: date) -> None:
        self._lines = batch.lines
        self._places = batch.columns
        self._today = today
        self._days = [self._days_of(name) for name in DAYS if name in batch.columns]
        self._years = self._texts("school_year")

    def identities(self) -> Iterator[Identity]:
        """Who each row is about, as written: what is odd is left to repair."""
        numbers = [_personal_number(text, self._today) for text in self._texts("person_id")]
        births = [_birth(cell, self._today) for cell in self._cells("dob")]
        rows = zip(
            numbers,
            births,
            self._texts("residence_code"),
            self.days(),
            *(self._texts(name) for name in _AS_WRITTEN),
            strict=True,
        )
        for (number, number_as_written), (dob, dob_as_written), residence, day, *others in rows:
            if residence is not None and len(residence) < _COMMUNE_DIGITS and residence.isdecimal():
                residence = residence.zfill(_COMMUNE_DIGITS)
            full_name, sex, ethnic_code, village, student_id, mother_name, father_name, phone = others
            yield Identity(
                personal_number=number,
                personal_number_as_written=number_as_written,
                full_name=full_name,
                sex=sex,
                dob=dob,
                dob_as_written=dob_as_written,
                ethnic_code=ethnic_code,
                residence_code=residence,
                residence_on=day if residence else None,
                village=village,
                student_id=student_id,
                mother_name=mother_name,
                father_name=father_name,
                phone=phone,
            )

    def days(self) -> list[date | None]:
        """The day on which each row's codes are meant; of a class list without one, the end of its year."""
        found = [_end_of(year) if year else None for year in self._years]
        for days in reversed(self._days):
            found = [day or other for day, other in zip(days, found, strict=True)]
        return found

    def stages(self) -> list[str | None]:
        """The stage of each row, in capitals."""
        return [text.upper() if text else None for text in self._texts("stage")]

    def listings(self) -> list[str | None]:
        """The class list on which each row stands: school, stage and year."""
        rows = zip(self._texts("school_code"), self.stages(), self._years, strict=True)
        return [
            "|".join((school.upper(), stage, "-".join(_YEAR.findall(year)) or year))
            if school and stage and year
            else None
            for school, stage, year in rows
        ]

    def _days_of(self, name: str) -> list[date | None]:
        return [_day_of(cell, self._today) for cell in self._cells(name)]

    def _cells(self, name: str) -> list[Cell]:
        place = self._places.get(name)
        if place is None:
            return [None] * len(self._lines)
        return [line[place] if place < len(line) else None for line in self._lines]

    def _texts(self, name: str) -> list[str | None]:
        return [(c.strip() or None) if type(c) is str else _written(c) for c in self._cells(name)]


_AS_WRITTEN = (
    "full_name",
    "sex",
    "ethnic_code",
    "village",
    "student_id",
    "mother_name",
    "father_name",
    "phone",
)
_COMMUNE_DIGITS = 5


def _written(cell: Cell) -> str | None:
    if cell is None:
        return None
    try:
        return cells.written(cell).strip() or None
    except Refusal:
        return None


@lru_cache(maxsize=1024)
def _end_of(school_year: str) -> date | None:
    found = _YEAR.findall(school_year)
    return date(int(found[-1]), *_LAST_DAY_OF_SCHOOL) if found and found[-1] != "0000" else None


def sealed_features(identity: Identity, seal: Seal) -> Features:
    """The features of an identity, its number sealed."""
    repaired = repair(identity)
    number, hint = repaired.number, repaired.number_hint
    return features(
        repaired, seal.number(number) if number else None, hint=seal.number(hint) if hint else None
    )


def _personal_number(written: str | None, today: date) -> tuple[str | None, str | None]:
    """Twelve digits, or what is written where it is not so simple."""
    if written is None:
        return None, None
    if _NUMBER.fullmatch(written):
        return written, None
    try:
        read = persons.personal_number(written, today)
    except Refusal:
        return None, written
    if isinstance(read, str):
        return (read.zfill(persons.NUMBER_LENGTH), None) if len(read) >= 11 else (None, read)
    return None, written


def _birth(cell: Cell, today: date) -> tuple[str | None, str | None]:
    if cell is None:
        return None, None
    return _birth_of_text(cell, today) if type(cell) is str else _birth_of(cell, today)


def _birth_of(cell: Cell, today: date) -> tuple[str | None, str | None]:
    birth = dates.parse_birth(cell, today)
    return (birth.value, birth.as_written) if birth else (None, None)


_birth_of_text: Callable[[str, date], tuple[str | None, str | None]] = lru_cache(maxsize=1 << 16)(_birth_of)


def _day_of(cell: Cell, today: date) -> date | None:
    return _day_of_text(cell, today) if type(cell) is str else _day_in(cell, today)


def _day_in(cell: Cell, today: date) -> date | None:
    try:
        return dates.parse_day(cell, today)
    except dates.NotADay:
        return None


_day_of_text: Callable[[str, date], date | None] = lru_cache(maxsize=1 << 14)(_day_in)


def _whole(values: Sequence[Any]) -> Ints:
    return np.array([NULL if value is None else value for value in values], dtype=np.int64)


def _masks(values: Sequence[Sequence[str] | None]) -> Ints:
    found = np.full((len(values), MASKS), NULL, dtype=np.int64)
    known = [place for place, masks in enumerate(values) if masks is not None]
    if known:
        flat = [int(mask, 16) for masks in values if masks is not None for mask in masks]
        found[known] = np.array(flat, dtype=np.int64).reshape(-1, MASKS)
    return found
