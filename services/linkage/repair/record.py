"""An identity as it is compared: every field in one canonical form, what was repaired beside it.

`repair` is a pure function of the identity: no clock, no counts, no other record. The original stays in the
identity; nothing here is ever shown to a person as somebody's name.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from services.linkage.places import residence_of
from services.linkage.repair.births import birth_of
from services.linkage.repair.lexicon import Custom, custom_of
from services.linkage.repair.names import NOBODY, parse
from services.linkage.repair.numbers import NO_NUMBER, personal_number, phone_of, shows_number, student_of
from services.linkage.repair.villages import village_key
from shared.contracts import Identity
from shared.reference import ethnic
from shared.vietnamese import match_key

_SEXES = {"m": "M", "nam": "M", "male": "M", "f": "F", "nu": "F", "female": "F"}


class Repaired(NamedTuple):
    """What is compared of a person. None: not known. Text is lower-case ASCII, but for `name_marked`.

    `name_marked`: canonical marks (NFC, older tone style, i for y). `name`: the same unmarked, family first;
    `name_sorted`: its syllables sorted. `family` is None for peoples without one; `marker` ("a", "y") is no
    part of `given`. `initials`: first letters of all syllables, in order. `dob`, `dob_swapped`: ISO days;
    `birth_monthday`: "MM-DD"; `nominal_birthday`: 01/01, or only a year. `commune`: code on today's units;
    `split`: code of an old commune that went to several; `district`: code of the former district;
    `province`: today's code; `village`: see `villages`. `number`: 12 digits, and what they say;
    `number_hint`: 9 to 11 digits filled with zeros, not confirmed. `repairs`: codes of what was repaired,
    those of parents' names with "mother_" or "father_" before.
    """

    name_marked: str | None
    name: str | None
    name_sorted: str | None
    family: str | None
    middle: str | None
    given: str | None
    marker: str | None
    initials: str | None
    dob: str | None
    birth_year: int | None
    birth_monthday: str | None
    nominal_birthday: bool
    dob_swapped: str | None
    sex: str | None
    ethnic: str | None
    commune: str | None
    split: str | None
    district: str | None
    province: str | None
    village: str | None
    mother: str | None
    father: str | None
    phone: str | None
    student: str | None
    number: str | None
    number_sex: str | None
    number_birth_year: int | None
    number_province: str | None
    number_hint: str | None
    repairs: tuple[str, ...]


def repair(identity: Identity) -> Repaired:
    """The comparable form of an identity; never raises, whatever its texts hold.

    A student number or a phone that is the personal number once more says nothing besides, and is not given.
    """
    people, custom = _people_of(identity.ethnic_code)
    name = parse(identity.full_name, custom)
    mother = parse(identity.mother_name, custom) if identity.mother_name else NOBODY
    father = parse(identity.father_name, custom) if identity.father_name else NOBODY
    birth = birth_of(identity.dob, identity.dob_as_written)
    sex = _sex_of(identity.sex)
    digits = identity.personal_number or identity.personal_number_as_written
    number = personal_number(digits, sex=sex, birth_year=birth.year) if digits else NO_NUMBER
    whole = number.number or number.hint
    phone, phone_repairs = phone_of(None if shows_number(identity.phone, whole) else identity.phone)
    student = student_of(None if shows_number(identity.student_id, whole) else identity.student_id)
    place = residence_of(identity.residence_code, identity.residence_on)
    repairs = name.repairs + birth.repairs + number.repairs + phone_repairs + place.repairs
    if mother.repairs or father.repairs:
        repairs += tuple(f"mother_{code}" for code in mother.repairs)
        repairs += tuple(f"father_{code}" for code in father.repairs)
    return Repaired(
        name.marked,
        name.name,
        name.sorted,
        name.family,
        name.middle,
        name.given,
        name.marker,
        name.initials,
        birth.dob,
        birth.year,
        birth.monthday,
        birth.nominal,
        birth.swapped,
        sex,
        people,
        place.commune,
        place.split,
        place.district,
        place.province,
        village_key(identity.village),
        mother.name,
        father.name,
        phone,
        student,
        number.number,
        number.sex,
        number.birth_year,
        number.province,
        number.hint,
        repairs,
    )


@lru_cache(maxsize=256)
def _sex_of(written: str | None) -> str | None:
    return _SEXES.get(match_key(written[:20])) if written else None


@lru_cache(maxsize=1024)
def _people_of(written: str | None) -> tuple[str | None, Custom]:
    """The code of a people, from its code (a lost zero too) or its name, and how it writes names."""
    if not written:
        return None, custom_of(None)
    text = written[:60].strip()
    code = text.zfill(2) if text.isascii() and text.isdigit() else ethnic.code_of_name(text)
    known = code if code and ethnic.name_of(code) else None
    return known, custom_of(known)
