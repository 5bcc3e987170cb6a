"""The demo's workbooks: generated from their sources, faultless, and harmless to the golden figures."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from services.demo import FILES, KINDS
from services.demo.generate import SOURCE, generate
from shared.files.layouts import ENROLMENTS, INSTITUTIONS
from shared.files.reading import read_file, read_table

TODAY = date(2026, 12, 31)


def source(kind: str) -> list[dict[str, str]]:
    with (SOURCE / f"{kind}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_committed_workbooks_are_what_the_sources_give(tmp_path: Path) -> None:
    for (_, committed), written in zip(FILES, generate(tmp_path), strict=True):
        fresh, kept = read_table(written), read_table(committed)
        assert fresh.headings == kept.headings
        assert list(fresh.rows) == list(kept.rows)


@pytest.mark.parametrize(("layout", "rows"), [(INSTITUTIONS, 17), (ENROLMENTS, 115)])
def test_the_workbooks_are_read_without_any_remark(layout: object, rows: int) -> None:
    assert layout in (INSTITUTIONS, ENROLMENTS)
    chosen = INSTITUTIONS if layout is INSTITUTIONS else ENROLMENTS
    found = read_file(chosen, dict(FILES)[chosen.kind], today=TODAY)
    assert (len(found.rows), found.faults, found.warnings) == (rows, [], [])


def test_all_people_are_synthetic() -> None:
    people = {row["person_id"] for kind in KINDS for row in source(kind) if "person_id" in row}
    assert len(people) == 146
    assert all(person.startswith("000") for person in people)


def test_placements_name_only_people_at_work_and_begin_no_earlier() -> None:
    at_work = {
        row["person_id"]: row["happened_on"] for row in source("life-events") if row["event"] == "employed"
    }
    enrolled = {row["person_id"] for row in source("enrolments")}
    for placement in source("placements"):
        assert placement["person_id"] not in enrolled
        assert placement["started_on"] >= at_work[placement["person_id"]]
        assert placement["ended_on"] == ""


def test_placements_stay_within_the_openings_of_their_vacancies() -> None:
    openings = {row["vacancy_id"]: int(row["openings"]) for row in source("vacancies")}
    for placement in source("placements"):
        if placement["vacancy_id"]:
            openings[placement["vacancy_id"]] -= 1
    assert min(openings.values()) >= 0
