"""The routes of the service: totals for everybody, the rest with a key; the front page; the verbs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from services.indicators import cli
from services.indicators.service import SERVICE
from shared.clock import FixedClock
from shared.service import terminal
from shared.service.service import Context
from shared.settings import Settings
from shared.web.application import create_app
from shared.web.keys import create_key
from tests.services.indicators.story import Plane
from tests.services.indicators.test_golden_domain import golden_story

NOW = datetime(2027, 1, 15, 3, tzinfo=UTC)


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    """The open service."""
    opened = SERVICE.open(Settings.load({}, data_dir=tmp_path), FixedClock(NOW))
    yield opened
    opened.close()


@pytest.fixture
def golden(context: Context) -> Context:
    """The open service after the golden fixture."""
    Plane(context.database).hear(golden_story().envelopes)
    return context


@pytest.fixture
def client(golden: Context) -> FlaskClient:
    """A visitor without a key."""
    return create_app(SERVICE, golden).test_client()


def headers(context: Context, scope: str) -> dict[str, str]:
    """The headers of a caller whose key has one scope."""
    with context.database.write() as session:
        token = create_key(session, context.clock, organisation="PHONG", scopes=[scope])
    return {"Authorization": f"Bearer {token}"}


BOARD = "/api/indicators/v1/boards/BL2026?on=2026-12-31"


def test_everybody_may_read_totals(client: FlaskClient) -> None:
    answer = client.get(BOARD)
    assert answer.status_code == 200
    found = {one["id"]: one for one in answer.get_json()["indicators"]}
    assert (found["BL-5"]["value"], found["BL-5"]["met"], found["BL-5"]["unknown"]) == ("0.823529", True, 1)
    assert found["BL-5"]["not_recognised"] == 4
    assert "not_recognised" not in found["BL-6b"]


@pytest.mark.parametrize(
    "path",
    [
        f"{BOARD}&by=school",
        "/api/indicators/v1/lists/BL-5?plan=BL2026&on=2026-12-31&member=unknown",
        "/api/indicators/v1/jobs?on=2026-12-31",
    ],
)
def test_breakdowns_lists_and_trades_need_a_key_with_the_scope(
    client: FlaskClient, golden: Context, path: str
) -> None:
    assert client.get(path).status_code == 401
    assert client.get(path, headers=headers(golden, "indicators.write")).status_code == 403
    assert client.get(path, headers=headers(golden, "indicators.read")).status_code == 200


def test_a_key_opens_several_breakdowns_at_once(client: FlaskClient, golden: Context) -> None:
    answer = client.get(f"{BOARD}&by=school&by=sex", headers=headers(golden, "indicators.read"))
    rows = answer.get_json()["indicators"][0]["breakdowns"]
    assert {row["dimension"] for row in rows} == {"school", "sex"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/indicators/v1/boards/XX2026", 404),
        ("/api/indicators/v1/boards/BL2026?on=31/12/2026", 400),
        ("/api/indicators/v1/boards/BL2026?school_year=2025", 422),
        ("/api/indicators/v1/boards/BL2026?by=shoe", 400),
        ("/api/indicators/v1/boards/BL2026?colour=red", 400),
    ],
)
def test_a_bad_question_is_a_problem_document(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.content_type.startswith("application/problem+json")


def test_the_front_page_shows_the_totals_of_both_plans_and_nothing_finer(client: FlaskClient) -> None:
    answer = client.get("/")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    for expected in ("42/51", "82,35 %", "đạt mức 2030", "15/60", "25,00 %", "chưa đạt", "UBND xã Bình Lư"):
        assert expected in page
    assert "BL-THCS-1" not in page
    assert "Bản A" not in page
    assert "<script" not in page
    assert client.get("/indicators/front.css").content_type.startswith("text/css")


def test_the_front_page_says_when_there_is_nothing_yet(context: Context) -> None:
    page = create_app(SERVICE, context).test_client().get("/").get_data(as_text=True)
    assert page.count("Chưa có dữ liệu của năm học này.") == 2
    assert "Chưa nhận số liệu nào." in page


class _Session(terminal.Session):
    """An invocation whose verbs reach one open service."""

    context: Context

    def call(self, name: str, parameters: Any, *, doing: str | None = None) -> Any:
        """The operation of the service itself."""
        return json.loads(json.dumps(SERVICE.operations[name](self.context, parameters)))


def run(context: Context, *words: str) -> tuple[int, str]:
    """Exit status and output of a verb."""
    session = _Session([SERVICE])
    session.context = context
    verbs = {verb.name: verb for verb in cli.VERBS}
    result = CliRunner().invoke(verbs[words[0]], words[1:], obj=session)
    return result.exit_code, result.output


def test_the_verb_board_prints_a_table_or_json(golden: Context) -> None:
    status, text = run(golden, "board", "KR2024", "--on", "2024-12-31", "--by", "stage")
    assert status == 0
    assert "25,00 %" in text
    assert "Số liệu đến" in text
    status, text = run(golden, "board", "KR2024", "--on", "31/12/2024", "--json")
    assert json.loads(text)["indicators"][0]["value"] == "0.250000"


def test_the_verb_board_writes_a_file(golden: Context, tmp_path: Path) -> None:
    out = tmp_path / "board.csv"
    assert run(golden, "board", "BL2026", "--on", "2026-12-31", "--by", "sex", "--out", str(out))[0] == 0
    lines = out.read_text("utf-8-sig").splitlines()
    assert len(lines) == 1 + 2 * (1 + 2)
    assert "0.823529" in lines[1]
    assert run(golden, "board", "BL2026", "--on", "2026-12-31", "--out", "x.pdf")[0] == 2


def test_the_verbs_list_and_jobs(golden: Context) -> None:
    status, text = run(
        golden, "list", "BL-5", "--plan", "BL2026", "--on", "2026-12-31", "--member", "excluded", "--json"
    )
    assert status == 0
    assert [one["destination"] for one in json.loads(text)] == ["DEC"]
    status, text = run(golden, "jobs", "--on", "2026-12-31", "--json")
    assert {"trade_code", "name_vi", "openings", "learners", "completions", "placements"} == set(
        json.loads(text)[0]
    )


def test_an_unknown_plan_or_dimension_is_a_usage_error(golden: Context) -> None:
    assert run(golden, "board", "XX", "--on", "2026-12-31")[0] == 2
    assert run(golden, "board", "BL2026", "--on", "2026-12-31", "--by", "shoe")[0] == 2
    assert run(golden, "board", "BL2026", "--on", "hôm nay")[0] == 2
