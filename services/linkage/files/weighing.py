"""Candidate pairs of a run and what they weigh."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.linkage.files.preparing import Ints
from services.linkage.files.records import Records
from services.linkage.model.batch import BatchScorer, ScoredPairs

_CHUNK = 250_000
_THREADS = 2


@dataclass(frozen=True, slots=True)
class Pairs:
    """Scored pairs, by places of records (left < right), sorted, each once."""

    left: Ints
    right: Ints
    scored: ScoredPairs

    def __len__(self) -> int:
        return len(self.left)


def weigh(
    records: Records,
    scorer: BatchScorer,
    left: Ints,
    right: Ints,
    *,
    keep: Callable[[Pairs], npt.NDArray[np.bool_]] | None,
    progress: Callable[[int, int], None],
) -> Pairs:
    """Weigh these pairs piece by piece; of each piece only what `keep` says is kept (None: everything).

    `progress` hears pairs done and all pairs. Most candidates are strangers, so what is kept is small.
    """
    encoded = records.encoded(scorer)

    def weighed(start: int) -> Pairs:
        part = slice(start, start + _CHUNK)
        pairs = Pairs(left[part], right[part], scorer.score(encoded, left[part], right[part]))
        return pairs if keep is None else _chosen(pairs, keep(pairs))

    kept: list[Pairs] = []
    with ThreadPoolExecutor(_THREADS) as pool:  # numpy and rapidfuzz work outside the interpreter's lock
        for pairs in pool.map(weighed, range(0, len(left), _CHUNK)):
            kept.append(pairs)
            progress(min(len(kept) * _CHUNK, len(left)), len(left))
    return _together(kept, levels=len(scorer.document.comparisons))


def sampled(left: Ints, right: Ints, most: int) -> tuple[Ints, Ints]:
    """At most so many of the pairs, taken at even distances."""
    step = -(-len(left) // most) if len(left) > most else 1
    return left[::step], right[::step]


def _chosen(pairs: Pairs, chosen: npt.NDArray[np.bool_]) -> Pairs:
    scored = pairs.scored
    return Pairs(
        pairs.left[chosen],
        pairs.right[chosen],
        ScoredPairs(scored.weight_bits[chosen], scored.levels[chosen], scored.name_tf_bits[chosen]),
    )


def _together(parts: list[Pairs], *, levels: int) -> Pairs:
    none = np.empty(0, dtype=np.int64)
    scored = [ScoredPairs(np.empty(0), np.empty((0, levels), dtype=np.int8), np.empty(0))]
    scored += [part.scored for part in parts]
    return Pairs(
        np.concatenate([none, *(part.left for part in parts)]),
        np.concatenate([none, *(part.right for part in parts)]),
        ScoredPairs(
            np.concatenate([one.weight_bits for one in scored]),
            np.concatenate([one.levels for one in scored]),
            np.concatenate([one.name_tf_bits for one in scored]),
        ),
    )
