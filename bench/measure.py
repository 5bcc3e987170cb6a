"""How figures are taken and shown: alternated repetitions, medians with their spread, one table.

Two things are compared only within one repetition (A B A B …), so that whatever else the machine does in
those seconds falls on both. What is shown is the median, with the lowest and the highest beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Literal, TypeAlias

COLUMNS = ("measure", "seen", "beside", "ratio", "floor", "good", "verdict")

Verdict: TypeAlias = Literal["good", "floor", "below floor", ""]


@dataclass(frozen=True, slots=True)
class Spread:
    """A median with the lowest and the highest of what was seen."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of at least one value."""
        return cls(median(values), min(values), max(values))

    def text(self, unit: str = "") -> str:
        """For the table; without brackets where all values print alike."""
        shown = [number(value) for value in (self.middle, self.low, self.high)]
        spread = "" if len(set(shown)) == 1 else f" ({shown[1]}–{shown[2]})"
        return f"{shown[0]}{f' {unit}' if unit else ''}{spread}"


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should reach: at least where more is better, else at most."""

    floor: float
    good: float
    more_is_better: bool = True

    def verdict(self, value: float) -> Verdict:
        """How a figure stands to the target."""
        if self._reaches(value, self.good):
            return "good"
        return "floor" if self._reaches(value, self.floor) else "below floor"

    def _reaches(self, value: float, wanted: float) -> bool:
        return value >= wanted if self.more_is_better else value <= wanted


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table, as text."""

    measure: str
    seen: str
    beside: str = ""
    ratio: str = ""
    floor: str = ""
    good: str = ""
    verdict: Verdict = ""

    def cells(self) -> tuple[str, ...]:
        """In the order of `COLUMNS`."""
        return (self.measure, self.seen, self.beside, self.ratio, self.floor, self.good, self.verdict)


def alternate(repetitions: int, runs: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Call the runs in turn, the whole turn `repetitions` times; what each returned, in order."""
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repetitions):
        for name, run in runs.items():
            found[name].append(run())
    return found


def compared(
    measure: str, ours: Sequence[float], peer: Sequence[float], target: Target, *, unit: str = "events/s"
) -> Line:
    """A line of two rates taken in the same repetitions, and the ratio of each pair."""
    ratio = Spread.of([mine / other for mine, other in zip(ours, peer, strict=True)])
    return Line(
        measure,
        Spread.of(ours).text(unit),
        Spread.of(peer).text(unit),
        ratio.text(),
        number(target.floor),
        number(target.good),
        target.verdict(ratio.middle),
    )


def limited(measure: str, value: float, target: Target, *, seen: str, unit: str) -> Line:
    """A line of one figure that should stay under a limit; `seen` shows it among others."""
    return Line(
        measure,
        seen,
        floor=f"{number(target.floor)} {unit}",
        good=f"{number(target.good)} {unit}",
        verdict=target.verdict(value),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value below or at which this share of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(1, ceil(round(share * len(ordered), 6))) - 1]


def number(value: float) -> str:
    """Three digits that mean something: 41,200 rather than 41234.5, 0.84 rather than 0.8412."""
    if value >= 1_000:
        return f"{round(value, -2 if value >= 10_000 else -1):,.0f}"
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.{1 if value >= 10 else 2}f}".rstrip("0").rstrip(".")


def table(lines: Sequence[Line]) -> str:
    """The lines as a Markdown table that also reads well on a terminal."""
    rows = [COLUMNS, *(line.cells() for line in lines)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(COLUMNS))]
    shown = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    shown.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(shown)
