"""How the shipped table of stage 2 is made: `python -m bench.linkage.training` writes it.

Both rounds are regularised logistic regressions on generated populations of many habits, intensities and
sizes, so that no set of error rates is learnt by heart. Regularisation draws towards stage 1: where nothing
is known the evidence is the match weight. The second round is fitted on other populations than the first,
because the first is too sure of what it has seen; the precision table comes from a third lot (and one
population of the second). It takes a quarter of an hour.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import minimize

from bench.linkage.population import population
from bench.linkage.training_pairs import Pairs, Records, pairs_of, records_of
from services.linkage.clusters import ArrayVerdict, Columns, Policy, decide_arrays
from services.linkage.clusters.component import Component, pairs_beside
from services.linkage.clusters.parts import parts_of
from services.linkage.clusters.policy import LARGEST_PART
from services.linkage.evidence import Evidence, from_data
from services.linkage.evidence.axes import AXES, size_bits_of
from services.linkage.evidence.rivals import INPUTS_APART, INPUTS_INSIDE, Beside
from services.linkage.evidence.table import sizes_of, structure_of
from services.linkage.model import document as documents

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

RARITY_EDGES = (-8.0, -5.0, -3.0, -1.5, 0.0, 1.5, 3.0, 5.0, 8.0)

INTERACTIONS = (
    "name+birth name+place birth+place place+parents name+parents parents+phone number+name number+birth"
    " number_check+birth birth+parents sex+name student+name name+rarity name+relation birth+relation"
    " place+relation parents+relation name+people place+people birth+people"
)
"""The pairs of axes that are weighed together; every axis is also weighed alone."""

SIZED = "place"
"""The axis whose terms also change with the number of records: strangers of another commune grow with it."""

SHRINK_ALONE, SHRINK_TOGETHER, SHRINK_SIZED, SHRINK_LINE = 0.05, 0.3, 0.5, 0.02
BOUNDS = (-40.0, 40.0)
EASY_BITS, EASY_SHARE = -8.0, 0.15
"""Of the strangers below this weight so large a share is kept, and weighs for the others."""

KNOTS_EVIDENCE = (-10.0, -6.0, -3.0, 0.0, 3.0, 6.0, 9.0, 12.0, 16.0, 24.0)
KNOTS_GAP = (-20.0, -12.0, -8.0, -5.0, -3.0, -1.5, 0.0, 1.5, 3.0, 5.0, 8.0, 12.0, 18.0)
KNOTS_SUPPORT = (0.0, 3.0, 6.0, 10.0, 15.0)
KNOTS_CONFLICT = (0.0, 3.0, 6.0, 10.0, 14.0, 18.0)
FLOOR_BITS, ABSENT_BITS, DOUBLE_BITS, SURE_BITS = -4.0, -10.0, 0.0, 6.0
"""Below -4 bits the graph of 100,000 people hangs together in one piece, and little is gained: of 1,000 links
that are likely in the end two lie there, by way of a third record."""

SIGN_CONDITIONS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "number_equal": {"number": ["số bằng nhau"]},
    "number_near": {
        "number": [
            "số thiếu chữ số, thêm số 0 thì bằng nhau",
            "lệch một chữ số",
            "cùng các chữ số, khác thứ tự",
        ]
    },
    "number_differs": {"number": ["một bên thiếu chữ số, không bằng nhau", "hai số khác nhau"]},
    "name_equal": {"name": ["giống hệt, kể cả dấu", "giống khi bỏ dấu", "cùng âm tiết, khác thứ tự"]},
    "name_differs": {"name": ["chỉ cùng tên", "chỉ cùng họ", "khác tên"]},
    "name_missing": {"name": ["thiếu tên ở một bên"]},
    "birth_equal": {"birth": ["đúng ngày", "đúng ngày, nhưng là 01/01"]},
    "birth_differs": {
        "birth": [
            "cùng ngày tháng, khác năm",
            "cùng năm, ngày tháng khác",
            "lệch hai chữ số, khác năm",
            "năm sinh lệch một",
            "ngày sinh khác",
        ]
    },
    "birth_part": {"birth": ["thiếu năm sinh ở một bên", "cùng năm, một bên là 01/01 hoặc chỉ có năm"]},
    "sex_differs": {"sex": ["khác giới"]},
    "sex_missing": {"sex": ["thiếu giới ở một bên"]},
    "place_differs": {
        "place": [
            "cùng huyện cũ",
            "cùng tỉnh, khác xã",
            "chỉ có tên thôn, khác nhau",
            "khác tỉnh",
            "cùng tên thôn, cùng tỉnh, khác xã",
        ]
    },
    "parents_differ": {"parents": ["cha mẹ khác"]},
    "student_equal": {"student": ["cùng mã"]},
}
"""Which levels carry which sign, by the label of the level in the settings document."""


@dataclass(frozen=True, slots=True)
class Lot:
    """One population to be made; not `dated`: its commune codes come without a day."""

    people: int
    seed: int
    intensity: str
    habits: int
    dated: bool = True


FIRST = (
    Lot(30_000, 101, "dirty", 11),
    Lot(30_000, 102, "normal", 12),
    Lot(20_000, 103, "dirty", 13, dated=False),
    Lot(20_000, 104, "clean", 14),
    Lot(8_000, 105, "dirty", 15),
    Lot(20_000, 106, "normal", 16, dated=False),
    Lot(30_000, 107, "dirty", 17),
    Lot(20_000, 108, "normal", 18),
    *(Lot(2_000, 120 + n, ("dirty", "normal")[n % 2], 150 + n, dated=n % 4 < 3) for n in range(10)),
    *(Lot(5_000, 140 + n, ("dirty", "normal")[n % 2], 170 + n, dated=n % 3 < 2) for n in range(6)),
    *(Lot(12_000, 150 + n, ("dirty", "normal")[n % 2], 180 + n, dated=n % 3 < 2) for n in range(3)),
)
SECOND = (
    Lot(20_000, 201, "dirty", 21),
    Lot(20_000, 202, "normal", 22),
    Lot(30_000, 203, "dirty", 23),
    Lot(30_000, 204, "normal", 24),
    *(Lot(2_000, 220 + n, ("dirty", "normal")[n % 2], 250 + n) for n in range(6)),
    *(Lot(6_000, 230 + n, ("dirty", "normal")[n % 2], 260 + n) for n in range(3)),
)
THIRD = (
    Lot(60_000, 109, "dirty", 19),
    Lot(30_000, 206, "normal", 26),
    Lot(20_000, 207, "dirty", 27),
    Lot(30_000, 204, "normal", 24),
)
"""The populations of the two rounds and of the precision table.

