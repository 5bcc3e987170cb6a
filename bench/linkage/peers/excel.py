"""What an office does with a spreadsheet: equal number, else equal name, birth date and sex.

The names are those that our repair has put in order, without marks: the rule at its best. On cells as they
stand it finds less and links more strangers.
"""

from __future__ import annotations

import time

import numpy as np

from bench.linkage.answers import Answer, Deployed, components
from bench.linkage.judging import Ints, equal_pairs
from services.linkage.files.records import Records
from services.linkage.model.batch import NULL

_BY_NUMBER, _BY_NAME = 2.0, 1.0


def link(records: Records) -> Answer:
    """All pairs of the rule; pairs by number score higher."""
    begun = time.perf_counter()
    size = len(records)
    labels = [(_BY_NUMBER, records.codes["number"])]
    parts = [records.codes[column] for column in ("name", "dob", "sex")]
    known = np.all([part != NULL for part in parts], axis=0)
    _, joined = np.unique(np.stack(parts, axis=1), axis=0, return_inverse=True)
    labels.append((_BY_NAME, np.where(known, joined.ravel(), NULL)))
    found: dict[int, float] = {}
    for score, label in labels:
        for left, right in _pairs(records, label):
            codes = left * size + right
            found.update((code, score) for code in codes.tolist() if code not in found)
    codes = np.fromiter(found, dtype=np.int64, count=len(found))
    left, right = codes // size, codes % size
    number = records.codes["number"]
    both = (number[left] != NULL) & (number[right] != NULL)
    kept = ~both | (number[left] == number[right])  # two numbers that differ: the rule asks the number first
    left, right, scores = left[kept], right[kept], np.fromiter(found.values(), dtype=np.float64)[kept]
    taken = time.perf_counter() - begun
    return Answer(
        left,
        right,
        scores,
        persons=lambda threshold: components(size, left[scores >= threshold], right[scores >= threshold]),
        thresholds=(_BY_NUMBER, _BY_NAME),
        deployed=Deployed("the rule", left, right, None),
        seconds={"link": taken},
    )


def _pairs(records: Records, labels: Ints) -> list[tuple[Ints, Ints]]:
    """Pairs with equal labels between any two sources, and inside each between neighbours of one label."""
    count = int(records.source.max(initial=0)) + 1
    places = [np.flatnonzero((records.source == source) & (labels != NULL)) for source in range(count)]
    found = []
    for one in range(count):
        order = places[one][np.argsort(labels[places[one]], kind="stable")]
        equal = labels[order][1:] == labels[order][:-1]
        found.append((order[:-1][equal], order[1:][equal]))
        found += [equal_pairs(labels, places[one], places[other]) for other in range(one + 1, count)]
    return found
