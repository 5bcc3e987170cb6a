"""Candidate pairs of a run and what they weigh, by our own batch scorer or by Splink's predict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from services.linkage.files.preparing import Ints
from services.linkage.files.records import Records
from services.linkage.model.batch import BatchScorer, ScoredPairs
from services.linkage.model.pairing import candidate_pairs

_CHUNK = 250_000


@dataclass(frozen=True, slots=True)
class Pairs:
    """Scored pairs, by places of records (left < right), sorted, each once."""

    left: Ints
    right: Ints
    scored: ScoredPairs

    def __len__(self) -> int:
        return len(self.left)


def weigh(records: Records, scorer: BatchScorer, *, progress: Callable[[int, int], None]) -> Pairs:
    """Block, and weigh every candidate pair; `progress` hears pairs done and all pairs."""
    left, right = candidate_pairs(records.keys)
    return Pairs(left, right, scores(records, scorer, left, right, progress=progress))


def scores(
    records: Records,
    scorer: BatchScorer,
    left: Ints,
    right: Ints,
    *,
    progress: Callable[[int, int], None],
) -> ScoredPairs:
    """What these pairs weigh, piece by piece."""
    count = len(left)
    found = ScoredPairs(
        np.empty(count), np.empty((count, len(scorer.document.comparisons)), dtype=np.int8), np.empty(count)
    )
    encoded = records.encoded(scorer)
    for start in range(0, count, _CHUNK):
        part = slice(start, start + _CHUNK)
        scored = scorer.score(encoded, left[part], right[part])
        found.weight_bits[part] = scored.weight_bits
        found.levels[part] = scored.levels
        found.name_tf_bits[part] = scored.name_tf_bits
        progress(min(start + _CHUNK, count), count)
    return found
