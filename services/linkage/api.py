"""Routes for reviewers under `/api/linkage/v1`, closed to everybody without the scope `linkage.review`."""

from __future__ import annotations

from typing import Any

import flask_smorest
from flask import Response, jsonify, make_response, request

from services.linkage import commands, queries, sampling
from services.linkage.commands import Done
from services.linkage.schemas import (
    AnswerSchema,
    DecideSchema,
    DoneSchema,
    HistorySchema,
    MergeSchema,
    PersonSchema,
    QualitySchema,
    ReasonSchema,
    ReviewSchema,
    ReviewsSchema,
    SamplesSchema,
    SplitSchema,
    UndoSchema,
)
from shared.web.hosting import HostedContext
from shared.web.idempotency import idempotent
from shared.web.keys import caller, require
from shared.web.paging import PageQuerySchema, cut_page, link_header, read_cursor

SCOPE = "linkage.review"


def blueprints(context: HostedContext) -> list[flask_smorest.Blueprint]:
    """All routes of an open service."""
    return [
        reviews_blueprint(context),
        second_reviews_blueprint(context),
        lifecycle_blueprint(context),
        quality_blueprint(context),
    ]


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
        return _page(found, limit)

    @blueprint.route("/<record_ref>", methods=["GET"])
    @require(SCOPE)
    @blueprint.doc(summary="Một hồ sơ và những người có thể trùng")
    @blueprint.response(200, ReviewSchema)
    def get_review(record_ref: str) -> Response:
        """Một hồ sơ, quyết định đang có và các hồ sơ có thể của cùng một người, kèm trọng số từng phép so.

        Ai còn có thể trả lời độc lập lần thứ hai thì chưa được xem quyết định thứ nhất.
        """
        with context.database.read() as session:
            return _private(queries.review(session, record_ref, reader=caller().id), {})

    @blueprint.route("/<record_ref>/decision", methods=["POST"])
    @require(SCOPE)
    @idempotent
    @blueprint.doc(summary="Quyết định cùng một người hay người khác")
    @blueprint.arguments(DecideSchema, as_kwargs=True)
    @blueprint.response(200, ReviewSchema)
    def decide(record_ref: str, same_as: str | None, another_person: bool, reason: str | None) -> Response:
        """Quyết định thắng quy tắc cho đến khi được đổi hoặc rút lại."""
        del another_person  # the schema has made sure that it says what `same_as` leaves open
        me = caller().id
        with context.database.write() as session:
            commands.decide_review(
                session, context.clock, record_ref, same_as=same_as, reviewer=me, reason=reason
            )
            return _private(queries.review(session, record_ref, reader=me), {})

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


def second_reviews_blueprint(context: HostedContext) -> flask_smorest.Blueprint:
    """Independent second answers on a random tenth of the reviews."""
    blueprint = flask_smorest.Blueprint(
        "second-reviews", __name__, url_prefix="/second-reviews", description="Xem xét độc lập lần thứ hai"
    )

    @blueprint.route("", methods=["GET"])
    @require(SCOPE)
    @blueprint.doc(summary="Hồ sơ chờ người xem xét thứ hai")
    @blueprint.arguments(PageQuerySchema, location="query", as_kwargs=True)
    @blueprint.response(200, ReviewsSchema, description="Một trang; trang sau nằm trong tiêu đề Link.")
    def list_second(limit: int, after: str | None) -> Response:
        """Các hồ sơ đã có một người khác xem xét, không cho biết người ấy trả lời gì."""
        with context.database.read() as session:
            found = queries.second_reviews(session, caller().id, after=read_cursor(after), limit=limit + 1)
        return _page(found, limit)

    @blueprint.route("/<record_ref>", methods=["POST"])
    @require(SCOPE)
    @idempotent
    @blueprint.doc(summary="Trả lời độc lập lần thứ hai")
    @blueprint.arguments(DecideSchema, as_kwargs=True)
    @blueprint.response(204, description="Đã ghi; câu trả lời chỉ để đo, không quyết định gì.")
    def answer_second(
        record_ref: str, same_as: str | None, another_person: bool, reason: str | None
    ) -> Response:
        """Câu trả lời thứ hai chỉ để đo mức đồng thuận."""
        del another_person
        with context.database.write() as session:
            sampling.answer_second(
                session, context.clock, record_ref, same_as=same_as, reviewer=caller().id, reason=reason
            )
        return make_response("", 204)

    return blueprint


