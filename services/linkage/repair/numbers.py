"""Numbers that identify: the personal number, the phone, the student number.

Personal number: 12 digits; three for the province of registration, one for century and sex (even: male), two
for the year of birth, six at random; no check digit. Sheets drop its leading zeros, so up to three are put
back where sex and birth year confirm them; what is not confirmed stays a hint. Phones: eleven-digit mobile
numbers became ten-digit ones in September to November 2018, prefix by prefix.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from shared.vietnamese import match_key

LENGTH = 12
_FEWEST_DIGITS = 9
_LETTERS_FOR_DIGITS = str.maketrans("OoQDIl|", "0000111")
_SIGNS = re.compile(r"[\s.\-'’,_]")
_PLACEHOLDERS = frozenset([*(digit * LENGTH for digit in "0123456789"), "123456789012", "012345678901"])
_MOBILE_2018 = {
    "120": "70",
    "121": "79",
    "122": "77",
    "126": "76",
    "128": "78",
    "123": "83",
    "124": "84",
    "125": "85",
    "127": "81",
    "129": "82",
    **{f"16{digit}": f"3{digit}" for digit in "23456789"},
    "186": "56",
    "188": "58",
    "199": "59",
}
"""Prefix of an old eleven-digit mobile number, without its zero, and what it became in 2018."""
_FEWEST_PHONE_DIGITS = 8
_LONGEST_TEXT = 60


class PersonalNumber(NamedTuple):
    """`number`: 12 digits, what they say of sex, birth year and province; `hint`: filled, not confirmed."""

    number: str | None
    sex: str | None
    birth_year: int | None
    province: str | None
    hint: str | None
    repairs: tuple[str, ...]


NO_NUMBER = PersonalNumber(None, None, None, None, None, ())


def personal_number(text: str, *, sex: str | None, birth_year: int | None) -> PersonalNumber:
    """The number of a record; `sex` ("M", "F") and `birth_year` are its own, to confirm lost zeros."""
    repairs: tuple[str, ...] = ()
    digits = text
    if not (len(text) == LENGTH and text.isascii() and text.isdigit()):
        digits, repairs = _digits(text)
    lost = LENGTH - len(digits)
    if not digits or lost < 0 or len(digits) < _FEWEST_DIGITS:
        return NO_NUMBER
    whole = digits.zfill(LENGTH) if lost else digits
    if whole in _PLACEHOLDERS:
        return NO_NUMBER._replace(repairs=("number_placeholder",))
    said_sex = "F" if int(whole[3]) % 2 else "M"
    said_year = 1900 + int(whole[3]) // 2 * 100 + int(whole[4:6])
    if not lost:
        return PersonalNumber(whole, said_sex, said_year, whole[:3], None, repairs)
    if sex == said_sex and birth_year == said_year:
        return PersonalNumber(whole, said_sex, said_year, whole[:3], None, (*repairs, "number_zeros"))
    return NO_NUMBER._replace(hint=whole, repairs=repairs)


def _digits(text: str) -> tuple[str, tuple[str, ...]]:
    """The digits of a number written with signs, O for 0 or l for 1; none where it has other letters."""
    bare = _SIGNS.sub("", text[:_LONGEST_TEXT])
    digits = bare.translate(_LETTERS_FOR_DIGITS)
    if not (digits.isascii() and digits.isdigit()):
        return "", ()
    if digits != bare:
        return digits, ("number_letters",)
    return digits, ("number_signs",) if bare != text else ()


def phone_of(text: str | None) -> tuple[str | None, tuple[str, ...]]:
    """The national digits of the first phone in the text, and what was repaired; None where there is none."""
    if not text:
        return None, ()
    if len(text) == 10 and text.isascii() and text.isdigit() and text[0] == "0" and text[1] != "0":
        if len(set(text)) > 2 and text != "0123456789":
            return text, ()
        return None, ()
    digits, repairs = _national(text)
    if len(digits) == 11 and digits[1:4] in _MOBILE_2018:
        digits = f"0{_MOBILE_2018[digits[1:4]]}{digits[4:]}"
        repairs.append("phone_2018")
    if len(digits) < _FEWEST_PHONE_DIGITS or len(set(digits[1:])) == 1 or digits == "0123456789":
        return None, ()
    return digits, tuple(repairs)


def _national(text: str) -> tuple[str, list[str]]:
    first = re.split(r"[/;,|\\]|\s+-\s+|(?<=[0-9]{6})\s{2,}", text[:_LONGEST_TEXT])[0]
    digits = "".join(c for c in first.translate(_LETTERS_FOR_DIGITS) if "0" <= c <= "9")
    repairs: list[str] = []
    for prefix in ("0084", "84"):
        if digits.startswith(prefix) and len(digits) - len(prefix) in (9, 10, 11):
            digits = digits[len(prefix) :]
            digits = digits if digits.startswith("0") else f"0{digits}"
            return digits, ["phone_country"]
    lost_zero = len(digits) == 9 and digits[0] in "23456789"
    if lost_zero or (len(digits) == 10 and digits[:3] in _MOBILE_2018):
        digits = f"0{digits}"
        repairs.append("phone_zero")
    return digits, repairs


def shows_number(text: str | None, number: str | None) -> bool:
    """Whether a text holds this personal number, with or without its leading zeros and signs between."""
    if not text or number is None:
        return False
    told = number[min(len(number) - len(number.lstrip("0")), LENGTH - _FEWEST_DIGITS) :]
    return told in "".join(c for c in text.translate(_LETTERS_FOR_DIGITS) if "0" <= c <= "9")


def student_of(text: str | None) -> str | None:
    """Letters and digits, upper case; a number without its leading zeros, which sheets drop."""
    if not text:
        return None
    bare = text
    if not (text.isascii() and text.isalnum() and len(text) <= _LONGEST_TEXT):
        bare = "".join(c for c in match_key(text[:_LONGEST_TEXT]) if c.isascii() and c.isalnum())
    bare = bare.upper()
    if bare.isdigit():
        bare = bare.lstrip("0")
    return bare or None