Small ones show candidates that are skipped in large ones, where a crowd stands under their keys.
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """A population as scored pairs."""

    records: Records
    pairs: Pairs

    @property
    def size_bits(self) -> float:
        """What `Circumstances.size_bits` is for it."""
        return size_bits_of(len(self.records))


def train(first: Iterable[Sample], second: Iterable[Sample], *, version: str) -> dict[str, Any]:
    """The JSON value of a table: the first round on the first samples, the second on the second ones."""
    data = first_round(first, version=version)
    return {**data, "rivals": second_round(data, second)}


def first_round(samples: Iterable[Sample], *, version: str) -> dict[str, Any]:
    """Fit the table of terms; the second round is set to say nothing."""
    document = documents.shipped()
    names = (*(comparison.name for comparison in document.comparisons), *AXES)
    sizes = sizes_of(document, RARITY_EDGES)
    rows = _rows(samples)
    terms: list[tuple[int, ...]] = [(names.index(name),) for name in names]
    terms += [tuple(sorted(names.index(name) for name in pair.split("+"))) for pair in INTERACTIONS.split()]
    design, blocks = _design(rows, terms, (names.index(SIZED),), sizes)
    shrink = np.full(design.shape[1], 1e-3)
    for axes, sized, start, stop in blocks:
        alone = SHRINK_ALONE if len(axes) == 1 else SHRINK_TOGETHER
        shrink[start:stop] = SHRINK_SIZED if sized else alone
    found = _logistic(
        design, rows.weight, rows.same, times=rows.times, shrink=shrink, start=np.zeros(design.shape[1])
    )
    base, scale, size = found[-3:]
    return {
        "version": version,
        "structure": structure_of(document),
        "comparisons": [comparison.name for comparison in document.comparisons],
        "sizes": list(sizes),
        "rarity_edges": list(RARITY_EDGES),
        "bounds": list(BOUNDS),
        "base": round(float(base), 4),
        "scale": round(1.0 + float(scale) / 10, 5),
        "size": round(float(size), 4),
        "terms": [_term(axes, sized, found[start:stop], names, sizes) for axes, sized, start, stop in blocks],
        "signs": _signs(),
        "rivals": _silent_rivals(),
        "precision": [],
    }


