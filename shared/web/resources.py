"""`kind_blueprint`: an importable kind as a machine interface, on the very parse and save that files use.

`POST /<kind>` one row; `POST /<kind>/bulk` up to 1,000, answered per item; `GET /<kind>` and
`GET /<kind>/item?key=…` what the caller's organisation published; `DELETE /<kind>/item?key=…&reason=…` takes
one back. A row's key travels as a parameter, because keys may hold any character. Rows of another
organisation do not exist for the caller (404).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, TypeAlias

import flask_smorest
import marshmallow as ma
import orjson
from flask import Response, jsonify, make_response, request
from sqlalchemy.orm import Session

from shared.clock import today
from shared.errors import NotFound
from shared.files.findings import Fault
from shared.files.importing import Kind, Report, import_rows
from shared.files.layout import Layout, Parsed, parse, table_of_items
from shared.web.hosting import HostedContext
from shared.web.idempotency import idempotent
from shared.web.keys import caller, require
from shared.web.paging import PageQuerySchema, cut_page, link_header, read_cursor
from shared.web.problem import Problem, ProblemError

MAX_ITEMS: Final = 1000

Item: TypeAlias = Mapping[str, Any]
ReadPage: TypeAlias = Callable[[Session, str, str | None, int], Sequence[tuple[str, Item]]]
"""(session, publisher, after, limit): up to `limit` rows in the order of their keys, after that key."""

ReadOne: TypeAlias = Callable[[Session, str, str], Item | None]
"""(session, publisher, key): the row that is in force, or None."""


class RowNotFound(NotFound):
    """The caller's organisation has no row in force under this key."""

    code = "row_not_found"


class BulkQuerySchema(ma.Schema):
    """Query parameters of a bulk request."""

    dry_run = ma.fields.Boolean(
        load_default=False, metadata={"description": "Chỉ kiểm tra, không lưu gì (true hoặc false)."}
    )
    all_or_nothing = ma.fields.Boolean(
        load_default=False, metadata={"description": "Một dòng bị từ chối thì không lưu dòng nào (422)."}
    )


class KeyQuerySchema(ma.Schema):
    """Query parameters that name one row."""

    key = ma.fields.String(
        required=True, validate=ma.validate.Length(1, 400), metadata={"description": "Khóa của dòng."}
    )


class WithdrawQuerySchema(KeyQuerySchema):
    """Query parameters of a withdrawal."""

    reason = ma.fields.String(
        required=True, validate=ma.validate.Length(1, 400), metadata={"description": "Lý do rút dòng."}
    )


