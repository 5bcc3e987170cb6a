"""RFC 9457: every error leaves as `application/problem+json`, from one table class -> status.

A problem says what is wrong with this request, where and how to mend it, in Vietnamese, and nothing about
a person. What nobody foresaw (500) says only its correlation id; the log line under that id has the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

import marshmallow as ma
import structlog
from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from shared.errors import Conflict, Forbidden, Invalid, NoiNgheError, NotFound, Unavailable
from shared.web.logs import frames_of

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_S = 5

STATUS_OF: dict[type[NoiNgheError], HTTPStatus] = {
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Forbidden: HTTPStatus.FORBIDDEN,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The one table from domain errors to statuses; a subclass has the status of its nearest base."""

TITLES: dict[int, str] = {
    400: "Yêu cầu viết sai",
    401: "Cần khóa truy cập",
    403: "Không được phép",
    404: "Không tìm thấy",
    405: "Địa chỉ này không nhận phương thức đó",
    406: "Không có dạng trả lời được yêu cầu",
    409: "Xung đột với trạng thái hiện tại",
    412: "Bản ghi đã đổi từ lần đọc trước",
    413: "Nội dung gửi quá lớn",
    415: "Dạng nội dung không được nhận",
    422: "Dữ liệu không hợp lệ",
    428: "Thiếu điều kiện If-Match",
    429: "Quá nhiều yêu cầu",
    500: "Lỗi của hệ thống",
    503: "Tạm thời không phục vụ được",
}
"""Constant title per status; `detail` says the case."""

_DETAILS: dict[int, str] = {
    400: "Máy chủ không hiểu yêu cầu này; xem tài liệu của giao diện.",
    404: "Địa chỉ này không có, hoặc bạn không có quyền biết tới.",
    405: "Xem tài liệu của giao diện để biết các phương thức.",
    413: "Gửi ít dữ liệu hơn trong một lần.",
    415: "Gửi JSON với Content-Type: application/json.",
}


@dataclass(frozen=True, slots=True)
class ProblemError:
    """One place that is wrong: `pointer` is a JSON Pointer into the body, or `?name` for a parameter."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):
    """A refusal that only the web layer knows (401, 413, 429 …); the rest are `shared.errors`."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: str,
        errors: Sequence[ProblemError] = (),
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extensions = dict(extensions or {})


class ProblemErrorSchema(ma.Schema):
    """One entry of `errors`."""

    pointer = ma.fields.String(
        required=True, metadata={"description": "JSON Pointer into the body, or ?name for a parameter."}
    )
    code = ma.fields.String(required=True, metadata={"description": "Stable word for programs."})
    detail = ma.fields.String(required=True, metadata={"description": "Sentence in Vietnamese."})


class ProblemSchema(ma.Schema):
    """What every error answer looks like (RFC 9457)."""

    type = ma.fields.String(required=True, metadata={"description": "Stable URN of the kind of problem."})
    title = ma.fields.String(required=True, metadata={"description": "Constant title of the status."})
    status = ma.fields.Integer(required=True, metadata={"description": "HTTP status."})
    detail = ma.fields.String(required=True, metadata={"description": "This case, in Vietnamese."})
    instance = ma.fields.String(required=True, metadata={"description": "Path of the request."})
    errors = ma.fields.List(ma.fields.Nested(ProblemErrorSchema), metadata={"description": "Each place."})
    correlation_id = ma.fields.String(required=True, metadata={"description": "Quote it when asking."})


def problem_response(problem: Problem) -> Response:
    """The answer that a problem becomes."""
    document: dict[str, Any] = {
        "type": f"urn:noinghe:problem:{problem.code}",
        "title": TITLES.get(problem.status, HTTPStatus(problem.status).phrase),
        "status": problem.status,
        "detail": problem.detail,
        "instance": request.path,
        "correlation_id": g.get("request_id", ""),
    }
    if problem.errors:
        document["errors"] = [asdict(error) for error in problem.errors]
    document.update(problem.extensions)
    response = current_app.response_class(
        current_app.json.dumps(document), status=problem.status, mimetype=PROBLEM_JSON
    )
    response.headers.update(problem.headers)
    return response


def install_problems(app: Flask) -> None:
    """Make every error of the application a problem document."""
    app.register_error_handler(Problem, problem_response)
    app.register_error_handler(NoiNgheError, _on_domain_error)
    app.register_error_handler(HTTPException, _on_http_exception)
    app.register_error_handler(Exception, _on_unforeseen)


def status_of(error: NoiNgheError) -> HTTPStatus:
    """Status of a domain error, by its nearest base in `STATUS_OF`."""
    for base in type(error).__mro__:
        if base in STATUS_OF:
            return STATUS_OF[base]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def _on_domain_error(error: NoiNgheError) -> Response:
    status = status_of(error)
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return problem_response(Problem(status, error.message, code=error.code, headers=headers))


def _on_http_exception(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400 and error.response is not None:
        return current_app.make_response(error.response)
    data: Mapping[str, Any] = getattr(error, "data", None) or {}
    messages = data.get("messages")
    errors: list[ProblemError] = []
    if isinstance(messages, Mapping):
        errors = [found for place, tree in messages.items() for found in _errors_at(place, tree)]
        if all(error.pointer.startswith("?") for error in errors):
            status = 400
    detail = _DETAILS.get(status, TITLES.get(status, HTTPStatus(status).phrase) + ".")
    if errors:
        detail = "Sửa các chỗ nêu trong `errors` rồi gửi lại."
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    code = HTTPStatus(status).name.lower()
    return problem_response(Problem(status, detail, code=code, errors=errors, headers=headers))


def _on_unforeseen(error: Exception) -> Response:
    structlog.get_logger("shared.web").error(
        "request_failed",
        request_id=g.get("request_id", ""),
        path=request.url_rule.rule if request.url_rule else None,
        method=request.method,
        error=type(error).__name__,
        frames=frames_of(error),
    )
    detail = "Hệ thống gặp lỗi chưa lường trước. Báo mã trong `correlation_id` cho người quản trị."
    return problem_response(Problem(500, detail, code="internal"))


def _errors_at(place: str, tree: Any) -> list[ProblemError]:
    """Flatten webargs' messages {location: {field: [text]}} into pointers."""
    if place == "query":
        names = tree if isinstance(tree, Mapping) else {"": tree}
        return [ProblemError(f"?{name}", "invalid_parameter", _text(texts)) for name, texts in names.items()]
    return _walk("", tree)


def _walk(pointer: str, tree: Any) -> list[ProblemError]:
    if isinstance(tree, Mapping):
        return [
            found
            for name, inner in tree.items()
            for found in _walk(pointer if name == "_schema" else f"{pointer}/{_escaped(str(name))}", inner)
        ]
    return [ProblemError(pointer, "invalid_value", _text(tree))]


def _escaped(token: str) -> str:
    return token.replace("~", "~0").replace("/", "~1")


def _text(texts: Any) -> str:
    return " ".join(str(text) for text in texts) if isinstance(texts, list | tuple) else str(texts)
