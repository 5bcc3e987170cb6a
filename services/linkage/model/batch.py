"""Scores many pairs at once, from the same compiled conditions as `compiling.Scorer`.

Columns become arrays of codes (equal text, equal code; columns that the document compares with each other
share their codes), conditions become array operations over the pairs that no earlier level took, and edit
distances run in rapidfuzz's C++ over whole arrays. The levels equal those of `Scorer` exactly, the weights up
to rounding (tested). Worth it from some thousands of pairs on: bulk linkage, files, training.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log2

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cpdist

from services.linkage.features import LISTS, NUMBERS, Features
from services.linkage.model.conditions import (
    OPPOSITE,
    Absolute,
    And,
    BadCondition,
    Column,
    Compare,
    Condition,
    Constant,
    Distance,
    IsNull,
    Not,
    Or,
    Overlap,
    Sum,
    Term,
    columns_of,
    comparisons_in,
    distances_in,
    repeated_distances,
)
from services.linkage.model.document import Comparison, Document, TermFrequency
from services.linkage.model.frequencies import Frequencies

Codes = npt.NDArray[np.int64]
Truth = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

NULL = int(np.iinfo(np.int64).min)
"""The code of what is not known."""

_FIRST_CODE = 0
_CHUNK = 1 << 16
_BEYOND = 1 << 30
_FEW = 8
"""A column that is asked for one pair in so many is not gathered for all of a chunk."""


@dataclass(frozen=True, slots=True)
class ScoredPairs:
    """Per pair: `weight_bits` (n), `levels` (n x comparisons, Splink's gamma), `name_tf_bits` (n)."""

    weight_bits: Floats
    levels: npt.NDArray[np.int8]
    name_tf_bits: Floats


@dataclass(frozen=True, slots=True)
class Encoded:
    """Records as arrays: `codes` per column (n, or n x longest list), `texts` and `rarity` by code."""

    size: int
    codes: dict[str, Codes]
    texts: dict[str, npt.NDArray[np.object_]]
    rarity: dict[str, Floats]


class BatchScorer:
    """Scores pairs of encoded records under one document and one set of frequency tables."""

    def __init__(self, document: Document, frequencies: Frequencies) -> None:
        self.document = document
        self.frequencies = frequencies
        conditions = [
            level.condition
            for comparison in document.comparisons
            for level in comparison.levels
            if level.condition
        ]
        self._columns = sorted(
            {column.name for condition in conditions for column in columns_of(condition)}
            | set(document.frequency_columns)
        )
        self._group = _groups(self._columns, conditions)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the document compares or weighs by frequency, sorted."""
        return tuple(self._columns)

    @property
    def group(self) -> dict[str, str]:
        """Per column the name of the column whose codes and texts it shares."""
        return dict(self._group)

    def encode(self, records: Sequence[Features]) -> Encoded:
        """The records as arrays, in their order."""
        books: dict[str, dict[str, int]] = {}
        codes: dict[str, Codes] = {}
        for column in self._columns:
            values = [getattr(record, column) for record in records]
            if column in NUMBERS:
                codes[column] = np.array([NULL if v is None else v for v in values], dtype=np.int64)
                continue
            book = books.setdefault(self._group[column], {})
            coder = _encoded_lists if column in LISTS else _encoded_texts
            codes[column] = coder(values, book)
        texts = {group: np.array([*book, ""], dtype=object) for group, book in books.items()}
        rarity = {}
        for column in self.document.frequency_columns:
            bits_of = self.frequencies.tables[column].bits_of
            rarity[column] = np.array([bits_of(text) for text in books[self._group[column]]] or [0.0])
        return Encoded(len(records), codes, texts, rarity)

    def score(self, encoded: Encoded, left: Codes, right: Codes) -> ScoredPairs:
        """Score the pairs of the records at positions `left[i]`, `right[i]`."""
        size = len(left)
        result = ScoredPairs(
            np.full(size, self.document.prior_bits),
            np.empty((size, len(self.document.comparisons)), dtype=np.int8),
            np.zeros(size),
        )
        for start in range(0, size, _CHUNK):
            part = slice(start, start + _CHUNK)
            chunk = _Chunk(encoded, self._group, left[part], right[part])
            for number, comparison in enumerate(self.document.comparisons):
                levels, bits, rarity = chunk.compare(comparison)
                result.levels[part, number] = levels
                result.weight_bits[part] += bits + rarity
                if comparison.name == "name":
                    result.name_tf_bits[part] = rarity
        return result


class _Chunk:
    """Some pairs while they are scored; columns are gathered when first asked for."""

    def __init__(self, encoded: Encoded, group: dict[str, str], left: Codes, right: Codes) -> None:
        self._encoded = encoded
        self._group = group
        self._rows = {"l": left, "r": right}
        self._size = len(left)
        self._gathered: dict[Column, Codes] = {}
        self._distances: dict[Distance, npt.NDArray[np.int32]] = {}
        self._repeated: dict[Distance, int | None] = {}
        self._rest = np.arange(self._size)

    def compare(self, comparison: Comparison) -> tuple[npt.NDArray[np.int8], Floats, Floats]:
        """Level, bits and bits of rarity of every pair in one comparison."""
        levels = np.zeros(self._size, dtype=np.int8)
        bits = np.zeros(self._size)
        rarity = np.zeros(self._size)
        self._rest = np.arange(self._size)
        self._distances = {}
        self._repeated = repeated_distances(level.condition for level in comparison.levels if level.condition)
        for level in comparison.levels:
            if not self._rest.size:
                break
            if level.condition is None:
                taken = self._rest
            else:
                holds = self._true(level.condition, self._rest)
                taken, self._rest = self._rest[holds], self._rest[~holds]
            levels[taken] = level.value
            bits[taken] = level.bits
            if level.frequency is not None and taken.size:
                rarity[taken] = self._rarity(level.frequency, taken)
        return levels, bits, rarity

    def _values(self, column: Column, at: Codes) -> Codes:
        values = self._gathered.get(column)
        if values is None:
            codes, rows = self._encoded.codes[column.name], self._rows[column.side]
            if len(at) * _FEW < self._size:
                return codes[rows[at]]
            values = codes[rows]
            self._gathered[column] = values
        return values if len(at) == self._size else values[at]

    def _rarity(self, frequency: TermFrequency, at: Codes) -> Floats:
        left = self._bits(Column(frequency.column, "l"), at)
        bits = np.minimum(left, self._bits(Column(frequency.column, "r"), at))
        known = np.isfinite(bits)
        if frequency.minimum > 0:
            bits = np.minimum(bits, -log2(frequency.minimum))
        return np.where(known, frequency.weight * (frequency.log2_u + np.where(known, bits, 0.0)), 0.0)

    def _bits(self, column: Column, at: Codes) -> Floats:
        codes = self._values(column, at)
        known = codes != NULL
        return np.where(known, self._encoded.rarity[column.name][np.where(known, codes, 0)], np.inf)

    def _true(self, node: Condition, at: Codes) -> Truth:
        """Where the condition is true, of the pairs at these places."""
        match node:
            case IsNull(column=column):
                return self._null(column, at)
            case Not(part=part):
                return self._false(part, at)
            case And(parts=parts):
                return self._all([(part, True) for part in parts], at)
            case Or(parts=parts):
                return ~self._all([(part, True) for part in parts], at, turned=True)
            case Overlap(left=left, right=right):
                return self._overlap(left, right, at)
            case Compare():
                return self._compare(node, node.operator, at)

    def _false(self, node: Condition, at: Codes) -> Truth:
        """Where the condition is false: neither true nor unknown."""
        match node:
            case IsNull(column=column):
                return ~self._null(column, at)
            case Not(part=part):
                return self._true(part, at)
            case And(parts=parts):
                return ~self._all([(part, False) for part in parts], at, turned=True)
            case Or(parts=parts):
                return self._all([(part, False) for part in parts], at)
            case Overlap(left=left, right=right):
                known = ~self._null(left, at) & ~self._null(right, at)
                return known & ~self._overlap(left, right, at)
            case Compare():
                return self._compare(node, OPPOSITE[node.operator], at)

    def _all(self, parts: list[tuple[Condition, bool]], at: Codes, *, turned: bool = False) -> Truth:
        """Where every part is true (or, asked so, false); `turned`: where every part is not.

        Each part is looked at only where the ones before left it open.
        """
        open_places = np.arange(len(at))
        places = at
        for part, is_true in parts:
            holds = self._true(part, places) if is_true else self._false(part, places)
            kept = ~holds if turned else holds
            open_places, places = open_places[kept], places[kept]
            if not places.size:
                break
        found = np.zeros(len(at), dtype=bool)
        found[open_places] = True
        return found

    def _null(self, column: Column, at: Codes) -> Truth:
        codes = self._encoded.codes[column.name]
        if codes.ndim == 1:
            null: Truth = self._values(column, at) == NULL
        else:
            null = codes[self._rows[column.side][at], 0] == NULL
        return null

    def _compare(self, node: Compare, operator: str, at: Codes) -> Truth:
        left, left_known = self._term(node.left, at, node)
        right, right_known = self._term(node.right, at, node)
        found: Truth = _OPERATIONS[operator](left, right) & left_known & right_known
        return found

    def _term(self, term: Term, at: Codes, inside: Compare) -> tuple[Codes, Truth]:
        """The value of a term at each place, and where it is not null."""
        match term:
            case Column():
                values = self._values(term, at)
                return values, values != NULL
            case Constant(value=int(value)):
                return np.full(len(at), value, dtype=np.int64), np.ones(len(at), dtype=bool)
            case Absolute(term=inner):
                values, known = self._term(inner, at, inside)
                return np.abs(values), known
            case Sum(left=left, sign=sign, right=right):
                one, one_known = self._term(left, at, inside)
                other, other_known = self._term(right, at, inside)
                known = one_known & other_known
                one, other = np.where(known, one, 0), np.where(known, other, 0)
                return one + other if sign == "+" else one - other, known
            case Distance():
                return self._distance(term, at, inside)
        raise BadCondition("Chữ cố định trong điều kiện không tính được theo lô")

    def _distance(self, term: Distance, at: Codes, inside: Compare) -> tuple[Codes, Truth]:
        known = ~self._null(term.left, at) & ~self._null(term.right, at)
        if term not in self._repeated:
            cutoff = dict(distances_in(inside)).get(term)
            return self._measured(term, at, known, cutoff=cutoff).astype(np.int64), known
        if term not in self._distances:
            rest = self._rest
            both = ~self._null(term.left, rest) & ~self._null(term.right, rest)
            found = np.full(self._size, _BEYOND, dtype=np.int32)
            found[rest] = self._measured(term, rest, both, cutoff=self._repeated[term])
            self._distances[term] = found
        return self._distances[term][at].astype(np.int64), known

    def _measured(
        self, term: Distance, at: Codes, known: Truth, *, cutoff: int | None
    ) -> npt.NDArray[np.int32]:
        found = np.full(len(at), _BEYOND, dtype=np.int32)
        places = at[known]
        if places.size:
            left, right = (
                self._encoded.texts[self._group[column.name]][self._values(column, places)].tolist()
                for column in (term.left, term.right)
            )
            found[known] = cpdist(
                left, right, scorer=Levenshtein.distance, score_cutoff=cutoff, dtype=np.int32
            )
        return found

    def _overlap(self, left: Column, right: Column, at: Codes) -> Truth:
        found = np.zeros(len(at), dtype=bool)
        places = np.flatnonzero(~self._null(left, at) & ~self._null(right, at))
        if places.size:
            some, others = (
                np.ascontiguousarray(self._encoded.codes[column.name][self._rows[column.side][at[places]]].T)
                for column in (left, right)
            )
            hit = np.zeros(len(places), dtype=bool)
            for one in others:
                equal = np.zeros(len(places), dtype=bool)
                for other in some:
                    equal |= one == other
                hit |= equal & (one >= _FIRST_CODE)
            found[places] = hit
        return found


def _encoded_texts(values: list[str | None], book: dict[str, int]) -> Codes:
    return np.array(
        [NULL if value is None else book.setdefault(value, len(book)) for value in values], dtype=np.int64
    )


def _encoded_lists(values: list[Sequence[str] | None], book: dict[str, int]) -> Codes:
    """Codes of the elements, -1 after the last; a null list is null in every place."""
    longest = max((len(value) for value in values if value is not None), default=0)
    codes = np.full((len(values), max(longest, 1)), -1, dtype=np.int64)
    for place, value in enumerate(values):
        if value is None:
            codes[place] = NULL
        else:
            codes[place, : len(value)] = [book.setdefault(text, len(book)) for text in value]
    return codes


def _groups(columns: Sequence[str], conditions: Sequence[Condition]) -> dict[str, str]:
    """Per column the name of the column whose codes it shares: columns that are compared share codes."""
    group = {column: column for column in columns}

    def root(column: str) -> str:
        while group[column] != column:
            column = group[column]
        return column

    for condition in conditions:
        for compare in comparisons_in(condition):
            if isinstance(compare.left, Column) and isinstance(compare.right, Column):
                group[root(compare.left.name)] = root(compare.right.name)
    return {column: root(column) for column in columns}


_OPERATIONS: dict[str, Callable[[Codes, Codes], Truth]] = {
    "=": np.equal,
    "<>": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}
