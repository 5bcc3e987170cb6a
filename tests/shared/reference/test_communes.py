"""Communes by code and day."""

from __future__ import annotations

from datetime import date

import pytest

from shared.reference import communes

BEFORE, AFTER = date(2025, 6, 30), date(2025, 7, 1)


def test_a_code_names_another_commune_before_and_after_the_reform() -> None:
    old, new = communes.unit_on("23497", BEFORE), communes.unit_on("23497", AFTER)
    assert old is not None
    assert new is not None
    assert (old.full_name, new.full_name) == ("Xã Tân Lập", "Xã Kon Braih")


def test_both_lists_are_complete() -> None:
    assert len(communes._units(communes.Era.THREE_TIERS)) == 10_047
    assert len(communes._units(communes.Era.TWO_TIERS)) == 3_321


@pytest.mark.parametrize(
    ("code", "expected"),
    [("03412", "03390"), ("03390", "03390"), ("23497", "23497"), ("23488", "23497"), ("99999", None)],
)
def test_whole_communes_convert_forward(code: str, expected: str | None) -> None:
    assert communes.convert(code, BEFORE, AFTER) == expected


def test_a_commune_made_of_several_does_not_convert_backward() -> None:
    assert communes.convert("03390", AFTER, BEFORE) is None


def test_a_split_commune_does_not_convert() -> None:
    split = next(old for old, _, whole in communes._changes() if not whole)
    assert communes.convert(split, BEFORE, AFTER) is None


def test_nothing_changes_within_one_era() -> None:
    assert communes.convert("03412", date(2020, 1, 1), BEFORE) == "03412"


def test_the_parts_of_binh_lu_are_three_whole_communes() -> None:
    assert {(part.code, part.whole) for part in communes.parts_of("03390")} == {
        ("03390", True),
        ("03412", True),
        ("03413", True),
    }


def test_kon_ray_district_had_seven_communes() -> None:
    assert len(communes.of_district("614")) == 7
    assert communes.district_name("614") == "Huyện Kon Rẫy"


@pytest.mark.parametrize("name", ["Bình Lư", "xã Bình Lư", "XÃ BÌNH LƯ", "binh lu", "x. Bình Lư"])
def test_the_code_of_a_unique_name_is_suggested(name: str) -> None:
    assert communes.suggest_code(name, AFTER) == "03390"
    assert communes.suggest_code(name, BEFORE) == "03412"


@pytest.mark.parametrize("name", ["Tân An", "Không Có Xã Này", ""])
def test_no_code_is_suggested_for_a_repeated_or_unknown_name(name: str) -> None:
    assert communes.suggest_code(name, AFTER) is None


def test_provinces_carry_the_name_of_their_day() -> None:
    assert communes.province_name("62", BEFORE) == "Tỉnh Kon Tum"
    assert communes.province_name("62", AFTER) is None
