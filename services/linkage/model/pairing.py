"""Candidate pairs of many records at once, from their blocking keys.

Memory follows the number of pairs, some 32 bytes for each; nothing is quadratic in the records,
because a key under which more than `OVERSIZE` records stand gives no pair.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from services.linkage.model.blocking import OVERSIZE

Positions = npt.NDArray[np.int64]

_MERGED_AT = 4_000_000


def candidate_pairs(
    table: npt.NDArray[np.int64], groups: npt.NDArray[np.int64] | None = None
) -> tuple[Positions, Positions]:
    """Every pair of rows that shares a key, each once, as positions (left < right), sorted.

    `table`: one row a record, one column a rule, 0 where a record has no key (`blocking.key_table`).
    `groups`: a number per row; pairs within one group are left out (None: all pairs count).
    """
    rows = np.int64(max(1, len(table)))
    codes = np.empty(0, dtype=np.int64)
    fresh: list[Positions] = []
    for rule in range(table.shape[1]):
        left, right = _pairs_of(table[:, rule])
        if groups is not None:
            apart = groups[left] != groups[right]
            left, right = left[apart], right[apart]
        fresh.append(np.minimum(left, right) * rows + np.maximum(left, right))
        if sum(some.size for some in fresh) > max(_MERGED_AT, codes.size):
            codes = _union(codes, fresh)
    codes = _union(codes, fresh)
    left = codes // rows
    codes %= rows
    return left, codes


def _union(codes: Positions, fresh: list[Positions]) -> Positions:
    """The distinct numbers of all arrays, sorted; `fresh` is emptied."""
    together = np.concatenate([codes, *fresh])
    fresh.clear()
    together.sort()
    first = np.append(True, together[1:] != together[:-1])[: together.size]
    distinct: Positions = together[first]
    return distinct


def _pairs_of(keys: npt.NDArray[np.int64]) -> tuple[Positions, Positions]:
    """The pairs of rows with an equal key, of keys that are not oversize."""
    rows = np.flatnonzero(keys)
    rows = rows[np.argsort(keys[rows], kind="stable")]
    starts = (
        np.flatnonzero(np.concatenate(([True], keys[rows][1:] != keys[rows][:-1]))) if rows.size else rows
    )
    sizes = np.diff(np.append(starts, rows.size))
    fit = np.repeat((sizes > 1) & (sizes <= OVERSIZE), sizes)
    ends = np.repeat(np.append(starts[1:], rows.size)[: sizes.size], sizes)[fit]
    places = np.arange(rows.size)[fit]
    lefts, rights = [], []
    step = 1
    while places.size:
        inside = places + step < ends
        places, ends = places[inside], ends[inside]
        lefts.append(rows[places])
        rights.append(rows[places + step])
        step += 1
    if not lefts:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    return np.concatenate(lefts), np.concatenate(rights)
