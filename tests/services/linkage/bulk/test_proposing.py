"""Proposals on a data folder, as a person makes, reads, accepts and undoes them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.__main__ import SERVICES, command_line
from services.linkage import judging
from services.linkage.bulk import deciding
from services.linkage.clusters import Policy
from shared.service.command_line import status_of
from tests.services.linkage.files.offices import CHUNG, SAY, Office, of, read


@dataclass(slots=True)
class House:
    """A data folder and its command line."""

    office: Office
    data: Path

    def run(self, *words: str) -> tuple[int, Any]:
        """Run a command with `--json`: exit status and answer."""
        self.office.capsys.readouterr()
        status = status_of(command_line(), SERVICES, ["--data", str(self.data), "--json", *words])
        out = self.office.capsys.readouterr().out
        return status, json.loads(out) if out else None

    def persons(self) -> dict[str, str]:
        """The person of each record by its publisher's key, "" for nobody."""
        out = self.office.folder / "export.csv"
        assert self.run("link", "export", str(out))[0] == 0
        return {row["record_id"]: row["person_id"] for row in read(out)}


@pytest.fixture
def house(office: Office, monkeypatch: pytest.MonkeyPatch) -> House:
    """Two leavers, and a placement of the first whose name was written short, without a number.

    The store links nobody by evidence, under a far stricter line than the proposal: there is something to
    propose.
    """
    monkeypatch.setattr(Policy, "for_precision", lambda *_: Policy(link=1 - 1e-14))
    monkeypatch.setattr(deciding, "live_judge", lambda session: judging.shipped())
    found = House(office, office.folder / "data")
    listed = {"school_code": "S1", "stage": "THCS", "school_year": "2025-2026", "recognised_round": "1"}
    leaver = {**listed, "recognised_on": "2026-05-28"}
    school = {"code": "S1", "name": "THCS Mẫu", "kind": "THCS", "commune_code": "03390", "valid_from": ""}
    short = {**SAY, "full_name": "Giàng Say", "person_id": ""}
    hired = {"placement_id": "VL1", **short, "employer_name": "Hộ Mẫu", "started_on": "2026-10-01"}
    for kind, rows in (
        ("institutions", [school]),
        ("completions", [{**of(SAY, "HT1"), **leaver}, {**of(CHUNG, "HT2"), **leaver}]),
        ("placements", [hired]),
    ):
        path = office.file(f"{kind}.csv", rows)
        assert found.run("import", kind, str(path))[0] == 0
    assert found.run("settle")[0] == 0
    return found


def test_a_proposal_changes_nothing_until_it_is_accepted_and_can_be_undone(house: House) -> None:
    before = house.persons()
    assert before["VL1"] != before["HT1"]
    out = house.office.folder / "proposal.csv"
    status, proposal = house.run("link", "bulk", "propose", "--out", str(out))
    assert (status, proposal["state"], proposal["records"]) == (0, "open", 3)
    assert proposal["counts"] == {"new": 1, "merge": 0, "split": 0, "unlink": 0}
    assert proposal["splink_difference"] < 1e-6
    (row,) = read(out)
    assert (row["kind"], row["record_id"], row["other_person_id"]) == ("new", "VL1", before["HT1"])
    assert house.persons() == before

    status, accepted = house.run("link", "bulk", "accept")
    assert (status, accepted["state"]) == (0, "accepted")
    after = house.persons()
    assert after["VL1"] == after["HT1"] == before["HT1"]
    assert after["HT2"] == before["HT2"]

    assert house.run("link", "bulk", "undo", proposal["id"])[1]["state"] == "undone"
    assert house.persons() == before
    assert house.run("verify")[1]["ok"]


def test_what_was_decided_about_a_proposal_stands(house: House) -> None:
    before = house.persons()
    _, proposal = house.run("link", "--bulk")
    assert house.run("link", "bulk", "show")[1] == {
        key: value for key, value in proposal.items() if key != "splink_difference"
    }
    assert house.run("link", "bulk", "undo")[0] == 1
    assert house.run("link", "bulk", "reject")[1]["state"] == "rejected"
    assert house.run("link", "bulk", "accept")[0] == 1
    assert house.run("link", "bulk", "reject", proposal["id"])[0] == 1
    assert house.run("link", "bulk", "accept", "nobody")[0] == 1
    assert house.persons() == before


def test_a_reviewers_word_is_no_difference(house: House) -> None:
    refs = {one["record_id"]: one for one in _records(house)}
    word = ("review", "decide", refs["VL1"]["ref"], "--another-person")
    assert house.run(*word)[0] == 0
    assert house.run("link", "bulk", "propose")[1]["counts"]["new"] == 0


def test_an_empty_folder_has_no_proposal_and_proposes_nothing(office: Office) -> None:
    house = House(office, office.folder / "data")
    assert house.run("link", "bulk", "show")[0] == 1
    status, proposal = house.run("link", "bulk", "propose")
    assert (status, proposal["records"], sum(proposal["counts"].values())) == (0, 0, 0)


def _records(house: House) -> list[dict[str, str]]:
    """Keys and references, as a proposal tells them."""
    out = house.office.folder / "proposal.csv"
    _, proposal = house.run("link", "bulk", "propose", "--out", str(out))
    rows = {row["change"]: row["record_id"] for row in read(out)}
    return [
        {"record_id": rows[str(change["change"])], "ref": change["records"][0]}
        for change in proposal["changes"]
    ]
