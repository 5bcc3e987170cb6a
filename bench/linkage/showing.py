"""The comparison as Markdown that also reads well on a terminal, and its place in the card of the bench."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.linkage.goals import Goal, middle
from bench.linkage.judging import closed_share

CARD = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- linkage figures -->", "<!-- end of linkage figures -->"

ORDER = ("excel", "recordlinkage", "splink", "splink + assignment", "ours online", "ours bulk", "oracle")

Row = dict[str, Any]


def tables(rows: Sequence[Row], febrl: Sequence[Row], goals: Sequence[Goal], left_out: Sequence[str]) -> str:
    """All tables of a comparison."""
    parts = []
    for people in sorted({row["people"] for row in rows}):
        for intensity in sorted({row["intensity"] for row in rows}, reverse=True):
            some = [row for row in rows if (row["people"], row["intensity"]) == (people, intensity)]
            parts += [_pairs(some, people, intensity), _persons(some, people, intensity)]
    if febrl:
        cells = [(row["set"], row["system"], f"{row['f1']:.4f}", f"{row['seconds']:.0f} s") for row in febrl]
        parts.append(
            "FEBRL, best F1 over all thresholds:\n\n" + table(("set", "system", "F1", "time"), cells)
        )
    if goals:
        cells = [(goal.name, goal.wanted, goal.seen, goal.verdict) for goal in goals]
        parts.append("Goals:\n\n" + table(("goal", "wanted", "seen", "verdict"), cells))
    if left_out:
        parts.append("Left out: " + "; ".join(left_out) + ".")
    return "\n\n".join(part for part in parts if part)


def write(text: str, card: Path = CARD) -> None:
    """Put the tables between the markers of the card; `ValueError` where it has none."""
    before, begin, rest = card.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{card.name} has no {BEGIN} … {END}")
    card.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with aligned columns."""
    every = [tuple(headings), *map(tuple, rows)]
    widths = [max(len(row[place]) for row in every) for place in range(len(headings))]
    shown = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in every
    ]
    shown.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(shown)


def _pairs(rows: Sequence[Row], people: int, intensity: str) -> str:
    headings = (
        "leavers × learners", "best F1", "recall at precision 0.99", "closed", "recall of its pairs",
        "declared", "precision", "stated", "recall", "Kinh; minorities", "seconds: read + train + link",
        "peak MiB",
    )  # fmt: skip
    cells = []
    for system in _systems(rows, 2):
        cells.append(
            (
                system,
                _spread(rows, system, "curve", "best_f1", sources=2),
                _spread(rows, system, "curve", "recall_at_precision", sources=2),
                _closed(rows, system, "curve", "best_f1", sources=2),
                _spread(rows, system, "curve", "candidates", sources=2),
                next((r["deployed"]["threshold"] for r in _of(rows, system, 2) if "deployed" in r), "–"),
                _spread(rows, system, "deployed", "precision", sources=2),
                _spread(rows, system, "deployed", "stated", sources=2),
                _spread(rows, system, "deployed", "recall", sources=2),
                _spread(rows, system, "deployed", "recall_kinh", sources=2)
                + "; "
                + _spread(rows, system, "deployed", "recall_minority", sources=2),
                _seconds(rows, system, 2),
                _spread(rows, system, "peak_mib", sources=2, digits=0),
            )
        )
    return f"{people:,} people, {intensity}:\n\n" + table(headings, cells) if cells else ""


def _persons(rows: Sequence[Row], people: int, intensity: str) -> str:
    headings = (
        "persons of three sources", "pairwise F1", "B-cubed F1", "closed", "seconds: read + train + link",
        "peak MiB",
    )  # fmt: skip
    cells = [
        (
            system,
            _spread(rows, system, "persons", "pairwise_f1", sources=3),
            _spread(rows, system, "persons", "b_cubed_f1", sources=3),
            _closed(rows, system, "persons", "pairwise_f1", sources=3),
            _seconds(rows, system, 3),
            _spread(rows, system, "peak_mib", sources=3, digits=0),
        )
        for system in _systems(rows, 3)
    ]
    return (
        f"{people:,} people, {intensity}, at the best threshold of each:\n\n" + table(headings, cells)
        if cells
        else ""
    )


def _of(rows: Sequence[Row], system: str, sources: int) -> list[Row]:
    return [row for row in rows if row["system"] == system and row["sources"] == sources]


def _systems(rows: Sequence[Row], sources: int) -> list[str]:
    return [system for system in ORDER if _of(rows, system, sources)]


def _spread(rows: Sequence[Row], system: str, *path: str, sources: int, digits: int = 4) -> str:
    """The median over the seeds, with the lowest and the highest where they differ."""
    values = [
        value
        for row in _of(rows, system, sources)
        if (value := middle([row], system, *path, sources=sources)) is not None
    ]
    if not values:
        return "–"
    low, high = (f"{value:,.{digits}f}" for value in (min(values), max(values)))
    shown = f"{middle(rows, system, *path, sources=sources):,.{digits}f}"
    return shown if low == high else f"{shown} ({low}–{high})"


def _closed(rows: Sequence[Row], system: str, *path: str, sources: int) -> str:
    if not system.startswith(("ours", "splink +")):
        return ""
    floor, mine, ceiling = (middle(rows, one, *path, sources=sources) for one in ("splink", system, "oracle"))
    if floor is None or mine is None or ceiling is None:
        return "–"
    share = closed_share(floor, mine, ceiling)
    return "–" if share is None else f"{share:.2f}"


def _seconds(rows: Sequence[Row], system: str, sources: int) -> str:
    parts = [middle(rows, system, "seconds", name, sources=sources) for name in ("read", "train", "link")]
    return " + ".join(f"{part:.0f}" for part in parts if part is not None)
