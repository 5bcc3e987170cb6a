"""What happens to dates, numbers and places: by hand on one row each."""

from __future__ import annotations

import numpy as np
import pytest

from bench.linkage.population import fields, structure
from bench.linkage.population.arrays import stream, texts
from bench.linkage.population.sheets import Sheet
from bench.linkage.population.spelling import Corruptor
from tests.bench.linkage.population.made import clean


def sheet_of(**cells: str) -> Sheet:
    """Forty equal rows, so that every outcome of chance turns up."""
    count = 40
    columns = {name: texts([value] * count) for name, value in cells.items()}
    zeros = np.zeros(count, dtype=np.int64)
    days = np.full(count, np.datetime64("2026-01-05", "D"))
    return Sheet("leavers", columns, zeros, np.arange(count), zeros, days, clean().people)


def outcomes(corrupt: Corruptor, column: str, **cells: str) -> set[str]:
    sheet = sheet_of(**cells)
    return set(corrupt(sheet, np.arange(len(sheet)), stream(7))[column].tolist())


@pytest.mark.parametrize(
    ("corrupt", "born", "allowed"),
    [
        (fields.birth_day_and_month_swapped, "2011-03-09", {"2011-09-03"}),
        (fields.birth_day_and_month_swapped, "2011-03-19", {"2011-03-19"}),
        (fields.birth_first_of_january, "2011-03-19", {"2011-01-01"}),
        (fields.birth_year_only, "2011-03-19", {"2011"}),
        (fields.birth_year_beside, "2008-02-29", {"2007-02-28", "2009-02-28"}),
        (fields.birth_day_beside, "2011-03-01", {"2011-02-28", "2011-03-02"}),
        (fields.birth_serial_number, "2011-03-09", {"40611"}),
        (fields.birth_vietnamese, "2011-03-09", {"09/03/2011", "9/3/2011", "09-03-2011", "09.03.2011"}),
        (fields.birth_year_only, "", {""}),
        (fields.birth_year_only, "40611", {"40611"}),
    ],
)
def test_a_birth_date(corrupt: Corruptor, born: str, allowed: set[str]) -> None:
    assert outcomes(corrupt, "dob", dob=born) == allowed


def test_one_digit_of_a_birth_date_is_one_digit_and_still_a_date() -> None:
    found = outcomes(fields.birth_one_digit, "dob", dob="2011-03-09")
    assert len(found) > 8
    for typed in found - {"2011-03-09"}:
        np.datetime64(typed, "D")
        assert sum(a != b for a, b in zip(typed, "2011-03-09", strict=True)) == 1


def test_an_impossible_birth_date_keeps_its_year() -> None:
    found = outcomes(fields.birth_impossible, "dob", dob="2011-03-09")
    assert "00/00/2011" in found
    assert all(typed == "00/00/2011" or int(typed.split("/")[1]) > 12 for typed in found)
    assert {typed[-4:] for typed in found} == {"2011"}


def test_zeros_are_lost_from_the_front_only() -> None:
    assert outcomes(fields.number_zeros_lost, "person_id", person_id="000211123456") == {
        "00211123456",
        "0211123456",
        "211123456",
    }


def test_two_digits_beside_each_other_change_places() -> None:
    for number in outcomes(fields.number_digits_swapped, "person_id", person_id="000211123456"):
        assert sorted(number) == sorted("000211123456")
        assert number[:3] == "000"
        differing = [place for place in range(12) if number[place] != "000211123456"[place]]
        assert differing == [differing[0], differing[0] + 1]


@pytest.mark.parametrize(
    ("village", "allowed"),
    [
        ("Bản Nà Đon", {"Nà Đon", "B. Nà Đon", "Thôn Nà Đon", "Bản Nà Đon", "bản Nà Đon"}),
        ("Thôn 3", {"Thôn 03", "Thôn III", "Thôn số 3", "Thôn3", "3"}),
        ("Tổ dân phố 5", {"TDP 5", "Tổ 5", "TDP số 5", "Tổ dân phố số 5"}),
        ("", {""}),
    ],
)
def test_a_village_written_otherwise(village: str, allowed: set[str]) -> None:
    assert outcomes(fields.village_otherwise, "village", village=village) == allowed


