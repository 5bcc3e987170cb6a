"""Stage 2, first round: the evidence of a pair weighed together, as a table that a person can read.

    evidence_bits = base + scale * weight_bits + size * size_bits + sum of terms

A term is a number of bits per level of one comparison or axis, or per pair of levels of two (an additive
model with pairwise interactions: Lou, Caruana, Gehrke, Hooker, "Accurate intelligible models with pairwise
interactions", KDD 2013). The weight of stage 1 is one input, so a model retrained on an office's own data
(m, u, frequencies) carries over; what independent comparisons cannot say, the terms say: parents, village
and phone agreeing is one household, a first of January says little of sex and name alike.

`bits` (one pair) and `bits_of_many` (numpy) add the same numbers in the same order and agree exactly.
The table is data: `table.json` holds every number, its version and the structure of the model (comparisons,
conditions of levels) that it was trained for; a model of another structure is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from services.linkage.evidence.axes import AXES, Circumstances, rarity_bin
from services.linkage.model.document import Document, hash_of
from shared.errors import Invalid

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int8]


class BadTable(Invalid):
    """The table cannot be used with this model; the message says why."""


@dataclass(frozen=True, slots=True)
class Term:
    """Bits per level of one axis, or of two. `axes`: positions among the comparisons and `AXES`.

    `bits` is flat, row by row; a level stands at its value plus one (null is -1), an axis at its value.
    `times_size`: the bits are multiplied by `Circumstances.size_bits`.
    """

    axes: tuple[int, ...]
    shape: tuple[int, ...]
    bits: tuple[float, ...]
    times_size: bool = False

    def at(self, values: Sequence[int]) -> float:
        """The bits at these values of all axes (levels plus one)."""
        if len(self.axes) == 1:
            return self.bits[values[self.axes[0]]]
        return self.bits[values[self.axes[0]] * self.shape[1] + values[self.axes[1]]]


@dataclass(frozen=True, slots=True)
class Share:
    """What one term gives to a pair, for a reviewer: names of the axes, their values, bits."""

    of: tuple[str, ...]
    values: tuple[int, ...]
    bits: float


@dataclass(frozen=True, slots=True)
class Table:
    """The trained table of a model structure.

    `names`: of all axes, the comparisons first. `sizes`: how many values each has. `structure`: of the model
    (see `structure_of`). `least`, `most`: bounds of the result in bits, beyond which nothing was ever seen.
    """

    version: str
    structure: str
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    base: float
    scale: float
    size: float
    rarity_edges: tuple[float, ...]
    terms: tuple[Term, ...]
    least: float
    most: float
    content: Mapping[str, Any]

    @property
    def hash(self) -> str:
        """SHA-256 (hex) of the content."""
        return hash_of(self.content)

    def check(self, document: Document) -> None:
        """Raise `BadTable` where the table was trained for a model of another structure."""
        if structure_of(document) != self.structure:
            raise BadTable(
                f"Bảng bằng chứng {self.version} được học cho mô hình có các mức so sánh khác"
                f" mô hình {document.version}; cần học lại bảng"
            )

    def values(self, levels: Sequence[int], name_tf_bits: float, circumstances: Circumstances) -> list[int]:
        """The position of a pair on every axis."""
        found = [level + 1 for level in levels]
        found += (
            circumstances.relation,
            circumstances.people,
            rarity_bin(name_tf_bits, self.rarity_edges),
        )
        return found

    def bits(
        self,
        weight_bits: float,
        levels: Sequence[int],
        name_tf_bits: float,
        circumstances: Circumstances,
    ) -> float:
        """The evidence for one person, log2 of the odds, of a pair that stage 1 has scored."""
        values = self.values(levels, name_tf_bits, circumstances)
        size_bits = circumstances.size_bits
        total = self.base + self.scale * weight_bits + self.size * size_bits
        for term in self.terms:
            axes = term.axes
            place = values[axes[0]]
            if len(axes) == 2:
                place = place * term.shape[1] + values[axes[1]]
            total += term.bits[place] * size_bits if term.times_size else term.bits[place]
        return min(max(total, self.least), self.most)

    def bits_of_many(
        self,
        weight_bits: Floats,
        levels: Levels,
        name_tf_bits: Floats,
        *,
        relation: npt.NDArray[Any],
        people: npt.NDArray[Any],
        size_bits: float,
    ) -> Floats:
        """`bits` of many pairs. `levels`: one row a pair, one column a comparison."""
        columns = [levels[:, axis].astype(np.int64) + 1 for axis in range(levels.shape[1])]
        rarity = np.searchsorted(np.asarray(self.rarity_edges), name_tf_bits, side="right")
        columns += [relation.astype(np.int64), people.astype(np.int64), rarity.astype(np.int64)]
        total = self.base + self.scale * weight_bits + self.size * size_bits
        for term in self.terms:
            place = columns[term.axes[0]]
            if len(term.axes) == 2:
                place = place * term.shape[1] + columns[term.axes[1]]
            bits = np.asarray(term.bits)[place]
            total = total + (bits * size_bits if term.times_size else bits)
        return np.minimum(np.maximum(total, self.least), self.most)

    def explain(
        self,
        weight_bits: float,
        levels: Sequence[int],
        name_tf_bits: float,
        circumstances: Circumstances,
    ) -> list[Share]:
        """Every part of `bits` that is not zero, in the order of the table; they add up to it (unbounded).

        The first three are the base, the weight of stage 1 and the size; an axis alone has one value.
        """
        values = self.values(levels, name_tf_bits, circumstances)
        shares = [
            Share(("base",), (), self.base),
            Share(("weight",), (), self.scale * weight_bits),
            Share(("size",), (), self.size * circumstances.size_bits),
        ]
        for term in self.terms:
            bits = term.at(values) * (circumstances.size_bits if term.times_size else 1.0)
            at = tuple(values[axis] - 1 if axis < len(levels) else values[axis] for axis in term.axes)
            shares.append(Share(tuple(self.names[axis] for axis in term.axes), at, bits))
        return [share for share in shares if share.bits]


def structure_of(document: Document) -> str:
    """SHA-256 of what a table depends on: comparisons and their levels' conditions, not m, u or labels."""
    return hash_of(
        [
            [entry["output_column_name"], [level["sql_condition"] for level in entry["comparison_levels"]]]
            for entry in document.settings["comparisons"]
        ]
    )


