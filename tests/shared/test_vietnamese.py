"""Vietnamese text: normal form, match key, equality, order."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import vietnamese

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ '"


def test_nfc_composes_letters_and_collapses_spaces() -> None:
    assert vietnamese.nfc(unicodedata.normalize("NFD", "  Bình \u00a0 Lư ")) == "Bình Lư"


def test_nfc_drops_invisible_characters_and_direction_overrides() -> None:
    assert vietnamese.nfc("Lò\u200b Văn\u202e An\x00") == "Lò Văn An"


@pytest.mark.parametrize("text", ["Đắk Tờ Re", "đắk tờ re", "ĐẮK TỜ RE", "Ðắk Tờ Re", "Dak To Re"])
def test_the_match_key_ignores_marks_case_and_the_eth(text: str) -> None:
    assert vietnamese.match_key(text) == "dak to re"


def test_the_match_key_keeps_the_letter_that_compatibility_folding_loses() -> None:
    assert vietnamese.match_key("Đào") == "dao"


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("Hòa", "Hoà", True),
        ("THÚY", "thuý", True),
        ("H'Nhi", "H’Nhi", True),
        ("Ðức", "Đức", True),
        ("Hoa", "Hòa", False),
        ("Đắk", "Đăk", False),
        ("Dung", "Đung", False),
    ],
)
def test_equality_ignores_tone_position_but_not_marks(one: str, other: str, equal: bool) -> None:
    assert vietnamese.same_text(one, other) is equal


def test_dictionary_order_ranks_letters_before_tones_syllable_by_syllable() -> None:
    tones = ["An", "An Bình", "Àn", "Ản", "Ãn", "Án", "Ạn"]
    ordered = [*tones, "Anh", "Ăn", "Ân", "Dung", "Đức", "Em", "Ê", "Xuân"]
    assert sorted(set(ordered), key=vietnamese.collation_key) == ordered


def test_collation_keys_are_digits_so_that_any_database_orders_them_alike() -> None:
    assert vietnamese.collation_key("Vì Văn Chung").isdecimal()


def test_names_are_ordered_by_given_name_then_family_then_middle() -> None:
    names = ["Vì Văn Đức", "Lò Thị Dung", "Lò Văn Dung", "Giàng Thị Dung", "A Thái"]
    assert sorted(names, key=vietnamese.name_collation_key) == [
        "Giàng Thị Dung",
        "Lò Thị Dung",
        "Lò Văn Dung",
        "Vì Văn Đức",
        "A Thái",
    ]


@pytest.mark.parametrize(
    ("written", "usual"),
    [
        ("VÌ VĂN CHUNG", "Vì Văn Chung"),
        ("H'NHI NIÊ", "H'Nhi Niê"),
        ("y nhung", "Y Nhung"),
        ("Vì văn Chung", "Vì văn Chung"),
        ("A", "A"),
    ],
)
def test_names_in_capitals_get_the_usual_case(written: str, usual: str) -> None:
    assert vietnamese.person_case(written) == usual


@pytest.mark.parametrize(
    ("text", "found"), [("Vì Văn Сhung", True), ("Αn", True), ("Vì Văn Chung", False), ("Đỗ", False)]
)
def test_letters_of_other_scripts_are_noticed(text: str, found: bool) -> None:
    assert vietnamese.has_lookalikes(text) is found


@given(st.text(alphabet=LETTERS + LETTERS.upper(), max_size=40))
def test_keys_do_not_depend_on_the_normal_form(text: str) -> None:
    decomposed = unicodedata.normalize("NFD", text)
    assert vietnamese.match_key(text) == vietnamese.match_key(decomposed)
    assert vietnamese.equality_key(text) == vietnamese.equality_key(decomposed)
    assert vietnamese.nfc(vietnamese.nfc(text)) == vietnamese.nfc(decomposed)


@given(st.text(alphabet=LETTERS, max_size=30), st.text(alphabet=LETTERS, max_size=30))
def test_equal_texts_have_equal_match_keys(one: str, other: str) -> None:
    if vietnamese.same_text(one, other):
        assert vietnamese.match_key(one) == vietnamese.match_key(other)
