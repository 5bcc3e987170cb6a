"""How well clusters of records agree with the truth: pairwise and B-cubed precision, recall and F1.

Both are counted from the contingency table of true persons and found persons, never by listing pairs, so a
million records take a second. Pure: labels in, figures out.

- *Pairwise*: over the pairs of records that are one person (Christen, "Data Matching", 2012, section 7.2).
- *B-cubed*: the mean over records of the share of its found cluster that is its person (precision) and of its
  person that is in its found cluster (recall) (Bagga & Baldwin, 1998; Amigó et al., 2009, section 2.3). It
  weighs every record alike, where pairwise figures are ruled by the largest clusters.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Figures:
    """Precision, recall, their harmonic mean F1, from 0 to 1; None where nothing was there to judge."""

    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class Measures:
    """The agreement of found clusters with true ones.

    `records` judged; `true_pairs`, `found_pairs` and `agreed_pairs` (in both) are counts of pairs of records.
    """

    records: int
    true_pairs: int
    found_pairs: int
    agreed_pairs: int
    pairwise: Figures
    b_cubed: Figures


def measure(true: Labels, found: Labels) -> Measures:
    """Measure found labels against true ones; both give one label per record, in the same order.

    Records with an equal label are one person. Raises `ValueError` for arrays of different lengths.
    """
    if true.shape != found.shape or true.ndim != 1:
        raise ValueError("a true and a found label for every record")
    _, rows = np.unique(true, return_inverse=True)
    _, columns = np.unique(found, return_inverse=True)
    persons, clusters = np.bincount(rows), np.bincount(columns)
    cells, sizes = np.unique(
        rows.astype(np.int64) * max(clusters.size, 1) + columns.astype(np.int64), return_counts=True
    )
    agreed, in_truth, in_found = _pairs(sizes), _pairs(persons), _pairs(clusters)
    pairwise = figures(agreed, in_found, in_truth)
    if not true.size:
        return Measures(0, 0, 0, 0, pairwise, Figures(None, None, None))
    squares = sizes.astype(np.float64) ** 2
    precision = float(np.sum(squares / clusters[cells % clusters.size]) / true.size)
    recall = float(np.sum(squares / persons[cells // clusters.size]) / true.size)
    b_cubed = Figures(precision, recall, _f1(precision, recall))
    return Measures(int(true.size), in_truth, in_found, agreed, pairwise, b_cubed)


def figures(agreed: int, found: int, true: int) -> Figures:
    """The figures of counts: what is in both, what was found, what is true."""
    precision = agreed / found if found else None
    recall = agreed / true if true else None
    return Figures(precision, recall, _f1(precision, recall))


def labels(names: Sequence[Hashable | None]) -> Labels:
    """Numbers for names: equal names get equal numbers, and each None (linked to nobody) one of its own."""
    numbers: dict[Hashable, int] = {}
    found = np.empty(len(names), dtype=np.int64)
    for place, name in enumerate(names):
        found[place] = -1 - place if name is None else numbers.setdefault(name, len(numbers))
    return found


def _pairs(sizes: npt.NDArray[np.int64]) -> int:
    """How many pairs there are inside groups of these sizes."""
    return int(np.sum(sizes * (sizes - 1) // 2))


def _f1(precision: float | None, recall: float | None) -> float | None:
    if precision is None or recall is None:
        return None
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
