"""Merge, split, unlink, undo and history over HTTP: closed, refused where wrong, harmless when sent twice."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from services.linkage.service import SERVICE
from shared.contracts import Identity
from shared.service.service import Context
from shared.settings import Settings
from shared.web import keys
from shared.web.application import create_app
from tests.services.linkage.town import Town

ROOT = "/api/linkage/v1"
ONE, TWO = "000311000001", "000411987654"
"""Two personal numbers that have nothing to do with each other."""


class Caller:
    """A reviewer at a client: what it asks, it asks with its key."""

    def __init__(self, context: Context, client: FlaskClient, *scopes: str) -> None:
        self._client = client
        with context.database.write() as session:
            token = keys.create_key(session, context.clock, organisation="O1", scopes=scopes)
        self._key = {"Authorization": f"Bearer {token}"}

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        """Status and answer of a POST."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self._client.post(f"{ROOT}{path}", headers={**self._key, **named}, json=body)
        return answer.status_code, answer.json

    def get(self, path: str) -> tuple[int, Any]:
        """Status and answer of a GET."""
        answer = self._client.get(f"{ROOT}{path}", headers=self._key)
        assert answer.status_code >= 400 or answer.headers["Cache-Control"] == "no-store"
        return answer.status_code, answer.json


@pytest.fixture
def context(town: Town) -> Context:
    """A person of a leaver and two enrolments, and a leaver alone."""
    town.hear(
        ("c1", Identity(personal_number=ONE)),
        ("e1", Identity(personal_number=ONE)),
        ("e2", Identity(personal_number=ONE)),
        ("c2", Identity(personal_number=TWO)),
    )
    return Context(SERVICE, town.database, town.clock, Settings.load({}))


@pytest.fixture
def client(context: Context) -> FlaskClient:
    return create_app(SERVICE, context).test_client()


@pytest.fixture
def reviewer(context: Context, client: FlaskClient) -> Caller:
    return Caller(context, client, "linkage.review")


def persons(town: Town) -> dict[str, str | None]:
    """The pseudonym of every record."""
    return {ref: row.person_id for ref, row in town.links().items()}


def acts(town: Town) -> dict[str, tuple[str, dict[str, Any]]]:
    """One good request of every kind: its path and body."""
    links = persons(town)
    return {
        "merge": ("/merges", {"person_ids": [links["c1"], links["c2"]], "reason": "thử"}),
        "split": (f"/persons/{links['c1']}/splits", {"records": ["e1", "e2"], "reason": "thử"}),
        "unlink": ("/records/e1/unlink", {"reason": "thử"}),
    }


@pytest.mark.parametrize("act", ["merge", "split", "unlink"])
def test_every_act_tells_its_word_and_gives_each_record_its_person_back_when_undone(
    town: Town, reviewer: Caller, act: str
) -> None:
    before, known = town.partition(), persons(town)
    path, body = acts(town)[act]
    status, done = reviewer.post(path, body)
    after = persons(town)
    assert town.partition() != before
    spoken = {"merge": {"c1", "e1", "e2", "c2"}, "split": {"c1", "e1", "e2"}, "unlink": {"e1"}}[act]
    assert (status, set(done), set(done["records"])) == (200, {"word_id", "records"}, spoken)
    assert done["records"] == {ref: after[ref] for ref in spoken}
    status, undone = reviewer.post(f"/words/{done['word_id']}/undo", {"reason": "nhầm"})
    assert (status, undone["word_id"], set(undone["records"])) == (200, done["word_id"], spoken)
    assert town.partition() == before
    assert persons(town) == known


@pytest.mark.parametrize("act", ["merge", "split", "unlink"])
def test_an_act_sent_twice_is_done_once_and_undone_by_one_undo(
    town: Town, reviewer: Caller, act: str
) -> None:
    before = town.partition()
    path, body = acts(town)[act]
    _, first = reviewer.post(path, body)
    done = persons(town)
    reviewer.post(path, body)
    assert persons(town) == done
    assert reviewer.post(f"/words/{first['word_id']}/undo", {})[0] == 200
    assert town.partition() == before
    assert reviewer.post("/words/last/undo", {})[0] == 404


def test_with_an_idempotency_key_the_second_click_gets_the_first_answer(town: Town, reviewer: Caller) -> None:
    path, body = acts(town)["merge"]
    first = reviewer.post(path, body, Idempotency_Key="k")
    said = town.published()
    assert reviewer.post(path, body, Idempotency_Key="k") == first
    assert town.published() == said


