"""All of stage 2 in one value, read from one file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from services.linkage.evidence import rivals as rivalry
from services.linkage.evidence import table as tables
from services.linkage.evidence.rivals import Rivals
from services.linkage.evidence.signs import Sign, Signs
from services.linkage.evidence.table import BadTable, Table

_NUMBER_EQUAL = Sign.NUMBER_EQUAL.value
"""As a plain number: it is asked of every pair of strangers."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The two rounds and the signs. `floor_bits`: pairs with less evidence need not be kept or decided.

    `precision`: rows of (link probability, precision that the links above it had), from populations that
    nothing was trained on; see `clusters.policy`.
    """

    table: Table
    rivals: Rivals
    signs: Signs
    floor_bits: float
    precision: tuple[tuple[float, float], ...]

    @property
    def version(self) -> str:
        """Version of the table."""
        return self.table.version

    @property
    def hash(self) -> str:
        """SHA-256 (hex) of the whole content."""
        return self.table.hash

    def heard(self, bits: float, levels: Sequence[int]) -> float:
        """The bits at which a pair is heard: with equal personal numbers never below the floor.

        Somebody must look when two people have one number, however little else they have in common.
        """
        if bits < self.floor_bits and self.signs.of(levels) & _NUMBER_EQUAL:
            return self.floor_bits
        return bits

    def heard_of_many(
        self, bits: npt.NDArray[np.float64], levels: npt.NDArray[np.int8]
    ) -> npt.NDArray[np.float64]:
        """`heard` of many pairs: one row of `levels` a pair."""
        faint = np.flatnonzero(bits < self.floor_bits)
        equal = faint[(self.signs.of_many(levels[faint]) & _NUMBER_EQUAL) != 0]
        found = bits.copy()
        found[equal] = self.floor_bits
        return found


def from_data(data: Mapping[str, Any]) -> Evidence:
    """Read the JSON value; `BadTable` where it is not one."""
    table = tables.from_data(data)
    try:
        return Evidence(
            table=table,
            rivals=rivalry.from_data(data["rivals"]),
            signs=Signs(data["signs"], table.names, table.sizes),
            floor_bits=float(data["rivals"]["floor_bits"]),
            precision=tuple((float(p), float(q)) for p, q in data["precision"]),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BadTable(f"Bảng bằng chứng thiếu hoặc sai mục: {error}") from error


@cache
def shipped() -> Evidence:
    """The evidence that comes with the software."""
    return from_data(
        json.loads(resources.files(__package__).joinpath("table.json").read_text(encoding="utf-8"))
    )
