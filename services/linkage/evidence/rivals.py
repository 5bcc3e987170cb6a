"""Stage 2, second round: a pair seen beside its rivals.

Whoever has a better partner in the other source is hardly the partner of this record. For a pair of records
l and r of two sources, with evidence e bits:

- a rival of l is another record of r's source that shares a pair with l, unless it is a double of r (the
  same person entered twice). All rivals of l together weigh log2(1 + sum 2**e) bits: the odds that one
  of them, or nobody, is the partner. `gap_strong` and `gap_weak` are e less the rivals of l and of r,
  the smaller one first;
- `support` is the most that a third record says for the pair: the smaller of its evidence for l and for r;
- `conflict` is the most that a third record says against it: it is surely l (or r) and not the other.

Each of these inputs gives bits along a line through a few knots (constant beyond the ends); the sum is the
log2 odds of the pair, calibrated on generated populations of other habits.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any

INPUTS_APART = ("evidence", "gap_strong", "gap_weak", "support", "conflict")
INPUTS_INSIDE = ("evidence", "support", "conflict")

_MOST = 60.0


@dataclass(frozen=True, slots=True)
class Line:
    """Bits along a line through knots: `bits[i]` at `knots[i]`, straight between, constant beyond."""

    knots: tuple[float, ...]
    bits: tuple[float, ...]

    def at(self, value: float) -> float:
        """The bits at a value."""
        knots, bits = self.knots, self.bits
        if value <= knots[0]:
            return bits[0]
        if value >= knots[-1]:
            return bits[-1]
        place = bisect_right(knots, value)
        low, high = knots[place - 1], knots[place]
        return bits[place - 1] + (bits[place] - bits[place - 1]) * (value - low) / (high - low)


@dataclass(frozen=True, slots=True)
class Rivals:
    """The lines of pairs of two sources and of pairs inside one.

    `absent_bits`: the evidence that two records without a pair are taken to have. `double_bits`: the least
    evidence at which two records of one source count as doubles. `sure_bits`: from where a third record is
    surely one of the two.
    """

    apart: tuple[Line, ...]
    inside: tuple[Line, ...]
    base_apart: float
    base_inside: float
    absent_bits: float
    double_bits: float
    sure_bits: float

    def bits_apart(
        self, evidence: float, gap_strong: float, gap_weak: float, support: float, conflict: float
    ) -> float:
        """Log2 odds of a pair of two sources."""
        lines = self.apart
        return (
            self.base_apart
            + lines[0].at(evidence)
            + lines[1].at(gap_strong)
            + lines[2].at(gap_weak)
            + lines[3].at(support)
            + lines[4].at(conflict)
        )

    def bits_inside(self, evidence: float, support: float, conflict: float) -> float:
        """Log2 odds of a pair inside one source."""
        lines = self.inside
        return self.base_inside + lines[0].at(evidence) + lines[1].at(support) + lines[2].at(conflict)


@dataclass(frozen=True, slots=True)
class Beside:
    """The inputs of one pair: `left` and `right` are places of records, left < right."""

    left: int
    right: int
    evidence: float
    gap_strong: float
    gap_weak: float
    support: float
    conflict: float
    inside: bool


def beside(
    adjacency: Sequence[Mapping[int, float]], source: Sequence[int], double: Sequence[int], rivals: Rivals
) -> list[Beside]:
    """The inputs of every pair of a component, ordered by the places of its records.

    `adjacency`: per record its partners and the evidence in bits (both ways, keys ascending); `source`: per
    record; `double`: per record the smallest place of the records of its source that are its doubles.
    """
    crowd = _Crowd(adjacency, source, double)
    found = []
    for left, partners in enumerate(adjacency):
        for right, evidence in partners.items():
            if right < left:
                continue
            support, conflict = _third(adjacency, source, left, right, rivals)
            if source[left] == source[right]:
                found.append(Beside(left, right, evidence, 0.0, 0.0, support, conflict, inside=True))
                continue
            one = evidence - crowd.rivals_of(left, right)
            other = evidence - crowd.rivals_of(right, left)
            found.append(
                Beside(
                    left, right, evidence, min(one, other), max(one, other), support, conflict, inside=False
                )
            )
    return found


class _Crowd:
    """How much the candidates of a record weigh in each source, doubles counted once."""

    def __init__(
        self, adjacency: Sequence[Mapping[int, float]], source: Sequence[int], double: Sequence[int]
    ) -> None:
        self._source = source
        self._double = double
        self._odds: list[dict[int, dict[int, float]]] = []
        for partners in adjacency:
            by_source: dict[int, dict[int, float]] = {}
            for partner, evidence in partners.items():
                persons = by_source.setdefault(source[partner], {})
                who = double[partner]
                odds = 2.0 ** min(evidence, _MOST)
                if odds > persons.get(who, 0.0):
                    persons[who] = odds
            self._odds.append(by_source)

    def rivals_of(self, record: int, partner: int) -> float:
        """log2(1 + sum of the odds) of the record's other candidates in the partner's source."""
        own = self._double[partner]
        persons = self._odds[record][self._source[partner]]
        if len(persons) == 1:
            return 0.0
        return log2(1.0 + sum(odds for who, odds in persons.items() if who != own))


def _third(
    adjacency: Sequence[Mapping[int, float]], source: Sequence[int], left: int, right: int, rivals: Rivals
) -> tuple[float, float]:
    """Support and conflict of a pair by other records."""
    support, conflict = 0.0, 0.0
    if len(adjacency[left]) == 1 and len(adjacency[right]) == 1:
        return support, conflict
    sure, absent = rivals.sure_bits, rivals.absent_bits
    for one, other in ((left, right), (right, left)):
        others = adjacency[other]
        home = source[other]
        for third, evidence in adjacency[one].items():
            if third == other:
                continue
            counter = others.get(third)
            if counter is not None and counter > support and evidence > support:
                support = min(counter, evidence)
            if evidence >= sure and source[third] != home:
                against = sure - (absent if counter is None else counter)
                conflict = max(conflict, against)
    return support, conflict


def from_data(data: Mapping[str, Any]) -> Rivals:
    """Read the part `rivals` of a table's JSON; KeyError, ValueError where it is not one."""
    return Rivals(
        apart=_lines(data["apart"], INPUTS_APART),
        inside=_lines(data["inside"], INPUTS_INSIDE),
        base_apart=float(data["base_apart"]),
        base_inside=float(data["base_inside"]),
        absent_bits=float(data["absent_bits"]),
        double_bits=float(data["double_bits"]),
        sure_bits=float(data["sure_bits"]),
    )


def _lines(data: Mapping[str, Any], names: Sequence[str]) -> tuple[Line, ...]:
    lines = []
    for name in names:
        knots, bits = tuple(data[name]["knots"]), tuple(data[name]["bits"])
        if len(knots) != len(bits) or not knots or list(knots) != sorted(set(knots)):
            raise ValueError(name)
        lines.append(Line(knots, bits))
    return tuple(lines)
