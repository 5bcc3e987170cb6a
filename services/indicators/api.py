"""JSON routes: totals of a plan for everybody; breakdowns, lists and trades with a key.

A breakdown can point to a handful of persons, so it is read with the scope `indicators.read`, as is
everything about single persons, although they are pseudonyms here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Blueprint
from flask_smorest import Blueprint as ApiBlueprint

from services.indicators import operations, pages, schemas
from shared.clock import today
from shared.service.service import Context
from shared.web.keys import authorise, public, require

READ = "indicators.read"


def blueprints(context: Context) -> Sequence[Blueprint]:
    """The routes of an open service."""
    return (_api(context), pages.blueprint(context))


def _api(context: Context) -> ApiBlueprint:
    api = ApiBlueprint("indicators", __name__, description="Chỉ tiêu của các kế hoạch.")

    def day(on: date | None) -> date:
        return on or today(context.clock)

    @api.get("/boards/<plan>")
    @api.arguments(schemas.BoardQuerySchema, location="query", as_kwargs=True)
    @api.response(200, schemas.BoardSchema)
    @public
    def get_board(plan: str, on: date | None, by: list[str], **asked: Any) -> dict[str, Any]:
        """Các chỉ tiêu của một kế hoạch; số tổng ai cũng xem được, phần tách nhỏ cần khóa."""
        if by:
            authorise(READ)
        return operations.show_board(context, {"plan": plan, "on": day(on), "by": by, **asked})

    @api.get("/lists/<indicator>")
    @api.arguments(schemas.ListQuerySchema, location="query", as_kwargs=True)
    @api.response(200, schemas.MemberSchema(many=True))
    @require(READ)
    def get_members(indicator: str, on: date | None, **asked: Any) -> list[dict[str, Any]]:
        """Những ai ở sau một con số, bằng mã ẩn danh."""
        return operations.show_members(context, {"indicator": indicator, "on": day(on), **asked})

    @api.get("/jobs")
    @api.arguments(schemas.JobsQuerySchema, location="query", as_kwargs=True)
    @api.response(200, schemas.TradeSchema(many=True))
    @require(READ)
    def get_jobs(on: date | None) -> list[dict[str, Any]]:
        """Cung và cầu theo nghề."""
        return operations.show_jobs(context, {"on": day(on)})

    return api
