"""What the levels of a pair say to rules: a set of signs, so that no rule knows a number of a level.

Which level carries which sign stands in the table beside the bits, because both belong to one structure of
the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntFlag

import numpy as np
import numpy.typing as npt


class Sign(IntFlag):
    """What a pair of records agrees or disagrees in, as far as rules and reasons ask."""

    NUMBER_EQUAL = 1
    NUMBER_NEAR = 2
    NUMBER_DIFFERS = 4
    NAME_EQUAL = 8
    NAME_DIFFERS = 16
    NAME_MISSING = 32
    BIRTH_EQUAL = 64
    BIRTH_DIFFERS = 128
    BIRTH_PART = 256
    SEX_DIFFERS = 512
    SEX_MISSING = 1024
    PLACE_DIFFERS = 2048
    PARENTS_DIFFER = 4096
    STUDENT_EQUAL = 8192


class Signs:
    """Reads the signs off the levels of a pair."""

    def __init__(
        self, carriers: Mapping[str, Mapping[str, Sequence[int]]], names: Sequence[str], sizes: Sequence[int]
    ) -> None:
        """`carriers`: per sign (lower case) the levels that carry it; `names`, `sizes` of the axes."""
        masks = [[0] * size for size in sizes]
        for sign, levels in carriers.items():
            for name, values in levels.items():
                for value in values:
                    masks[names.index(name)][value + 1] |= Sign[sign.upper()].value
        self._masks = [(axis, mask) for axis, mask in enumerate(masks) if any(mask)]

    def of(self, levels: Sequence[int]) -> int:
        """The signs of one pair, as the bits of `Sign`."""
        found = 0
        for axis, mask in self._masks:
            found |= mask[levels[axis] + 1]
        return found

    def of_many(self, levels: npt.NDArray[np.int8]) -> npt.NDArray[np.int64]:
        """`of` of many pairs: one row of `levels` a pair."""
        found = np.zeros(len(levels), dtype=np.int64)
        for axis, mask in self._masks:
            found |= np.array(mask, dtype=np.int64)[levels[:, axis].astype(np.int64) + 1]
        return found
