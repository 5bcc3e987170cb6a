from __future__ import annotations

from math import log2

import pytest

from services.linkage.features import Features
from services.linkage.model import document as documents
from services.linkage.model import frequencies as tables

DOCUMENT = documents.shipped()
STRENGTH = tables.STRENGTH["name"]


def test_a_column_of_the_place_is_soon_counted_as_it_is() -> None:
    """300 of 400 in one village; 200 more count for what was not seen. A value not listed: 1.5 times."""
    records = [Features(home="a|x")] * 300 + [Features(home=f"b|{n}") for n in range(100)] + [Features()]
    table = tables.from_records(DOCUMENT, records).tables["home"]
    assert 2 ** -table.bits_of("a|x") == pytest.approx(300 / (400 + tables.STRENGTH["home"]))
    assert 2 ** -table.bits_of("b|1") == pytest.approx(1.5 / (400 + tables.STRENGTH["home"]))
    assert table.bits_of("never seen") == table.bits_of("b|1")
    assert list(table.bits) == ["a|x"]


def test_the_birth_date_of_one_person_in_a_short_list_is_not_common() -> None:
    """Two records of ten have it, and yet it is nearly as rare as one day of a few cohorts."""
    records = [Features(dob="2011-03-09")] * 2 + [Features(dob=f"2011-04-{n:02}") for n in range(1, 9)]
    table = tables.from_records(DOCUMENT, records).tables["dob"]
    assert 7 < table.bits_of("2011-03-09") < 12
    shipped = tables.shipped(DOCUMENT).tables["dob"]
    assert shipped.bits_of("2009-01-01") < shipped.bits_of("2009-01-02") < 13


def test_names_of_a_small_file_lean_on_the_shipped_table() -> None:
    common, bits = next(iter(tables.shipped(DOCUMENT).tables["name"].bits.items()))
    found = tables.from_records(DOCUMENT, [Features(name=common)] * 50).tables["name"]
    expected = (50 + STRENGTH * 2**-bits) / (50 + STRENGTH)
    assert 2 ** -found.bits_of(common) == pytest.approx(expected)
    assert found.bits_of("zzz") == pytest.approx(log2((50 + STRENGTH) / tables.SEEN_ONCE))


def test_without_records_the_shipped_tables_hold() -> None:
    assert tables.from_records(DOCUMENT, []).tables == tables.shipped(DOCUMENT).tables
    assert set(tables.shipped(DOCUMENT).tables) == set(DOCUMENT.frequency_columns)


def test_the_rows_for_splink_hold_every_value_once_also_those_not_listed() -> None:
    records = [Features(home="a|x")] * 3 + [Features(home="b|y")]
    rows = tables.from_records(DOCUMENT, records).lookup("home", ["b|y", "a|x", "b|y", "c|z"])
    assert [value for value, _ in rows] == ["a|x", "b|y", "c|z"]
    whole = 4 + tables.STRENGTH["home"]
    assert [frequency for _, frequency in rows] == pytest.approx([3 / whole, 1.5 / whole, 1.5 / whole])


def test_tables_written_and_read_are_the_same() -> None:
    made = tables.from_records(DOCUMENT, [Features(name="lo van an", dob="2011-01-01")] * 9)
    again = tables.from_data(made.to_data())
    assert again == made
    assert again.hash == made.hash
    other = tables.from_records(DOCUMENT, [Features(name="lo van an", dob="2011-01-01")] * 10)
    assert other.hash != made.hash