def test_acts_are_closed_to_strangers_and_to_wrong_roles(
    town: Town, context: Context, client: FlaskClient
) -> None:
    links = persons(town)
    reader = Caller(context, client, "linkage.read", "linkage.write", "indicators.read")
    said = town.published()
    for path, body in (*acts(town).values(), ("/words/last/undo", {})):
        assert client.post(f"{ROOT}{path}", json=body).status_code == 401
        assert reader.post(path, body)[0] == 403
    for path in (f"/persons/{links['c1']}", "/history/c1", "/quality", "/quality/samples", "/second-reviews"):
        assert client.get(f"{ROOT}{path}").status_code == 401
        assert reader.get(path)[0] == 403
    assert (persons(town), town.published()) == (links, said)


@pytest.mark.parametrize("act", ["merge", "split", "unlink"])
@pytest.mark.parametrize("reason", [None, "", "   ", "x" * 501])
def test_without_a_reason_nothing_is_done(town: Town, reviewer: Caller, act: str, reason: str | None) -> None:
    said = town.published()
    path, body = acts(town)[act]
    named = {**body, "reason": reason} if reason is not None else {"records": body.get("records")}
    assert reviewer.post(path, named)[0] == 422
    assert town.published() == said


def test_what_cannot_be_done_is_refused_with_its_code_and_changes_nothing(
    town: Town, reviewer: Caller
) -> None:
    said = town.published()
    c1, c2 = persons(town)["c1"], persons(town)["c2"]
    refused = {
        ("/merges", "person_ids", (c1, "nobody")): (404, "unknown_person"),
        ("/merges", "person_ids", ("nobody", c2)): (404, "unknown_person"),
        ("/merges", "person_ids", (c1, c1)): (422, "invalid"),
        ("/merges", "person_ids", (c1,)): (422, "unprocessable_entity"),
        ("/merges", "person_ids", (c1, c2, c2)): (422, "unprocessable_entity"),
        ("/persons/nobody/splits", "records", ("e1",)): (404, "unknown_person"),
        (f"/persons/{c1}/splits", "records", ("c1", "e1", "e2")): (422, "not_of_person"),
        (f"/persons/{c1}/splits", "records", ("e1", "c2")): (422, "not_of_person"),
        (f"/persons/{c1}/splits", "records", ("nothing",)): (422, "not_of_person"),
        (f"/persons/{c1}/splits", "records", ()): (422, "unprocessable_entity"),
        ("/records/nothing/unlink", "", ()): (404, "unknown_record"),
        ("/words/nothing/undo", "", ()): (404, "nothing_to_undo"),
    }
    for (path, name, values), expected in refused.items():
        status, problem = reviewer.post(path, {**({name: list(values)} if name else {}), "reason": "thử"})
        assert (path, values, status, problem["type"].rpartition(":")[2]) == (path, values, *expected)
    assert reviewer.get("/persons/nobody")[0] == reviewer.get("/history/nobody")[0] == 404
    assert town.published() == said


def test_an_undone_word_is_not_undone_again_and_says_who_undid_it(town: Town, reviewer: Caller) -> None:
    _, done = reviewer.post(*acts(town)["merge"])
    undo = f"/words/{done['word_id']}/undo"
    assert reviewer.post(undo, {"reason": " nhầm "})[0] == 200
    said = town.published()
    status, problem = reviewer.post(undo, {"reason": "lần nữa"})
    assert (status, problem["type"].rpartition(":")[2]) == (404, "nothing_to_undo")
    assert town.published() == said
    _, history = reviewer.get("/history/c1")
    (word,) = history["words"]
    assert (word["verb"], word["says"], word["records"]) == ("merge", "same", ["c1", "c2", "e1", "e2"])
    assert (word["taken_back"], word["taken_back_reason"], word["reason"]) == (True, "nhầm", "thử")
    assert word["taken_back_by"] == word["decided_by"] != "local"


def test_a_person_is_shown_with_what_every_pair_weighs_and_no_number(town: Town, reviewer: Caller) -> None:
    _, found = reviewer.get(f"/persons/{persons(town)['c1']}")
    assert [record["record_ref"] for record in found["records"]] == ["c1", "e1", "e2"]
    assert all(record["has_number"] and record["identity"] == {} for record in found["records"])
    assert sorted(pair["record_refs"] for pair in found["pairs"]) == [
        ["c1", "e1"],
        ["c1", "e2"],
        ["e1", "e2"],
    ]
    assert ONE not in repr(found)