def test_a_phone_is_written_in_several_ways() -> None:
    assert outcomes(fields.phone_written_otherwise, "phone", phone="0612345678") == {
        "+84612345678",
        "0612 345 678",
        "0612.345.678",
        "612345678",
    }


NAME = {"_family": "Nguyễn", "_marker": "", "_middle": "Thị Ngọc", "_given": "Lan", "_order": "family first"}
MARKED = {"_family": "", "_marker": "A", "_middle": "", "_given": "Thái", "_order": "family first"}


def written(corrupt: Corruptor, parts: dict[str, str]) -> set[str]:
    sheet = sheet_of(**parts)
    sheet.columns.update(corrupt(sheet, np.arange(len(sheet)), stream(7)))
    return set(structure.write_names(sheet).tolist())


@pytest.mark.parametrize(
    ("corrupt", "parts", "allowed"),
    [
        (structure.middle_dropped, NAME, {"Nguyễn Lan"}),
        (structure.middle_abbreviated, NAME, {"Nguyễn T. N. Lan", "Nguyễn T N Lan"}),
        (structure.family_abbreviated, NAME, {"Ng. T. N. Lan"}),
        (structure.given_alone, NAME, {"Ngọc Lan"}),
        (structure.order_swapped, NAME, {"Lan Nguyễn Thị Ngọc", "Lan Thị Ngọc Nguyễn"}),
        (structure.marker_dropped, MARKED, {"Thái"}),
        (structure.marker_wrong, MARKED, {"Y Thái"}),
        (structure.marker_dropped, {**NAME, "_family": "Siu", "_middle": "", "_given": "H'Nhi"}, {"Siu Nhi"}),
    ],
)
def test_the_parts_of_a_name(corrupt: Corruptor, parts: dict[str, str], allowed: set[str]) -> None:
    assert written(corrupt, parts) == allowed


def test_a_clan_name_goes_to_the_other_end() -> None:
    who = clean().people
    person = int(np.flatnonzero((who.ethnic == "10") & (who.family != ""))[0])
    sheet = sheet_of(**{**NAME, "_family": "Rơ Châm", "_middle": "", "_given": "Thin"})
    sheet.person[:] = person
    sheet.columns.update(structure.clan_moved(sheet, np.arange(len(sheet)), stream(7)))
    assert set(structure.write_names(sheet).tolist()) == {"Thin Rơ Châm"}
    sheet.person[:] = int(np.flatnonzero(who.ethnic == "01")[0])
    assert set(structure.clan_moved(sheet, np.arange(len(sheet)), stream(7))["_order"].tolist()) == {
        "family last"
    }


def test_parents_are_shortened_and_exchanged() -> None:
    parents = {"mother_name": "Lò Thị Ín", "father_name": "Vàng Văn Páo"}
    assert outcomes(structure.parents_abbreviated, "mother_name", **parents) == {"L.T. Ín", "Ín"}
    assert outcomes(structure.parents_swapped, "mother_name", **parents) == {"Vàng Văn Páo"}


def test_a_guardian_stands_for_one_parent() -> None:
    sheet = sheet_of(mother_name="Lò Thị Ín", father_name="Vàng Văn Páo")
    for column in ("mother_name", "father_name"):
        sheet.columns[column][::2] = "Lý A Chu"
    found = structure.guardian_instead(sheet, np.arange(0, len(sheet), 2), stream(7))
    replaced = {
        (mother != "Lý A Chu", father != "Lý A Chu")
        for mother, father in zip(found["mother_name"], found["father_name"], strict=True)
    }
    assert replaced == {(True, False), (False, True), (False, False)}


def test_a_form_of_address_fits_the_sex() -> None:
    sheet = sheet_of(full_name="Lan")
    sheet.person[:] = int(np.flatnonzero(clean().people.sex == 1)[0])
    found = set(structure.honorific(sheet, np.arange(len(sheet)), stream(7))["full_name"].tolist())
    assert found == {"Em Lan", "Bà Lan", "Chị Lan", "HS. Lan", "Cháu Lan"}
