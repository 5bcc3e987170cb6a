"""How good the links are, from samples that people looked at: precision, recall, bounds; no names.

Records are counted in bands by what the machine said of them. Of those that it linked and of those that fell
short, a sample is looked at; the share of right answers in each carries over to its whole band. Intervals are
Wilson's (E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22,
1927), at 95 %.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import Any, NamedTuple

_Z = 1.959963984540054
_DIGITS = 4


class Band(StrEnum):
    """What the machine said of a record. `alone`: it is like nobody; `near`: like somebody, not enough."""

    LINKED = "linked"
    REVIEWED = "reviewed"
    REVIEW = "review"
    NEAR = "near"
    ALONE = "alone"


class People(StrEnum):
    """Kinh, one of the other peoples, or not said."""

    KINH = "KINH"
    DTTS = "DTTS"
    UNKNOWN = "UNK"


class Pool(NamedTuple):
    """Where a record counts."""

    band: Band
    source: str
    people: People
    year: int | None


class Interval(NamedTuple):
    """An estimate with its bounds; the estimate is None where nothing was looked at."""

    estimate: float | None
    low: float
    high: float

    def to_json(self) -> dict[str, float | None]:
        """Rounded to four places."""
        estimate = None if self.estimate is None else round(self.estimate, _DIGITS)
        return {"estimate": estimate, "low": round(self.low, _DIGITS), "high": round(self.high, _DIGITS)}


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said of one sampled record."""

    pool: Pool
    is_same: bool


def wilson(right: int, seen: int) -> Interval:
    """The share of `right` among `seen`, at 95 %; nothing seen: between 0 and 1.

    Wilson 1927: (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n).
    """
    if not seen:
        return Interval(None, 0.0, 1.0)
    share = right / seen
    spread = _Z * sqrt(share * (1 - share) / seen + _Z**2 / (4 * seen**2))
    centre, scale = share + _Z**2 / (2 * seen), 1 + _Z**2 / seen
    return Interval(share, max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale))


def recall_of(linked: int, short: int, *, precision: Interval, missed: Interval) -> Interval:
    """The share of the right links that were made: of those made and those that fell `short`.

    The bounds take the worse end of both shares at once, so they hold at 95 % or more.
    """
    return Interval(
        None
        if precision.estimate is None or (missed.estimate is None and short)
        else _part(linked * precision.estimate, short * (missed.estimate or 0.0)),
        _part(linked * precision.low, short * missed.high) or 0.0,
        1.0 if (high := _part(linked * precision.high, short * missed.low)) is None else high,
    )


def report(
    counts: Mapping[Pool, int], answers: Iterable[Answer], *, both: int, disagree: int
) -> dict[str, Any]:
    """The quality report: the whole, and by source, by people and by year.

    `counts`: records in each pool; `both`, `disagree`: records with two independent reviews, and those on
    which the two disagree.
    """
    given = list(answers)
    groups = [_group("all", "all", counts, given, lambda pool: "all")]
    axes: tuple[tuple[str, Callable[[Pool], str]], ...] = (
        ("source", lambda pool: pool.source),
        ("people", lambda pool: str(pool.people)),
        ("year", lambda pool: str(pool.year or "")),
    )
    for dimension, of in axes:
        keys = sorted({of(pool) for pool in counts})
        groups += [_group(dimension, key, counts, given, of) for key in keys]
    return {
        "groups": groups,
        "second_reviews": {"records": both, "disagree": disagree, "share": wilson(disagree, both).to_json()},
    }


def _group(
    dimension: str,
    key: str,
    counts: Mapping[Pool, int],
    answers: Iterable[Answer],
    of: Callable[[Pool], str],
) -> dict[str, Any]:
    sizes: Counter[Band] = Counter()
    for pool, count in counts.items():
        if of(pool) == key:
            sizes[pool.band] += count
    seen: Counter[tuple[bool, bool]] = Counter(
        (answer.pool.band is Band.LINKED, answer.is_same) for answer in answers if of(answer.pool) == key
    )
    precision = wilson(seen[True, True], seen[True, True] + seen[True, False])
    missed = wilson(seen[False, True], seen[False, True] + seen[False, False])
    linked, short = sizes[Band.LINKED], sizes[Band.NEAR] + sizes[Band.REVIEW]
    records, reviewed = sizes.total(), sizes[Band.REVIEWED]
    unlinked = records - linked - reviewed
    return {
        "dimension": dimension,
        "key": key,
        "records": records,
        "linked": linked + reviewed,
        "in_review": sizes[Band.REVIEW],
        "unlinked": unlinked,
        "unlinked_share": round(unlinked / records, _DIGITS) if records else None,
        "looked_at": seen.total(),
        "precision": precision.to_json(),
        "recall": recall_of(linked, short, precision=precision, missed=missed).to_json(),
        "belonging": _belonging(
            records, reviewed, linked, short, precision=precision, missed=missed
        ).to_json(),
    }


def _belonging(
    records: int, reviewed: int, linked: int, short: int, *, precision: Interval, missed: Interval
) -> Interval:
    """The share of the records that truly belong to somebody known: the bounds of any indicator on them.

    At least those whose link holds at the worst; at most those, and all that fell short at the worst.
    """
    if not records:
        return Interval(None, 0.0, 1.0)
    estimate = None
    if precision.estimate is not None and (missed.estimate is not None or not short):
        estimate = (reviewed + linked * precision.estimate + short * (missed.estimate or 0.0)) / records
    low = (reviewed + linked * precision.low) / records
    high = (reviewed + linked + short * missed.high) / records
    return Interval(estimate, low, high)


def _part(one: float, other: float) -> float | None:
    return one / (one + other) if one + other > 0 else None
