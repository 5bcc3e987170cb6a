"""Institutions and enrolments: what is repaired, warned of and refused in a row and in a file."""

from __future__ import annotations

from typing import Any

import pytest

from shared.files.cells import Cell
from shared.files.layout import Table, parse
from shared.files.layouts import ENROLMENTS, INSTITUTIONS
from tests.shared.files.rows import TODAY, enrolment, faults, one, parsed, warnings

INSTITUTION = {
    "code": "BL-THCS-1",
    "name": "THCS mẫu số 1",
    "kind": "THCS",
    "commune_code": "03390",
    "valid_from": "2025-07-01",
    "valid_to": "",
}


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"admitted_on": "05/13/2026"}, "admitted_on", "impossible_date"),
        ({"admitted_on": ""}, "admitted_on", "missing_value"),
        ({"enrolment_id": " "}, "enrolment_id", "missing_value"),
        ({"institution_code": None}, "institution_code", "missing_value"),
        ({"programme_kind": "TIẾN SĨ"}, "programme_kind", "unknown_programme_kind"),
        ({"trade_code": "562012"}, "trade_code", "malformed_trade_code"),
        ({"trade_code": "6620120"}, "trade_code", "malformed_trade_code"),
        ({"trade_code": "SC:sua_chua_xe_may"}, "trade_code", "malformed_trade_code"),
        ({"left_on": "2026-09-09"}, "left_on", "left_before_admission"),
        ({"completed_on": "2026-09-09"}, "completed_on", "completed_before_admission"),
        ({"dob": "2026-09-11"}, "admitted_on", "admitted_before_birth"),
        ({"dob": "2027"}, "admitted_on", "admitted_before_birth"),
        ({"residence_code": "03412"}, "residence_code", "unknown_commune"),
        ({"residence_code": "Bình Lư"}, "residence_code", "unknown_commune"),
        ({"village": ["Bản A"]}, "village", "wrong_type"),
    ],
)
def test_what_cannot_be_stored_truthfully_is_refused(cells: dict[str, Any], column: str, code: str) -> None:
    assert faults(enrolment(**cells)) == [(column, code)]


def test_every_fault_of_a_row_is_told_at_once_with_its_place() -> None:
    found = parsed(enrolment(programme_kind="X", admitted_on="32/01/2026"))
    assert [(fault.row, fault.column) for fault in found.faults] == [
        (1, "programme_kind"),
        (1, "admitted_on"),
    ]
    assert all(fault.message.startswith(f"Hàng 1, cột {fault.column}: ") for fault in found.faults)
    assert found.rejected == {1}


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"admitted_on": "2026-12-01"}, "admitted_on", "date_after_today"),
        ({"trade_code": "5999999"}, "trade_code", "unknown_trade_code"),
        ({"dob": "01/01/2011"}, "dob", "birth_first_of_january"),
        ({"dob": "2011"}, "dob", "birth_year_only"),
        ({"dob": "05/13/2011"}, "dob", "birth_date_odd"),
        ({"dob": "00/00/2011"}, "dob", "birth_date_odd"),
        ({"left_reason": "dropout"}, "left_reason", "left_reason_without_day"),
        ({"left_on": "2026-10-01", "left_reason": "ốm"}, "left_reason", "unknown_left_reason"),
        ({"dual_group": "D1"}, "dual_group", "dual_half_missing"),
        ({"sex": "?"}, "sex", "unknown_sex"),
        ({"village": "Bản\u202eA"}, "village", "invisible_characters"),
        ({"village": "A" * 300}, "village", "long_text"),
    ],
)
def test_what_is_odd_is_warned_of_and_saved(cells: dict[str, Any], column: str, code: str) -> None:
    assert warnings(enrolment(**cells)) == [(column, code)]


def test_university_codes_are_not_looked_up() -> None:
    assert warnings(enrolment(programme_kind="DH", trade_code="7999999")) == []


@pytest.mark.parametrize(
    ("cells", "column", "value"),
    [
        ({"programme_kind": "tc"}, "programme_kind", "TC"),
        ({"programme_kind": "Trung cấp"}, "programme_kind", "TC"),
        ({"programme_kind": "SC", "trade_code": "sc:Sua_chua_xe_may"}, "trade_code", "SC:sua_chua_xe_may"),
        ({"trade_code": 5620120.0}, "trade_code", "5620120"),
        ({"trade_code": ""}, "trade_code", None),
        ({"residence_code": 3390}, "residence_code", "03390"),
        ({"residence_code": "3390"}, "residence_code", "03390"),
        ({"left_on": "1/10/26", "left_reason": "Bỏ học"}, "left_reason", "dropout"),
        ({"enrolment_id": 7.0}, "enrolment_id", "7"),
        ({"village": "  Bản   A "}, "village", "Bản A"),
    ],
)
def test_what_is_clear_is_repaired_silently(cells: dict[str, Any], column: str, value: Any) -> None:
    assert one(enrolment(**cells)).values[column] == value
    assert warnings(enrolment(**cells)) == []


def test_a_commune_is_judged_by_the_day_of_the_row() -> None:
    assert one(enrolment(admitted_on="2025-06-30", residence_code="03412")).identity is not None
    assert faults(enrolment(admitted_on="2025-07-01", residence_code="03412")) == [
        ("residence_code", "unknown_commune")
    ]


