from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from shared.clock import FixedClock
from shared.web import keys
from tests.shared.web.conftest import bearer
from tests.shared.web.sample import SampleContext

TRADES = "/api/sample/v1/trades"


def test_without_a_key_nothing_is_read_or_written(client: FlaskClient) -> None:
    for response in (client.get(TRADES), client.post(TRADES, json={}), client.delete(f"{TRADES}/item?key=1")):
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("text", ["", "abc", "0123456789ab." + "A" * 43, "x" * 10_000, "0123456789ab.", "…"])
def test_a_wrong_key_opens_nothing(context: SampleContext, client: FlaskClient, text: str) -> None:
    header = {"X-Api-Key": text.encode().decode("latin-1")}
    assert client.get(TRADES, headers=header).status_code == 401


def test_the_right_prefix_with_another_secret_opens_nothing(
    context: SampleContext, client: FlaskClient
) -> None:
    token = bearer(context, "A", "sample.read")["Authorization"].removeprefix("Bearer ")
    prefix, _, secret = token.partition(".")
    changed = ("B" if secret[0] == "A" else "A") + secret[1:]
    assert client.get(TRADES, headers={"X-Api-Key": token}).status_code == 200
    assert client.get(TRADES, headers={"X-Api-Key": f"{prefix}.{changed}"}).status_code == 401


def test_a_key_without_the_scope_is_forbidden(context: SampleContext, client: FlaskClient) -> None:
    reader = bearer(context, "A", "sample.read")
    assert client.get(TRADES, headers=reader).status_code == 200
    response = client.post(TRADES, json={"code": "1", "name": "Hàn"}, headers=reader)
    assert response.status_code == 403
    assert response.get_json(force=True)["type"] == "urn:noinghe:problem:scope_missing"


def test_a_revoked_key_is_dead_at_once_and_the_other_of_its_organisation_lives(
    context: SampleContext, client: FlaskClient, clock: FixedClock
) -> None:
    old, new = bearer(context, "A", "sample.read"), bearer(context, "A", "sample.read")
    old_id = old["Authorization"].removeprefix("Bearer ").partition(".")[0]
    clock.instant += timedelta(minutes=1)
    with context.database.write() as session:
        assert keys.revoke(session, old_id, clock=clock) == 1
        assert keys.revoke(session, old_id, clock=clock) == 0
        assert keys.revoke(session, "ffffffffffff", clock=clock) == 0
    assert client.get(TRADES, headers=old).status_code == 401
    assert client.get(TRADES, headers=new).status_code == 200
    with context.database.read() as session:
        listed = {key["id"]: key for key in keys.list_keys(session)}
    assert listed[old_id]["revoked_at"] == "2026-11-22T03:01:00+00:00"
    assert listed[old_id]["scopes"] == ["sample.read"]
    assert listed[old_id]["organisation"] == "A"


def test_the_database_does_not_know_the_secret(context: SampleContext) -> None:
    token = bearer(context, "A", "sample.read")["Authorization"].removeprefix("Bearer ")
    _, _, secret = token.partition(".")
    with context.database.read() as session:
        stored = str(session.execute(sa.text("SELECT * FROM api_key")).all())
    assert secret not in stored


def test_one_key_can_be_stored_in_several_services(context: SampleContext, client: FlaskClient) -> None:
    issued = keys.issue("A", ["sample.read", "school.write"], clock=context.clock)
    with context.database.write() as session:
        keys.store(session, issued)
    assert client.get(TRADES, headers={"X-Api-Key": issued.secret_text}).status_code == 200
    assert issued.secret_text not in repr(issued)


@pytest.mark.parametrize("scopes", [[], ["school"], ["school.dance"], ["School.read"], ["a b.read"]])
def test_a_malformed_scope_makes_no_key(clock: FixedClock, scopes: list[str]) -> None:
    with pytest.raises(keys.BadKey):
        keys.issue("A", scopes, clock=clock)
