"""What every linker gives back, before anybody looks at the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from bench.linkage.judging import Floats, Ints


@dataclass(frozen=True, slots=True)
class Deployed:
    """Pairs that were linked at a threshold declared beforehand; `probability` None: none is stated."""

    threshold: str
    left: Ints
    right: Ints
    probability: Floats | None


@dataclass(frozen=True, slots=True)
class Answer:
    """Scored pairs (higher is likelier), and clusterings to be tried.

    `persons(threshold)` gives a label per record for each of `thresholds`. `seconds` says how long each part
    took that is the linker's own; reading the files is counted apart.
    """

    left: Ints
    right: Ints
    score: Floats
    persons: Callable[[float], Ints] | None = None
    thresholds: Sequence[float] = ()
    deployed: Deployed | None = None
    seconds: dict[str, float] = field(default_factory=dict)


def components(size: int, left: Ints, right: Ints) -> Ints:
    """A label per record: records that pairs tie together, directly or not, are one."""
    ties = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
    _, labels = connected_components(ties, directed=False)
    found: Ints = labels.astype(np.int64)
    return found
