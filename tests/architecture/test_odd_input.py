"""Whatever JSON is sent to a kind of any service: an answer, never a failure of the house."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.__main__ import SERVICES
from shared.clock import FixedClock
from shared.files.importing import Kind
from shared.settings import Settings
from shared.web.application import create_app
from shared.web.keys import create_key

KINDS = [(service.name, kind.layout.kind) for service in SERVICES for kind in service.kinds]

ODD_CELLS: list[Any] = [
    None,
    "",
    " ",
    0,
    -1,
    10**30,
    1.5,
    True,
    [],
    [1, "a"],
    {},
    {"a": {"b": []}},
    "x" * 100_000,
    "\u0000",
    "\ud7ff\u202e\u200b",
    "=1+1",
    "<script>",
    "2026-02-30",
    "31/02/2026",
    "0001-01-01",
    "9999-12-31",
    "000000000000",
    "１２３",
]


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[FlaskClient, str]]]:
    clock = FixedClock(datetime(2026, 11, 22, tzinfo=UTC))
    settings = Settings(data_dir=tmp_path_factory.mktemp("odd"), instance="test")
    found = {}
    opened = [service.open(settings, clock) for service in SERVICES if service.kinds]
    for context in opened:
        name = context.service.name
        with context.database.write() as session:
            token = create_key(session, clock, organisation=None, scopes=[f"{name}.write", f"{name}.read"])
        found[name] = (create_app(context.service, context).test_client(), token)
    yield found
    for context in opened:
        context.close()


@pytest.mark.parametrize(("service", "kind"), KINDS)
def test_odd_cells_are_answered_per_item(
    service: str, kind: str, clients: dict[str, tuple[FlaskClient, str]]
) -> None:
    client, token = clients[service]
    names = [column.name for column in _kind(service, kind).layout.all_columns]
    items = [{name: cell} for name in names for cell in ODD_CELLS]
    items += [dict.fromkeys(names, cell) for cell in ODD_CELLS]
    for start in range(0, len(items), 1000):
        part = items[start : start + 1000]
        response = client.post(
            f"/api/{service}/v1/{kind}/bulk",
            data=json.dumps({"items": part}),
            content_type="application/json",
            headers={"X-Api-Key": token},
        )
        assert response.status_code == 200, response.get_data(as_text=True)[:500]
        answer = response.get_json()
        assert [item["index"] for item in answer["items"]] == list(range(len(part)))
        for item in answer["items"]:
            assert (item["status"] == "rejected") == bool(item["faults"]), part[item["index"]]


@pytest.mark.parametrize(("service", "kind"), KINDS)
def test_an_unknown_row_is_not_found(
    service: str, kind: str, clients: dict[str, tuple[FlaskClient, str]]
) -> None:
    client, token = clients[service]
    header = {"X-Api-Key": token}
    address = f"/api/{service}/v1/{kind}/item?key=%00/..%2F"
    assert client.get(address, headers=header).status_code in (404, 422)
    assert client.delete(f"{address}&reason=x", headers=header).status_code in (404, 422)
    assert client.get(f"/api/{service}/v1/{kind}", headers=header).status_code == 200


def _kind(service: str, kind: str) -> Kind:
    (found,) = (
        one for owner in SERVICES if owner.name == service for one in owner.kinds if one.layout.kind == kind
    )
    return found
