from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from shared.clock import FixedClock
from shared.web.idempotency import CLAIM_S
from tests.shared.web.conftest import bearer
from tests.shared.web.sample import Gate, SampleContext

TRADES = "/api/sample/v1/trades"
SLOW = "/api/sample/v1/odd/slow"
Header = dict[str, str]
ROW = {"code": "1", "name": "Hàn"}


def once(key: str, header: Header) -> Header:
    return {**header, "Idempotency-Key": key}


def test_the_same_key_and_body_get_the_stored_answer(client: FlaskClient, key_a: Header) -> None:
    first = client.post(TRADES, json=ROW, headers=once("k", key_a))
    second = client.post(TRADES, json=ROW, headers=once("k", key_a))
    assert first.status_code == second.status_code == 201
    assert first.get_data() == second.get_data()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers


def test_the_same_key_with_another_body_or_query_is_refused(client: FlaskClient, key_a: Header) -> None:
    client.post(TRADES, json=ROW, headers=once("k", key_a))
    other = client.post(TRADES, json={**ROW, "name": "Tiện"}, headers=once("k", key_a))
    assert other.status_code == 422
    client.post(f"{TRADES}/bulk", json=[ROW], headers=once("k", key_a))
    dry = client.post(f"{TRADES}/bulk?dry_run=true", json=[ROW], headers=once("k", key_a))
    assert dry.status_code == 422


def test_keys_of_two_callers_do_not_meet(client: FlaskClient, key_a: Header, key_b: Header) -> None:
    assert client.post(TRADES, json=ROW, headers=once("k", key_a)).status_code == 201
    assert client.post(TRADES, json=ROW, headers=once("k", key_b)).status_code == 201


def test_a_refusal_is_not_stored(client: FlaskClient, key_a: Header) -> None:
    bad: dict[str, Any] = {**ROW, "name": "cấm"}
    assert client.post(TRADES, json=bad, headers=once("k", key_a)).status_code == 422
    assert client.post(TRADES, json=ROW, headers=once("k", key_a)).status_code == 201


def test_an_answer_is_forgotten_after_a_day(client: FlaskClient, key_a: Header, clock: FixedClock) -> None:
    client.post(TRADES, json=ROW, headers=once("k", key_a))
    clock.instant += timedelta(hours=23)
    assert client.post(TRADES, json=ROW, headers=once("k", key_a)).status_code == 201
    clock.instant += timedelta(hours=2)
    assert client.post(TRADES, json=ROW, headers=once("k", key_a)).get_json()["status"] == "same"


def test_while_the_first_is_at_work_the_second_is_told_to_wait(app: Flask, context: SampleContext) -> None:
    header = once("k", bearer(context, "A", "sample.review"))
    gate = app.extensions["gate"] = Gate()
    statuses: list[int] = []

    def first() -> None:
        statuses.append(app.test_client().post(SLOW, headers=header).status_code)

    at_work = threading.Thread(target=first)
    at_work.start()
    assert gate.entered.wait(10)
    assert app.test_client().post(SLOW, headers=header).status_code == 409
    gate.opened.set()
    at_work.join()
    assert statuses == [200]
    assert app.test_client().post(SLOW, headers=header).status_code == 200


def test_the_claim_of_a_dead_process_lapses(
    client: FlaskClient, context: SampleContext, key_a: Header, clock: FixedClock
) -> None:
    client.post(TRADES, json=ROW, headers=once("k", key_a))
    with context.database.write() as session:
        session.execute(sa.text("UPDATE idempotency SET status = NULL, headers = NULL, body = NULL"))
    assert client.post(TRADES, json=ROW, headers=once("k", key_a)).status_code == 409
    clock.instant += timedelta(seconds=CLAIM_S + 1)
    assert client.post(TRADES, json=ROW, headers=once("k", key_a)).get_json()["status"] == "same"


@pytest.mark.parametrize("key", ["", "x" * 129])
def test_a_key_of_impossible_length_is_refused(client: FlaskClient, key_a: Header, key: str) -> None:
    assert client.post(TRADES, json=ROW, headers=once(key, key_a)).status_code == 400
