"""The model learnt anew on a data folder, as a person trains, reads, accepts, leaves and rejects it."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from services.__main__ import SERVICES, command_line
from services.linkage.clusters import Policy
from services.linkage.model import document as documents
from shared.service.command_line import status_of
from tests.services.linkage.bulk.crowd import FAMILIES, GIVEN, MIDDLES, VILLAGES
from tests.services.linkage.bulk.test_proposing import House
from tests.services.linkage.files.offices import Office, read

SHIPPED = documents.shipped().version
PEOPLE = 80


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    return Office(tmp_path, capsys)


def _house(office: Office, *, leavers: int, hired: int) -> House:
    """A store of so many leavers, of whom `hired` found work; of every third little is known there."""
    random = Random(11)  # noqa: S311 made-up people
    people = [_person(random) for _ in range(leavers)]
    house = House(office, office.folder / "data")
    listed = {"school_code": "S1", "stage": "THCS", "school_year": "2025-2026", "recognised_round": "1"}
    leaver = {**listed, "recognised_on": "2026-05-28"}
    school = {"code": "S1", "name": "THCS Mẫu", "kind": "THCS", "commune_code": "03390", "valid_from": ""}
    work = {"employer_name": "Hộ Mẫu", "started_on": "2026-10-01"}
    for kind, rows in (
        ("institutions", [school]),
        ("completions", [{"record_id": f"HT{n}", **person, **leaver} for n, person in enumerate(people)]),
        (
            "placements",
            [
                {
                    "placement_id": f"VL{n}",
                    **person,
                    **(_weak(person, n), _turned(person), {})[n % 3],
                    **work,
                }
                for n, person in enumerate(people[:hired])
            ],
        ),
    ):
        assert house.run("import", kind, str(office.file(f"{kind}.csv", rows)))[0] == 0
    assert house.run("settle")[0] == 0
    return house


def _person(random: Random) -> dict[str, str]:
    def name() -> str:
        return " ".join(map(random.choice, (FAMILIES, MIDDLES, GIVEN)))

    year, month, day = random.randint(2009, 2011), random.randint(1, 12), random.randint(1, 28)
    return {
        "person_id": f"0002{year % 100:02d}{random.randrange(10**6):06d}",
        "full_name": name(),
        "sex": random.choice("MF"),
        "dob": f"{day:02d}/{month:02d}/{year}",
        "ethnic_code": random.choice(("01", "03", "12")),
        "village": random.choice(VILLAGES),
        "mother_name": name(),
        "father_name": name(),
        "phone": f"09{random.randrange(10**8):08d}",
    }


def _weak(person: dict[str, str], number: int) -> dict[str, str]:
    """What an employer wrote down who knew little: another sex, few of the rest."""
    parts = ("village", "mother_name", "phone", "father_name")
    kept = parts[: number // 3 % len(parts)]
    blank = {part: "" for part in ("person_id", "ethnic_code", *parts) if part not in kept}
    return {**blank, **_turned(person)}


def _turned(person: dict[str, str]) -> dict[str, str]:
    return {"sex": {"M": "F", "F": "M"}[person["sex"]]}


def _links(house: House) -> dict[str, tuple[str, str, str]]:
    """Person, weight and probability of every record, by its publisher's key."""
    out = house.office.folder / "export.csv"
    assert house.run("link", "export", str(out))[0] == 0
    return {row["record_id"]: (row["person_id"], row["weight_bits"], row["probability"]) for row in read(out)}


def _states(house: House) -> dict[str, str]:
    status, answer = house.run("link", "model", "list")
    assert status == 0
    return {one["version"]: one["state"] for one in answer["items"]}


def test_a_learnt_model_changes_nothing_until_it_is_accepted_and_leaving_it_gives_the_earlier_links(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line lies where the two models differ: what an employer knew of the weak is enough for one only."""
    monkeypatch.setattr(Policy, "for_precision", lambda *_: Policy(link=0.9999))
    house = _house(office, leavers=PEOPLE, hired=60)
    before = _links(house)
    assert _states(house) == {SHIPPED: "live"}

    status, trained = house.run("link", "train")
    version = trained["version"]
    assert (status, trained["state"], trained["live"]) == (0, "proposed", SHIPPED)
    assert trained["records"] == PEOPLE + 60
    assert trained["expected_matches"] == pytest.approx(60, abs=15)
    (same_sex,) = [one for one in trained["levels"] if (one["comparison"], one["level"]) == ("sex", 1)]
    assert same_sex["m"] < same_sex["live_m"]  # half of the hired were written with the other sex
    assert _states(house) == {SHIPPED: "live", version: "proposed"}
    assert house.run("link", "recompute")[1]["events"] == 0
    assert _links(house) == before
    _, proposal = house.run("link", "bulk", "propose")

    status, accepted = house.run("link", "model", "accept", version, "--reason", "thử")
    assert (status, accepted["state"]) == (0, "live")
    assert accepted["events"] > 0
    assert _states(house) == {SHIPPED: "past", version: "live"}
    under_learnt = _links(house)
    assert before["VL0"][0] == before["HT0"][0]
    assert under_learnt["VL0"][0] != under_learnt["HT0"][0] == before["HT0"][0]
    assert house.run("link", "recompute")[1]["events"] == 0
    assert house.run("link", "model", "accept", version)[0] == 1
    assert house.run("link", "model", "reject", version)[0] == 1
    _, again = house.run("link", "bulk", "propose")
    assert max(proposal["splink_difference"], again["splink_difference"]) < 1e-6

    assert house.run("link", "model", "accept", SHIPPED)[0] == 0
    assert _states(house) == {SHIPPED: "live", version: "past"}
    assert _links(house) == before
    assert house.run("link", "model", "accept", version)[0] == 0
    assert _links(house) == under_learnt
    assert house.run("verify")[1]["ok"]

    in_words = ["--data", str(house.data), "link", "train"]
    assert status_of(command_line(), SERVICES, in_words) == 0
    (third,) = _states(house).keys() - {SHIPPED, version}
    assert house.run("link", "model", "reject", third)[1]["state"] == "rejected"
    assert house.run("link", "model", "accept", third)[0] == 1
    assert status_of(command_line(), SERVICES, [*in_words[:2], "link", "model", "list"]) == 0
    assert third in house.office.capsys.readouterr().out


def test_a_small_store_teaches_nothing_and_only_proposed_versions_are_rejected(office: Office) -> None:
    house = _house(office, leavers=60, hired=5)
    assert house.run("link", "train")[0] == 1
    assert _states(house) == {SHIPPED: "live"}
    assert house.run("link", "model", "accept", "nobody")[0] == 1
    assert house.run("link", "model", "reject", SHIPPED)[0] == 1
    assert house.run("link", "model", "accept", SHIPPED)[0] == 1