def second_round(data: Mapping[str, Any], samples: Iterable[Sample]) -> dict[str, Any]:
    """Fit the lines of pairs of two sources and of pairs inside one, given the first round."""
    evidence = from_data(data)
    apart: list[tuple[float, ...]] = []
    apart_same: list[bool] = []
    inside: list[tuple[float, ...]] = []
    inside_same: list[bool] = []
    for sample in samples:
        for one, same in seen(sample, evidence):
            if one.inside:
                inside.append((one.evidence, one.support, one.conflict))
                inside_same.append(same)
            else:
                apart.append((one.evidence, one.gap_strong, one.gap_weak, one.support, one.conflict))
                apart_same.append(same)
    lines_apart, base_apart = _lines(np.array(apart), np.array(apart_same), INPUTS_APART)
    lines_inside, base_inside = _lines(np.array(inside), np.array(inside_same), INPUTS_INSIDE)
    return {
        **_silent_rivals(),
        "apart": lines_apart,
        "inside": lines_inside,
        "base_apart": base_apart,
        "base_inside": base_inside,
    }


LINES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99)
"""The link probabilities whose precision is measured."""


def precision_rows(data: Mapping[str, Any], samples: Sequence[Sample]) -> list[list[float]]:
    """Per link probability the precision of links of leavers to other sources, the mean of the samples."""
    evidence = from_data(data)
    rows = []
    for line in LINES:
        policy = Policy(link=line, review=min(line, 0.2), of_completions=False)
        mean = sum(_precision(sample, evidence, policy) for sample in samples) / len(samples)
        rows.append([line, round(mean, 5)])
    return rows


def _precision(sample: Sample, evidence: Evidence, policy: Policy) -> float:
    records = sample.records
    root = decided(sample, evidence, policy).root
    found = agreed = 0
    left = records.source == 0
    for other in range(1, int(records.source.max()) + 1):
        right = records.source == other
        found += _common(root[left], root[right])
        width = int(records.person.max()) + 1
        both = root * width + records.person
        agreed += _common(both[left], both[right])
    return agreed / found


def _common(left: Ints, right: Ints) -> int:
    """How many pairs of a left and a right row have equal labels."""
    labels, counts = np.unique(left, return_counts=True)
    found = np.searchsorted(labels, right)
    found[found == len(labels)] = 0
    return int(counts[found][labels[found] == right].sum())


def decided(sample: Sample, evidence: Evidence, policy: Policy) -> ArrayVerdict:
    """The clusters of a sample."""
    pairs = sample.pairs
    return decide_arrays(
        columns_of(sample.records),
        pairs.left,
        pairs.right,
        evidence_bits=evidence_of(sample, evidence),
        signs=evidence.signs.of_many(pairs.levels),
        policy=policy,
        evidence=evidence,
    )


def evidence_of(sample: Sample, evidence: Evidence) -> Floats:
    """The first round's bits of every pair of a sample."""
    pairs = sample.pairs
    return evidence.table.bits_of_many(
        pairs.weight_bits,
        pairs.levels,
        pairs.name_tf_bits,
        relation=pairs.relation,
        people=pairs.people,
        size_bits=sample.size_bits,
    )


def columns_of(records: Records) -> Columns:
    """What constraints ask, as columns."""
    size = len(records)
    return Columns(
        source=records.source,
        listing=np.where(records.stage > 0, records.listing, -1),
        completion=(records.source == 0).astype(np.int64),
        number=records.number,
        birth_year=records.birth_year,
        happened_year=records.happened_year,
        order=np.arange(size, dtype=np.int64),
    )


