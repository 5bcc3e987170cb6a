"""Every route of every service: closed without a key, closed to the wrong scope, documented."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.__main__ import SERVICES
from shared.clock import FixedClock
from shared.settings import Settings
from shared.web.application import create_app, views_of
from shared.web.keys import access_of, create_key

PUBLIC = {
    "health.live",
    "health.ready",
    "health.metrics",
    "documentation.openapi_json",
    "documentation.documentation",
}
"""Public in every service; nothing about a person, no breakdown."""

PUBLIC_OF: dict[str, set[str]] = {
    "indicators": {"indicators_pages.front", "indicators_pages.style", "indicators.get_board"}
}
"""Public beside those: the totals, as a page and as JSON."""


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Flask, str]]]:
    """The application of every service, with a key that has no scope of it."""
    folder: Path = tmp_path_factory.mktemp("routes")
    clock = FixedClock(datetime(2026, 11, 22, tzinfo=UTC))
    settings = Settings(data_dir=folder, instance="test")
    opened = [service.open(settings, clock) for service in SERVICES]
    found = {}
    for context in opened:
        with context.database.write() as session:
            token = create_key(session, clock, organisation="X", scopes=["nobody.read"])
        found[context.service.name] = (create_app(context.service, context), token)
    yield found
    for context in opened:
        context.close()


def calls(app: Flask) -> Iterator[tuple[str, str, str]]:
    """(endpoint, method, path) of every route, path arguments filled with something."""
    for rule in app.url_map.iter_rules():
        arguments = dict.fromkeys(rule.arguments, "1")
        with app.test_request_context():
            path = app.url_map.bind("localhost").build(rule.endpoint, arguments, append_unknown=False)
        for method in sorted((rule.methods or set()) - {"HEAD"}):
            yield rule.endpoint, method, path


@pytest.mark.parametrize("name", [service.name for service in SERVICES])
def test_every_route_is_closed_without_a_key_and_to_the_wrong_scope(
    name: str, apps: dict[str, tuple[Flask, str]]
) -> None:
    app, token = apps[name]
    client: FlaskClient = app.test_client()
    public = PUBLIC | PUBLIC_OF.get(name, set())
    checked = 0
    for endpoint, method, path in calls(app):
        if endpoint in public:
            continue
        response = client.open(path, method=method)
        assert response.status_code == 401, f"{method} {path}"
        assert response.content_type == "application/problem+json", f"{method} {path}"
        response = client.open(path, method=method, headers={"X-Api-Key": token})
        assert response.status_code == 403, f"{method} {path}"
        checked += 1
    assert checked > 0


@pytest.mark.parametrize("name", [service.name for service in SERVICES])
def test_only_the_listed_routes_are_public_and_scopes_belong_to_the_service(
    name: str, apps: dict[str, tuple[Flask, str]]
) -> None:
    app, _ = apps[name]
    access = {endpoint: access_of(view) for endpoint, _, view in views_of(app)}
    public = {endpoint for endpoint, asked in access.items() if asked and asked.scope is None}
    assert public == PUBLIC | PUBLIC_OF.get(name, set())
    assert {asked.scope.partition(".")[0] for asked in access.values() if asked and asked.scope} == {name}


@pytest.mark.parametrize("name", [service.name for service in SERVICES])
def test_every_route_of_the_interface_is_documented(name: str, apps: dict[str, tuple[Flask, str]]) -> None:
    app, _ = apps[name]
    client = app.test_client()
    document = client.get(f"/api/{name}/v1/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    documented = {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method in item
        if method in ("get", "post", "put", "patch", "delete")
    }
    routes = {
        (method, rule.rule.replace("<", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(f"/api/{name}/v1/") and not rule.rule.endswith("openapi.json")
    }
    assert {(method, path.partition(":")[0]) for method, path in routes} <= {
        (method, path.partition(":")[0]) for method, path in documented
    }
    assert client.get(f"/api/{name}/docs").status_code == 200


@pytest.mark.parametrize("dimension", ["school", "commune", "village", "sex", "ethnicity", "destination"])
def test_totals_are_public_and_every_breakdown_is_closed(
    dimension: str, apps: dict[str, tuple[Flask, str]]
) -> None:
    app, token = apps["indicators"]
    client = app.test_client()
    board = "/api/indicators/v1/boards/BL2026?on=2026-12-31"
    assert client.get(board).status_code == 200
    assert client.get(f"{board}&by={dimension}").status_code == 401
    assert client.get(f"{board}&by={dimension}", headers={"X-Api-Key": token}).status_code == 403
