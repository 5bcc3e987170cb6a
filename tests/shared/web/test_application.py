from __future__ import annotations

import io
import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from werkzeug.test import Client

from shared.clock import FixedClock
from shared.web.application import UnguardedRoute, create_app, views_of
from shared.web.dispatch import combine
from shared.web.health import Check, State
from shared.web.heartbeat import keep_beating
from shared.web.hosting import HostedContext
from shared.web.keys import access_of, public
from shared.web.logs import configure_logging
from shared.web.metrics import METRICS, Metrics
from tests.shared.web.conftest import bearer
from tests.shared.web.sample import SERVICE, SampleContext

TRADES = "/api/sample/v1/trades"
Header = dict[str, str]


def test_an_application_with_an_unguarded_route_does_not_start(context: SampleContext) -> None:
    def careless(_: HostedContext) -> Sequence[Blueprint]:
        blueprint = Blueprint("careless", __name__)
        blueprint.add_url_rule("/persons", view_func=lambda: "names")
        return [blueprint]

    with pytest.raises(UnguardedRoute, match="careless"):
        create_app(replace(SERVICE, blueprints=careless), context)


def test_every_route_says_who_may_call_it_and_only_the_listed_are_public(app: Flask) -> None:
    open_routes = {endpoint for endpoint, _, view in views_of(app) if access_of(view).scope is None}  # type: ignore[union-attr]
    assert open_routes == {
        "health.live",
        "health.ready",
        "health.metrics",
        "documentation.openapi_json",
        "documentation.documentation",
        "odd.fail",
    }


def test_a_request_id_is_taken_when_plain_and_made_when_not(client: FlaskClient) -> None:
    assert client.get("/live", headers={"X-Request-Id": "abc-1"}).headers["X-Request-Id"] == "abc-1"
    made = client.get("/live", headers={"X-Request-Id": "a b<script>"}).headers["X-Request-Id"]
    assert len(made) == 32


def test_one_json_line_per_request_without_what_it_carried(client: FlaskClient, key_a: Header) -> None:
    stream = io.StringIO()
    configure_logging("INFO", stream=stream)
    try:
        client.get(f"{TRADES}/item?key=000123456789", headers={**key_a, "X-Request-Id": "r-1"})
    finally:
        structlog.reset_defaults()
    (line,) = stream.getvalue().splitlines()
    logged = json.loads(line)
    assert logged["event"] == "request"
    assert logged["request_id"] == "r-1"
    assert logged["path"] == "/api/sample/v1/trades/item"
    assert logged["status"] == 404
    assert logged["duration_ms"] >= 0
    assert "000123456789" not in line


