"""What holds of every identity, whatever its texts hold."""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import fields
from datetime import date
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.linkage.repair import Repaired, repair
from services.linkage.repair.names import parse
from shared.contracts import Identity

LETTERS = (
    "aăâbcdđeêghiklmnoôơpqrstuưvxyfjwz àáảãạầấẩẫậằắẳẵặèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ"
    "ABĐNTYŎĭčñƀðÐ \u00a0\u200b\u00ad'’`-–.,;/()|&#<>?!0123456789µ¶·¸¹¨»©Ç®Ï×ßå«¬êÔÞïûöø"
    "АсоեαＡﬁ𝐀阮ß&;\u0303\u0302\u0323\u031b"
)
PIECES = [
    "nguyễn",
    "nguyen",
    "trần",
    "lê",
    "giàng",
    "lò",
    "siu",
    "ksor",
    "niê",
    "rơ",
    "châm",
    "văn",
    "van",
    "thị",
    "thi",
    "a",
    "y",
    "h'nhi",
    "h",
    "k",
    "anh",
    "ông",
    "bà",
    "em",
    "mr",
    "con",
    "nguyeenx",
    "thij",
    "huowngf",
    "nguye6n4",
    "lo2",
    "nguyÔn",
    "thÞ",
    "v¨n",
    "d¬ng",
    "nguyeãn",
    "thò",
    "ñöùc",
    "nguyá»…n",
    "th",
    "ị",
    "ngu",
    "yễn",
    "nguyenvanan",
    "AThái",
    "ng",
    "ph",
    "(con)",
    "-",
    "nữ",
    ",",
    "lớp",
    "9a",
    "2",
    "an",
    "an2",
    "anh",
    "thư",
    "blơng",
    "hnhêk",
    "dor",
    "her",
    "nus",
    "aa",
    "đđ",
    "ddoong",
]
NAMES = st.one_of(
    st.text(max_size=40),
    st.text(alphabet=LETTERS, max_size=30),
    st.lists(st.sampled_from(PIECES), max_size=7).map(" ".join),
    st.lists(st.sampled_from(PIECES), max_size=4).map("".join),
)
PEOPLES = st.sampled_from([None, "01", "08", "10", "12", "14"])
KEYS = [
    "name",
    "name_sorted",
    "family",
    "middle",
    "given",
    "marker",
    "initials",
    "dob",
    "birth_monthday",
    "dob_swapped",
    "sex",
    "ethnic",
    "commune",
    "split",
    "district",
    "province",
    "village",
    "mother",
    "father",
    "phone",
    "student",
    "number",
    "number_sex",
    "number_province",
    "number_hint",
]
NAME_PARTS = ("name_marked", "name", "name_sorted", "family", "middle", "given", "marker", "initials")
MOST_CALLS = 60_000
"""Python and built-in calls that one record may cost; a plain one costs about a hundred."""


@given(NAMES, PEOPLES)
@settings(max_examples=600, deadline=None)
@example("A Thái", "14")
@example("em em Nguyễn Văn An", None)
@example("ng ng An Nguyễn", None)
def test_a_repaired_name_is_not_changed_by_another_repair(text: str, people: str | None) -> None:
    once = repair(Identity(full_name=text, ethnic_code=people))
    again = repair(Identity(full_name=once.name_marked, ethnic_code=people))
    assert [getattr(again, part) for part in NAME_PARTS] == [getattr(once, part) for part in NAME_PARTS]


@given(NAMES, PEOPLES)
@settings(max_examples=300, deadline=None)
def test_the_forms_of_unicode_make_no_difference(text: str, people: str | None) -> None:
    composed, apart = (
        repair(Identity(full_name=form, mother_name=form, village=form, student_id=form, ethnic_code=people))
        for form in (unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text))
    )
    assert composed == apart


