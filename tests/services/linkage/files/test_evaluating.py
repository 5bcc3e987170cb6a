from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from services.__main__ import SERVICES, command_line
from services.linkage.evaluating import Named, NothingInCommon, evaluate
from services.linkage.measures import Figures
from shared.service.command_line import status_of
from tests.services.linkage.files.offices import CHUNG, SAY, Office, of, read


def _named(source: str, *persons: str | None) -> list[Named]:
    return [Named(source, str(number), person) for number, person in enumerate(persons, start=1)]


def test_persons_are_measured_over_the_records_that_both_sides_know() -> None:
    truth = _named("a", "P", "P", "Q", "Q", "R")
    links = [*_named("a", "x", "x", "y", None), Named("b", "9", "x")]
    found = evaluate(truth, links)
    assert (found.missing, found.beside) == (1, 1)  # a:5 is not linked at all, b:9 not in the truth
    assert found.measures.pairwise == Figures(1.0, 0.5, 2 / 3)
    assert found.measures.records == 4


def test_a_source_of_another_name_is_found_by_its_keys() -> None:
    truth = [*_named("leavers", "P", "Q"), *_named("hired", "P", "Q")]
    links = [*_named("school/local/completion", "x", "y"), Named("employment/local/placement", "1", "x")]
    links += [Named("employment/local/placement", "2", "z")]
    found = evaluate(truth, links)
    assert found.missing == 0
    assert found.measures.records == 4
    assert set(found.sources["leavers"]) == {"school/local/completion", "employment/local/placement"}


def test_an_equal_name_goes_before_more_keys() -> None:
    links = [Named("a", "1", "x"), *_named("b", "y", "y")]
    found = evaluate([Named("a", "1", "P"), Named("a", "2", "P")], links)
    assert found.sources == {"a": ["a", "b"]}
    assert found.measures.found_pairs == 0  # a:1 is x, not the 1 of b


def test_a_truth_about_nobody_is_refused() -> None:
    with pytest.raises(NothingInCommon):
        evaluate(_named("a", "P"), [Named("a", "7", "x")])


def _run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any, str]:
    capsys.readouterr()
    status = status_of(command_line(), SERVICES, words)
    said = capsys.readouterr()
    return status, json.loads(said.out) if said.out.startswith("{") else said.out, said.err


def test_a_links_file_is_evaluated_by_the_command(office: Office) -> None:
    files = [office.file(f"{name}.csv", [of(SAY, "1"), of(CHUNG, "=2")]) for name in "ab"]
    office.link(*files)
    truth = office.file(
        "truth.csv",
        [
            {"source": source, "record_id": record_id, "person": person}
            for source in "ab"
            for record_id, person in (("1", "P"), ("=2", "Q"))
        ],
    )
    words = ("link", "evaluate", "--truth", str(truth), "--links", str(office.folder / "links.csv"))
    status, answer, _ = _run(office.capsys, *words, "--json")
    assert status == 0
    assert answer["measures"]["pairwise"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert answer["missing"] == answer["beside"] == 0
    status, shown, _ = _run(office.capsys, *words)
    assert status == 0
    assert "B-cubed" in shown
    assert "1,0000" in shown


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("source,record_id\na,1\n", "thiếu cột person"),
        ("", "rỗng"),
        ("source,record_id,person\nz,9,P\n", "Không hồ sơ nào"),
    ],
)
def test_a_truth_that_is_none_is_one_sentence(office: Office, content: str, said: str) -> None:
    office.link(office.file("a.csv", [of(SAY, "1")]))
    truth = office.folder / "truth.csv"
    truth.write_text(content, encoding="utf-8")
    links = str(office.folder / "links.csv")
    status, _, err = _run(office.capsys, "link", "evaluate", "--truth", str(truth), "--links", links)
    assert status == 1
    assert said in err


@pytest.fixture
def folder(office: Office) -> Path:
    """A data folder into which a school, its leavers and a firm's placements were imported."""
    listed = {"school_code": "S1", "stage": "THCS", "school_year": "2025-2026", "recognised_round": "1"}
    leaver = {**listed, "recognised_on": "2026-05-28", "residence_code": ""}
    school = {"code": "S1", "name": "THCS Mẫu", "kind": "THCS", "commune_code": "03390", "valid_from": ""}
    hired = {"employer_name": "Hộ kinh doanh Mẫu", "started_on": "2026-10-01"}
    data = office.folder / "data"
    for kind, rows in (
        ("institutions", [school]),
        ("completions", [{**of(SAY, "HT1"), **leaver}, {**of(CHUNG, ""), **leaver}]),
        ("placements", [{"placement_id": "VL1", **SAY, **hired}]),
    ):
        path = office.file(f"{kind}.csv", rows)
        status, answer, err = _run(office.capsys, "--data", str(data), "import", kind, str(path), "--json")
        assert status == 0, (answer, err)
    assert _run(office.capsys, "--data", str(data), "settle")[0] == 0
    return data


def test_a_data_folder_is_exported_by_the_keys_of_its_publishers(office: Office, folder: Path) -> None:
    out = office.folder / "all.csv"
    status, answer, _ = _run(office.capsys, "--data", str(folder), "link", "export", str(out), "--json")
    assert (status, answer["records"]) == (0, 3)
    rows = {(row["source"], row["record_id"]): row for row in read(out)}
    known = {("school/local/completion", "HT1"), ("employment/local/placement", "VL1")}
    assert known < set(rows)
    assert len({rows[key]["person_id"] for key in known}) == 1
    assert all(float(rows[key]["weight_bits"]) > 20 and rows[key]["probability"] > "0.99" for key in known)
    (other,) = rows.keys() - known
    assert len(other[1]) == 32  # a key made of a personal number is not told: the reference stands instead
    assert CHUNG["person_id"] not in out.read_text(encoding="utf-8")


def test_the_links_of_a_data_folder_are_evaluated(office: Office, folder: Path) -> None:
    truth = office.file(
        "truth.csv",
        [
            {"source": "leavers", "record_id": "HT1", "person": "P"},
            {"source": "hired", "record_id": "VL1", "person": "P"},
            {"source": "hired", "record_id": "VL9", "person": "Q"},
        ],
    )
    words = ("--data", str(folder), "link", "evaluate", "--truth", str(truth), "--json")
    status, answer, _ = _run(office.capsys, *words)
    assert status == 0
    assert answer["measures"]["pairwise"]["f1"] == 1.0
    assert (answer["missing"], answer["beside"]) == (1, 1)


def test_an_export_to_nowhere_is_one_sentence(office: Office, folder: Path) -> None:
    out = office.folder / "nowhere" / "all.csv"
    status, _, err = _run(office.capsys, "--data", str(folder), "link", "export", str(out))
    assert status == 1
    assert "thư mục" in err
