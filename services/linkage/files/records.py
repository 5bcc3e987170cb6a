"""All records of a run by columns: texts coded once for all files, numbers, seals and keys as arrays.

Two million records stand in about 2 GB: no object per record, each distinct text once. Batches are added in
the order of the files, so equal files give equal arrays.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.linkage.features import LISTS
from services.linkage.files.preparing import MASKS, SEALS, Coded, Ints, Prepared
from services.linkage.model.batch import NULL, BatchScorer, Encoded
from services.linkage.model.blocking import KEY_COLUMNS

BESIDE = ("ethnic", "birth_year", "marker")
"""Columns that the decision or the report needs, whether the model compares them or not."""


@dataclass(slots=True)
class Records:
    """The records of a run, in the order in which they were read.

    `source`: the place of a record's file; `names`: its key there. `codes` per column, with `texts` per book
    of codes; `group` says which book a column uses. `keys` as in `blocking.key_table`. `listing` and `stage`
    are codes into `listings` and `stages`.
    """

    source: npt.NDArray[np.int16]
    names: list[str]
    codes: dict[str, Ints]
    texts: dict[str, list[str]]
    group: Mapping[str, str]
    keys: Ints
    listing: Ints
    listings: list[str]
    stage: Ints
    stages: list[str]
    happened_year: Ints

    def __len__(self) -> int:
        return len(self.names)

    def encoded(self, scorer: BatchScorer) -> Encoded:
        """What the batch scorer reads. The arrays are shared, not copied."""
        texts = {group: _array([*values, ""]) for group, values in self.texts.items()}
        rarity = {}
        for column in scorer.document.frequency_columns:
            bits_of = scorer.frequencies.tables[column].bits_of
            rarity[column] = np.array([bits_of(text) for text in self.texts[self.group[column]]] or [0.0])
        return Encoded(len(self), self.codes, texts, rarity)

    def counts(self, columns: Iterable[str]) -> dict[str, Counter[str]]:
        """How often each text stands in a column."""
        found = {}
        for column in columns:
            codes, texts = self.codes[column], self.texts[self.group[column]]
            times = np.bincount(codes[codes != NULL], minlength=len(texts))
            found[column] = Counter(
                {texts[code]: int(times[code]) for code in np.flatnonzero(times).tolist()}
            )
        return found

    def values(self, column: str, rows: slice | Ints) -> list[str | int | None]:
        """The values of a column: texts, numbers, or seals as numbers."""
        codes = self.codes[column][rows]
        if column in self.group and self.group[column] in self.texts and column not in SEALS:
            texts = self.texts[self.group[column]]
            return [None if code == NULL else texts[code] for code in codes.tolist()]
        return [None if code == NULL else code for code in codes.tolist()]


class Collecting:
    """Takes prepared batches and becomes `Records`."""

    def __init__(self, group: Mapping[str, str]) -> None:
        """`group`: the book of codes that each column of texts uses."""
        self._group = dict(group)
        for column in BESIDE:
            self._group.setdefault(column, column)
        self._books: dict[str, dict[str, int]] = {}
        self._listings = _book()
        self._stages = _book()
        self._parts: dict[str, list[Ints]] = {}
        self._keys: list[Ints] = []
        self._masks: list[Ints] = []
        self._facts: list[tuple[Ints, Ints, Ints]] = []
        self._sources: list[npt.NDArray[np.int16]] = []
        self._names: list[str] = []

    def add(self, batch: Prepared) -> None:
        """Take one more batch."""
        for column, values in batch.texts.items():
            group = self._group[column]
            book = self._books.get(group)
            if book is None:
                book = self._books[group] = _book()
            self._parts.setdefault(column, []).append(_recoded(values, book))
        for column, numbers in batch.numbers.items():
            self._parts.setdefault(column, []).append(numbers)
        self._keys.append(batch.keys)
        self._masks.append(batch.masks)
        self._facts.append(
            (
                _recoded(batch.listing, self._listings, apart=f"{batch.source}|"),
                _recoded(batch.stage, self._stages),
                batch.happened_year,
            )
        )
        self._sources.append(np.full(len(batch.names), batch.source, dtype=np.int16))
        self._names.extend(batch.names)

    def records(self) -> Records:
        """Everything that was added; to be asked for once."""
        codes = {column: _joined(parts) for column, parts in self._parts.items()}
        for column in LISTS:
            codes[column] = _joined(self._masks, width=MASKS)
        listing, stage, year = (_joined([part[place] for part in self._facts]) for place in range(3))
        self._parts.clear()
        self._masks.clear()
        return Records(
            source=np.concatenate(self._sources) if self._sources else np.empty(0, dtype=np.int16),
            names=self._names,
            codes=codes,
            texts={group: list(book) for group, book in self._books.items()},
            group=self._group,
            keys=_joined(self._keys, width=len(KEY_COLUMNS)),
            listing=listing,
            listings=list(self._listings),
            stage=stage,
            stages=list(self._stages),
            happened_year=year,
        )


def _book() -> dict[str, int]:
    """Codes for texts: asked for a text that it does not hold, it gives the next one."""
    book: defaultdict[str, int] = defaultdict()
    book.default_factory = book.__len__
    return book


def _recoded(values: Coded, book: dict[str, int], *, apart: str = "") -> Ints:
    """Codes of the batch as codes of the run; `apart` is put before every text."""
    if not values.values:
        return values.codes
    texts = [apart + text for text in values.values] if apart else values.values
    codes = np.fromiter(map(book.__getitem__, texts), dtype=np.int64, count=len(texts))
    known = values.codes != NULL
    return np.where(known, codes[np.where(known, values.codes, 0)], NULL)


def _joined(parts: list[Ints], *, width: int = 0) -> Ints:
    if not parts:
        return np.empty((0, width) if width else 0, dtype=np.int64)
    joined = np.concatenate(parts)
    parts.clear()
    return joined


def _array(values: list[str]) -> npt.NDArray[np.object_]:
    made: npt.NDArray[np.object_] = np.empty(len(values), dtype=object)
    made[:] = values
    return made
