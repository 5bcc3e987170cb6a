"""Applies the catalogue to a sheet: whose habits, which rows, and what really changed.

Errors cluster. A sender has habits (a log-normal factor per sender and kind), and a bad row tends to be bad
in several fields (every row has a factor that all kinds share). Kinds of scope LIST fall on whole lists:
a workbook is in upper case, or it is not.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bench.linkage.population.arrays import Bits, Flags, Floats, Ints, each, stream
from bench.linkage.population.kinds import FIELDS, KINDS, MISSING, STRUCTURE, WRITING, Intensity, Kind, Scope
from bench.linkage.population.sheets import SOURCES, Sheet
from bench.linkage.population.structure import write_names

BYTES = (len(KINDS) + 7) // 8

_STREAM = 5
_HABITS_STREAM = 6
_SENDER_SIGMA = 0.8
_BADNESS = (0.5, 2.0, 6.0)
_BADNESS_SHARES = (0.80, 0.15, 0.05)
_ROWS_OF_A_BAD_LIST = 0.95
_MOST = 0.97
_KIND_SIGMA, _SOURCE_SIGMA, _MISSING_SIGMA = 0.7, 0.4, 0.35


@dataclass(frozen=True, slots=True)
class Habits:
    """A factor on the rate of every kind in every source; `seed` None: all factors are 1."""

    seed: int | None = None

    def factor(self, kind: Kind, source: int) -> float:
        """Log-normal with median 1: one draw for the kind everywhere, one for the kind in this source."""
        if self.seed is None:
            return 1.0
        common, own = stream(self.seed, _HABITS_STREAM, _number(kind)).standard_normal((2, len(SOURCES)))
        if kind in MISSING:
            return float(np.exp(_MISSING_SIGMA * own[source]))
        return float(np.exp(_KIND_SIGMA * common[0] + _SOURCE_SIGMA * own[source]))


@dataclass(frozen=True, slots=True)
class Damaged:
    """A sheet as it came out. `damage` has `BYTES` bytes a row, a bit for every kind that changed it."""

    sheet: Sheet
    damage: Bits


def damaged(
    sheet: Sheet,
    *,
    seed: int,
    intensity: Intensity,
    habits: Habits,
    tell: Callable[[str], None] | None = None,
) -> Damaged:
    """The sheet after everything that happens to it; `tell` hears the name of every kind as it is applied."""
    source = SOURCES.index(sheet.source)
    bad = _badness(sheet, stream(seed, _STREAM, source))
    now = sheet
    damage: Bits = np.zeros((len(sheet), BYTES), dtype=np.uint8)
    place = 0
    for group in (MISSING, STRUCTURE, WRITING, FIELDS):
        if group is WRITING:
            now = _replaced(now, {"full_name": write_names(now)})
        for kind in group:
            if tell:
                tell(kind.name)
            rate = kind.rate(intensity, source) * habits.factor(kind, source)
            if rate > 0:
                rng = stream(seed, _STREAM, source, _number(kind))
                now, changed = _apply(now, kind, rate, bad=bad, rng=rng)
                damage[changed, place // 8] |= np.uint8(1 << place % 8)
            place += 1
    now = _replaced(now, {"dob": _kept_evidence(now, sheet)})
    visible = {name: column for name, column in now.columns.items() if not name.startswith("_")}
    return Damaged(_with_columns(now, visible), damage)


def _apply(
    sheet: Sheet, kind: Kind, rate: float, *, bad: Floats, rng: np.random.Generator
) -> tuple[Sheet, Ints]:
    """The sheet after one kind, and the places of the rows that it changed."""
    at = np.flatnonzero(_hit(sheet, kind, rate, bad=bad, rng=rng))
    changed: Flags = np.zeros(len(at), dtype=np.bool_)
    columns = {}
    for name, values in kind.corrupt(sheet, at, rng).items():
        changed |= sheet.columns[name][at] != values
        columns[name] = sheet.columns[name].copy()
        columns[name][at] = values
    return _replaced(sheet, columns), at[changed]


def _hit(sheet: Sheet, kind: Kind, rate: float, *, bad: Floats, rng: np.random.Generator) -> Flags:
    senders = int(sheet.sender.max(initial=-1)) + 1
    habit = rng.lognormal(-(_SENDER_SIGMA**2) / 2, _SENDER_SIGMA, senders)
    if kind.scope is Scope.LIST:
        lists = int(sheet.listing.max(initial=-1)) + 1
        sender_of = np.zeros(lists, dtype=np.int64)
        sender_of[sheet.listing] = sheet.sender
        is_bad = rng.random(lists) < np.minimum(_MOST, rate * habit[sender_of] / _ROWS_OF_A_BAD_LIST)
        hit: Flags = is_bad[sheet.listing] & (rng.random(len(sheet)) < _ROWS_OF_A_BAD_LIST)
        return hit
    share = rate if kind in MISSING and rate > 0.2 else rate * bad
    if kind in MISSING:
        habit = np.sqrt(habit)
    chosen: Flags = rng.random(len(sheet)) < np.minimum(_MOST, share * habit[sheet.sender])
    return chosen


def _badness(sheet: Sheet, rng: np.random.Generator) -> Floats:
    """A factor per row, mean 1: eight of ten are better than the mean, one in twenty is six times as bad."""
    drawn: Floats = rng.choice(_BADNESS, size=len(sheet), p=_BADNESS_SHARES)
    return drawn


def _kept_evidence(sheet: Sheet, before: Sheet) -> np.ndarray:
    """Birth dates; the year comes back where nothing else is left by which a person could be found.

    Such a row would be refused by every importer (interfaces, "Identity columns").
    """
    nothing = np.ones(len(sheet), dtype=np.bool_)
    for column in ("person_id", "dob", "student_id", "phone", "mother_name", "father_name"):
        nothing &= sheet.columns[column] == ""
    dob = sheet.columns["dob"].copy()
    dob[nothing] = each(lambda born: born[:4], before.columns["dob"][nothing])
    return dob


def _replaced(sheet: Sheet, columns: Mapping[str, np.ndarray]) -> Sheet:
    return _with_columns(sheet, {**sheet.columns, **columns})


def _with_columns(sheet: Sheet, columns: dict[str, np.ndarray]) -> Sheet:
    return Sheet(sheet.source, columns, sheet.person, sheet.listing, sheet.sender, sheet.day, sheet.people)


def _number(kind: Kind) -> int:
    """A number that belongs to the name of the kind, so that a new kind leaves the others as they are."""
    return zlib.crc32(kind.name.encode())
