"""`create_app`: the web application of one service, with everything that none of them should write itself.

Closed by default (a route is `require`d or `public`, or the application does not start), problem documents
for every error, request ids in and out, one JSON log line per request, `/live` `/ready` `/metrics`,
OpenAPI 3.1 with a page of it, unknown query parameters refused, bodies bounded, security headers.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, Final

import flask_smorest
import structlog
from flask import Blueprint, Flask, Response, current_app, g, jsonify, request

from shared.web import health as health_checks
from shared.web.health import Health, Probe, State
from shared.web.hosting import HostedContext, HostedService, Hosting
from shared.web.json_provider import OrjsonProvider
from shared.web.keys import access_of, authorise, public
from shared.web.metrics import Metrics
from shared.web.openapi import OpenApi, documentation_blueprint, query_names
from shared.web.problem import Problem, ProblemError, install_problems

MAX_BODY_BYTES: Final = 8 * 1024 * 1024
"""Room for 1,000 items of the widest kind."""

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")

SECURITY_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; script-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}


class UnguardedRoute(TypeError):
    """A view says neither who may call it nor that anybody may."""


def create_app(
    service: HostedService,
    context: HostedContext,
    *,
    metrics: Metrics | None = None,
    probes: Sequence[Probe] = (),
) -> Flask:
    """The application of an open service.

    Its flask-smorest blueprints come under `/api/<service>/v1`; plain blueprints (pages) where they say.
    `metrics` may be shared by several applications of a process. Raises `UnguardedRoute`.
    """
    app = Flask(service.name, static_folder=None)
    app.json = OrjsonProvider(app)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.extensions["noinghe"] = Hosting(service, context, metrics or Metrics(), tuple(probes))
    install_problems(app)
    api = OpenApi(app, service)
    for blueprint in service.blueprints(context):
        _mount(app, api, service.name, blueprint)
    app.register_blueprint(documentation_blueprint(service.name, api))
    app.register_blueprint(_health_blueprint())
    _check_guards(app)
    app.before_request(_begin)
    app.before_request(_guard)
    app.before_request(_refuse_unknown_parameters)
    app.after_request(_finish)
    return app


def health_of(app: Flask) -> Health:
    """What `/ready` of this application would say now."""
    hosting: Hosting = app.extensions["noinghe"]
    return health_checks.measure(hosting.service, hosting.context, hosting.probes)


def status_of_health(state: State) -> int:
    """503 sends everybody elsewhere; degraded still serves."""
    return HTTPStatus.SERVICE_UNAVAILABLE if state is State.FAILED else HTTPStatus.OK


def views_of(app: Flask) -> Iterator[tuple[str, str, Callable[..., Any]]]:
    """Every (endpoint, method, view function) of an application; of class views each method's own."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        view_class = getattr(view, "view_class", None)
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            yield rule.endpoint, method, getattr(view_class, method.lower()) if view_class else view


def _mount(app: Flask, api: OpenApi, name: str, blueprint: Blueprint) -> None:
    if isinstance(blueprint, flask_smorest.Blueprint):
        prefix = f"/api/{name}/v1{blueprint.url_prefix or ''}"
        api.register_blueprint(blueprint, url_prefix=prefix)
    else:
        app.register_blueprint(blueprint)


def _check_guards(app: Flask) -> None:
    open_routes = sorted(
        f"{method} {endpoint}" for endpoint, method, view in views_of(app) if access_of(view) is None
    )
    if open_routes:
        raise UnguardedRoute(f"neither @require nor @public: {', '.join(open_routes)}")


def _current_view() -> Callable[..., Any] | None:
    if request.url_rule is None:
        return None
    view: Callable[..., Any] = current_app.view_functions[request.url_rule.endpoint]
    view_class = getattr(view, "view_class", None)
    if view_class is None:
        return view
    method = "get" if request.method == "HEAD" else request.method.lower()
    found: Callable[..., Any] | None = getattr(view_class, method, None)
    return found


def _begin() -> None:
    g.started = time.perf_counter()
    presented = request.headers.get("X-Request-Id", "")
    g.request_id = presented if _REQUEST_ID.fullmatch(presented) else uuid.uuid4().hex


def _guard() -> None:
    """Ask for the key before anything of the request is read."""
    view = _current_view()
    if view is None:
        return
    access = access_of(view)
    if access is not None and access.scope is not None:
        authorise(access.scope)


def _refuse_unknown_parameters() -> None:
    view = _current_view()
    if view is None or not request.args or not request.path.startswith("/api/"):
        return
    known = query_names(view)
    unknown = sorted(set(request.args) - known)
    if unknown:
        listed = ", ".join(sorted(known)) or "không có tham số nào"
        raise Problem(
            400,
            f"Địa chỉ này không có các tham số nêu trong `errors`. Tham số được nhận: {listed}.",
            code="unknown_parameter",
            errors=[ProblemError(f"?{name}", "unknown_parameter", "Tham số lạ.") for name in unknown],
        )


def _finish(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    hosting: Hosting = current_app.extensions["noinghe"]
    route = request.url_rule.rule if request.url_rule else "(none)"
    method = request.method if route != "(none)" else "(any)"
    hosting.metrics.requests.labels(hosting.service.name, method, route, str(response.status_code)).inc()
    hosting.metrics.duration.labels(hosting.service.name, method, route).observe(seconds)
    response.headers["X-Request-Id"] = g.get("request_id", "")
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
    if g.get("key") is not None or request.path.startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")
    structlog.get_logger("shared.web").info(
        "request",
        service=hosting.service.name,
        request_id=g.get("request_id", ""),
        method=request.method,
        path=route,
        status=response.status_code,
        duration_ms=round(seconds * 1000, 1),
        body_bytes=request.content_length or 0,
        key_prefix=g.key.id if g.get("key") is not None else None,
    )
    return response


def _health_blueprint() -> Blueprint:
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/live")
    @public
    def live() -> Response:
        """The process answers."""
        return jsonify({"status": "live"})

    @blueprint.get("/ready")
    @public
    def ready() -> Response:
        """The service can do its work."""
        health = health_of(current_app)
        response = jsonify(health.to_json())
        response.status_code = status_of_health(health.state)
        return response

    @blueprint.get("/metrics")
    @public
    def metrics() -> Response:
        """Figures for Prometheus."""
        hosting: Hosting = current_app.extensions["noinghe"]
        text = hosting.metrics.exposition([(hosting.service.name, health_of(current_app))])
        return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")

    return blueprint
