"""How good an answer is, once the truth is opened: curves over scored pairs, persons, a declared threshold.

Pure: positions, scores and true persons in, figures out. Records are positions 0 … n-1 over all sources in
their order; `person` and `source` give a number per position.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.linkage.measures import measure

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

WANTED_PRECISION = 0.99


@dataclass(frozen=True, slots=True)
class Truth:
    """Who each record is: `person` and `source` per record, `kinh` whether that person is a Kinh."""

    person: Ints
    source: Ints
    kinh: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PairFigures:
    """Over all thresholds, of pairs between two sources: the best F1, and the greatest recall with which
    precision is still `WANTED_PRECISION` (0 where it never is). `candidates`: the recall of all scored pairs,
    above which no threshold can lift anything."""

    best_f1: float
    recall_at_precision: float
    candidates: float


@dataclass(frozen=True, slots=True)
class PersonFigures:
    """The best pairwise and the best B-cubed F1 of persons over the thresholds that were tried."""

    pairwise_f1: float
    b_cubed_f1: float


@dataclass(frozen=True, slots=True)
class DeployedFigures:
    """At one declared threshold, of pairs between two sources. `stated`: the mean of the probabilities that
    came with the pairs, None where none came; recalls of true pairs by the people of the true person."""

    precision: float
    recall: float
    stated: float | None
    recall_kinh: float
    recall_minority: float


def judge_pairs(truth: Truth, left: Ints, right: Ints, score: Floats) -> PairFigures:
    """Figures of pairs between the first two sources; pairs elsewhere are passed over, equal scores stand or
    fall together."""
    across = _across(truth, left, right)
    left, right, score = left[across], right[across], score[across]
    order = np.argsort(-score, kind="stable")
    score = score[order]
    same = (truth.person[left] == truth.person[right])[order]
    true = true_pairs(truth)
    if not len(score) or not true:
        return PairFigures(0.0, 0.0, 0.0)
    last = np.append(score[1:] != score[:-1], True)
    agreed = np.cumsum(same)[last]
    found = np.flatnonzero(last) + 1
    f1 = 2 * agreed / (found + true)
    sure = agreed / found >= WANTED_PRECISION
    return PairFigures(
        best_f1=float(f1.max()),
        recall_at_precision=float(agreed[sure].max() / true) if sure.any() else 0.0,
        candidates=float(agreed[-1] / true),
    )


def judge_persons(truth: Truth, tried: Iterable[Ints]) -> PersonFigures:
    """The best figures of several clusterings; each gives a label per record. Both maxima are 0 for none."""
    pairwise, b_cubed = 0.0, 0.0
    for labels in tried:
        found = measure(truth.person, labels)
        pairwise = max(pairwise, found.pairwise.f1 or 0.0)
        b_cubed = max(b_cubed, found.b_cubed.f1 or 0.0)
    return PersonFigures(pairwise, b_cubed)


def judge_deployed(truth: Truth, left: Ints, right: Ints, probability: Floats | None) -> DeployedFigures:
    """Figures of the pairs that were linked, as far as they lie between the first two sources.

    A probability that is not a number was not stated and does not count.
    """
    across = _across(truth, left, right)
    left, right = left[across], right[across]
    same = truth.person[left] == truth.person[right]
    stated = None
    if probability is not None:
        known = probability[across]
        known = known[~np.isnan(known)]
        stated = float(known.mean()) if known.size else None
    kinh = truth.kinh[left]
    return DeployedFigures(
        precision=float(same.mean()) if same.size else 0.0,
        recall=_share(int(same.sum()), true_pairs(truth)),
        stated=stated,
        recall_kinh=_share(int((same & kinh).sum()), true_pairs(truth, kinh=True)),
        recall_minority=_share(int((same & ~kinh).sum()), true_pairs(truth, kinh=False)),
    )


def true_pairs(truth: Truth, *, kinh: bool | None = None) -> int:
    """How many true pairs there are between the first two sources; `kinh`: only those of that people."""
    rows = np.ones(len(truth.person), dtype=bool) if kinh is None else truth.kinh == kinh
    width = int(truth.person.max(initial=-1)) + 1
    counts = [np.bincount(truth.person[rows & (truth.source == side)], minlength=width) for side in (0, 1)]
    return int((counts[0] * counts[1]).sum())


def pairs_within(labels: Ints, source: Ints) -> tuple[Ints, Ints]:
    """All pairs of a record of source 0 and one of source 1 with equal labels."""
    return equal_pairs(labels, np.flatnonzero(source == 0), np.flatnonzero(source == 1))


def equal_pairs(labels: Ints, lefts: Ints, rights: Ints) -> tuple[Ints, Ints]:
    """Every pair of a position of `lefts` and one of `rights` whose labels are equal."""
    order = rights[np.argsort(labels[rights], kind="stable")]
    sorted_labels = labels[order]
    first = np.searchsorted(sorted_labels, labels[lefts], side="left")
    counts = np.searchsorted(sorted_labels, labels[lefts], side="right") - first
    left = np.repeat(lefts, counts)
    step = np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
    return left, order[np.repeat(first, counts) + step]


def closed_share(floor: float, mine: float, ceiling: float) -> float | None:
    """Which share of the way from the floor to the ceiling is gone; None where the ceiling is no higher."""
    return (mine - floor) / (ceiling - floor) if ceiling > floor else None


def _across(truth: Truth, left: Ints, right: Ints) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = truth.source[left] + truth.source[right] == 1
    return found


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
