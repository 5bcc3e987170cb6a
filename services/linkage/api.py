"""Routes for reviewers: `/api/linkage/v1/reviews`, closed to everybody without the scope `linkage.review`."""

from __future__ import annotations

from typing import Any

import flask_smorest
from flask import Response, jsonify, make_response, request

from services.linkage import commands, queries
from services.linkage.schemas import DecideSchema, ReviewSchema, ReviewsSchema
from shared.web.hosting import HostedContext
from shared.web.idempotency import idempotent
from shared.web.keys import caller, require
from shared.web.paging import PageQuerySchema, cut_page, link_header, read_cursor

SCOPE = "linkage.review"


def reviews_blueprint(context: HostedContext) -> flask_smorest.Blueprint:
    """List, read, decide and undo."""
    blueprint = flask_smorest.Blueprint(
        "reviews", __name__, url_prefix="/reviews", description="Hồ sơ cần người xem xét"
    )

    @blueprint.route("", methods=["GET"])
    @require(SCOPE)
    @blueprint.doc(summary="Hồ sơ cần người xem xét")
    @blueprint.arguments(PageQuerySchema, location="query", as_kwargs=True)
    @blueprint.response(200, ReviewsSchema, description="Một trang; trang sau nằm trong tiêu đề Link.")
    def list_reviews(limit: int, after: str | None) -> Response:
        """Các hồ sơ đang chờ, theo mã hồ sơ."""
        with context.database.read() as session:
            found = queries.open_reviews(session, after=read_cursor(after), limit=limit + 1)
        items, following = cut_page([(item["record_ref"], item) for item in found], limit)
        return _private({"items": items}, link_header(request.path, after=following, limit=limit))

    @blueprint.route("/<record_ref>", methods=["GET"])
    @require(SCOPE)
    @blueprint.doc(summary="Một hồ sơ và những người có thể trùng")
    @blueprint.response(200, ReviewSchema)
    def get_review(record_ref: str) -> Response:
        """Một hồ sơ, quyết định đang có và các hồ sơ có thể của cùng một người."""
        with context.database.read() as session:
            return _private(queries.review(session, record_ref), {})

    @blueprint.route("/<record_ref>/decision", methods=["POST"])
    @require(SCOPE)
    @idempotent
    @blueprint.doc(summary="Quyết định cùng một người hay người khác")
    @blueprint.arguments(DecideSchema, as_kwargs=True)
    @blueprint.response(200, ReviewSchema)
    def decide(record_ref: str, same_as: str | None, another_person: bool) -> Response:
        """Quyết định thắng quy tắc cho đến khi được đổi hoặc rút lại."""
        del another_person  # the schema has made sure that it says what `same_as` leaves open
        with context.database.write() as session:
            commands.decide_review(session, context.clock, record_ref, same_as=same_as, reviewer=caller().id)
            return _private(queries.review(session, record_ref), {})

    @blueprint.route("/<record_ref>/decision", methods=["DELETE"])
    @require(SCOPE)
    @blueprint.doc(summary="Rút lại quyết định")
    @blueprint.response(204, description="Đã rút; quy tắc quyết định lại.")
    def undo(record_ref: str) -> Response:
        """Rút lại quyết định; quy tắc quyết định lại."""
        with context.database.write() as session:
            commands.take_back(session, context.clock, record_ref, reviewer=caller().id)
        return make_response("", 204)

    return blueprint


def _private(document: Any, headers: dict[str, str]) -> Response:
    """An answer with names in it: nobody on the way may keep it."""
    response = jsonify(document)
    response.headers.update(headers)
    response.headers["Cache-Control"] = "no-store"
    return response
