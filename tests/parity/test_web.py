"""The web layer on both databases: keys, idempotency, resources, health."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.clock import FixedClock
from shared.database import open_database
from shared.settings import Settings
from shared.web import keys
from shared.web.application import create_app
from shared.web.heartbeat import keep_beating
from tests.shared.web.conftest import bearer
from tests.shared.web.sample import SERVICE, SampleContext

TRADES = "/api/sample/v1/trades"


@pytest.fixture
def context(database_url: str, tmp_path: Path) -> Iterator[SampleContext]:
    database = open_database(database_url, "sample")
    database.upgrade(SERVICE.migrations)
    clock = FixedClock(datetime(2026, 11, 22, 3, 0, tzinfo=UTC))
    yield SampleContext(database, clock, Settings(data_dir=tmp_path, instance="test"))
    database.dispose()


def test_the_life_of_a_row_and_of_a_key(context: SampleContext) -> None:
    client = create_app(SERVICE, context).test_client()
    header = bearer(context, "A", "sample.read", "sample.write")
    once = {**header, "Idempotency-Key": "k"}
    row = {"code": "1", "name": "Hàn"}
    first = client.post(TRADES, json=row, headers=once)
    again = client.post(TRADES, json=row, headers=once)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    items = [row, {"code": "2", "name": "cấm"}, {"code": "3", "name": "Điện"}]
    report = client.post(f"{TRADES}/bulk", json=items, headers=header).get_json()
    assert [item["status"] for item in report["items"]] == ["same", "rejected", "new"]
    page = client.get(f"{TRADES}?limit=1", headers=header)
    assert page.get_json()["items"] == [row]
    assert 'rel="next"' in page.headers["Link"]
    assert client.delete(f"{TRADES}/item?key=1&reason=nhầm", headers=header).status_code == 204
    prefix = header["Authorization"].removeprefix("Bearer ").partition(".")[0]
    with context.database.write() as session:
        assert keys.revoke(session, prefix, clock=context.clock) == 1
    with context.database.read() as session:
        (listed,) = keys.list_keys(session)
    assert listed["created_at"] == listed["revoked_at"] == "2026-11-22T03:00:00+00:00"
    assert client.get(TRADES, headers=header).status_code == 401


def test_of_two_equal_requests_at_once_one_works_and_nothing_doubles(context: SampleContext) -> None:
    app = create_app(SERVICE, context)
    header = {**bearer(context, "A", "sample.read", "sample.write"), "Idempotency-Key": "k"}
    start = threading.Barrier(4)
    statuses: list[int] = []

    def send() -> None:
        start.wait()
        statuses.append(
            app.test_client().post(TRADES, json={"code": "1", "name": "Hàn"}, headers=header).status_code
        )

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    del header["Idempotency-Key"]
    assert len(app.test_client().get(TRADES, headers=header).get_json()["items"]) == 1


def test_health_reads_both_databases_alike(context: SampleContext) -> None:
    stop = threading.Event()
    stop.set()
    keep_beating(context.database, context.clock, stop, is_well=lambda: True)
    document = create_app(SERVICE, context).test_client().get("/ready").get_json()
    assert document["status"] == "ready"
    assert document["checks"]["worker"]["noinghe_worker_heartbeat_age_seconds"] == 0
