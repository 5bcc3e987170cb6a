"""A record as the model sees it: the flat columns that the settings document compares and blocks on.

`features` turns what repair found, and the sealed number, into one row. The same row goes to the online
scorer, to the batch scorer and, as a table, to Splink; nothing is derived anywhere else. Texts that are
compared by edit distance are ASCII, so that every engine counts the same edits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from services.linkage.repair import Repaired
    from services.linkage.sealing import SealedNumber

_PART = "|"


class Features(NamedTuple):
    """One record, flat. None: not known; a text is never empty. A tuple, because millions of them are made.

    Number: `number` and `number_sorted` are seals, `number_masks` the seals with one digit masked each,
    `number_hint` the seal of a number that lost two or three digits, filled with zeros; `number_sex`,
    `number_year`, `number_province` are what the digits say. Name: `initials` of all syllables,
    `name_length` in letters and spaces. Birth: `nominal` is 1 for a first of January or a bare year, else 0;
    None without a year. Place: `home` is the commune (or the old commune that went to several) with the
    village. `parents` is mother with father. Everything else as in `Repaired`.
    """

    number: str | None = None
    number_masks: tuple[str, ...] | None = None
    number_sorted: str | None = None
    number_hint: str | None = None
    number_sex: str | None = None
    number_year: int | None = None
    number_province: str | None = None
    name_marked: str | None = None
    name: str | None = None
    name_sorted: str | None = None
    family: str | None = None
    middle: str | None = None
    given: str | None = None
    marker: str | None = None
    initials: str | None = None
    name_length: int | None = None
    dob: str | None = None
    dob_swapped: str | None = None
    birth_year: int | None = None
    birth_monthday: str | None = None
    nominal: int | None = None
    sex: str | None = None
    ethnic: str | None = None
    home: str | None = None
    village: str | None = None
    commune: str | None = None
    split: str | None = None
    district: str | None = None
    province: str | None = None
    mother: str | None = None
    father: str | None = None
    parents: str | None = None
    phone: str | None = None
    student: str | None = None


COLUMNS: tuple[str, ...] = Features._fields
"""Names of the columns, in the order of the row."""

NUMBERS = frozenset({"number_year", "name_length", "birth_year", "nominal"})
"""The columns that hold whole numbers; all others but `LISTS` hold a text."""

LISTS = frozenset({"number_masks"})
"""The columns that hold a list of texts."""


def features(
    repaired: Repaired, sealed: SealedNumber | None = None, *, hint: SealedNumber | None = None
) -> Features:
    """The row of a repaired identity; `sealed` is the seal of its number, `hint` that of its number hint."""
    place = repaired.commune or repaired.split
    name = repaired.name or None
    return Features(
        sealed.number if sealed else None,
        sealed.masks if sealed else None,
        sealed.sorted if sealed else None,
        hint.number if hint else None,
        repaired.number_sex,
        repaired.number_birth_year,
        repaired.number_province,
        repaired.name_marked or None,
        name,
        repaired.name_sorted or None,
        repaired.family or None,
        repaired.middle or None,
        repaired.given or None,
        repaired.marker,
        repaired.initials or None,
        len(name) if name else None,
        repaired.dob,
        repaired.dob_swapped,
        repaired.birth_year,
        repaired.birth_monthday,
        None if repaired.birth_year is None else int(repaired.nominal_birthday),
        repaired.sex,
        repaired.ethnic,
        f"{place}{_PART}{repaired.village}" if place and repaired.village else None,
        repaired.village or None,
        repaired.commune,
        repaired.split,
        repaired.district,
        repaired.province,
        repaired.mother or None,
        repaired.father or None,
        f"{repaired.mother}{_PART}{repaired.father}" if repaired.mother and repaired.father else None,
        repaired.phone or None,
        repaired.student or None,
    )


def by_columns(records: Sequence[Features]) -> dict[str, Sequence[Any]]:
    """The values of every column, in the order of the records."""
    return dict(zip(COLUMNS, zip(*records, strict=True) if records else [()] * len(COLUMNS), strict=True))


def row(record: Features) -> tuple[Any, ...]:
    """The values in the order of `COLUMNS`: for tables, files and JSON."""
    return tuple(record)


def from_row(values: Sequence[Any]) -> Features:
    """Read what `row` gave, also after it went through JSON."""
    read: list[Any] = [tuple(value) if isinstance(value, list) else value for value in values]
    return Features(*read)


def sql_type(column: str) -> str:
    """The type of a column in a table for Splink: the same word in DuckDB and Spark SQL where it can be."""
    if column in LISTS:
        return "VARCHAR[]"
    return "BIGINT" if column in NUMBERS else "VARCHAR"
