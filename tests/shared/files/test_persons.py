"""Personal numbers, and what is needed to find a person."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.codes import Sex
from shared.files import persons
from shared.files.cells import Refusal
from tests.shared.files.rows import TODAY, enrolment, faults, one, warnings


@pytest.mark.parametrize(
    "cell",
    ["062211000001", " 062 211 000 001 ", "062.211.000.001", "062-211-000001", "'062211000001", "62211000001",
     62211000001, 62211000001.0, "62211000001.0", "6.2211000001E+10", "6,2211000001e10"],
)  # fmt: skip
def test_a_number_is_repaired_silently(cell: Any) -> None:
    row = one(enrolment(person_id=cell))
    assert row.identity is not None
    assert row.identity.personal_number == row.values["person_id"] == "062211000001"
    assert row.identity.personal_number_as_written is None
    assert warnings(enrolment(person_id=cell)) == []


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("06221100000A", "personal_number_malformed"),
        ("O62211000001", "personal_number_malformed"),
        ("062211000001/2", "personal_number_malformed"),
        (-62211000001, "personal_number_malformed"),
        (62211000001.5, "personal_number_malformed"),
        (float("nan"), "personal_number_malformed"),
        (float("inf"), "personal_number_malformed"),
        ("0622110000011", "personal_number_too_long"),
        ("1234567890123456789", "personal_number_too_long"),
        (1234567890123456789, "personal_number_too_long"),
        (1e300, "personal_number_malformed"),
    ],
)
def test_a_number_with_letters_or_too_long_is_refused(cell: Any, code: str) -> None:
    assert ("person_id", code) in faults(enrolment(person_id=cell, full_name="Vì Văn Chung", dob="2011"))


@pytest.mark.parametrize("cell", ["211000001", 211000001, 211000001.0])
def test_three_lost_zeros_are_restored_when_sex_and_birth_year_confirm_it(cell: Any) -> None:
    item = enrolment(person_id=cell, sex="M", dob="09/03/2011")
    assert one(item).values["person_id"] == "000211000001"
    assert warnings(item) == [("person_id", "personal_number_padded")]


@pytest.mark.parametrize(
    "known",
    [{}, {"sex": "M"}, {"dob": "2011-03-09"}, {"sex": "F", "dob": "2011-03-09"}, {"sex": "M", "dob": "2012"}],
)
def test_otherwise_a_short_number_is_set_aside_and_saved(known: dict[str, str]) -> None:
    item = enrolment(person_id="211000001", **known)
    row = one(item)
    assert row.identity is not None
    assert (row.identity.personal_number, row.identity.personal_number_as_written) == (None, "211000001")
    assert ("person_id", "personal_number_short") in warnings(item)
    assert persons.person_key(row.values) == "211000001"


def test_a_rounded_number_stands_for_nobody_without_name_and_birth_date() -> None:
    one_row, other = (
        one(enrolment(person_id="2.11E+11", full_name=name, dob="2011-03-09"))
        for name in ("Lò Văn Ba", "Lò Thị Tư")
    )
    assert one_row.values["person_id_as_written"] == other.values["person_id_as_written"] == "2.11E+11"
    assert persons.person_key(one_row.values) != persons.person_key(other.values)
    assert persons.person_key({**one_row.values, "full_name": None}) is None


def test_four_lost_digits_are_never_restored() -> None:
    item = enrolment(person_id="21100001", sex="M", dob="2011")
    assert one(item).values["person_id"] is None


def test_a_number_rounded_by_the_sheet_is_set_aside() -> None:
    item = enrolment(person_id="6.2E+10", full_name="Vì Văn Chung", dob="2011-03-09")
    row = one(item)
    assert row.identity is not None
    assert (row.identity.personal_number, row.identity.personal_number_as_written) == (None, "6.2E+10")
    assert warnings(item) == [("person_id", "personal_number_rounded")]


@pytest.mark.parametrize(
    ("cells", "code"),
    [({"sex": "F"}, "personal_number_sex"), ({"dob": "09/03/2012"}, "personal_number_birth_year")],
)
def test_a_number_that_disagrees_is_warned_of_and_saved(cells: dict[str, str], code: str) -> None:
    item = enrolment(**cells)
    assert one(item).values["person_id"] == "000211000001"
    assert warnings(item) == [("person_id", code)]


@pytest.mark.parametrize(
    "evidence",
    [{"dob": "2011-03-09"}, {"dob": "2011"}, {"student_id": "0123456789"}, {"phone": "0912345678"},
     {"mother_name": "Lò Thị Xuân"}, {"father_name": "Vì Văn Hùng"}],
)  # fmt: skip
def test_a_name_with_one_more_thing_stands_for_the_number(evidence: dict[str, str]) -> None:
    row = one(enrolment(person_id="", full_name="Vì Văn Chung", **evidence))
    assert row.identity is not None
    assert (row.identity.personal_number, row.identity.full_name) == (None, "Vì Văn Chung")


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({}, "name_missing"),
        ({"dob": "2011-03-09"}, "name_missing"),
        ({"full_name": "Vì Văn Chung"}, "name_alone"),
        ({"full_name": "Vì Văn Chung", "dob": "không rõ"}, "name_alone"),
    ],
)
def test_without_number_and_name_nobody_can_be_found(cells: dict[str, str], code: str) -> None:
    assert faults(enrolment(person_id="", **cells)) == [("full_name", code)]


def test_names_are_composed_cleaned_and_kept_as_written_beside() -> None:
    written = unicodedata.normalize("NFD", " VÌ  VĂN CHUNG ")
    row = one(enrolment(full_name=written))
    assert row.identity is not None
    assert row.identity.full_name == "Vì Văn Chung"
    assert row.original["full_name"] == written


def test_lookalike_letters_in_a_name_are_warned_of() -> None:
    assert warnings(enrolment(full_name="Vì Văn Сhung")) == [("full_name", "lookalike_letters")]


@pytest.mark.parametrize(
    ("cell", "sex"), [("M", "M"), ("f", "F"), ("Nam", "M"), ("NỮ", "F"), ("nu", "F"), (None, None)]
)
def test_sex_is_read_from_codes_and_words(cell: str | None, sex: str | None) -> None:
    assert one(enrolment(person_id="", full_name="A Thái", dob="2011", sex=cell)).values["sex"] == sex


@pytest.mark.parametrize(
    ("cell", "phone"),
    [("0912 345 678", "0912345678"), (912345678, "0912345678"), ("+84 912.345.678", "0912345678"),
     ("nhà bà Xuân", "nhà bà Xuân")],
)  # fmt: skip
def test_phones_get_their_zero_back(cell: Any, phone: str) -> None:
    assert one(enrolment(phone=cell)).values["phone"] == phone


@pytest.mark.parametrize(
    ("cell", "code"), [("03", "03"), (3, "03"), (3.0, "03"), ("Thái", "03"), ("H'MÔNG", "08")]
)
def test_peoples_are_read_from_codes_and_names(cell: Any, code: str) -> None:
    assert one(enrolment(ethnic_code=cell)).values["ethnic_code"] == code


@pytest.mark.parametrize("cell", ["55", "00", "Sao Hỏa"])
def test_an_unknown_people_is_left_out_with_a_warning(cell: str) -> None:
    item = enrolment(ethnic_code=cell)
    assert one(item).values["ethnic_code"] is None
    assert warnings(item) == [("ethnic_code", "unknown_ethnic_group")]


@given(
    st.integers(min_value=0, max_value=99),
    st.sampled_from(list(Sex)),
    st.integers(min_value=1930, max_value=2026),
    st.integers(min_value=0, max_value=999_999),
)
def test_a_whole_number_survives_every_loss_that_can_be_undone(
    place: int, sex: Sex, year: int, rest: int
) -> None:
    century = (year - 1900) // 100 * 2 + (sex is Sex.FEMALE)
    number = f"{place:03d}{century}{year % 100:02d}{rest:06d}"
    row = one(enrolment(person_id=int(number), sex=sex.value, dob=str(year), admitted_on="2026-09-10"))
    lost = len(number) - len(str(int(number)))
    assert row.values["person_id"] == (number if lost <= 3 else None)
    assert persons.disagreements(number, sex, year) == []


@given(st.one_of(st.text(max_size=25), st.floats(), st.integers(), st.booleans(), st.dates()))
def test_nothing_breaks_the_reading_of_numbers(cell: Any) -> None:
    try:
        found = persons.personal_number(cell, TODAY)
    except Refusal:
        return
    assert found is None or isinstance(found, persons.AsWritten) or (found.isdecimal() and len(found) <= 12)
