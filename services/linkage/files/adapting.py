"""The model fitted to the files at hand: their own frequencies, and m and u as far as they can tell.

The frequency of a name counts in these files, smoothed by the shipped tables. m takes one step of expectation
maximisation (Winkler, 1988): the levels of candidate pairs, each pair counted as often as it is likely to be
one person, are blended with the shipped m by pseudo-counts, as in training from a store; a small file moves
nothing. u stays as shipped: rarity is what the frequencies already say.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from services.linkage.files.records import Records
from services.linkage.files.weighing import Pairs
from services.linkage.model import frequencies as tables
from services.linkage.model.batch import BatchScorer
from services.linkage.model.document import Document
from services.linkage.model.training import Estimate, Estimates, blended

FEWEST_PAIRS = 2_000
"""Expected true pairs below which m and u stay as shipped."""

MOST_PAIRS = 1_000_000
"""Candidate pairs that are looked at: m is known well enough from them."""

_LEAST_SURE = 0.5


def scorer_of(document: Document, records: Records) -> BatchScorer:
    """The scorer of a document with the frequencies of these records."""
    counts = records.counts(document.frequency_columns)
    return BatchScorer(document, tables.from_counts(document, counts))


def fitted(document: Document, pairs: Pairs, probability: npt.NDArray[np.float64]) -> Document:
    """The document with m blended towards what these pairs say; `probability` per pair.

    The same document where fewer than `FEWEST_PAIRS` true pairs are expected.
    """
    sure = np.flatnonzero(probability >= _LEAST_SURE)
    weights = probability[sure]
    if float(weights.sum()) < FEWEST_PAIRS:
        return document
    m = {}
    for number, comparison in enumerate(document.comparisons):
        m[comparison.name] = _estimate(
            pairs.scored.levels[sure, number], weights, comparison_size=len(comparison.levels)
        )
    return blended(document, Estimates(m=m, u={}), version=f"{document.version}+files")


def _estimate(
    levels: npt.NDArray[np.int8], weights: npt.NDArray[np.float64], *, comparison_size: int
) -> Estimate:
    known = levels >= 0
    counted = np.bincount(levels[known], weights=weights[known], minlength=comparison_size)
    total = float(counted.sum())
    shares = {value: float(counted[value]) / total if total else 0.0 for value in range(comparison_size)}
    return Estimate(shares, total)
