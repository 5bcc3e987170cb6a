"""The front page: the totals of every plan, for everybody. No script, no cookie, nothing about a person."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, render_template

from services.indicators import wording
from services.indicators.board import BoardQuestion, board
from services.indicators.cohort import first_year, last_school_year
from services.indicators.plan import Plan, plans
from shared.clock import HO_CHI_MINH, today
from shared.service.service import Context
from shared.web.keys import public

_STYLE = Path(__file__).parent / "templates" / "indicators" / "front.css"


def blueprint(context: Context) -> Blueprint:
    """The pages of an open service."""
    pages = Blueprint("indicators_pages", __name__, template_folder="templates")

    @pages.get("/")
    @public
    def front() -> str:
        """Totals of every plan."""
        boards = [_board(context, plan) for plan in plans().values()]
        return render_template("indicators/front.html", boards=boards, words=wording)

    @pages.get("/indicators/front.css")
    @public
    def style() -> Response:
        """How the page looks."""
        answer = Response(_STYLE.read_bytes(), content_type="text/css; charset=utf-8")
        answer.cache_control.max_age = 3600
        return answer

    return pages


def official_day(plan: Plan, now: date) -> date:
    """The cut-off of a plan's newest figure: 31 December after the last school year, while the plan runs."""
    return date(min(plan.due_year, first_year(last_school_year(now)) + 1), 12, 31)


def _board(context: Context, plan: Plan) -> dict[str, Any]:
    now = today(context.clock)
    on = official_day(plan, now)
    with context.database.read() as session:
        found = board(session, BoardQuestion(plan, on, now, school_year=None))
    persons = sum(one["denominator"] or 0 for one in found["indicators"])
    heard = found["data_time"]
    return {
        **found,
        "title": plan.title_vi,
        "owner": plan.owner_vi,
        "school_year": last_school_year(on),
        "is_empty": persons == 0,
        "data_until": None if heard is None else _local(heard),
    }


def _local(instant: str) -> str:
    moment = datetime.fromisoformat(instant).astimezone(HO_CHI_MINH)
    return f"{moment:%H:%M} ngày {moment:%d/%m/%Y}"
