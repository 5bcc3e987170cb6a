from __future__ import annotations

import json

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [("conflict", 409, "conflict"), ("forbidden", 403, "forbidden"), ("missing", 404, "not_found")],
)
def test_a_domain_error_becomes_the_status_of_its_class(
    client: FlaskClient, name: str, status: int, code: str
) -> None:
    response = client.get(f"/api/sample/v1/odd/{name}")
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    document = response.get_json(force=True)
    assert document["type"] == f"urn:noinghe:problem:{code}"
    assert document["status"] == status
    assert document["instance"] == f"/api/sample/v1/odd/{name}"
    assert document["correlation_id"] == response.headers["X-Request-Id"]


def test_an_unavailable_database_asks_to_try_again_later(client: FlaskClient) -> None:
    response = client.get("/api/sample/v1/odd/away")
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0


def test_an_unforeseen_error_says_only_its_id_and_logs_no_message(app: Flask) -> None:
    with structlog.testing.capture_logs() as lines:
        response = app.test_client().get("/api/sample/v1/odd/unforeseen", headers={"X-Request-Id": "r-1"})
    assert response.status_code == 500
    assert response.get_json(force=True)["correlation_id"] == "r-1"
    assert "Bí Mật" not in response.get_data(as_text=True)
    failed = next(line for line in lines if line["event"] == "request_failed")
    assert failed["error"] == "RuntimeError"
    assert any("sample.py" in frame for frame in failed["frames"])
    assert "Bí Mật" not in json.dumps(lines, ensure_ascii=False, default=str)


def test_an_unknown_address_is_a_problem_document_too(client: FlaskClient) -> None:
    response = client.get("/api/sample/v1/nowhere")
    assert response.status_code == 404
    assert response.content_type == "application/problem+json"


def test_a_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    response = client.put("/api/sample/v1/trades")
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]
