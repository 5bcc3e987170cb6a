from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.shared.web.conftest import bearer
from tests.shared.web.sample import SampleContext

TRADES = "/api/sample/v1/trades"
Header = dict[str, str]


def trade(code: str, name: str = "Hàn") -> dict[str, Any]:
    return {"code": code, "name": name}


def test_one_row_is_new_then_the_same_then_changed(client: FlaskClient, key_a: Header) -> None:
    first = client.post(TRADES, json=trade("1"), headers=key_a)
    assert (first.status_code, first.get_json()["status"]) == (201, "new")
    again = client.post(TRADES, json=trade("1"), headers=key_a)
    assert (again.status_code, again.get_json()["status"]) == (200, "same")
    other = client.post(TRADES, json=trade("1", "Tiện"), headers=key_a)
    assert (other.status_code, other.get_json()["status"]) == (200, "changed")


def test_a_refused_row_points_to_the_field(client: FlaskClient, key_a: Header) -> None:
    response = client.post(TRADES, json=trade("1", "cấm"), headers=key_a)
    assert response.status_code == 422
    (error,) = response.get_json(force=True)["errors"]
    assert error["pointer"] == "/name"
    assert error["code"] == "forbidden_name"


def test_bulk_answers_per_item_and_saves_the_good_ones(client: FlaskClient, key_a: Header) -> None:
    items = [trade("1"), trade("2", "cấm"), {"code": "3"}, trade("1")]
    response = client.post(f"{TRADES}/bulk", json={"items": items}, headers=key_a)
    assert response.status_code == 200
    answer = response.get_json()
    assert {name: answer[name] for name in ("new", "changed", "same", "rejected")} == {
        "new": 1,
        "changed": 0,
        "same": 1,
        "rejected": 2,
    }
    assert [item["index"] for item in answer["items"]] == [0, 1, 2, 3]
    assert [item["status"] for item in answer["items"]] == ["new", "rejected", "rejected", "same"]
    assert answer["items"][1]["faults"][0]["code"] == "forbidden_name"
    assert len(answer["faults"]) == 2
    assert [row["code"] for row in client.get(TRADES, headers=key_a).get_json()["items"]] == ["1"]


@pytest.mark.parametrize("item", [{}, {"code": "1"}, {"code": " ", "name": None}, {"code": "Tổng cộng"}])
def test_an_item_that_lacks_what_is_needed_answers_for_itself(
    client: FlaskClient, key_a: Header, item: dict[str, Any]
) -> None:
    answer = client.post(f"{TRADES}/bulk", json=[item], headers=key_a).get_json()
    assert answer["rejected"] == 1
    assert [one["status"] for one in answer["items"]] == ["rejected"]
    assert {(fault["row"], fault["code"]) for fault in answer["faults"]} == {(1, "missing_value")}
    assert answer["items"][0]["faults"] == answer["faults"]


def test_all_or_nothing_saves_nothing_when_one_item_is_refused(client: FlaskClient, key_a: Header) -> None:
    response = client.post(
        f"{TRADES}/bulk?all_or_nothing=true",
        json={"items": [trade("1"), trade("2", "cấm")]},
        headers=key_a,
    )
    assert response.status_code == 422
    answer = response.get_json(force=True)
    assert answer["rejected"] == 1
    assert answer["items"][1]["faults"][0]["code"] == "forbidden_name"
    assert client.get(TRADES, headers=key_a).get_json()["items"] == []


def test_a_dry_run_answers_and_saves_nothing(client: FlaskClient, key_a: Header) -> None:
    response = client.post(f"{TRADES}/bulk?dry_run=true", json={"items": [trade("1")]}, headers=key_a)
    assert response.get_json()["new"] == 1
    assert client.get(TRADES, headers=key_a).get_json()["items"] == []