def seen(sample: Sample, evidence: Evidence) -> Iterable[tuple[Beside, bool]]:
    """Every pair of a sample beside its rivals, and whether it is one person."""
    pairs, records = sample.pairs, sample.records
    bits = evidence_of(sample, evidence)
    signs = evidence.signs.of_many(pairs.levels)
    heard = np.flatnonzero(bits >= evidence.floor_bits)
    labels = parts_of(
        len(records),
        pairs.left[heard],
        pairs.right[heard],
        bits=bits[heard],
        together=(),
        floor=evidence.floor_bits,
        largest=LARGEST_PART,
    )
    by_part: dict[int, list[tuple[int, int, float, int]]] = {}
    rows = zip(
        pairs.left[heard].tolist(),
        pairs.right[heard].tolist(),
        bits[heard].tolist(),
        signs[heard].tolist(),
        strict=True,
    )
    for row in rows:
        if labels[row[0]] == labels[row[1]]:
            by_part.setdefault(int(labels[row[0]]), []).append(row)
    columns = columns_of(records)
    lists = {field.name: getattr(columns, field.name).tolist() for field in fields(columns)}
    person = records.person.tolist()
    for found in by_part.values():
        places = sorted({place for row in found for place in row[:2]})
        local = {place: i for i, place in enumerate(places)}
        component = Component(
            pairs=sorted((local[a], local[b], e, s) for a, b, e, s in found),
            **{name: [column[place] for place in places] for name, column in lists.items()},  # type: ignore[arg-type]
        )
        for one in pairs_beside(component, evidence.rivals):
            yield one, person[places[one.left]] == person[places[one.right]]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Distinct rows of many samples: values on the axes, weight, size, truth, how often."""

    axes: Ints
    weight: Floats
    size: Floats
    same: npt.NDArray[np.bool_]
    times: Floats


def _rows(samples: Iterable[Sample]) -> _Rows:
    """Equal rows are counted, weights rounded to half a bit: a tenth of the pairs is left."""
    rng = np.random.default_rng(20261122)
    parts = []
    for sample in samples:
        pairs = sample.pairs
        rarity = np.searchsorted(np.asarray(RARITY_EDGES), pairs.name_tf_bits, side="right")
        columns = [pairs.levels[:, axis].astype(np.int64) + 1 for axis in range(pairs.levels.shape[1])]
        columns += [pairs.relation.astype(np.int64), pairs.people.astype(np.int64), rarity.astype(np.int64)]
        columns += [np.round(pairs.weight_bits * 2).astype(np.int64), pairs.same.astype(np.int64)]
        easy = ~pairs.same & (pairs.weight_bits < EASY_BITS)
        kept = ~easy | (rng.random(len(easy)) < EASY_SHARE)
        table, place = np.unique(np.stack(columns, axis=1)[kept], axis=0, return_inverse=True)
        times = np.bincount(place.ravel(), weights=np.where(easy[kept], 1 / EASY_SHARE, 1.0))
        parts.append((table, times, np.full(len(table), sample.size_bits)))
    table, times, size = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _Rows(table[:, :-2], table[:, -2] / 2.0, size, table[:, -1] == 1, times.astype(np.float64))


_Block = tuple[tuple[int, ...], bool, int, int]


def _design(
    rows: _Rows, terms: Sequence[tuple[int, ...]], sized: Sequence[int], sizes: Sequence[int]
) -> tuple[sparse.csr_matrix, list[_Block]]:
    """One column a cell of a term; the last three columns are base, scale (tenth of a weight) and size."""
    count = len(rows.weight)
    places, values = [], []
    blocks: list[_Block] = []
    start = 0
    for axes in terms:
        cell = rows.axes[:, axes[0]]
        cells = sizes[axes[0]]
        if len(axes) == 2:
            cell = cell * sizes[axes[1]] + rows.axes[:, axes[1]]
            cells *= sizes[axes[1]]
        places.append(cell + start)
        values.append(np.ones(count))
        blocks.append((axes, False, start, start + cells))
        start += cells
    for axis in sized:
        places.append(rows.axes[:, axis] + start)
        values.append(rows.size)
        blocks.append(((axis,), True, start, start + sizes[axis]))
        start += sizes[axis]
    for value in (np.ones(count), rows.weight / 10, rows.size):
        places.append(np.full(count, start))
        values.append(value)
        start += 1
    width = len(places)
    matrix = sparse.csr_matrix(
        (
            np.stack(values, axis=1).ravel(),
            np.stack(places, axis=1).ravel(),
            np.arange(0, count * width + 1, width),
        ),
        shape=(count, start),
    )
    return matrix, blocks


def _logistic(
    design: sparse.csr_matrix,
    offset: Floats,
    same: npt.NDArray[np.bool_],
    *,
    times: Floats,
    shrink: Floats,
    start: Floats,
    bounds: Sequence[tuple[float | None, float | None]] | None = None,
) -> Floats:
    """Bits per column that explain `same` best above `offset`, drawn towards `start` (ridge, L-BFGS)."""
    turned = design.T.tocsr()
    sign = np.where(same, 1.0, -1.0)
    log2 = np.log(2.0)

    def loss(bits: Floats) -> tuple[float, Floats]:
        margin = -sign * log2 * (offset + design @ bits)
        slope = 1.0 / (1.0 + np.exp(-np.clip(margin, -500, 500)))
        away = bits - start
        value = (times * np.logaddexp(0.0, margin)).sum() + 0.5 * (shrink * away * away).sum()
        return float(value), turned @ (times * -sign * slope * log2) + shrink * away

    options = {"maxiter": 200, "maxcor": 12}
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    bits: Floats = found.x
    return bits


def _term(
    axes: tuple[int, ...], sized: bool, bits: Floats, names: Sequence[str], sizes: Sequence[int]
) -> dict[str, Any]:
    first_axis = len(names) - len(AXES)
    shape = tuple(sizes[axis] for axis in axes)
    cells = {}
    for at, value in zip(np.ndindex(*shape), bits.tolist(), strict=True):
        if abs(value) >= 0.005:
            key = "|".join(str(v - 1 if axis < first_axis else v) for v, axis in zip(at, axes, strict=True))
            cells[key] = round(value, 2)
    return {"of": [names[axis] for axis in axes], **({"times_size": True} if sized else {}), "bits": cells}


def _signs() -> dict[str, dict[str, list[int]]]:
    document = documents.shipped()
    found: dict[str, dict[str, list[int]]] = {}
    for sign, comparisons in SIGN_CONDITIONS.items():
        for name, labels in comparisons.items():
            values = {level.label: level.value for level in document.comparison(name).levels}
            found.setdefault(sign, {})[name] = [values[label] for label in labels]
    return found


def _silent_rivals() -> dict[str, Any]:
    """A second round that says what the first says."""
    straight = {"knots": list(BOUNDS), "bits": list(BOUNDS)}
    flat = {"knots": [0.0], "bits": [0.0]}
    return {
        "apart": {name: straight if name == "evidence" else flat for name in INPUTS_APART},
        "inside": {name: straight if name == "evidence" else flat for name in INPUTS_INSIDE},
        "base_apart": 0.0,
        "base_inside": 0.0,
        "floor_bits": FLOOR_BITS,
        "absent_bits": ABSENT_BITS,
        "double_bits": DOUBLE_BITS,
        "sure_bits": SURE_BITS,
    }


_KNOTS = {
    "evidence": KNOTS_EVIDENCE,
    "gap_strong": KNOTS_GAP,
    "gap_weak": KNOTS_GAP,
    "support": KNOTS_SUPPORT,
    "conflict": KNOTS_CONFLICT,
}


def _lines(inputs: Floats, same: npt.NDArray[np.bool_], names: Sequence[str]) -> tuple[dict[str, Any], float]:
    """Piecewise linear bits per input, drawn towards the evidence as it is.

    Every line only rises (that of the conflict only falls): more evidence never counts against a pair.
    """
    ramps = [_ramps(inputs[:, place], _KNOTS[name]) for place, name in enumerate(names)]
    design = sparse.csr_matrix(np.concatenate([*ramps, np.ones((len(inputs), 1))], axis=1))
    start = np.zeros(design.shape[1])
    start[: len(KNOTS_EVIDENCE) - 1] = np.diff(KNOTS_EVIDENCE)
    start[-1] = KNOTS_EVIDENCE[0]
    shrink = np.full(len(start), SHRINK_LINE * len(inputs) / 10_000)
    shrink[-1] = 1e-3
    bounds: list[tuple[float | None, float | None]] = []
    for name in names:
        bounds += [(None, 0.0) if name == "conflict" else (0.0, None)] * (len(_KNOTS[name]) - 1)
    found = _logistic(
        design,
        np.zeros(len(inputs)),
        same,
        times=np.ones(len(inputs)),
        shrink=shrink,
        start=start,
        bounds=[*bounds, (None, None)],
    )
    lines = {}
    place = 0
    for name in names:
        knots = _KNOTS[name]
        steps = found[place : place + len(knots) - 1]
        lines[name] = {
            "knots": list(knots),
            "bits": [round(float(bits), 3) for bits in np.concatenate([[0.0], np.cumsum(steps)])],
        }
        place += len(knots) - 1
    return lines, round(float(found[-1]), 3)


def _ramps(values: Floats, knots: Sequence[float]) -> Floats:
    """Per stretch between two knots how much of it lies below each value, from 0 to 1."""
    return np.stack(
        [np.clip((values - low) / (high - low), 0.0, 1.0) for low, high in pairwise(knots)], axis=1
    )


def sample_of(lot: Lot) -> Sample:
    """Make, read and score a population."""
    made = population(people=lot.people, seed=lot.seed, intensity=lot.intensity, habits=lot.habits)
    records = records_of(made, dated=lot.dated)
    return Sample(records, pairs_of(records))


def main(arguments: Sequence[str] | None = None) -> int:
    """Train on the lots and write the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.linkage.training", description="Train stage 2.")
    parser.add_argument("--version", required=True, help="of the table that is written")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    asked = parser.parse_args(arguments)
    data = train(map(sample_of, FIRST), map(sample_of, SECOND), version=asked.version)
    data["precision"] = precision_rows(data, [sample_of(lot) for lot in THIRD])
    asked.out.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