def kind_blueprint(
    kind: Kind,
    context: HostedContext,
    *,
    service: str,
    read_page: ReadPage,
    read_one: ReadOne,
) -> flask_smorest.Blueprint:
    """The routes of a kind under `/<kind>`; scopes `<service>.read` and `<service>.write`."""
    layout = kind.layout
    blueprint = flask_smorest.Blueprint(
        layout.kind, __name__, url_prefix=f"/{layout.kind}", description=layout.title_vi
    )
    item_schema = _item_schema(layout)
    reading, writing = f"{service}.read", f"{service}.write"

    @blueprint.route("", methods=["POST"])
    @require(writing)
    @idempotent
    @blueprint.doc(
        summary=f"{layout.title_vi}: lưu một dòng",
        requestBody=_json_body(item_schema),
        responses={
            200: {"description": "Đã có; đổi (changed) hoặc như cũ (same)."},
            201: {"description": "Mới."},
        },
    )
    def save_one() -> Response:
        """Lưu một dòng; khóa của dòng quyết định mới, đổi hay như cũ."""
        item = _body()
        if not isinstance(item, dict):
            raise Problem(422, "Nội dung phải là một đối tượng JSON.", code="not_an_object")
        report = _save([item])
        if report.refused:
            raise Problem(
                422,
                "Dòng bị từ chối; sửa các chỗ nêu trong `errors` rồi gửi lại.",
                code="row_rejected",
                errors=[
                    ProblemError(f"/{fault.column or ''}".rstrip("/"), fault.code, fault.message)
                    for fault in report.faults
                ],
            )
        status = report.statuses.get(1, "same")
        answer = {"status": status, "warnings": [warning.to_json() for warning in report.warnings]}
        return _answer(answer, 201 if status == "new" else 200)

    @blueprint.route("/bulk", methods=["POST"])
    @require(writing)
    @idempotent
    @blueprint.doc(
        summary=f"{layout.title_vi}: lưu nhiều dòng",
        requestBody=_json_body(
            {
                "type": "object",
                "required": ["items"],
                "properties": {"items": {"type": "array", "maxItems": MAX_ITEMS, "items": item_schema}},
            }
        ),
        responses={
            200: {"description": "Kết quả từng dòng; dòng tốt đã lưu."},
            413: "REQUEST_ENTITY_TOO_LARGE",
        },
    )
    @blueprint.arguments(BulkQuerySchema, location="query", as_kwargs=True)
    def save_many(dry_run: bool, all_or_nothing: bool) -> Response:
        """Lưu tối đa 1.000 dòng; trả lời từng dòng với đúng các lỗi như khi nạp tệp."""
        items = _items(_body())
        report = _save(items, dry_run=dry_run, all_or_nothing=all_or_nothing)
        answer = {**report.to_json(), "items": _per_item(len(items), report)}
        if all_or_nothing and report.refused:
            raise Problem(
                422,
                "Không dòng nào được lưu vì có dòng bị từ chối; sửa các chỗ nêu trong `items` rồi gửi lại.",
                code="nothing_saved",
                extensions=answer,
            )
        return _answer(answer, 200)

    @blueprint.route("", methods=["GET"])
    @require(reading)
    @blueprint.doc(summary=f"{layout.title_vi}: danh sách")
    @blueprint.arguments(PageQuerySchema, location="query", as_kwargs=True)
    @blueprint.response(200, description="Một trang; trang sau nằm trong tiêu đề Link.")
    def list_rows(limit: int, after: str | None) -> Response:
        """Các dòng còn hiệu lực của tổ chức giữ khóa, theo thứ tự khóa."""
        with context.database.read() as session:
            rows = read_page(session, caller().publisher, read_cursor(after), limit + 1)
        items, following = cut_page(rows, limit)
        return _answer({"items": items}, 200, headers=link_header(request.path, after=following, limit=limit))

    @blueprint.route("/item", methods=["GET"])
    @require(reading)
    @blueprint.doc(summary=f"{layout.title_vi}: một dòng")
    @blueprint.arguments(KeyQuerySchema, location="query", as_kwargs=True)
    @blueprint.response(200, description="Dòng, với ETag.")
    def get_row(key: str) -> Response:
        """Một dòng theo khóa."""
        response = _answer(_read(key), 200)
        response.set_etag(_etag(response.get_data()))
        response.make_conditional(request.environ)
        return response

    @blueprint.route("/item", methods=["DELETE"])
    @require(writing)
    @blueprint.doc(summary=f"{layout.title_vi}: rút một dòng")
    @blueprint.arguments(WithdrawQuerySchema, location="query", as_kwargs=True)
    @blueprint.response(204, description="Đã rút; gửi lại dòng đó là khôi phục.")
    def withdraw_row(key: str, reason: str) -> Response:
        """Rút một dòng đã gửi nhầm; lịch sử vẫn giữ."""
        if request.if_match:
            current = _etag(_answer(_read(key), 200).get_data())
            if not request.if_match.contains(current):
                raise Problem(412, "Dòng đã đổi từ lần đọc trước; hãy đọc lại.", code="etag_differs")
        with context.database.write() as session:
            if not kind.withdraw(session, context.clock, caller().publisher, key, reason):
                raise _unknown(key)
        return make_response("", 204)

    def _read(key: str) -> Item:
        with context.database.read() as session:
            found = read_one(session, caller().publisher, key)
        if found is None:
            raise _unknown(key)
        return found

    def _save(items: list[dict[str, Any]], *, dry_run: bool = False, all_or_nothing: bool = False) -> Report:
        parsed: Parsed = parse(layout, table_of_items(items, layout), today=today(context.clock))
        return import_rows(
            [(kind, context.database)],
            parsed,
            publisher=caller().publisher,
            organisation=caller().organisation,
            clock=context.clock,
            dry_run=dry_run,
            all_or_nothing=all_or_nothing,
        )

    return blueprint


def _body() -> Any:
    if not request.is_json:
        raise Problem(415, "Gửi JSON với Content-Type: application/json.", code="not_json")
    try:
        return orjson.loads(request.get_data())
    except orjson.JSONDecodeError as fault:
        raise Problem(
            400, f"JSON viết sai ở dòng {fault.lineno}, cột {fault.colno}.", code="malformed_json"
        ) from fault


def _items(body: Any) -> list[dict[str, Any]]:
    """The items of a bulk body: `{"items": [...]}`, or the bare list."""
    items = body.get("items") if isinstance(body, dict) else body
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Problem(422, 'Nội dung phải là {"items": [{…}, …]}.', code="no_items")
    if not items:
        raise Problem(422, "Danh sách `items` trống.", code="no_items")
    if len(items) > MAX_ITEMS:
        raise Problem(
            413, f"Gửi tối đa {MAX_ITEMS} dòng một lần (lần này {len(items)}).", code="too_many_items"
        )
    return items


def _per_item(count: int, report: Report) -> list[dict[str, Any]]:
    """What became of each item, by its place from 0; `row` in the totals is the same place from 1."""
    faults = _by_row(report.faults)
    warnings = _by_row(report.warnings)
    return [
        {
            "index": number - 1,
            "status": report.statuses.get(number, "same"),
            "faults": faults.get(number, []),
            "warnings": warnings.get(number, []),
        }
        for number in range(1, count + 1)
    ]


def _by_row(findings: Sequence[Fault]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for finding in findings:
        if finding.row is not None:
            found.setdefault(finding.row, []).append(finding.to_json())
    return found


def _unknown(key: str) -> RowNotFound:
    return RowNotFound("Tổ chức của bạn không có dòng còn hiệu lực nào với khóa này.")


def _answer(document: Any, status: int, *, headers: Mapping[str, str] | None = None) -> Response:
    response = jsonify(document)
    response.status_code = status
    response.headers.update(headers or {})
    return response


def _etag(content: bytes) -> str:
    return sha256(content).hexdigest()[:32]


def _json_body(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _item_schema(layout: Layout) -> dict[str, Any]:
    """An item as the layout reads it: texts as in a file's cells, or JSON numbers where they are meant."""
    return {
        "type": "object",
        "required": [column.name for column in layout.columns if column.needed],
        "properties": {
            column.name: {
                "type": ["string", "integer", "number", "boolean", "null"],
                "description": column.headings[0] if column.headings else column.name,
            }
            for column in layout.all_columns
        },
    }
