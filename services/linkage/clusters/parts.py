"""Which records are decided together: the components of the pair graph, bounded.

A component of at most `largest` records is one part. Of a larger one the line is raised, a few bits at a
time, until every part of it fits; pairs between parts are then not heard. That is the one exception to
"a decision sees every candidate": a crowd of namesakes, which no decision could tell apart anyway. What
persons said always stays together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]

STEP_BITS = 3.0
HIGHEST_LINE = 60.0
"""What hangs together along this line is one part, however large."""


def lines(floor: float) -> Iterator[float]:
    """The lines in bits that are tried one after the other, from the floor to `HIGHEST_LINE` or above."""
    line = floor
    yield line
    while line < HIGHEST_LINE:
        line += STEP_BITS
        yield line


def parts_of(
    size: int,
    left: Places,
    right: Places,
    *,
    bits: npt.NDArray[np.float64],
    together: Iterable[tuple[int, int]],
    floor: float,
    largest: int,
) -> Places:
    """A label per record, equal for records that are decided together: the smallest place of the part.

    `left`, `right`, `bits`: pairs at or above the `floor`; `together`: pairs that words join or part.
    """
    said = np.array(sorted(together), dtype=np.int64).reshape(-1, 2)
    labels = np.zeros(size, dtype=np.int64)
    crowded = np.ones(size, dtype=bool)
    for line in lines(floor):
        fine = crowded[left] & (bits >= line)
        told = crowded[said[:, 0]] if said.size else np.empty(0, dtype=bool)
        raised = _labels(
            size, np.concatenate([left[fine], said[told, 0]]), np.concatenate([right[fine], said[told, 1]])
        )
        labels = np.where(crowded, raised, labels)
        crowded = np.bincount(labels, minlength=size)[labels] > largest
        if not crowded.any():
            break
    return labels


def _labels(size: int, left: Places, right: Places) -> Places:
    """Connected components: the smaller label is hooked on and shortcut until nothing changes
    (Shiloach & Vishkin, 1982)."""
    labels = np.arange(size, dtype=np.int64)
    while left.size:
        one, other = labels[left], labels[right]
        low, high = np.minimum(one, other), np.maximum(one, other)
        open_pairs = low < high
        if not open_pairs.any():
            break
        left, right, low, high = left[open_pairs], right[open_pairs], low[open_pairs], high[open_pairs]
        np.minimum.at(labels, high, low)
        while True:
            shorter = labels[labels]
            if np.array_equal(shorter, labels):
                break
            labels = shorter
    return labels


def small_parts(
    size: int,
    pairs: Sequence[tuple[int, int, float]],
    together: Sequence[tuple[int, int]],
    *,
    floor: float,
    largest: int,
) -> list[int]:
    """`parts_of` for few records, in plain Python."""
    labels = [0] * size
    crowded = [True] * size
    for line in lines(floor):
        fine = [(a, b) for a, b, bits in pairs if crowded[a] and bits >= line]
        raised = _joined(range(size), fine, [(a, b) for a, b in together if crowded[a]])
        labels = [new if big else old for new, old, big in zip(raised, labels, crowded, strict=True)]
        if size <= largest:
            break
        counts = Counter(labels)
        crowded = [counts[label] > largest for label in labels]
        if not any(crowded):
            break
    return labels


def _joined(
    places: range, pairs: Iterable[tuple[int, int]], together: Iterable[tuple[int, int]]
) -> list[int]:
    top = list(places)
    for group in (pairs, together):
        for a, b in group:
            while top[a] != a:
                top[a] = top[top[a]]
                a = top[a]
            while top[b] != b:
                top[b] = top[top[b]]
                b = top[b]
            if a < b:
                top[b] = a
            elif b < a:
                top[a] = b
    for place in places:  # a top is never greater than its place, so one pass from below is enough
        top[place] = top[top[place]]
    return top
