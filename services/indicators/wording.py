"""How figures are said to people: percentages with a comma, verdicts that agree with the exact value."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from services.indicators.plan import plan_of

_MOST_PLACES = 6
_OPERATORS_VI = {">=": "≥", "<=": "≤", ">": ">", "<": "<", "=": "="}


def percent(value: str | None, *, target: Mapping[str, str] | None = None) -> str:
    """A share as "82,35 %"; more places where two would look like the target without being it."""
    if value is None:
        return "không có"
    exact = Decimal(value) * 100
    goal = Decimal(target["value"]) * 100 if target else None
    places = 2
    shown = _rounded(exact, places)
    while shown == goal != exact and places < _MOST_PLACES:
        places += 1
        shown = _rounded(exact, places)
    return f"{shown:f} %".replace(".", ",")


def figure(indicator: Mapping[str, Any]) -> str:
    """The value of an indicator of a board: a percentage, or the number itself for a count."""
    if indicator["denominator"] is None:
        return str(indicator["numerator"])
    return percent(indicator["value"], target=indicator["target"])


def ratio(row: Mapping[str, Any]) -> str:
    """As "42/51", or the number alone for a count."""
    return str(row["numerator"]) if row["denominator"] is None else f"{row['numerator']}/{row['denominator']}"


def target_text(target: Mapping[str, str] | None) -> str:
    """A target as "≥ 80 %"; empty where there is none."""
    if target is None:
        return ""
    goal = f"{(Decimal(target['value']) * 100).normalize():f}".replace(".", ",")
    return f"{_OPERATORS_VI[target['op']]} {goal} %"


def verdict(board: Mapping[str, Any], indicator: Mapping[str, Any]) -> str:
    """Whether the target is reached; before the year in which it is due only its level can be."""
    met = indicator["met"]
    if met is None:
        return ""
    due_year = plan_of(board["plan"]).due_year
    level = f" mức {due_year}" if int(board["on"][:4]) < due_year else ""
    return f"đạt{level}" if met else f"chưa đạt{level}"


def day_text(iso_day: str) -> str:
    """A day as dd/mm/yyyy."""
    year, month, day = iso_day.split("-")
    return f"{day}/{month}/{year}"


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
