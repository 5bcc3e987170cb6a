"""The files: what the ordinary importer makes of them, and what stands beside them."""

from __future__ import annotations

import csv
import hashlib
import json
from datetime import date
from pathlib import Path

import pytest

from bench.linkage.population import VERSION, population
from bench.linkage.population.files import write
from services.employment.imports import PLACEMENTS
from services.school.imports import COMPLETIONS
from shared.files.layout import Layout
from shared.files.layouts import ENROLMENTS, INSTITUTIONS
from shared.files.reading import read_file

TODAY = date(2026, 11, 22)
LAYOUTS = (
    ("leavers", COMPLETIONS),
    ("learners", ENROLMENTS),
    ("hired", PLACEMENTS),
    ("institutions", INSTITUTIONS),
)
HARMLESS = {"birth_first_of_january", "dual_half_missing"}
"""Nominal birth dates are true ones; the halves of a 9+ where one lacks its number look like two people."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {}
    for intensity in ("clean", "normal", "dirty"):
        made[intensity] = tmp_path_factory.mktemp(intensity)
        write(population(people=2_500, seed=5, intensity=intensity), made[intensity])
    return made


@pytest.mark.parametrize(("name", "layout"), LAYOUTS, ids=[name for name, _ in LAYOUTS])
@pytest.mark.parametrize("intensity", ["clean", "normal", "dirty"])
def test_the_importer_refuses_no_row(
    folders: dict[str, Path], intensity: str, name: str, layout: Layout
) -> None:
    parsed = read_file(layout, folders[intensity] / f"{name}.csv", today=TODAY)
    assert parsed.rows
    assert [fault.message for fault in parsed.faults] == []
    if intensity == "clean":
        assert {warning.code for warning in parsed.warnings} <= HARMLESS


def test_the_importer_warns_of_dirt(folders: dict[str, Path]) -> None:
    parsed = read_file(COMPLETIONS, folders["dirty"] / "leavers.csv", today=TODAY)
    found = {warning.code for warning in parsed.warnings}
    assert {"birth_year_only", "personal_number_padded", "personal_number_birth_year"} <= found


def test_every_school_that_is_named_is_in_the_list_of_institutions(folders: dict[str, Path]) -> None:
    with (folders["clean"] / "institutions.csv").open(encoding="utf-8", newline="") as lines:
        known = {row["code"] for row in csv.DictReader(lines)}
    named = set()
    for name, column in (("leavers", "school_code"), ("learners", "institution_code")):
        with (folders["clean"] / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            named |= {row[column] for row in csv.DictReader(lines)}
    assert named == known


def test_truth_and_damage_have_a_line_for_every_row(folders: dict[str, Path]) -> None:
    rows = []
    for name in ("leavers", "learners", "hired"):
        with (folders["dirty"] / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            rows += [(name, row["record_id"]) for row in csv.DictReader(lines)]
    for name in ("truth", "damage"):
        with (folders["dirty"] / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            table = list(csv.DictReader(lines))
        assert [(row["source"], row["record_id"]) for row in table] == rows
    assert list(table[0]) == ["source", "record_id", "kinds"]


def test_keys_of_a_row_are_its_record_id(folders: dict[str, Path]) -> None:
    for name, key in (("learners", "enrolment_id"), ("hired", "placement_id")):
        with (folders["dirty"] / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
            assert all(row[key] == row["record_id"] for row in csv.DictReader(lines))


def test_the_manifest_says_how_to_make_the_same_again(folders: dict[str, Path]) -> None:
    manifest = json.loads((folders["dirty"] / "manifest.json").read_text(encoding="utf-8"))
    assert {name: manifest[name] for name in ("generator", "people", "seed", "intensity", "habits")} == {
        "generator": VERSION,
        "people": 2_500,
        "seed": 5,
        "intensity": "dirty",
        "habits": None,
    }
    for name, digest in manifest["sha256"].items():
        assert hashlib.sha256((folders["dirty"] / name).read_bytes()).hexdigest() == digest
    assert manifest["corruptions"]["slip"]["hired"] > 0
