"""The source services over HTTP: the same rules as files, and nothing without a key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.employment.service import SERVICE as EMPLOYMENT
from services.school.service import SERVICE as SCHOOL
from services.vocational.service import SERVICE as VOCATIONAL
from shared.clock import FixedClock
from shared.service.service import Context, Service
from shared.settings import Settings
from shared.web.application import create_app
from shared.web.keys import create_key
from tests.services.source_house import NOW, open_sources

COMPLETION = {
    "person_id": "000211000001",
    "full_name": "Vì Văn Chung",
    "school_code": "BL-THCS-1",
    "stage": "THCS",
    "school_year": "2025-2026",
    "recognised_round": 1,
    "recognised_on": "2026-05-28",
}
SCHOOLS = [
    {"code": code, "name": code, "kind": "THCS", "commune_code": "03390", "valid_from": "2025-07-01"}
    for code in ("BL-THCS-1", "BL-THCS-2")
]


class Caller:
    """A client with the key of an organisation."""

    def __init__(self, client: FlaskClient, service: str, key: str) -> None:
        self._client = client
        self._root = f"/api/{service}/v1"
        self._headers = {"Authorization": f"Bearer {key}"}

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """(status, JSON) of a request."""
        answer = self._client.open(self._root + path, method=method, json=body, headers=self._headers)
        return answer.status_code, answer.get_json(silent=True)


@pytest.fixture
def callers(tmp_path: Path) -> Iterator[Any]:
    """Makes a caller of a service for an organisation."""
    settings = Settings.load({}, data_dir=tmp_path)
    clock = FixedClock(NOW)
    with open_sources(f"sqlite:///{tmp_path}", SCHOOL, VOCATIONAL, EMPLOYMENT) as house:

        def caller(service: Service, organisation: str | None) -> Caller:
            database = house.databases[service.name]
            context = Context(service, database, clock, settings)
            with database.write() as session:
                scopes = [f"{service.name}.{action}" for action in ("read", "write")]
                key = create_key(session, clock, organisation=organisation, scopes=scopes)
            return Caller(create_app(service, context).test_client(), service.name, key)

        yield caller


@pytest.mark.parametrize("service", [SCHOOL, VOCATIONAL, EMPLOYMENT], ids=lambda service: service.name)
def test_nothing_is_read_or_written_without_a_key(callers: Any, service: Service) -> None:
    caller = callers(service, None)
    caller._headers = {}
    for kind in service.kinds:
        path = f"/{kind.layout.kind}"
        assert caller("GET", path)[0] == 401
        assert caller("POST", path, {})[0] == 401
        assert caller("POST", f"{path}/bulk", {"items": [{}]})[0] == 401
        assert caller("DELETE", f"{path}/item?key=a&reason=b")[0] == 401


def test_a_school_publishes_reads_and_takes_back_its_own_rows(callers: Any) -> None:
    office, school = callers(SCHOOL, None), callers(SCHOOL, "BL-THCS-1")
    assert office("POST", "/institutions/bulk", {"items": SCHOOLS})[0] == 200
    assert school("POST", "/completions", COMPLETION) == (201, {"status": "new", "warnings": []})
    assert school("POST", "/completions", COMPLETION)[1]["status"] == "same"
    status, problem = school("POST", "/completions", {**COMPLETION, "school_code": "BL-THCS-2"})
    assert (status, problem["errors"][0]["code"]) == (422, "institution_of_another")

    _, page = school("GET", "/completions")
    assert [item["person_id"] for item in page["items"]] == ["000211000001"]
    assert page["items"][0]["recognised_on"] == "2026-05-28"
    assert office("GET", "/completions")[1] == {"items": []}
    key = "000211000001/THCS/2025-2026"
    assert office("DELETE", f"/completions/item?key={key}&reason=x")[0] == 404
    assert school("DELETE", f"/completions/item?key={key}&reason=x")[0] == 204
    assert school("GET", f"/completions/item?key={key}")[0] == 404
    assert office("DELETE", "/institutions/item?key=BL-THCS-2/2025-07-01&reason=x")[0] == 204


def test_a_bulk_answers_per_item(callers: Any) -> None:
    centre = callers(EMPLOYMENT, "TTDVVL")
    vacancy = {
        "vacancy_id": "VC1",
        "employer_name": "Công ty Chè",
        "title": "Thợ điện",
        "openings": 1,
        "posted_on": "2026-06-01",
    }
    assert centre("POST", "/vacancies", vacancy)[0] == 201
    placements = [
        {
            "placement_id": f"PL{n}",
            "person_id": f"00020700000{n}",
            "vacancy_id": "VC1",
            "started_on": "2026-06-10",
        }
        for n in (1, 2)
    ]
    status, answer = centre("POST", "/placements/bulk", {"items": placements})
    assert status == 200
    assert [item["status"] for item in answer["items"]] == ["new", "rejected"]
    assert answer["items"][1]["faults"][0]["code"] == "no_openings_left"
    _, page = centre("GET", "/placements")
    assert [(i["vacancy_id"], i["employer_name"]) for i in page["items"]] == [("VC1", "Công ty Chè")]
    _, found = centre("GET", "/vacancies/item?key=VC1")
    assert (found["placed"], found["employer_name"]) == (1, "Công ty Chè")
    assert centre("DELETE", "/vacancies/item?key=VC1&reason=x")[0] == 409