def lifecycle_blueprint(context: HostedContext) -> flask_smorest.Blueprint:
    """Persons as clusters of records: read, merge, split, unlink, undo."""
    blueprint = flask_smorest.Blueprint(
        "lifecycle", __name__, url_prefix="", description="Người và hồ sơ của người"
    )

    @blueprint.route("/persons/<person_id>", methods=["GET"])
    @require(SCOPE)
    @blueprint.doc(summary="Mọi hồ sơ của một người")
    @blueprint.response(200, PersonSchema)
    def get_person(person_id: str) -> Response:
        """Các hồ sơ, trọng số của từng cặp, và những gì người xem xét đã nói."""
        with context.database.read() as session:
            return _private(queries.person(session, person_id), {})

    @blueprint.route("/history/<subject>", methods=["GET"])
    @require(SCOPE)
    @blueprint.doc(summary="Những gì đã nói về một người hoặc một hồ sơ")
    @blueprint.response(200, HistorySchema)
    def get_history(subject: str) -> Response:
        """Khi nào, vì sao, do ai; không có họ tên."""
        with context.database.read() as session:
            return _private(queries.history(session, subject), {})

    @blueprint.route("/merges", methods=["POST"])
    @require(SCOPE)
    @idempotent
    @blueprint.doc(summary="Gộp hai người")
    @blueprint.arguments(MergeSchema, as_kwargs=True)
    @blueprint.response(200, DoneSchema)
    def merge(person_ids: list[str], reason: str) -> Response:
        """Hai người là một, cho đến khi hoàn tác."""
        one, other = person_ids
        with context.database.write() as session:
            done = commands.merge(session, context.clock, one, other, reviewer=caller().id, reason=reason)
        return _done(done)

    @blueprint.route("/persons/<person_id>/splits", methods=["POST"])
    @require(SCOPE)
    @idempotent
    @blueprint.doc(summary="Tách một số hồ sơ thành người khác")
    @blueprint.arguments(SplitSchema, as_kwargs=True)
    @blueprint.response(200, DoneSchema)
    def split(person_id: str, records: list[str], reason: str) -> Response:
        """Các hồ sơ này là một người khác, cho đến khi hoàn tác."""
        with context.database.write() as session:
            done = commands.split(
                session, context.clock, person_id, records, reviewer=caller().id, reason=reason
            )
        return _done(done)

    @blueprint.route("/records/<record_ref>/unlink", methods=["POST"])
    @require(SCOPE)
    @idempotent
    @blueprint.doc(summary="Gỡ một hồ sơ khỏi người của nó")
    @blueprint.arguments(ReasonSchema, as_kwargs=True)
    @blueprint.response(200, DoneSchema)
    def unlink(record_ref: str, reason: str) -> Response:
        """Hồ sơ đứng riêng, cho đến khi hoàn tác."""
        with context.database.write() as session:
            done = commands.unlink(session, context.clock, record_ref, reviewer=caller().id, reason=reason)
        return _done(done)

    @blueprint.route("/words/<word_id>/undo", methods=["POST"])
    @require(SCOPE)
    @idempotent
    @blueprint.doc(summary="Hoàn tác một việc")
    @blueprint.arguments(UndoSchema, as_kwargs=True)
    @blueprint.response(200, DoneSchema)
    def undo(word_id: str, reason: str | None) -> Response:
        """Việc gộp, tách, gỡ hoặc quyết định không còn hiệu lực; máy quyết định lại."""
        with context.database.write() as session:
            done = commands.undo(session, context.clock, word_id, reviewer=caller().id, reason=reason)
        return _done(done)

    return blueprint


def quality_blueprint(context: HostedContext) -> flask_smorest.Blueprint:
    """The quality report, and the sample that it rests on."""
    blueprint = flask_smorest.Blueprint(
        "quality", __name__, url_prefix="/quality", description="Chất lượng nối hồ sơ"
    )

    @blueprint.route("", methods=["GET"])
    @require(SCOPE)
    @blueprint.doc(summary="Độ đúng và độ đủ từ các mẫu đã xem xét")
    @blueprint.response(200, QualitySchema)
    def get_quality() -> Response:
        """Theo nguồn, dân tộc và năm, kèm khoảng tin cậy; không có họ tên."""
        with context.database.read() as session:
            return _private(queries.quality_report(session), {})

    @blueprint.route("/samples", methods=["GET"])
    @require(SCOPE)
    @blueprint.doc(summary="Các cặp lấy ngẫu nhiên để xem xét")
    @blueprint.arguments(PageQuerySchema, location="query", as_kwargs=True)
    @blueprint.response(200, SamplesSchema)
    def list_samples(limit: int, after: str | None) -> Response:
        """Hai hồ sơ của mỗi cặp, không cho biết máy đã quyết định gì."""
        del after  # what was answered leaves the list
        with context.database.read() as session:
            return _private({"items": queries.samples(session, caller().id, limit=limit)}, {})

    @blueprint.route("/samples/<record_ref>/<other_ref>", methods=["POST"])
    @require(SCOPE)
    @blueprint.doc(summary="Trả lời một cặp")
    @blueprint.arguments(AnswerSchema, as_kwargs=True)
    @blueprint.response(204, description="Đã ghi; câu trả lời chỉ để đo.")
    def answer(record_ref: str, other_ref: str, is_same: bool) -> Response:
        """Cùng một người, hay không."""
        with context.database.write() as session:
            sampling.answer_sample(
                session, context.clock, record_ref, other_ref, is_same=is_same, reviewer=caller().id
            )
        return make_response("", 204)

    return blueprint


def _page(found: list[dict[str, Any]], limit: int) -> Response:
    items, following = cut_page([(item["record_ref"], item) for item in found], limit)
    return _private({"items": items}, link_header(request.path, after=following, limit=limit))


def _done(done: Done) -> Response:
    return _private({"word_id": done.word_id, "records": done.person_ids}, {})


def _private(document: Any, headers: dict[str, str]) -> Response:
    """An answer with names in it: nobody on the way may keep it."""
    response = jsonify(document)
    response.headers.update(headers)
    response.headers["Cache-Control"] = "no-store"
    return response
