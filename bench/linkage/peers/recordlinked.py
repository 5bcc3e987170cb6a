"""recordlinkage (de Bruin): its own comparisons and its ECM classifier, between leavers and learners.

It compares in pandas, some ten thousand pairs a second, and takes its candidates from us: the blocking that
every linker here uses. It links two files, so it says nothing of persons across three sources.
"""

from __future__ import annotations

import time
import warnings

import numpy as np
import pandas as pd
import recordlinkage

from bench.linkage.answers import Answer, Deployed
from services.linkage.files.records import Records
from services.linkage.model.pairing import candidate_pairs

_TEXTS = {
    "name": 0.88,
    "mother": 0.88,
    "father": 0.88,
    "dob": 0.85,
    "village": 0.85,
}
"""Columns compared by Jaro-Winkler similarity, and from where they count as equal."""

_EXACT = ("number", "birth_year", "sex", "commune", "province", "phone", "student", "given", "ethnic")
DECLARED = 0.99


def link(records: Records) -> Answer:
    """Compare the candidates of the first two sources, classify by ECM without any truth."""
    begun = time.perf_counter()
    left, right = candidate_pairs(records.keys, records.source.astype(np.int64))
    frame = pd.DataFrame({column: _series(records, column) for column in (*_TEXTS, *_EXACT)})
    comparing = recordlinkage.Compare()
    for column, threshold in _TEXTS.items():
        comparing.string(column, column, method="jarowinkler", threshold=threshold, label=column)
    for column in _EXACT:
        comparing.exact(column, column, label=f"{column} equal")
    pairs = pd.MultiIndex.from_arrays([left, right])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its pandas and numpy: nothing that a reader could mend
        compared = comparing.compute(pairs, frame)
        classifier = recordlinkage.ECMClassifier(binarize=None)
        classifier.fit(compared)
        probability = classifier.prob(compared).to_numpy()
    taken = time.perf_counter() - begun
    sure = np.flatnonzero(probability >= DECLARED)
    return Answer(
        left,
        right,
        probability,
        deployed=Deployed(f"p ≥ {DECLARED}", left[sure], right[sure], probability[sure]),
        seconds={"link": taken},
    )


def _series(records: Records, column: str) -> pd.Series:
    return pd.Series(records.values(column, slice(None)), dtype="object")
