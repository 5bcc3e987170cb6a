"""Greedy assignment over scores: the floor that any linker with rivals in mind has to beat.

From the highest score down a pair of two sources is kept if neither record has a partner in the other's
source, or if every partner it has looks like the new one entered twice. Strict one-to-one would lose the
people who stand in a list twice.
"""

from __future__ import annotations

import numpy as np

from bench.linkage.judging import Floats, Ints

LEAST_BITS = -10.0
"""Pairs below are not worth assigning."""


def assign(source: Ints, left: Ints, right: Ints, *, weight: Floats, double: float) -> Ints:
    """Indices of the pairs that are kept, rising: pairs of two sources by the rule, and the doubles.

    `double`: the weight from which a pair inside one source is a person entered twice.
    """
    inside = source[left] == source[right]
    twice = np.flatnonzero(inside & (weight >= double))
    doubles = set(zip(left[twice].tolist(), right[twice].tolist(), strict=True))
    across = np.flatnonzero(~inside & (weight >= LEAST_BITS))
    order = across[np.lexsort((right[across], left[across], -weight[across]))]
    partners: dict[tuple[int, int], list[int]] = {}
    homes = source.tolist()
    kept = []
    for index, one, other in zip(order.tolist(), left[order].tolist(), right[order].tolist(), strict=True):
        of_one = partners.setdefault((one, homes[other]), [])
        of_other = partners.setdefault((other, homes[one]), [])
        if all(_pair(third, other) in doubles for third in of_one) and all(
            _pair(third, one) in doubles for third in of_other
        ):
            of_one.append(other)
            of_other.append(one)
            kept.append(index)
    return np.sort(np.concatenate([np.array(kept, dtype=np.int64), twice]))


def _pair(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)
