"""Trades: the catalogue, and the form that a trade code must have.

Seven digits with the level first (5 intermediate, 6 college, 7 university), or "SC:" and a slug for
elementary courses, which have no national code. The catalogue is partial: a well-formed code that is not
in it may well exist.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from shared.contracts.codes import ProgrammeKind
from shared.reference import lists
from shared.vietnamese import match_key

SHORT_COURSE = "SC:"


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade of the catalogue; `level` is TC, CD or SC; `field_code` None for elementary courses."""

    code: str
    name: str
    level: str
    field_code: str | None


def find(code: str) -> Trade | None:
    """The trade of the catalogue with that code."""
    return _catalogue().get(code)


def name_of(code: str) -> str | None:
    """The name of a trade of the catalogue."""
    trade = find(code)
    return trade.name if trade else None


def catalogue() -> tuple[Trade, ...]:
    """All trades of the catalogue, in the order of the list."""
    return tuple(_catalogue().values())


def field_name(field_code: str) -> str | None:
    """The name of a two-digit field of training."""
    return _fields().get(field_code)


def is_well_formed(code: str, programme_kind: ProgrammeKind | None) -> bool:
    """Whether the code has the form that the kind of programme asks for; None: any of the forms."""
    return _FORMS.get(programme_kind, _ANY_FORM).fullmatch(code) is not None


def is_looked_up(code: str) -> bool:
    """Whether the catalogue claims to cover such codes; it has no university codes."""
    return not code.startswith("7")


def slug_code(name: str) -> str:
    """The code of an elementary course by its name."""
    return SHORT_COURSE + "_".join(re.findall(r"[a-z0-9]+", match_key(name)))


_SLUG = r"SC:[a-z0-9]+(?:[_-][a-z0-9]+)*"
_ANY_FORM = re.compile(rf"[567][0-9]{{6}}|{_SLUG}")
_FORMS: dict[ProgrammeKind | None, re.Pattern[str]] = {
    ProgrammeKind.TC: re.compile(r"5[0-9]{6}"),
    ProgrammeKind.THN: re.compile(r"5[0-9]{6}"),
    ProgrammeKind.CD: re.compile(r"6[0-9]{6}"),
    ProgrammeKind.DH: re.compile(r"7[0-9]{6}"),
    ProgrammeKind.SC: re.compile(_SLUG),
    ProgrammeKind.DTTX: re.compile(_SLUG),
}


@cache
def _catalogue() -> dict[str, Trade]:
    return {
        row["code"]: Trade(row["code"], row["name"], row["level"], row["field_code"] or None)
        for row in lists.rows("trades")
    }


@cache
def _fields() -> dict[str, str]:
    return {row["code"]: row["name"] for row in lists.rows("trade_fields")}
