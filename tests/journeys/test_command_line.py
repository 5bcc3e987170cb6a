"""The command line as scripts see it: exit status, JSON, one sentence for what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.demo import FILES
from tests.journeys.office import Office, source_rows

INSTITUTION = {
    "code": "S1",
    "name": "THCS mẫu",
    "kind": "THCS",
    "commune_code": "03390",
    "valid_from": "2025-07-01",
    "valid_to": "",
}
COMPLETION = {
    "person_id": "000211000001",
    "full_name": "Vì Văn Chung",
    "sex": "M",
    "dob": "2011-03-09",
    "ethnic_code": "03",
    "school_code": "S1",
    "stage": "THCS",
    "school_year": "2025-2026",
    "recognised_round": "1",
    "recognised_on": "2026-05-28",
    "residence_code": "03390",
    "village": "Bản A",
}


def test_good_rows_of_a_dirty_file_are_saved_and_the_bad_ones_named(small_office: Office) -> None:
    office = small_office
    office.imports("institutions", [INSTITUTION])
    answer = office.run(
        "import",
        "completions",
        str(
            office.sheet(
                "dirty.csv",
                [
                    COMPLETION,
                    {**COMPLETION, "person_id": "000211000002", "school_code": "NOWHERE"},
                    {**COMPLETION, "person_id": "000211000003", "recognised_on": "2026-13-28"},
                    {**COMPLETION, "person_id": "00021100000A"},
                ],
            )
        ),
        "--json",
    )
    assert answer.status == 1
    told = answer.json()
    assert (told["new"], told["rejected"]) == (1, 3)
    assert [(fault["row"], fault["column"]) for fault in told["faults"]] == [
        (3, "school_code"),
        (4, "recognised_on"),
        (5, "person_id"),
    ]
    assert all(set(fault) == {"row", "column", "value", "code", "message"} for fault in told["faults"])


def test_a_known_institution_of_the_wrong_kind_is_not_called_unknown(small_office: Office) -> None:
    office = small_office
    kinds = {"CD1": "CD", "TH1": "THPT", "TT1": "GDNN-GDTX"}
    office.imports("institutions", [{**INSTITUTION, "code": code, "kind": kinds[code]} for code in kinds])

    def refused(kind: str, column: str, row: dict[str, str]) -> str:
        told = office.imports(kind, [row])
        (fault,) = told["faults"]
        assert (told["rejected"], fault["row"], fault["column"], fault["value"]) == (
            1,
            2,
            column,
            row[column],
        )
        return f"{fault['code']}: {fault['message']}"

    enrolment = {
        "enrolment_id": "E1",
        "person_id": "000211000001",
        "full_name": "Vì Văn Chung",
        "admitted_on": "2026-09-05",
        "trade_code": "",
    }
    for programme, code in (("THPT", "CD1"), ("GDTX", "CD1"), ("DH", "CD1"), ("DTTX", "TH1")):
        row = {**enrolment, "programme_kind": programme, "institution_code": code}
        assert refused("enrolments", "institution_code", row) == (
            f"institution_of_wrong_kind: Hàng 2, cột institution_code: cơ sở “{code}” là loại {kinds[code]}, "
            f"không có chương trình {programme}; hãy sửa mã cơ sở, hoặc sửa programme_kind."
        )
    at_college = {**COMPLETION, "school_code": "CD1", "stage": "THPT"}
    said = refused("completions", "school_code", at_college)
    assert "cơ sở “CD1” là loại CD, không có cấp học THPT; hãy sửa mã cơ sở, hoặc sửa stage." in said
    offer = {"programme_id": "P", "institution_code": "TH1", "programme_kind": "TC", "trade_code": "5480202"}
    assert "loại THPT, không có chương trình TC" in refused("programmes", "institution_code", offer)

    early = {**enrolment, "programme_kind": "THPT", "institution_code": "TT1", "admitted_on": "2025-01-05"}
    assert "institution_not_valid" in refused("enrolments", "institution_code", early)
    nowhere = {**enrolment, "programme_kind": "THPT", "institution_code": "XX1"}
    assert "unknown_institution" in refused("enrolments", "institution_code", nowhere)


def test_all_or_nothing_and_dry_run_leave_nothing_behind(small_office: Office) -> None:
    office = small_office
    office.imports("institutions", [INSTITUTION])
    rows = [COMPLETION, {**COMPLETION, "person_id": "000211000002", "school_code": "NOWHERE"}]
    assert office.imports("completions", rows, "--all-or-nothing")["rejected"] == 1
    assert office.imports("completions", [COMPLETION], "--dry-run")["new"] == 1
    assert office.imports("completions", [COMPLETION])["new"] == 1


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a workbook", b"\x00\x01\x02\xff" * 50])
def test_an_unreadable_file_is_one_fault_without_a_row(small_office: Office, content: bytes) -> None:
    path = small_office.folder / "broken.xlsx"
    path.write_bytes(content)
    answer = small_office.run("import", "completions", str(path), "--json")
    assert answer.status == 1
    assert [fault["row"] for fault in answer.json()["faults"]] == [None]


def test_a_missing_file_is_one_fault_without_a_row(small_office: Office) -> None:
    answer = small_office.run("import", "completions", str(small_office.folder / "none.csv"), "--json")
    assert (answer.status, [fault["row"] for fault in answer.json()["faults"]]) == (1, [None])


@pytest.mark.parametrize(
    "arguments",
    [
        ("board",),
        ("board", "BL2026", "--on", "31/31/2026"),
        ("import", "nonsense", "file.csv"),
        ("nonsense",),
        ("board", "BL2026", "--on", "2026-12-31", "--by", "colour"),
    ],
)
def test_wrong_words_are_usage_errors(small_office: Office, arguments: tuple[str, ...]) -> None:
    assert small_office.run(*arguments).status == 2


def test_an_unknown_plan_is_a_usage_error_that_names_it(small_office: Office) -> None:
    answer = small_office.run("board", "XX2030", "--on", "2026-12-31")
    assert answer.status == 2
    assert "XX2030" in answer.err


def test_an_unreachable_database_is_unavailable(tmp_path: Path) -> None:
    office = Office(tmp_path, {"NOINGHE_DATABASE_URL": "postgresql://u:secret@127.0.0.1:9/db"})
    answer = office.run("board", "BL2026", "--on", "2026-12-31")
    assert answer.status == 3
    assert "secret" not in answer.err + answer.out


def test_an_unknown_setting_stops_at_once(tmp_path: Path) -> None:
    answer = Office(tmp_path, {"NOINGHE_DATABASE_ULR": "x"}).run("doctor")
    assert answer.status == 2
    assert "NOINGHE_DATABASE_ULR" in answer.err


def test_an_empty_office_has_a_board_without_figures(small_office: Office) -> None:
    board = small_office.board("BL2026", "2026-12-31")
    bl5 = board["indicators"]["BL-5"]
    assert (bl5["denominator"], bl5["value"], bl5["met"]) == (0, None, None)
    assert small_office.run("verify").status == 0
    assert small_office.run("doctor").status == 0
    assert small_office.json("jobs", "--on", "2026-12-31") == []


def test_a_board_is_written_as_a_spreadsheet(small_office: Office) -> None:
    small_office.load(FILES)
    for name in ("board.csv", "board.xlsx"):
        out = small_office.folder / name
        answer = small_office.run(
            "board", "BL2026", "--on", "2026-12-31", "--by", "school", "--out", str(out)
        )
        assert answer.status == 0
        assert out.stat().st_size > 0
    text = (small_office.folder / "board.csv").read_text(encoding="utf-8-sig")
    assert "0.823529" in text
    assert "BL-THCS-1" in text


def test_replay_and_keys_answer(small_office: Office) -> None:
    office = small_office
    office.load(FILES[:2])
    for service in ("indicators", "linkage"):
        assert office.run("replay", service).status == 0
    made = office.json("key", "create", "--organisation", "S1", "--scope", "school.write")
    assert made["key"].startswith(made["id"])
    assert [key["id"] for key in office.json("key", "list")["keys"]] == [made["id"]]
    assert office.run("key", "revoke", made["id"]).status == 0
    assert office.run("key", "revoke", made["id"]).status == 1


def test_the_list_behind_a_figure_has_as_many_people_as_the_figure(small_office: Office) -> None:
    office = small_office
    office.load(FILES)
    asked = ("--plan", "BL2026", "--on", "2026-12-31", "--member")
    for member, count in (("numerator", 42), ("denominator", 51), ("excluded", 1), ("unknown", 1), ("TC", 1)):
        people = office.json("list", "BL-5", *asked, member)
        assert len(people) == count, member
        assert len({person["person_id"] for person in people}) == count
        assert set(people[0]) == {"person_id", "destination", "school_code", "residence_code", "village"}
    numbers = {row["person_id"] for row in source_rows("completions")}
    everyone = office.json("list", "BL-5", *asked, "denominator")
    assert not numbers & {person["person_id"] for person in everyone}
