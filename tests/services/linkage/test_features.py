from __future__ import annotations

import json
from datetime import date

import pytest

from services.linkage.features import COLUMNS, LISTS, NUMBERS, Features, features, from_row, row, sql_type
from services.linkage.repair import repair
from services.linkage.sealing import Seal
from shared.contracts import Identity

SEAL = Seal(bytes(32))


def of(identity: Identity) -> Features:
    repaired = repair(identity)
    sealed = SEAL.number(repaired.number) if repaired.number else None
    hint = SEAL.number(repaired.number_hint) if repaired.number_hint else None
    return features(repaired, sealed, hint=hint)


PAO = Identity(
    personal_number="000211123456",
    full_name="Giàng A Páo",
    sex="M",
    dob="2011-03-04",
    ethnic_code="12",
    residence_code="03390",
    residence_on=date(2026, 1, 1),
    village="Bản Hon",
    mother_name="Vàng Thị Dua",
    father_name="Giàng A Sùng",
    phone="0600000001",
)


def test_an_identity_becomes_a_flat_row() -> None:
    found = of(PAO)
    assert (found.name, found.name_marked, found.name_length) == ("giang a pao", "giàng a páo", 11)
    assert (found.dob, found.dob_swapped, found.nominal) == ("2011-03-04", "2011-04-03", 0)
    assert found.home == f"03390|{found.village}"
    assert found.parents == f"{found.mother}|{found.father}"
    assert (found.number_sex, found.number_year) == ("M", 2011)
    assert found.number_masks is not None
    assert len(found.number_masks) == 12


def test_the_number_itself_is_in_no_column() -> None:
    assert "000211123456" not in json.dumps(row(of(PAO)))


def test_nothing_known_is_nothing_in_every_column() -> None:
    assert of(Identity()) == Features()


@pytest.mark.parametrize(
    ("dob", "nominal"), [("2011", 1), ("2011-01-01", 1), ("2011-01-02", 0), (None, None)]
)
def test_a_first_of_january_and_a_bare_year_are_nominal(dob: str | None, nominal: int | None) -> None:
    assert of(Identity(full_name="Lò Văn An", dob=dob)).nominal == nominal


def test_one_parent_alone_makes_no_pair_of_parents() -> None:
    found = of(Identity(full_name="Lò Văn An", mother_name="Lò Thị Hoa"))
    assert found.mother is not None
    assert found.parents is None


def test_a_number_short_of_digits_is_a_hint_with_the_seal_of_the_whole() -> None:
    short = of(Identity(full_name="Lò Văn An", personal_number_as_written="211123456"))
    assert short.number is None
    assert short.number_hint == of(PAO).number


def test_a_row_through_json_is_the_same_record() -> None:
    found = of(PAO)
    assert from_row(json.loads(json.dumps(row(found)))) == found
    assert len(row(found)) == len(COLUMNS)


def test_every_column_has_a_type_for_tables() -> None:
    types = {column: sql_type(column) for column in COLUMNS}
    assert {column for column, kind in types.items() if kind == "BIGINT"} == NUMBERS
    assert {column for column, kind in types.items() if kind == "VARCHAR[]"} == LISTS
