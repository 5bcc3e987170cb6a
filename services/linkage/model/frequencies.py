"""How common the values of a column are: the term frequency tables that a settings document asks for.

The frequency of a value is `(count + strength * shipped) / (n + strength)`: a small file leans on the shipped
table, a province speaks for itself. A value that stands in no table has the floor, the frequency of something
seen about once; so tables keep only what is more common than that and stay small, and a name never seen
before still weighs as the rare name that it is. Splink gets the same numbers through `lookup`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from math import log2
from typing import Any, TypeAlias

from services.linkage.features import Features
from services.linkage.model.document import Document, hash_of

SEEN_ONCE = 1.5
"""Records that a value without a row in the table is taken to stand in."""

STRENGTH: Mapping[str, float] = {
    "name": 20_000,
    "mother": 20_000,
    "father": 20_000,
    "parents": 20_000,
    "phone": 1_000,
    "dob": 500,
    "home": 200,
    "commune": 50,
}
"""Per column, how many records the shipped table counts as: few where place and time decide.

Without any, the two records of one person would make their birth date common in a file of ten.
"""

_LEAST_TIMES_FLOOR = 1.5


@dataclass(frozen=True, slots=True)
class Table:
    """One column: `bits[value]` is -log2 of its frequency; `floor_bits` that of every value not listed."""

    floor_bits: float
    bits: Mapping[str, float] = field(default_factory=dict)

    def bits_of(self, value: str) -> float:
        """-log2 of the frequency of a value."""
        return self.bits.get(value, self.floor_bits)


@dataclass(frozen=True, slots=True)
class Frequencies:
    """The tables per column. `model`: the version of their document; `size`: the records counted."""

    model: str
    size: int
    tables: Mapping[str, Table]

    @property
    def hash(self) -> str:
        """SHA-256 (hex) of the content."""
        return hash_of(self.to_data())

    def lookup(self, column: str, values: Iterable[str]) -> list[tuple[str, float]]:
        """Value and frequency of each distinct value: the rows that Splink's lookup table must have."""
        table = self.tables[column]
        return [(value, 2.0 ** -table.bits_of(value)) for value in sorted(set(values))]

    def to_data(self) -> dict[str, Any]:
        """A JSON value; `from_data` reads it."""
        return {
            "model": self.model,
            "size": self.size,
            "tables": {
                column: {"floor_bits": table.floor_bits, "bits": dict(sorted(table.bits.items()))}
                for column, table in sorted(self.tables.items())
            },
        }


def from_data(data: Mapping[str, Any]) -> Frequencies:
    """Read what `Frequencies.to_data` wrote."""
    tables = {column: Table(table["floor_bits"], table["bits"]) for column, table in data["tables"].items()}
    return Frequencies(data["model"], data["size"], tables)


def shipped(document: Document) -> Frequencies:
    """The tables that come with the software, for the first records; every column of the document has one."""
    text = resources.files(__package__).joinpath("frequencies.json").read_text(encoding="utf-8")
    known = from_data(json.loads(text))
    tables = {
        column: known.tables.get(column, Table(log2(known.size / SEEN_ONCE)))
        for column in document.frequency_columns
    }
    return Frequencies(document.version, known.size, tables)


Counts: TypeAlias = dict[str, Counter[str]]
"""How often each value stands in each column."""


def no_counts(document: Document) -> Counts:
    """Nothing counted yet in any frequency column of the document."""
    return {column: Counter() for column in document.frequency_columns}


def count(counts: Counts, records: Iterable[Features]) -> None:
    """Count the values of more records."""
    pairs = list(counts.items())
    for record in records:
        for column, counter in pairs:
            value = getattr(record, column)
            if value is not None:
                counter[value] += 1


def from_counts(document: Document, counts: Mapping[str, Mapping[str, int]]) -> Frequencies:
    """The tables of counted values, smoothed; a column without a count keeps the shipped table."""
    base = shipped(document)
    tables = {}
    size = 0
    for column in document.frequency_columns:
        counted = counts.get(column, {})
        total = sum(counted.values())
        size = max(size, total)
        tables[column] = _smoothed(counted, total, base.tables[column], strength=STRENGTH.get(column, 0.0))
    return Frequencies(document.version, size, tables)


def from_records(document: Document, records: Iterable[Features]) -> Frequencies:
    """The tables of these records, smoothed with the shipped ones."""
    counts = no_counts(document)
    count(counts, records)
    return from_counts(document, counts)


def _smoothed(counted: Mapping[str, int], total: int, base: Table, *, strength: float) -> Table:
    if total == 0:
        return base
    whole = total + strength
    floor = SEEN_ONCE / whole
    bits = {}
    values = set(counted) | set(base.bits) if strength else set(counted)
    for value in values:
        prior = strength * 2.0 ** -base.bits[value] if strength and value in base.bits else 0.0
        frequency = (counted.get(value, 0) + prior) / whole
        if frequency > _LEAST_TIMES_FLOOR * floor:
            bits[value] = -log2(frequency)
    return Table(-log2(floor), bits)
