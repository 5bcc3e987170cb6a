"""OpenAPI 3.1 of a service through flask-smorest, and a page of it that needs no script and no CDN.

flask-smorest emits its own error JSON; here every error is documented as the problem document that
`problem` really sends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import flask_smorest
import marshmallow as ma
from flask import Blueprint, Flask, Response, jsonify, render_template
from flask_smorest.utils import prepare_response

from shared.web.hosting import HostedService
from shared.web.keys import public
from shared.web.problem import PROBLEM_JSON, ProblemSchema

_METHODS: Final = ("get", "post", "put", "patch", "delete")

_DESCRIPTION: Final = (
    "Giao diện cho máy của dịch vụ {title}. Gửi khóa truy cập trong `Authorization: Bearer`. "
    "Lỗi trả về theo RFC 9457 (application/problem+json). Trang sau nằm trong tiêu đề `Link` (RFC 8288)."
)


class OpenApi(flask_smorest.Api):  # type: ignore[misc]
    """flask-smorest's extension with our errors and our keys."""

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask, service: HostedService) -> None:
        app.config.update(
            API_TITLE=f"Nối Nghề: {service.title_vi}", API_VERSION="v1", OPENAPI_VERSION="3.1.0"
        )
        information = {"description": _DESCRIPTION.format(title=service.title_vi)}
        super().__init__(app, spec_kwargs={"info": information})
        schemes = self.spec.components
        schemes.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
        schemes.security_scheme("apiKey", {"type": "apiKey", "in": "header", "name": "X-Api-Key"})

    def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        found: dict[str, Any] = self.spec.to_dict()
        return found

    def _register_error_handlers(self) -> None:
        """Leave errors to `problem.install_problems`."""

    def _register_responses(self) -> None:
        """One lazy response component per status, errors as problem documents."""
        for status in HTTPStatus:
            if status < 200:
                continue
            response: dict[str, Any] = {"description": status.phrase}
            if status >= 400:
                response["schema"] = self.ERROR_SCHEMA
            prepare_response(response, self.spec, PROBLEM_JSON)
            self.spec.components.response(status.name, response, lazy=True)
        default = {"description": "Lỗi (RFC 9457).", "schema": self.ERROR_SCHEMA}
        prepare_response(default, self.spec, PROBLEM_JSON)
        self.spec.components.response(self.DEFAULT_ERROR_RESPONSE_NAME, default, lazy=True)


def query_names(view: Callable[..., Any]) -> set[str]:
    """Names of the query parameters that a view declares through flask-smorest."""
    apidoc: Mapping[str, Any] = getattr(view, "_apidoc", {})
    names: set[str] = set()
    for parameter in apidoc.get("arguments", {}).get("parameters", ()):
        if parameter["in"] == "query":
            schema = parameter["schema"]
            fields = (schema() if isinstance(schema, type) else schema).fields
            names |= {_wire_name(name, field) for name, field in fields.items()}
    for parameter in apidoc.get("manual_doc", {}).get("parameters", ()):
        if parameter["in"] == "query":
            names.add(parameter["name"])
    return names


def documentation_blueprint(name: str, api: OpenApi) -> Blueprint:
    """`/api/<service>/v1/openapi.json` and `/api/<service>/docs`."""
    blueprint = Blueprint("documentation", __name__, url_prefix=f"/api/{name}", template_folder="templates")

    @blueprint.get("/v1/openapi.json")
    @public
    def openapi_json() -> Response:
        """The OpenAPI document."""
        return jsonify(api.document())

    @blueprint.get("/docs")
    @public
    def documentation() -> str:
        """The OpenAPI document as a page."""
        document = api.document()
        return render_template("documentation.html", document=document, operations=_operations(document))

    return blueprint


def _wire_name(name: str, field: ma.fields.Field[Any]) -> str:
    return field.data_key or name


def _operations(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "method": method.upper(),
            "path": path,
            "parameters": [_resolved(document, one) for one in item.get("parameters", [])]
            + [_resolved(document, one) for one in operation.get("parameters", [])],
            "operation": operation,
            "fields": _body_fields(document, operation),
        }
        for path, item in document.get("paths", {}).items()
        for method, operation in item.items()
        if method in _METHODS
    ]


def _body_fields(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Mapping[str, Any]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = _resolved(document, content.get("schema", {}))
    if "items" in schema.get("properties", {}):
        items = _resolved(document, schema["properties"]["items"])
        schema = _resolved(document, items.get("items", {}))
    properties: Mapping[str, Any] = schema.get("properties", {})
    return properties


def _resolved(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow one `$ref` into the document."""
    reference = node.get("$ref")
    if reference is None:
        return node
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    resolved: Mapping[str, Any] = found
    return resolved
