"""Plans as data: an area, and the indicators that a plan is judged by, with its targets.

A plan is one TOML file in plans/. The area is given by commune codes with days, because the same code has
meant different places; a district stands for the communes it had. Comparison with a target uses exact
fractions, never rounded numbers.
"""

from __future__ import annotations

import operator
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from services.indicators.definitions import Definitions, Indicator, definitions
from shared.errors import Invalid, NotFound
from shared.reference import communes
from shared.reference.communes import Era

_FOLDER = Path(__file__).with_name("plans")
_OPERATORS: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "=": operator.eq,
}


class BadPlan(Invalid):
    """A plan's file cannot be understood."""

    code = "bad_plan"


class UnknownPlan(NotFound):
    """No plan has this id."""

    code = "unknown_plan"


@dataclass(frozen=True, slots=True)
class Target:
    """What a plan promises; `value` in the indicator's unit, where 1 is 100 %."""

    op: str
    value: Fraction

    def is_met_by(self, value: Fraction) -> bool:
        """Whether an exact value keeps the promise."""
        return _OPERATORS[self.op](value, self.value)


@dataclass(frozen=True, slots=True)
class AreaPart:
    """Communes, by their codes in the list of one era."""

    era: Era
    commune_codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class PlanIndicator:
    """An indicator with the plan's target; None: shown for information."""

    indicator: Indicator
    target: Target | None


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan: whose it is, where it holds, what it promises, and by which year."""

    id: str
    title_vi: str
    owner_vi: str
    due_year: int
    area: tuple[AreaPart, ...]
    indicators: tuple[PlanIndicator, ...]

    def indicator(self, indicator_id: str) -> Indicator:
        """An indicator of this plan. Raises `NotFound` for one that it does not have."""
        for one in self.indicators:
            if one.indicator.id == indicator_id:
                return one.indicator
        known = ", ".join(one.indicator.id for one in self.indicators)
        raise NotFound(f"Kế hoạch {self.id} không có chỉ tiêu “{indicator_id}”; chọn trong: {known}.")


def plan_ids() -> tuple[str, ...]:
    """The ids of all plans, which are the names of their files."""
    return tuple(path.stem for path in sorted(_FOLDER.glob("*.toml")))


@cache
def plans() -> Mapping[str, Plan]:
    """All plans by id, in the order of their file names. Raises `BadPlan`."""
    found = {}
    for plan_id in plan_ids():
        text = (_FOLDER / f"{plan_id}.toml").read_text(encoding="utf-8")
        plan = read_plan(tomllib.loads(text), definitions())
        if plan.id != plan_id:
            raise BadPlan(f"Tệp kế hoạch {plan_id} mang mã {plan.id}.")
        found[plan_id] = plan
    return found


def plan_of(plan_id: str) -> Plan:
    """The plan with this id. Raises `UnknownPlan`."""
    found = plans().get(plan_id)
    if found is None:
        raise UnknownPlan(f"Không có kế hoạch “{plan_id}”; chọn trong: {', '.join(plans())}.")
    return found


def read_plan(document: Mapping[str, Any], known: Definitions) -> Plan:
    """Check and read a plan document. Raises `BadPlan`."""
    try:
        return Plan(
            id=document["id"],
            title_vi=document["title_vi"],
            owner_vi=document["owner_vi"],
            due_year=int(document["due_year"]),
            area=tuple(_read_area(table) for table in document["area"]),
            indicators=tuple(
                PlanIndicator(known.indicator(table["id"]), _read_target(table.get("target")))
                for table in document["indicator"]
            ),
        )
    except (KeyError, ValueError, TypeError, NotFound) as fault:
        raise BadPlan(f"Kế hoạch {document.get('id', '?')} sai hoặc thiếu: {fault}.") from fault


def _read_area(table: Mapping[str, Any]) -> AreaPart:
    era = Era(table["era"])
    codes = set(table.get("communes", ()))
    if "district" in table:
        codes.update(communes.of_district(table["district"]))
    if not codes:
        raise BadPlan("Một phần địa bàn không có xã nào.")
    return AreaPart(era, frozenset(codes))


def _read_target(table: Mapping[str, str] | None) -> Target | None:
    if table is None:
        return None
    if table["op"] not in _OPERATORS:
        raise BadPlan(f"Phép so sánh “{table['op']}” không có.")
    return Target(table["op"], Fraction(table["value"]))
