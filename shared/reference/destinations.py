"""The seventeen destinations of leavers: names, precedence, and in which figures each counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from shared.reference import lists


@dataclass(frozen=True, slots=True)
class Destination:
    """A destination. `precedence` 1 wins over 17; the flags say in which figures it counts."""

    code: str
    name: str
    precedence: int
    after_thcs: bool
    after_thpt: bool
    continues_study: bool
    in_vocational: bool
    in_low_vocational: bool
    in_denominator: bool


def all_of_them() -> tuple[Destination, ...]:
    """All destinations, highest precedence first."""
    return tuple(_table().values())


def find(code: str) -> Destination | None:
    """The destination with that code."""
    return _table().get(code)


def name_of(code: str) -> str | None:
    """The Vietnamese name."""
    found = find(code)
    return found.name if found else None


@cache
def _table() -> dict[str, Destination]:
    found = [
        Destination(
            code=row["code"],
            name=row["name"],
            precedence=int(row["precedence"]),
            after_thcs=row["after_thcs"] == "1",
            after_thpt=row["after_thpt"] == "1",
            continues_study=row["continues_study"] == "1",
            in_vocational=row["in_vocational"] == "1",
            in_low_vocational=row["in_low_vocational"] == "1",
            in_denominator=row["in_denominator"] == "1",
        )
        for row in lists.rows("destinations")
    ]
    return {destination.code: destination for destination in sorted(found, key=lambda one: one.precedence)}
