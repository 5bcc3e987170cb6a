"""`combine`: several services behind one address on one machine, as a reverse proxy does in a province.

Each request goes whole to the service in its path (`/api/<service>/…`, `/<service>/…`); `/live`, `/ready`
and `/metrics` speak for all of them; the rest goes to the front page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import orjson
from flask import Flask
from werkzeug.wrappers import Request, Response

from shared.web import health
from shared.web.application import health_of, status_of_health
from shared.web.health import State
from shared.web.hosting import Hosting

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Answer: TypeAlias = Callable[[Request], Response]


def combine(apps: Mapping[str, Flask], front: Flask) -> WSGIApplication:
    """One WSGI application of many; `apps` by service name, `front` for every other path."""
    if len({id(app.extensions["noinghe"].metrics) for app in apps.values()}) > 1:
        raise ValueError("combined applications share one Metrics object")
    merged: dict[str, Answer] = {
        "/live": lambda _: _json({"status": "live"}),
        "/ready": lambda _: _ready(apps),
        "/metrics": lambda _: _metrics(apps),
    }

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "/")
        if path in merged and environ.get("REQUEST_METHOD") in ("GET", "HEAD"):
            return merged[path](Request(environ))(environ, start_response)
        return _chosen(apps, front, path)(environ, start_response)

    return application


def _chosen(apps: Mapping[str, Flask], front: Flask, path: str) -> Flask:
    parts = path.split("/", 3)
    if parts[1] == "api" and len(parts) > 2:
        return apps.get(parts[2], front)
    return apps.get(parts[1], front)


def _ready(apps: Mapping[str, Flask]) -> Response:
    measured = [(name, health_of(app)) for name, app in apps.items()]
    worst = min((one.state for _, one in measured), key=lambda state: state.weight, default=State.OK)
    return _json(health.merged(measured), status=status_of_health(worst))


def _metrics(apps: Mapping[str, Flask]) -> Response:
    """The counters that all share, and the gauges of every service."""
    hosting: Hosting = next(iter(apps.values())).extensions["noinghe"]
    text = hosting.metrics.exposition([(name, health_of(app)) for name, app in apps.items()])
    return Response(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _json(document: object, *, status: int = 200) -> Response:
    return Response(orjson.dumps(document), status=status, content_type="application/json")
