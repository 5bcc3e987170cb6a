"""Verbs of the command line: words and days in, JSON-like answers out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from services.indicators import queries
from services.indicators.board import BoardQuestion, Dimension, Units, board, member_list
from services.indicators.plan import plan_of
from shared.clock import Clock, today
from shared.errors import Invalid

if TYPE_CHECKING:
    from enum import StrEnum

    from shared.service.service import Context, Operation

Choice = TypeVar("Choice", bound="StrEnum")


class BadQuestion(Invalid):
    """A day or a word of a question cannot be understood."""

    code = "bad_question"


def show_board(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The board of a plan. Parameters: plan, on; school_year, by (a list), units may be left out."""
    asked = question(parameters, context.clock)
    with context.database.read() as session:
        return board(session, asked)


def show_members(context: Context, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Who is behind a figure. Parameters: indicator, plan, on, member; school_year may be left out."""
    asked = question(parameters, context.clock)
    with context.database.read() as session:
        return member_list(session, asked, indicator_id=parameters["indicator"], member=parameters["member"])


def show_jobs(context: Context, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Supply and demand per trade. Parameter: on."""
    on = read_day(parameters["on"])
    with context.database.read() as session:
        return queries.supply_and_demand(session, on)


def question(parameters: Mapping[str, Any], clock: Clock) -> BoardQuestion:
    """What is asked of a plan. Raises `BadQuestion`, `UnknownPlan`."""
    return BoardQuestion(
        plan=plan_of(parameters["plan"]),
        on=read_day(parameters["on"]),
        today=today(clock),
        school_year=parameters.get("school_year") or None,
        by=tuple(_choice(Dimension, word) for word in parameters.get("by") or ()),
        units=_choice(Units, parameters.get("units") or Units.THEN),
    )


def read_day(text: str | date) -> date:
    """A day from ISO text. Raises `BadQuestion`."""
    try:
        return text if isinstance(text, date) else date.fromisoformat(text)
    except ValueError as fault:
        raise BadQuestion(f"“{text}” không phải một ngày; viết năm-tháng-ngày, ví dụ 2026-12-31.") from fault


def _choice(kind: type[Choice], word: str) -> Choice:
    try:
        return kind(word)
    except ValueError as fault:
        raise BadQuestion(f"Không có lựa chọn “{word}”; chọn trong: {', '.join(kind)}.") from fault


OPERATIONS: Mapping[str, Operation] = {
    "indicators.board": show_board,
    "indicators.list": show_members,
    "indicators.jobs": show_jobs,
}