def sizes_of(document: Document, rarity_edges: Sequence[float]) -> tuple[int, ...]:
    """How many values each axis has: of a comparison its levels and null, then those of `AXES`."""
    levels = [max(level.value for level in comparison.levels) + 2 for comparison in document.comparisons]
    return (*levels, 3, 4, len(rarity_edges) + 1)


def from_data(data: Mapping[str, Any]) -> Table:
    """Read the JSON value of a table; `BadTable` where it is not one."""
    try:
        names = (*data["comparisons"], *AXES)
        sizes = tuple(data["sizes"])
        terms = tuple(_term(entry, names, sizes) for entry in data["terms"])
        least, most = data["bounds"]
        return Table(
            version=data["version"],
            structure=data["structure"],
            names=names,
            sizes=sizes,
            base=float(data["base"]),
            scale=float(data["scale"]),
            size=float(data["size"]),
            rarity_edges=tuple(data["rarity_edges"]),
            terms=terms,
            least=float(least),
            most=float(most),
            content=data,
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BadTable(f"Bảng bằng chứng thiếu hoặc sai mục: {error}") from error


def _term(entry: Mapping[str, Any], names: Sequence[str], sizes: Sequence[int]) -> Term:
    """One term: `of` names its axes, `bits` maps values ("3" or "3|-1", null is -1) to bits, 0 where none."""
    axes = tuple(names.index(name) for name in entry["of"])
    shape = tuple(sizes[axis] for axis in axes)
    first_axis = len(names) - len(AXES)
    flat = np.zeros(shape)
    for key, bits in entry["bits"].items():
        values = [int(value) for value in key.split("|")]
        at = tuple(
            value + 1 if axis < first_axis else value for value, axis in zip(values, axes, strict=True)
        )
        if min(at) < 0:
            raise ValueError(key)
        flat[at] = float(bits)
    return Term(axes, shape, tuple(flat.ravel().tolist()), bool(entry.get("times_size", False)))
