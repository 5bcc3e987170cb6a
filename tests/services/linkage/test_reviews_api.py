"""Reviews over HTTP and from the command line: closed, private, decided both ways and undone."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from services.linkage.operations import decide, list_reviews
from services.linkage.service import SERVICE
from shared.errors import Invalid
from shared.service.service import Context
from shared.settings import Settings
from shared.web import keys
from shared.web.application import create_app
from tests.services.linkage.town import Town, person


@pytest.fixture
def context(town: Town) -> Context:
    one = "000311000001"
    town.hear(
        ("c1", person(personal_number=one)),
        ("e1", person(personal_number=one, full_name="Vàng A Páo", dob="2010-01-02", sex="M")),
        (
            "e2",
            person(
                personal_number=one, full_name="Giàng Thị Dở", dob="2009-11-30", mother_name="Sùng Thị Sú"
            ),
        ),
    )
    return Context(SERVICE, town.database, town.clock, Settings.load({}))


@pytest.fixture
def client(context: Context) -> FlaskClient:
    return create_app(SERVICE, context).test_client()


def bearer(context: Context, *scopes: str) -> dict[str, str]:
    with context.database.write() as session:
        token = keys.create_key(session, context.clock, organisation="O1", scopes=scopes)
    return {"Authorization": f"Bearer {token}"}


def test_reviews_are_closed(context: Context, client: FlaskClient) -> None:
    assert client.get("/api/linkage/v1/reviews").status_code == 401
    wrong = bearer(context, "linkage.read")
    assert client.get("/api/linkage/v1/reviews", headers=wrong).status_code == 403
    assert client.post("/api/linkage/v1/reviews/e1/decision", headers=wrong, json={}).status_code == 403


def test_reviews_are_listed_by_page_and_may_not_be_kept(context: Context, client: FlaskClient) -> None:
    headers = bearer(context, "linkage.review")
    first = client.get("/api/linkage/v1/reviews?limit=1", headers=headers)
    assert [item["record_ref"] for item in first.json["items"]] == ["e1"]  # type: ignore[index]
    assert first.headers["Cache-Control"] == "no-store"
    following = first.headers["Link"].split(">")[0].removeprefix("<")
    second = client.get(following, headers=headers)
    assert [item["record_ref"] for item in second.json["items"]] == ["e2"]  # type: ignore[index]
    assert "Link" not in second.headers


def test_a_review_shows_who_it_could_be(context: Context, client: FlaskClient) -> None:
    found: Any = client.get("/api/linkage/v1/reviews/e1", headers=bearer(context, "linkage.review")).json
    assert (found["reason"], found["person_id"]) == ("number_contradicts", None)
    likely = {candidate["record_ref"]: candidate for candidate in found["candidates"]}["c1"]
    assert likely["identity"]["full_name"] == "Lò Thị Mai"
    assert likely["has_number"] is True
    assert "personal_number" not in likely["identity"]
    weights = [each["weight_bits"] for each in likely["comparisons"]]
    assert likely["comparisons"][0]["level_vi"] == "số bằng nhau"
    whole = likely["prior_bits"] + sum(weights) + likely["rarity_bits"]
    assert whole == pytest.approx(likely["weight_bits"], abs=0.01)


def test_a_review_is_decided_and_undone(context: Context, client: FlaskClient, town: Town) -> None:
    headers = bearer(context, "linkage.review")
    path = "/api/linkage/v1/reviews/e1/decision"
    decided: Any = client.post(path, headers=headers, json={"same_as": "c1"}).json
    assert decided["person_id"] == town.links()["c1"].person_id
    assert decided["decision"]["same_as"] == "c1"
    other: Any = client.post(path, headers=headers, json={"another_person": True}).json
    assert (other["person_id"], other["reason"]) == (None, None)
    assert client.delete(path, headers=headers).status_code == 204
    assert town.reviews()["e1"] == "number_contradicts"
    assert client.delete(path, headers=headers).status_code == 404


def test_an_answer_must_be_one_answer(context: Context, client: FlaskClient) -> None:
    headers = bearer(context, "linkage.review")
    path = "/api/linkage/v1/reviews/e1/decision"
    for body in ({}, {"same_as": "c1", "another_person": True}, {"same_as": "e1"}):
        assert client.post(path, headers=headers, json=body).status_code in (400, 422)
    assert client.post(path, headers=headers, json={"same_as": "nobody"}).status_code == 404
    assert client.get("/api/linkage/v1/reviews/nobody", headers=headers).status_code == 404


def test_the_command_line_lists_and_decides(context: Context, town: Town) -> None:
    listed = list_reviews(context, {"limit": 10})
    assert [item["record_ref"] for item in listed["items"]] == ["e1", "e2"]
    assert decide(context, {"record_ref": "e1", "same_as": "c1"})["decision"]["decided_by"] == "local"
    decide(context, {"record_ref": "e1", "take_back": True})
    assert "e1" in town.reviews()
    with pytest.raises(Invalid):
        decide(context, {"record_ref": "e1"})