def test_a_thousand_items_are_taken_and_one_more_is_not(client: FlaskClient, key_a: Header) -> None:
    items = [trade(f"{number:04}") for number in range(1001)]
    assert client.post(f"{TRADES}/bulk", json={"items": items}, headers=key_a).status_code == 413
    accepted = client.post(f"{TRADES}/bulk", json=items[:1000], headers=key_a)
    assert accepted.get_json()["new"] == 1000


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b'{"items": NaN}', "application/json", 400),
        (b"[]", "application/json", 422),
        (b"{}", "application/json", 422),
        (b"[1]", "application/json", 422),
        (b"\xff\xfe", "application/json", 400),
        (b"code=1", "application/x-www-form-urlencoded", 415),
        (b"[" * 100_000, "application/json", 400),
        (b" " * (9 * 1024 * 1024), "application/json", 413),
    ],
)
def test_an_unusable_body_is_one_problem(
    client: FlaskClient, key_a: Header, body: bytes, content_type: str, status: int
) -> None:
    response = client.post(f"{TRADES}/bulk", data=body, content_type=content_type, headers=key_a)
    assert response.status_code == status
    assert response.content_type == "application/problem+json"


def test_pages_follow_their_links_to_the_end(client: FlaskClient, key_a: Header) -> None:
    client.post(f"{TRADES}/bulk", json=[trade(str(number)) for number in range(5)], headers=key_a)
    seen: list[str] = []
    address: str | None = f"{TRADES}?limit=2"
    pages = 0
    while address:
        response = client.get(address, headers=key_a)
        seen += [row["code"] for row in response.get_json()["items"]]
        link = response.headers.get("Link", "")
        address = link.partition(">")[0].lstrip("<") if link else None
        pages += 1
    assert seen == ["0", "1", "2", "3", "4"]
    assert pages == 3


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("colour=red", "?colour"), ("limit=0", "?limit"), ("limit=x", "?limit"), ("after=%25", "?after")],
)
def test_a_wrong_query_parameter_is_a_400_that_names_it(
    client: FlaskClient, key_a: Header, query: str, pointer: str
) -> None:
    response = client.get(f"{TRADES}?{query}", headers=key_a)
    assert response.status_code == 400
    assert response.get_json(force=True)["errors"][0]["pointer"] == pointer


def test_a_row_of_another_organisation_does_not_exist(
    client: FlaskClient, key_a: Header, key_b: Header
) -> None:
    client.post(TRADES, json=trade("1"), headers=key_a)
    assert client.get(f"{TRADES}/item?key=1", headers=key_a).get_json() == trade("1")
    assert client.get(f"{TRADES}/item?key=1", headers=key_b).status_code == 404
    assert client.get(TRADES, headers=key_b).get_json()["items"] == []
    assert client.delete(f"{TRADES}/item?key=1&reason=x", headers=key_b).status_code == 404
    assert client.get(f"{TRADES}/item?key=1", headers=key_a).status_code == 200


def test_a_withdrawn_row_is_gone_and_comes_back_when_sent_again(client: FlaskClient, key_a: Header) -> None:
    client.post(TRADES, json=trade("1"), headers=key_a)
    assert client.delete(f"{TRADES}/item?key=1", headers=key_a).status_code == 400
    assert client.delete(f"{TRADES}/item?key=1&reason=nhầm", headers=key_a).status_code == 204
    assert client.get(f"{TRADES}/item?key=1", headers=key_a).status_code == 404
    assert client.delete(f"{TRADES}/item?key=1&reason=nhầm", headers=key_a).status_code == 404
    client.post(TRADES, json=trade("1"), headers=key_a)
    assert client.get(f"{TRADES}/item?key=1", headers=key_a).status_code == 200


def test_a_withdrawal_of_a_row_that_changed_meanwhile_is_refused(client: FlaskClient, key_a: Header) -> None:
    client.post(TRADES, json=trade("1"), headers=key_a)
    etag = client.get(f"{TRADES}/item?key=1", headers=key_a).headers["ETag"]
    seen_before = client.get(f"{TRADES}/item?key=1", headers={**key_a, "If-None-Match": etag})
    assert seen_before.status_code == 304
    client.post(TRADES, json=trade("1", "Tiện"), headers=key_a)
    address = f"{TRADES}/item?key=1&reason=nhầm"
    assert client.delete(address, headers={**key_a, "If-Match": etag}).status_code == 412
    fresh = client.get(f"{TRADES}/item?key=1", headers=key_a).headers["ETag"]
    assert client.delete(address, headers={**key_a, "If-Match": fresh}).status_code == 204


def test_a_key_without_organisation_publishes_as_local(context: SampleContext, client: FlaskClient) -> None:
    local = bearer(context, None, "sample.read", "sample.write")
    client.post(TRADES, json=trade("1"), headers=local)
    assert client.get(TRADES, headers=local).get_json()["items"] == [trade("1")]
