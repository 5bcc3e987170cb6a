"""`noinghe link files` as an office uses it: inputs, outputs, report, exit status."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from services.linkage.files.outputs import LINKS, PAIRS
from shared.files.writing import write_table
from tests.services.linkage.files.offices import CHUNG, SAY, Office, of, read


def test_records_of_one_person_in_three_files_get_one_person_id(office: Office) -> None:
    leavers = office.file("leavers.csv", [of(SAY, "HT1"), of(CHUNG, "HT2")])
    learners = office.file("learners.csv", [{"enrolment_id": "NH1", **SAY, "admitted_on": "01/09/2026"}])
    hired = office.file("hired.csv", [{"placement_id": "VL1", **CHUNG, "started_on": "2026-10-01"}])
    found = office.link(leavers, learners, hired)
    assert found.persons() == [["hired:VL1", "leavers:HT2"], ["learners:NH1", "leavers:HT1"]]
    assert [(row["source"], row["record_id"]) for row in found.rows] == [
        ("leavers", "HT1"),
        ("leavers", "HT2"),
        ("learners", "NH1"),
        ("hired", "VL1"),
    ]
    assert tuple(found.rows[0]) == LINKS
    assert {row["decided_by"] for row in found.rows} == {"number"}
    assert all(float(row["weight_bits"]) > 20 and float(row["probability"]) > 0.99 for row in found.rows)
    report = found.report
    assert (report["records"], report["persons"], report["linked_persons"], report["linked"]) == (4, 2, 2, 4)
    assert [group["name"] for group in report["groups"]] == ["leavers", "learners", "hired", "DTTS"]
    assert all(group["unlinked"] == 0 for group in report["groups"])


def test_somebody_whom_nobody_else_knows_stays_alone(office: Office) -> None:
    found = office.link(office.file("a.csv", [of(SAY, "1")]), office.file("b.csv", [of(CHUNG, "1")]))
    assert found.persons() == []
    assert found.row("a", "1") == {
        "source": "a",
        "record_id": "1",
        "person_id": found.person("a", "1"),
        "weight_bits": "",
        "probability": "",
        "decided_by": "",
    }
    assert found.report["groups"][0]["unlinked"] == 1
    assert found.report["expected_precision"] is None


def test_a_workbook_with_vietnamese_headings_is_linked_with_a_csv(office: Office) -> None:
    book = office.folder / "Danh sách.xlsx"
    headings = ("TT", "Họ và tên học sinh", "Ngày sinh", "Giới tính", "Số CCCD", "Mẹ", "Ghi chú")
    write_table(
        book, headings, [(1, "GIÀNG THỊ SAY", "9/3/2011", "Nữ", SAY["person_id"], "Vàng Thị Mỷ", "x")]
    )
    found = office.link(book, office.file("b.csv", [of(SAY, "B1")]))
    assert found.persons() == [["Danh sách:2", "b:B1"]]  # no key: the number of the row
    assert any("số thứ tự hàng" in note for note in found.report["notes"])
    assert any("Ghi chú" in note and "TT" not in note for note in found.report["notes"])


def test_one_file_alone_is_searched_for_doubles(office: Office) -> None:
    rows = [of(SAY, "1"), of(CHUNG, "2"), of(SAY, "3", full_name="GIANG THI SAY", phone="")]
    assert office.link(office.file("a.csv", rows)).persons() == [["a:1", "a:3"]]


def test_equal_files_give_equal_results(office: Office) -> None:
    files = [office.file(f"{name}.csv", [of(SAY, "1"), of(CHUNG, "2")]) for name in "ab"]
    first = office.link(*files)
    again = office.link(*files)
    assert first.rows == again.rows
    assert first.report == again.report
    assert first.person("a", "1").startswith("p_")


def test_every_scored_pair_is_written_when_asked_for(office: Office) -> None:
    files = [office.file("a.csv", [of(SAY, "1"), of(CHUNG, "2")]), office.file("b.csv", [of(SAY, "1")])]
    pairs = office.folder / "pairs.csv"
    found = office.link(*files, more=("--pairs", str(pairs)))
    rows = read(pairs)
    assert tuple(rows[0]) == PAIRS
    assert len(rows) == found.report["pairs"]
    (same,) = [
        row for row in rows if (row["left_id"], row["right_source"], row["right_id"]) == ("1", "b", "1")
    ]
    assert same["weight_bits"] == found.row("a", "1")["weight_bits"]
    assert same["probability"] == found.row("a", "1")["probability"]


@pytest.mark.parametrize("more", [(), ("--bulk",)])
def test_two_numbers_of_one_file_are_no_pair_but_those_of_two_files_are(
    office: Office, more: tuple[str, ...]
) -> None:
    other = {**SAY, "person_id": "000211098760"}
    pairs = office.folder / "pairs.csv"
    files = [office.file("a.csv", [of(SAY, "1"), of(other, "2")]), office.file("b.csv", [of(SAY, "1")])]
    office.link(*files, more=("--pairs", str(pairs), *more))
    assert {(row["left_id"], row["right_source"], row["right_id"]) for row in read(pairs)} == {
        ("1", "b", "1"),
        ("2", "b", "1"),
    }


def test_the_threshold_is_the_least_probability_of_a_link(office: Office) -> None:
    doubtful = {"full_name": "Giàng Thị Sai", "dob": "10/03/2011", "phone": SAY["phone"]}
    files = [office.file("a.csv", [of(SAY, "1")]), office.file("b.csv", [of(doubtful, "1")])]
    pairs = office.folder / "pairs.csv"
    office.link(*files, more=("--pairs", str(pairs)))
    probability = float(read(pairs)[0]["probability"])
    assert 0.001 < probability < 0.9999
    below, above = f"{probability - 0.0005:.5f}", f"{probability + 0.00005:.5f}".replace(".", ",")
    assert office.link(*files, more=("--threshold", below)).persons() == [["a:1", "b:1"]]
    assert office.link(*files, more=("--threshold", above)).persons() == []


def test_the_progress_and_the_report_are_for_people(office: Office) -> None:
    status, out, err = office.run(office.file("a.csv", [of(SAY, "1")]), office.file("b.csv", [of(SAY, "1")]))
    assert status == 0
    assert "Đọc và chuẩn hóa" in err
    assert "2 hồ sơ của 1 người" in out
    assert "Chưa nối" in out
    assert "0,00%" in out


def test_two_files_of_one_name_are_told_apart_by_their_folders(office: Office) -> None:
    files = [office.file(f"{name}/ds.csv", [of(SAY, "1")]) for name in ("thcs", "thpt")]
    assert office.link(*files).persons() == [["thcs/ds:1", "thpt/ds:1"]]


def test_two_files_of_one_name_in_folders_of_one_name_get_a_number(office: Office) -> None:
    files = [office.file(f"{name}/x/ds.csv", [of(SAY, "1")]) for name in ("m", "n")]
    assert office.link(*files).persons() == [["x/ds-2:1", "x/ds:1"]]


def test_an_id_that_stands_twice_in_a_file_is_kept_apart_and_told(office: Office) -> None:
    found = office.link(office.file("a.csv", [of(SAY, "1"), of(CHUNG, "1"), of(CHUNG, "1#2")]))
    assert [row["record_id"] for row in found.rows] == ["1", "1#2", "1#2#2"]
    assert found.persons() == [["a:1#2", "a:1#2#2"]]
    assert any("trùng mã hồ sơ (1, 1#2)" in note for note in found.report["notes"])


def test_rows_about_nobody_are_counted_and_named(office: Office) -> None:
    rows = [of(SAY, "1"), {"record_id": "2"}, {"record_id": "3", "full_name": " "}, of(CHUNG, "4")]
    found = office.link(office.file("a.csv", rows))
    assert [row["record_id"] for row in found.rows] == ["1", "4"]
    assert (found.report["rows"], found.report["records"], found.report["lost"]) == (4, 2, 2)
    assert any("bỏ 2 hàng" in note and "hàng 3, 4" in note for note in found.report["notes"])


def test_a_line_of_totals_is_no_person(office: Office) -> None:
    found = office.link(office.file("a.csv", [of(SAY, "1"), {"full_name": "Tổng cộng", "record_id": ""}]))
    assert len(found.rows) == 1
    assert found.report["lost"] == 0


def test_a_formula_in_an_id_stays_text(office: Office) -> None:
    found = office.link(office.file("a.csv", [of(SAY, "=1+1"), of(SAY, "2")]))
    assert found.persons() == [["a:'=1+1", "a:2"]]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "rỗng"),
        ("a.csv", b"record_id,full_name\n", "không có hàng nào"),
        ("a.csv", b"record_id,full_name\n1,\n2,  \n", "không có hàng nào"),
        ("a.csv", b"x,y\n1,2\n", "không có cột nào"),
        ("a.csv", b"full_name\nL\xf2\n", "UTF-8"),
        ("a.xlsx", b"PK\x03\x04 broken", "hỏng"),
        ("a.pdf", b"%PDF", ".csv hoặc .xlsx"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(
    office: Office, name: str, content: bytes, said: str
) -> None:
    path = office.folder / name
    path.write_bytes(content)
    status, out, err = office.run(office.file("good.csv", [of(SAY, "1")]), path)
    assert status == 1
    assert name in err
    assert said in err
    assert "Traceback" not in out + err
    assert not (office.folder / "links.csv").exists()


def test_a_file_that_is_not_there_is_one_sentence(office: Office) -> None:
    status, _, err = office.run(office.folder / "nowhere.csv")
    assert status == 1
    assert "nowhere.csv: Không tìm thấy tệp" in err


def test_one_file_given_twice_is_refused(office: Office) -> None:
    path = office.file("a.csv", [of(SAY, "1")])
    (office.folder / "b.csv").symlink_to(path)
    status, _, err = office.run(path, office.folder / "b.csv")
    assert status == 1
    assert "hai lần" in err


@pytest.mark.parametrize(
    "more", [("--threshold", "1"), ("--threshold", "0"), ("--threshold", "x"), ("--boom",)]
)
def test_wrong_words_are_usage(office: Office, more: tuple[str, ...]) -> None:
    assert office.run(office.file("a.csv", [of(SAY, "1")]), more=more)[0] == 2


def test_an_output_over_an_input_is_usage(office: Office) -> None:
    path = office.file("a.csv", [of(SAY, "1")])
    before = path.read_bytes()
    assert office.run(path, out="a.csv")[0] == 2
    assert office.run(path, more=("--pairs", str(office.folder / "links.csv")))[0] == 2
    assert path.read_bytes() == before


def test_a_place_where_nothing_can_be_written_is_told_before_the_work(office: Office) -> None:
    path = office.file("a.csv", [of(SAY, "1")])
    (office.folder / "folder").mkdir()
    for out in ("folder", "nowhere/links.csv"):
        status, _, err = office.run(path, out=out)
        assert status == 1
        assert "thư mục" in err
        assert "Đọc" not in err


def test_a_failed_run_leaves_the_earlier_result_and_no_draft(office: Office) -> None:
    good = office.file("a.csv", [of(SAY, "1")])
    office.link(good)
    before = (office.folder / "links.csv").read_bytes()
    bad = office.folder / "b.csv"
    bad.write_bytes(b"full_name\n" + b"A\n" * 30_000 + b'"open\n')
    assert office.run(good, bad)[0] == 1
    assert (office.folder / "links.csv").read_bytes() == before
    assert sorted(os.listdir(office.folder)) == ["a.csv", "b.csv", "links.csv"]


def test_large_files_are_prepared_in_processes_with_the_same_result(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [of(SAY if number % 3 else CHUNG, str(number), phone=f"09{number:08d}") for number in range(60)]
    files = [office.file("a.csv", rows), office.file("b.csv", rows[:20])]
    alone = office.link(*files)
    monkeypatch.setattr("services.linkage.files.gathering.SPREAD_FROM_BATCHES", 1)
    monkeypatch.setattr("services.linkage.files.spreading.processes", lambda: 2)
    monkeypatch.setattr("services.linkage.files.gathering.processes", lambda: 2)
    assert office.link(*files).rows == alone.rows


def test_the_help_names_what_is_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    office = Office(tmp_path, capsys)
    status, out, _ = office.run(more=("--help",))
    assert status == 0
    assert "person_id" in out
