"""The goals of linkage beside what was seen: one line each, reached or not. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.linkage.judging import closed_share

CLOSED = 2 / 3
PRECISION = 0.995
RECALL = {"normal": 0.98, "dirty": 0.92}
STATED_WITHIN = 0.003
PEOPLES_WITHIN = 0.02
FEBRL4 = 0.9995

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal, what it wants and what was seen; `reached` None: there is nothing to judge by."""

    name: str
    wanted: str
    seen: str
    reached: bool | None

    @property
    def verdict(self) -> str:
        """For the table."""
        return "not measured" if self.reached is None else "reached" if self.reached else "**not reached**"


def goals_of(rows: Sequence[Row], febrl: Sequence[Row]) -> list[Goal]:
    """All goals that a comparison can speak of."""
    found = []
    for people in sorted({row["people"] for row in rows}):
        for intensity in sorted({row["intensity"] for row in rows}, reverse=True):
            some = [row for row in rows if row["people"] == people and row["intensity"] == intensity]
            found += list(_quality(some, f"{people:,} {intensity}"))
            found += list(_deployed(some, f"{people:,} {intensity}", RECALL.get(intensity)))
            found += list(_cost(some, f"{people:,} {intensity}"))
    return found + list(_febrl(febrl))


def middle(rows: Sequence[Row], system: str, *path: str, sources: int) -> float | None:
    """The median over the seeds of a figure of a system; None where nobody saw it."""
    values = []
    for row in rows:
        if row["system"] != system or row["sources"] != sources:
            continue
        value: Any = row
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None:
            values.append(float(value))
    return median(values) if values else None


def _quality(rows: Sequence[Row], where: str) -> Iterator[Goal]:
    figures = (
        (2, ("curve", "best_f1"), "pairs, best F1"),
        (2, ("curve", "recall_at_precision"), "pairs, recall at precision 0.99"),
        (3, ("persons", "pairwise_f1"), "persons of three sources, pairwise F1"),
        (3, ("persons", "b_cubed_f1"), "persons of three sources, B-cubed F1"),
    )
    for sources, path, name in figures:
        if not any(row["sources"] == sources for row in rows):
            continue
        floor = middle(rows, "splink + assignment", *path, sources=sources)
        splink = middle(rows, "splink", *path, sources=sources)
        ceiling = middle(rows, "oracle", *path, sources=sources)
        for system in ("ours bulk", "ours online"):
            mine = middle(rows, system, *path, sources=sources)
            if mine is None:
                continue
            above = None if floor is None else mine > floor
            yield Goal(
                f"{where}, {system}: {name} above Splink + assignment",
                f"> {_text(floor)}",
                _text(mine),
                above,
            )
            share = None if splink is None or ceiling is None else closed_share(splink, mine, ceiling)
            yield Goal(
                f"{where}, {system}: {name}, of Splink's distance to the oracle",
                f"≥ {CLOSED:.2f}",
                "–" if share is None else f"{share:.2f} ({_text(splink)} → {_text(mine)} → {_text(ceiling)})",
                None if share is None else share >= CLOSED,
            )


def _deployed(rows: Sequence[Row], where: str, least_recall: float | None) -> Iterator[Goal]:
    for system in ("ours bulk", "ours online"):
        seen = {
            name: middle(rows, system, "deployed", name, sources=2)
            for name in ("precision", "recall", "stated", "recall_kinh", "recall_minority")
        }
        precision, recall, stated = seen["precision"], seen["recall"], seen["stated"]
        if precision is None or recall is None:
            continue
        yield Goal(
            f"{where}, {system}: precision at the declared threshold",
            f"≥ {PRECISION}",
            _text(precision),
            precision >= PRECISION,
        )
        if least_recall is not None:
            yield Goal(
                f"{where}, {system}: recall there", f"≥ {least_recall}", _text(recall), recall >= least_recall
            )
        if stated is not None:
            difference = abs(stated - precision)
            yield Goal(
                f"{where}, {system}: stated precision off by",
                f"≤ {STATED_WITHIN}",
                f"{difference:.4f} (stated {_text(stated)})",
                difference <= STATED_WITHIN,
            )
        kinh, minority = seen["recall_kinh"], seen["recall_minority"]
        if kinh is not None and minority is not None:
            yield Goal(
                f"{where}, {system}: recall of minorities below that of Kinh by",
                f"≤ {PEOPLES_WITHIN}",
                f"{kinh - minority:.4f} ({_text(kinh)}, {_text(minority)})",
                kinh - minority <= PEOPLES_WITHIN,
            )


def _cost(rows: Sequence[Row], where: str) -> Iterator[Goal]:
    """Bulk of three sources beside Splink; learning is left out of Splink's time, which favours Splink."""
    mine, peer = (middle(rows, system, "seconds", "link", sources=3) for system in ("ours bulk", "splink"))
    if mine is not None and peer is not None:
        read = [
            middle(rows, system, "seconds", "read", sources=3) or 0.0 for system in ("ours bulk", "splink")
        ]
        train = middle(rows, "splink", "seconds", "train", sources=3) or 0.0
        yield Goal(
            f"{where}, three sources: time of ours bulk, all included",
            f"≤ {read[1] + train + peer:.0f} s (Splink with training)",
            f"{read[0] + mine:.0f} s (Splink without training {read[1] + peer:.0f} s)",
            read[0] + mine <= read[1] + train + peer,
        )
    ours, theirs = (middle(rows, system, "peak_mib", sources=3) for system in ("ours bulk", "splink"))
    if ours is not None and theirs is not None:
        yield Goal(
            f"{where}, three sources: peak memory of ours bulk",
            f"≤ {theirs:,.0f} MiB (Splink)",
            f"{ours:,.0f} MiB",
            ours <= theirs,
        )


def _febrl(rows: Sequence[Row]) -> Iterator[Goal]:
    for row in rows:
        if row["set"] == "FEBRL4" and row["system"] == "ours":
            yield Goal("FEBRL4: F1 of ours", f"≥ {FEBRL4}", _text(row["f1"]), row["f1"] >= FEBRL4)


def _text(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