@given(NAMES, NAMES, NAMES, PEOPLES)
@settings(max_examples=400, deadline=None)
def test_nothing_raises_and_every_key_is_ascii(one: str, two: str, three: str, people: str | None) -> None:
    repaired = repair(
        Identity(
            personal_number=one,
            personal_number_as_written=two,
            full_name=three,
            sex=one,
            dob=two,
            dob_as_written=three,
            ethnic_code=people or one,
            residence_code=two,
            residence_on=date(2024, 5, 31),
            village=three,
            student_id=one,
            mother_name=two,
            father_name=three,
            phone=two,
        )
    )
    for key in KEYS:
        value = getattr(repaired, key)
        assert value is None or (value and value.isascii() and value == value.strip()), (key, value)


@given(st.text(alphabet="0123456789/.- :OoIlTthángnăm ", max_size=14))
@settings(max_examples=400, deadline=None)
def test_a_birth_date_is_a_date_or_nothing(written: str) -> None:
    repaired = repair(Identity(dob=written, dob_as_written=written[::-1]))
    for day in (repaired.dob, repaired.dob_swapped):
        assert day is None or date.fromisoformat(day)
    assert (repaired.dob is None) == (repaired.birth_monthday is None)
    assert repaired.birth_year is None or 1900 <= repaired.birth_year <= 2100
    assert not (repaired.dob is None and repaired.birth_year and not repaired.nominal_birthday)


@given(NAMES)
@settings(max_examples=300, deadline=None)
def test_the_parts_of_a_name_make_up_the_name(text: str) -> None:
    found = parse(text, "unknown")
    parts = [part for part in (found.family, found.marker, found.middle, found.given) if part]
    assert (found.name or "") == " ".join(parts)
    assert (found.sorted or "") == " ".join(sorted((found.name or "").split()))


def test_every_field_that_a_record_is_known_by_is_there() -> None:
    named = set(Repaired._fields)
    assert named >= {*KEYS, *NAME_PARTS, "birth_year", "number_birth_year", "nominal_birthday", "repairs"}


def test_a_repaired_identity_cannot_be_changed() -> None:
    repaired = repair(Identity(full_name="Lò Thị Mai"))
    with pytest.raises(AttributeError):
        repaired.name = "x"  # type: ignore[misc]
    assert repaired._replace(name="x") != repaired


HOSTILE = {
    "letters": "x" * 300,
    "vowels": "a" * 300,
    "syllables": "an" * 1000,
    "family and syllables": "nguyen" + "an" * 1000,
    "words": "Nguyễn " * 400,
    "spaces": " " * 5000 + "An",
    "brackets": "(" * 2000,
    "dashes": "a-" * 1000,
    "apostrophes": "a'" * 1000,
    "digits": "a1" * 1000,
    "telex": "aaw" * 700,
    "marks": "a" + "\u0303\u0302" * 1000,
    "soft hyphens": "\u00ad" * 2000,
    "latin-1": "Ã " * 1000,
    "entities": "&amp;" * 400,
    "capitals": "aA" * 1000,
    "honorifics": "em " * 700,
    "clans": "niê " * 500,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_costs_bounded_work(text: str) -> None:
    repair(Identity(full_name="Lò Thị Mai", residence_code="Bình Lư", village="Bản A", ethnic_code="Thái"))
    identity = Identity(
        full_name=text,
        mother_name=text[1:],
        father_name=text[2:],
        village=text,
        residence_code=text,
        phone=text,
        dob=text,
        student_id=text,
        personal_number=text,
        ethnic_code=text,
    )
    calls = calls_of(identity)
    assert calls < MOST_CALLS
    longer: dict[str, Any] = {
        field.name: 4 * value for field in fields(identity) if (value := getattr(identity, field.name))
    }
    assert calls_of(Identity(**longer)) < MOST_CALLS


def calls_of(identity: Identity) -> int:
    """How many functions, ours and built-in ones, are called to repair the identity."""
    count = 0

    def counted(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        repair(identity)
    finally:
        sys.setprofile(before)
    return count