def test_a_name_cannot_be_logged(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    configure_logging("INFO", stream=stream)
    try:
        structlog.get_logger().info("saved", full_name="Nguyễn Văn A", count=1, rows={"a": "Nguyễn"})
    finally:
        structlog.reset_defaults()
    line = stream.getvalue()
    assert "Nguyễn" not in line
    assert json.loads(line)["dropped_fields"] == ["full_name", "rows"]
    assert json.loads(line)["count"] == 1


def test_answers_carry_the_security_headers(client: FlaskClient) -> None:
    headers = client.get("/live").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert client.get(TRADES).headers["Cache-Control"] == "no-store"


def test_ready_when_all_is_well(client: FlaskClient) -> None:
    response = client.get("/ready")
    assert response.status_code == 200
    assert response.get_json()["status"] == "ready"
    assert set(response.get_json()["checks"]) == {
        "database",
        "migrations",
        "outbox",
        "dead_letters",
        "worker",
    }


def test_degraded_when_facts_do_not_leave(
    client: FlaskClient, context: SampleContext, clock: FixedClock
) -> None:
    with context.database.write() as session:
        session.execute(
            sa.text(
                "INSERT INTO outbox (topic, key, event_id, value, recorded_at) "
                "VALUES ('t', 'k', 'e', x'00', '2026-11-22 03:00:00.000000')"
            )
        )
    clock.instant += timedelta(seconds=29)
    assert client.get("/ready").get_json()["status"] == "ready"
    clock.instant += timedelta(seconds=2)
    response = client.get("/ready")
    assert response.status_code == 200
    assert response.get_json()["status"] == "degraded"
    assert response.get_json()["checks"]["outbox"]["noinghe_outbox_events"] == 1


def test_degraded_when_the_worker_falls_silent(
    client: FlaskClient, context: SampleContext, clock: FixedClock
) -> None:
    stop = threading.Event()
    stop.set()
    keep_beating(context.database, clock, stop, is_well=lambda: True)
    clock.instant += timedelta(seconds=60)
    assert client.get("/ready").get_json()["status"] == "ready"
    keep_beating(context.database, clock, stop, is_well=lambda: False)
    clock.instant += timedelta(seconds=1)
    document = client.get("/ready").get_json()
    assert document["status"] == "degraded"
    assert document["checks"]["worker"]["noinghe_worker_heartbeat_age_seconds"] == 61
    keep_beating(context.database, clock, stop, is_well=lambda: True)
    assert client.get("/ready").get_json()["status"] == "ready"


def test_a_probe_of_the_host_counts_too(context: SampleContext) -> None:
    app = create_app(SERVICE, context, probes=[lambda: Check("disk", State.DEGRADED, "sắp đầy")])
    document = app.test_client().get("/ready").get_json()
    assert document["status"] == "degraded"
    assert document["checks"]["disk"]["detail"] == "sắp đầy"


def test_not_ready_on_tables_of_another_revision(client: FlaskClient, context: SampleContext) -> None:
    with context.database.write() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    response = client.get("/ready")
    assert response.status_code == 503
    assert response.get_json()["checks"]["migrations"]["state"] == "failed"


def test_not_ready_without_tables(context: SampleContext, client: FlaskClient) -> None:
    with context.database.write() as session:
        session.execute(sa.text("DROP TABLE alembic_version"))
    assert client.get("/ready").status_code == 503
    assert client.get("/live").status_code == 200


def test_metrics_count_requests_by_route_and_never_by_address(client: FlaskClient, key_a: Header) -> None:
    client.get(f"{TRADES}/item?key=000123456789", headers=key_a)
    client.get("/nobody/000123456789")
    text = client.get("/metrics").get_data(as_text=True)
    assert (
        'noinghe_http_requests_total{method="GET",route="/api/sample/v1/trades/item",service="sample",'
        'status="404"} 1.0'
    ) in text
    assert "000123456789" not in text
    for spec in METRICS:
        assert f"# HELP {spec.name}" in text


def test_the_openapi_document_describes_every_route_with_its_key_and_errors(client: FlaskClient) -> None:
    document = client.get("/api/sample/v1/openapi.json").get_json()
    assert document["openapi"] == "3.1.0"
    bulk = document["paths"]["/api/sample/v1/trades/bulk"]["post"]
    assert bulk["security"] == [{"bearer": []}, {"apiKey": []}]
    assert bulk["x-required-scope"] == "sample.write"
    assert {parameter["name"] for parameter in bulk["parameters"]} == {
        "Idempotency-Key",
        "dry_run",
        "all_or_nothing",
    }
    unauthorized = bulk["responses"]["401"]["$ref"].rpartition("/")[2]
    assert "application/problem+json" in document["components"]["responses"][unauthorized]["content"]
    items = bulk["requestBody"]["content"]["application/json"]["schema"]["properties"]["items"]
    assert items["maxItems"] == 1000
    assert set(items["items"]["properties"]) == {"code", "name"}
    Draft202012Validator.check_schema(items)


def test_the_documentation_page_needs_no_script_and_names_every_operation(client: FlaskClient) -> None:
    page = client.get("/api/sample/docs").get_data(as_text=True)
    assert "<script" not in page
    assert "http" not in page.replace("https://", "").partition("<main>")[0]
    assert "POST /api/sample/v1/trades/bulk" in page
    assert "<code>name</code>" in page


@pytest.fixture
def two_services(context: SampleContext) -> Client:
    def page(_: HostedContext) -> Sequence[Blueprint]:
        blueprint = Blueprint("page", __name__)

        @blueprint.get("/")
        @public
        def front() -> str:
            """The front page."""
            return "Trang đầu"

        @blueprint.get("/other/board")
        @public
        def board() -> str:
            """A page of this service."""
            return "Bảng"

        return [blueprint]

    metrics = Metrics()
    sample = create_app(SERVICE, context, metrics=metrics)
    other = create_app(replace(SERVICE, name="other", blueprints=page), context, metrics=metrics)
    return Client(combine({"sample": sample, "other": other}, other))


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/", 200, "Trang đầu"),
        ("/other/board", 200, "Bảng"),
        ("/api/other/v1/openapi.json", 200, "3.1.0"),
        ("/api/sample/v1/openapi.json", 200, "/api/sample/v1/trades"),
        (TRADES, 401, "key_missing"),
        ("/api/nobody/v1/x", 404, "problem"),
        ("/api", 404, "problem"),
        ("/live", 200, "live"),
    ],
)
def test_one_address_leads_to_the_right_service(
    two_services: Client, path: str, status: int, text: str
) -> None:
    response = two_services.get(path)
    assert response.status_code == status
    assert text in response.get_data(as_text=True)


def test_one_address_answers_for_the_health_of_all(two_services: Client, context: SampleContext) -> None:
    ready: dict[str, Any] = two_services.get("/ready").get_json()
    assert ready["status"] == "ready"
    assert set(ready["services"]) == {"sample", "other"}
    figures = two_services.get("/metrics").get_data(as_text=True)
    assert 'noinghe_ready{check="database",service="other"} 1.0' in figures
    assert figures.count("# HELP noinghe_http_requests_total") == 1
    with context.database.write() as session:
        session.execute(sa.text("DROP TABLE alembic_version"))
    assert two_services.get("/ready").status_code == 503


def test_combined_services_must_share_their_counters(context: SampleContext) -> None:
    apps = {"sample": create_app(SERVICE, context), "other": create_app(SERVICE, context)}
    with pytest.raises(ValueError, match="share"):
        combine(apps, apps["sample"])


def test_a_database_that_is_away_is_not_ready_and_says_no_password(
    app: Flask, context: SampleContext, tmp_path: Path
) -> None:
    reader = bearer(context, "A", "sample.read")
    context.database.dispose()
    for file in tmp_path.glob("sample.db*"):
        file.unlink()
    (tmp_path / "sample.db").mkdir()
    assert app.test_client().get("/ready").status_code == 503
    assert app.test_client().get("/live").status_code == 200
    assert app.test_client().get(TRADES, headers=reader).status_code == 503
