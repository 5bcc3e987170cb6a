"""The oracle: what the data allow. Trained on the truth of other populations, free to look at everything.

Two rounds of gradient boosting: the first on the levels of stage 1 and on raw similarities that no level
knows, the second also on the rivals that the first round sees. It explains nothing and is bound to the
generator's habits; it marks the ceiling in the benchmark's table and decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import JaroWinkler, Levenshtein
from rapidfuzz.process import cpdist
from sklearn.ensemble import HistGradientBoostingClassifier

from bench.linkage.training import Sample

Floats = npt.NDArray[np.float64]

_SIMILAR = (
    "name",
    "name_sorted",
    "given",
    "family",
    "dob",
    "village",
    "mother",
    "father",
    "phone",
    "student",
)
_MOST_BITS = 40.0


@dataclass(frozen=True, slots=True)
class Oracle:
    """Two fitted rounds; `score` gives the probability of every pair of a population."""

    first: HistGradientBoostingClassifier
    second: HistGradientBoostingClassifier

    def score(self, sample: Sample) -> Floats:
        """The probability of each pair of the sample to be one person."""
        inputs = _inputs(sample)
        bits = _bits(self.first, inputs)
        probability: Floats = self.second.predict_proba(_with_rivals(sample, inputs, bits))[:, 1]
        return probability


def fit(first: Sequence[Sample], second: Sequence[Sample]) -> Oracle:
    """Train the first round on the first samples, the second on the second ones."""
    inputs = [_inputs(sample) for sample in first]
    one = _booster(np.concatenate(inputs), np.concatenate([sample.pairs.same for sample in first]))
    beside, same = [], []
    for sample in second:
        raw = _inputs(sample)
        beside.append(_with_rivals(sample, raw, _bits(one, raw)))
        same.append(sample.pairs.same)
    return Oracle(one, _booster(np.concatenate(beside), np.concatenate(same)))


def _booster(inputs: Floats, same: npt.NDArray[np.bool_]) -> HistGradientBoostingClassifier:
    booster = HistGradientBoostingClassifier(
        max_iter=300,
        learning_rate=0.08,
        max_leaf_nodes=63,
        min_samples_leaf=40,
        l2_regularization=1.0,
        random_state=1,
    )
    return booster.fit(inputs, same)


def _bits(booster: HistGradientBoostingClassifier, inputs: Floats) -> Floats:
    odds: Floats = booster.decision_function(inputs) / np.log(2.0)
    return odds


def _inputs(sample: Sample) -> Floats:
    """Levels, weights, axes and raw similarities of every pair."""
    pairs, records = sample.pairs, sample.records
    columns: list[npt.NDArray[Any]] = [*pairs.levels.T]
    columns += [pairs.weight_bits, pairs.name_tf_bits, pairs.relation, pairs.people]
    columns.append(np.full(len(pairs.left), sample.size_bits))
    for name in _SIMILAR:
        texts = np.array([getattr(record, name) or "" for record in records.features], dtype=object)
        left, right = texts[pairs.left], texts[pairs.right]
        known = (left != "") & (right != "")
        scorer = (
            JaroWinkler.similarity
            if name in ("name", "name_sorted", "mother", "father")
            else Levenshtein.distance
        )
        similar = cpdist(left, right, scorer=scorer, dtype=np.float64, workers=1)
        columns.append(np.where(known, similar, np.nan))
    born, happened = records.birth_year, records.happened_year
    columns.append(born[pairs.left] - born[pairs.right])
    columns.append(happened[pairs.left] - happened[pairs.right])
    columns += [records.source[pairs.left], records.source[pairs.right]]
    columns += [records.stage[pairs.left], records.stage[pairs.right]]
    for name in ("number", "dob", "sex", "commune", "village", "mother", "father", "phone", "student"):
        known = np.array([getattr(record, name) is not None for record in records.features])
        columns.append(known[pairs.left].astype(np.int8) + known[pairs.right])
    return np.stack([column.astype(np.float64) for column in columns], axis=1)


def _with_rivals(sample: Sample, inputs: Floats, bits: Floats) -> Floats:
    """The inputs, the first round's bits, and what else each record could be linked to."""
    pairs = sample.pairs
    bits = np.clip(bits, -_MOST_BITS, _MOST_BITS)
    columns = [bits]
    for own, partner in ((pairs.left, pairs.right), (pairs.right, pairs.left)):
        columns += _rivals(sample, own, partner, bits)
    support, conflict = _third(sample, bits)
    columns += [support, conflict]
    return np.concatenate([inputs, np.stack(columns, axis=1)], axis=1)


def _rivals(
    sample: Sample, own: npt.NDArray[np.int64], partner: npt.NDArray[np.int64], bits: Floats
) -> list[Floats]:
    """Gap to the best other candidate in the partner's source, also without its doubles; near ones."""
    pairs, source = sample.pairs, sample.records.source
    double = _doubles(sample, bits)
    count = len(bits)
    gap = np.full((count, 2), _MOST_BITS)
    near = np.zeros(count)
    everyone = np.concatenate([pairs.left, pairs.right])
    others = np.concatenate([pairs.right, pairs.left])
    all_bits = np.concatenate([bits, bits])
    order = np.lexsort((-all_bits, source[others], everyone))
    everyone, others, all_bits = everyone[order], others[order], all_bits[order]
    key = everyone * 8 + source[others]
    asked = own * 8 + source[partner]
    start = np.searchsorted(key, asked, side="left")
    stop = np.searchsorted(key, asked, side="right")
    for step in range(12):
        at = start + step
        inside = at < stop
        at = np.where(inside, at, 0)
        other = inside & (others[at] != partner)
        distance = np.where(other, bits - all_bits[at], _MOST_BITS)
        gap[:, 0] = np.minimum(gap[:, 0], distance)
        stranger = other & (double[others[at]] != double[partner])
        gap[:, 1] = np.minimum(gap[:, 1], np.where(stranger, distance, _MOST_BITS))
        near += stranger & (distance < 6)
    return [gap[:, 0], gap[:, 1], near]


def _doubles(sample: Sample, bits: Floats) -> npt.NDArray[np.int64]:
    """Per record the smallest of its likely doubles in its source (one step is nearly always enough)."""
    pairs, source = sample.pairs, sample.records.source
    double = np.arange(len(source))
    likely = (source[pairs.left] == source[pairs.right]) & (bits > 0)
    np.minimum.at(double, pairs.right[likely], pairs.left[likely])
    return double


def _third(sample: Sample, bits: Floats) -> tuple[Floats, Floats]:
    """The most that a third record says for a pair, and against it."""
    partners: list[dict[int, float]] = [{} for _ in range(len(sample.records))]
    kept = np.flatnonzero(bits > -12)
    for a, b, value in zip(
        sample.pairs.left[kept].tolist(), sample.pairs.right[kept].tolist(), bits[kept].tolist(), strict=True
    ):
        partners[a][b] = value
        partners[b][a] = value
    support, conflict = np.zeros(len(bits)), np.zeros(len(bits))
    source = sample.records.source.tolist()
    for place in kept.tolist():
        a, b = int(sample.pairs.left[place]), int(sample.pairs.right[place])
        for one, other in ((a, b), (b, a)):
            for third, value in partners[one].items():
                if third == other:
                    continue
                counter = partners[other].get(third, -12.0)
                support[place] = max(support[place], min(value, counter))
                if value > 6 and source[third] != source[other]:
                    conflict[place] = max(conflict[place], 6 - counter)
    return support, conflict