def test_the_code_of_a_commune_given_by_name_is_suggested() -> None:
    (fault,) = parsed(enrolment(residence_code="xã Bình Lư")).faults
    assert "03390" in fault.message


def test_both_halves_of_a_9_plus_need_no_warning() -> None:
    halves = (
        enrolment(dual_group="D1"),
        enrolment(enrolment_id="E2", programme_kind="GDTX", trade_code="", dual_group="D1"),
    )
    assert parsed(*halves).warnings == []


def test_halves_of_two_people_are_no_9_plus() -> None:
    found = parsed(
        enrolment(dual_group="D1"),
        enrolment(
            enrolment_id="E2", person_id="000311000002", programme_kind="GDTX", trade_code="", dual_group="D1"
        ),
    )
    assert [warning.code for warning in found.warnings] == ["dual_half_missing", "dual_half_missing"]


def test_the_same_key_with_other_content_is_refused_and_with_the_same_is_ignored() -> None:
    found = parsed(enrolment(), enrolment(admitted_on="10/9/2026"), enrolment(admitted_on="2026-09-11"))
    assert [row.number for row in found.rows] == [1]
    assert found.repeats == {1: 1}
    assert [(fault.row, fault.code) for fault in found.faults] == [(3, "duplicate_key")]


def test_one_number_with_two_birth_dates_is_warned_of() -> None:
    found = parsed(enrolment(dob="2011-03-09"), enrolment(enrolment_id="E2", dob="2011-09-03"))
    assert [(warning.row, warning.code) for warning in found.warnings] == [(2, "birth_dates_differ")]


def test_a_missing_column_refuses_the_file_and_names_it() -> None:
    found = parse(
        ENROLMENTS, Table(["enrolment_id", "person_id"], [(2, ["E1", "000211000001"])]), today=TODAY
    )
    assert found.unusable
    (fault,) = found.faults
    assert (fault.row, fault.code) == (None, "missing_column")
    assert "admitted_on" in fault.message


def test_unknown_columns_are_named_and_the_running_number_is_not() -> None:
    headings = ["STT", *INSTITUTION, "Ghi chú riêng"]
    found = parse(INSTITUTIONS, Table(headings, [(2, [1, *INSTITUTION.values(), "x"])]), today=TODAY)
    assert [(warning.row, warning.column, warning.code) for warning in found.warnings] == [
        (None, "Ghi chú riêng", "unknown_column")
    ]


@pytest.mark.parametrize(
    "headings",
    [
        ["Mã nhập học", "CCCD", "Trình độ", "Mã cơ sở", "Mã nghề", "Ngày nhập học"],
        ["MA NHAP HOC", "so dinh danh", "he dao tao", "MÃ TRƯỜNG", "mã ngành", "ngay  nhap_hoc"],
        ["Enrolment_ID", "PERSON_ID", "programme_kind", "institution_code", "trade_code", " admitted_on "],
    ],
)
def test_vietnamese_headings_are_understood_with_or_without_marks(headings: list[str]) -> None:
    line = ["E1", "000211000001", "TC", "LC-CD-1", "5620120", "10/09/2026"]
    found = parse(ENROLMENTS, Table(headings, [(2, line)]), today=TODAY)
    assert found.warnings == found.faults == []
    assert found.rows[0].values == one(enrolment()).values


def test_blank_rows_and_totals_are_left_out() -> None:
    lines: list[tuple[int, list[Cell]]] = [
        (2, list(INSTITUTION.values())),
        (3, ["", "  ", None]),
        (4, ["Tổng cộng:", "1", "", "", "", ""]),
    ]
    found = parse(INSTITUTIONS, Table(list(INSTITUTION), lines), today=TODAY)
    assert [row.number for row in found.rows] == [2]
    assert [(warning.row, warning.code) for warning in found.warnings] == [(4, "total_row_skipped")]


def test_a_table_without_rows_is_an_empty_file() -> None:
    found = parse(INSTITUTIONS, Table(list(INSTITUTION), [(2, ["", ""])]), today=TODAY)
    assert [(fault.row, fault.code) for fault in found.faults] == [(None, "empty_file")]


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"kind": "Viện"}, "kind", "unknown_institution_kind"),
        ({"commune_code": "03412"}, "commune_code", "unknown_commune"),
        ({"commune_code": "Bình Lư"}, "commune_code", "unknown_commune"),
        ({"valid_to": "2025-06-30"}, "valid_to", "valid_to_before_valid_from"),
        ({"name": ""}, "name", "missing_value"),
    ],
)
def test_faulty_institutions_are_refused(cells: dict[str, Any], column: str, code: str) -> None:
    assert faults({**INSTITUTION, **cells}, layout=INSTITUTIONS) == [(column, code)]


def test_the_key_of_an_institution_is_its_code_and_first_day() -> None:
    assert one(INSTITUTION, layout=INSTITUTIONS).key == "BL-THCS-1/2025-07-01"
    assert one({**INSTITUTION, "valid_from": ""}, layout=INSTITUTIONS).key == "BL-THCS-1/"


@pytest.mark.parametrize(
    "kind", ["TH&THCS", "th & thcs", "PTDTBT THCS", "THCS&THPT", "GDNN-GDTX", "GDNN - GDTX"]
)
def test_kinds_of_institutions_are_read_in_any_case(kind: str) -> None:
    written = one({**INSTITUTION, "kind": kind}, layout=INSTITUTIONS).values["kind"]
    assert str(written).replace(" ", "") == kind.upper().replace(" ", "")
