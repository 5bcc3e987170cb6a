"""What happens to dates, numbers, places and the other fields of a row.

Each function takes a sheet, the places of rows and a random stream and returns the changed columns for those
rows. Empty cells stay empty. Damage never touches the first three digits of a personal number: 000 is what
keeps it from being anybody's (lost zeros are the exception, and make it shorter, not another number).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import numpy as np

from bench.linkage.population.arrays import Ints, Texts, each, texts
from bench.linkage.population.places import REFORM
from bench.linkage.population.sheets import Sheet
from shared.reference import communes, ethnic

Changes = Mapping[str, Texts]
Corruptor = Callable[[Sheet, Ints, np.random.Generator], Changes]

_DAY_ZERO = date(1899, 12, 30)


def missing(column: str) -> Corruptor:
    """The cell is empty."""

    def emptied(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
        return {column: np.full(len(at), "", dtype=object)}

    return emptied


def _chances(column: str, change: Callable[[str, float, float], str]) -> Corruptor:
    """The change, with two random numbers, of each cell that is not empty."""

    def changed(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
        first, second = rng.random((2, len(at))).tolist()
        values = sheet.columns[column][at].tolist()
        return {
            column: texts(
                change(value, one, two) if value else ""
                for value, one, two in zip(values, first, second, strict=True)
            )
        }

    return changed


def _of_iso(change: Callable[[date, float, float], str]) -> Callable[[str, float, float], str]:
    """The change of whole ISO dates; a date already damaged to something else is left alone."""

    def changed(value: str, one: float, two: float) -> str:
        return change(date.fromisoformat(value), one, two) if len(value) == 10 and value[4] == "-" else value

    return changed


def _day_and_month(born: date, one: float, two: float) -> str:
    return born.replace(day=born.month, month=born.day).isoformat() if born.day <= 12 else born.isoformat()


def _one_digit(born: date, one: float, two: float) -> str:
    """A digit of day, month or year typed wrongly, so that the result is still a date."""
    for attempt in range(6):
        offset = (one * (attempt + 1)) % 1
        place = (2, 3, 5, 6, 8, 9, 9, 8)[int(offset * 8)]
        digit = (int(born.isoformat()[place]) + 1 + int(two * 9)) % 10
        typed = born.isoformat()[:place] + str(digit) + born.isoformat()[place + 1 :]
        try:
            found = date.fromisoformat(typed)
        except ValueError:
            continue
        if 1940 <= found.year <= 2020:
            return typed
    return born.isoformat()


def _year_beside(born: date, one: float, two: float) -> str:
    year = born.year + (1 if one < 0.5 else -1)
    return f"{year}-{born.month:02d}-{born.day if (born.month, born.day) != (2, 29) else 28:02d}"


birth_day_and_month_swapped = _chances("dob", _of_iso(_day_and_month))
birth_one_digit = _chances("dob", _of_iso(_one_digit))
birth_first_of_january = _chances("dob", _of_iso(lambda born, one, two: f"{born.year}-01-01"))
birth_year_only = _chances("dob", _of_iso(lambda born, one, two: str(born.year)))
birth_year_beside = _chances("dob", _of_iso(_year_beside))
birth_day_beside = _chances(
    "dob", _of_iso(lambda born, one, two: (born + timedelta(days=1 if one < 0.5 else -1)).isoformat())
)
birth_serial_number = _chances("dob", _of_iso(lambda born, one, two: str((born - _DAY_ZERO).days)))
birth_impossible = _chances(
    "dob",
    _of_iso(
        lambda born, one, two: (
            f"00/00/{born.year}" if one < 0.5 else f"{born.month:02d}/{13 + int(two * 18)}/{born.year}"
        )
    ),
)


def birth_vietnamese(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """09/03/2011, 9/3/2011 or 9.3.11 instead of 2011-03-09: one manner per list."""
    manners = (
        lambda born, one, two: f"{born:%d/%m/%Y}",
        lambda born, one, two: f"{born.day}/{born.month}/{born.year}",
        lambda born, one, two: f"{born:%d-%m-%Y}",
        lambda born, one, two: f"{born.day:02d}.{born.month:02d}.{born.year}",
    )
    found = sheet.columns["dob"][at].copy()
    manner = sheet.listing[at] % len(manners)
    for place, write in enumerate(manners):
        of_manner = np.flatnonzero(manner == place)
        found[of_manner] = [
            _of_iso(write)(value, 0.0, 0.0) if value else "" for value in found[of_manner].tolist()
        ]
    return {"dob": found}


def _lost_zeros(number: str, one: float, two: float) -> str:
    return number[1 if one < 0.5 else 2 if one < 0.65 else 3 :] if len(number) == 12 else number


def _number_one_digit(number: str, one: float, two: float) -> str:
    if len(number) != 12:
        return number
    place = 3 + int(one * 9)
    return number[:place] + str((int(number[place]) + 1 + int(two * 9)) % 10) + number[place + 1 :]


def _number_swapped(number: str, one: float, two: float) -> str:
    for step in range(8):
        place = 3 + (int(one * 8) + step) % 8
        if len(number) == 12 and number[place] != number[place + 1]:
            return number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    return number


number_zeros_lost = _chances("person_id", _lost_zeros)
number_one_digit = _chances("person_id", _number_one_digit)
number_digits_swapped = _chances("person_id", _number_swapped)
number_spaced = _chances(
    "person_id",
    lambda number, one, two: f"{number[:3]} {number[3:6]} {number[6:]}" if one < 0.7 else f"'{number}",
)


def number_of_another(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """The number of a brother or sister, else of the next row of the list: two people with one number."""
    people, person = sheet.people, sheet.person[at]
    last = len(people) - 1
    beside = np.minimum(person + 1, last)
    before = np.maximum(person - 1, 0)
    neighbour = sheet.person[np.minimum(at + 1, len(sheet) - 1)]
    neighbour = np.where(neighbour == person, sheet.person[np.maximum(at - 1, 0)], neighbour)
    other = np.where(
        (people.household[beside] == people.household[person]) & (beside != person),
        beside,
        np.where(
            (people.household[before] == people.household[person]) & (before != person), before, neighbour
        ),
    )
    known = sheet.columns["person_id"][at] != ""
    return {"person_id": np.where(known, people.number[other], "")}


def phone_of_another(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """The telephone number of the next row but a few: a neighbour's, or the teacher's for everybody."""
    other = (at + 1 + rng.integers(0, 6, len(at))) % len(sheet)
    phones, others = sheet.columns["phone"][at], sheet.columns["phone"][other]
    return {"phone": np.where((phones != "") & (others != ""), others, phones)}


def phone_changed(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """A new telephone number."""
    phones = sheet.columns["phone"][at]
    new = texts(f"06{number:08d}" for number in rng.integers(0, 100_000_000, len(at)).tolist())
    return {"phone": np.where(phones != "", new, "")}


def _phone_manner(phone: str, one: float, two: float) -> str:
    if one < 0.4:
        return f"+84{phone[1:]}"
    return (
        f"{phone[:4]} {phone[4:7]} {phone[7:]}"
        if one < 0.7
        else f"{phone[:4]}.{phone[4:7]}.{phone[7:]}"
        if one < 0.85
        else phone[1:]
    )


def _any_digit(digits: str, one: float, two: float) -> str:
    place = 2 + int(one * (len(digits) - 2))
    return digits[:place] + str((int(digits[place]) + 1 + int(two * 9)) % 10) + digits[place + 1 :]


phone_written_otherwise = _chances("phone", _phone_manner)
phone_one_digit = _chances(
    "phone", lambda phone, one, two: _any_digit(phone, one, two) if phone.isdigit() else phone
)
student_one_digit = _chances("student_id", _any_digit)


def _village_manner(village: str, one: float, two: float) -> str:
    """Bản Nà Đon becomes Nà Đon, B. Nà Đon, Thôn Nà Đon; Thôn 3 becomes Thôn 03 or Thôn III."""
    head, _, tail = village.partition(" ")
    if village.startswith("Tổ dân phố "):
        head, tail = "Tổ dân phố", village.removeprefix("Tổ dân phố ")
        return (f"TDP {tail}", f"Tổ {tail}", f"TDP số {tail}", f"Tổ dân phố số {tail}")[int(one * 4)]
    if not tail:
        return village
    if tail.isdigit():
        roman = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")[int(tail) - 1]
        return (f"{head} {int(tail):02d}", f"{head} {roman}", f"{head} số {tail}", f"{head}{tail}", tail)[
            int(one * 5)
        ]
    manners = (
        tail,
        f"{head[0]}. {tail}",
        f"{_OTHER_HEADS.get(head, 'Thôn')} {tail}",
        _run_together(village),
        f"{head.lower()} {tail}",
    )
    return manners[int(one * 5)]


_OTHER_HEADS = {"Bản": "Thôn", "Thôn": "Làng", "Làng": "Thôn", "Ấp": "Khóm"}


def _run_together(village: str) -> str:
    """Làng Kon Đăk Rế becomes Làng Kon ĐắkRế; names of villages are written by ear."""
    words = village.replace("Đăk", "Đắk").replace("Nậm", "Nặm").split(" ")
    return " ".join(words) if len(words) < 4 else " ".join(words[:-2]) + " " + "".join(words[-2:])


village_otherwise = _chances("village", _village_manner)


def village_of_neighbour(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """The village of the row above, dragged down."""
    villages, above = sheet.columns["village"][at], sheet.columns["village"][np.maximum(at - 1, 0)]
    return {"village": np.where((villages != "") & (above != ""), above, villages)}


def commune_of_other_era(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """The code of before the reform after it, or of after it before it.

    Only where the code is some commune's on the row's day too, mostly another one's: a code that is
    nobody's on that day is refused by the import and never reaches linkage.
    """
    codes = sheet.columns["residence_code"][at]
    swapped = [
        _other_era(code, bool(later)) if code else ""
        for code, later in zip(codes.tolist(), (sheet.day[at] >= REFORM).tolist(), strict=True)
    ]
    return {"residence_code": texts(swapped)}


def _other_era(code: str, later: bool) -> str:
    now, then = communes.TWO_TIERS_FROM, communes.TWO_TIERS_FROM - timedelta(days=1)
    if later:
        parts = communes.parts_of(code)
        others = [part.code for part in parts if part.code != code and communes.unit_on(part.code, now)]
    else:
        found = communes.convert(code, then, now)
        others = [found] if found and found != code and communes.unit_on(found, then) else []
    return others[0] if others else code


def commune_of_neighbour(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """The commune code of the next row: dragged down, or the school's instead of the family's."""
    other = np.minimum(at + 1, len(sheet) - 1)
    same_era = (sheet.day[at] < REFORM) == (sheet.day[other] < REFORM)
    codes, others = sheet.columns["residence_code"][at], sheet.columns["residence_code"][other]
    return {"residence_code": np.where(same_era & (codes != "") & (others != ""), others, codes)}


def sex_wrong(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """The other sex."""
    return {"sex": each(lambda sex: {"M": "F", "F": "M"}.get(sex, sex), sheet.columns["sex"][at])}


def sex_in_words(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """Nam, Nữ instead of M, F."""
    return {"sex": each(lambda sex: {"M": "Nam", "F": "Nữ"}.get(sex, sex), sheet.columns["sex"][at])}


def people_by_name(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """The name of the people instead of its code."""
    return {"ethnic_code": each(lambda code: ethnic.name_of(code) or code, sheet.columns["ethnic_code"][at])}


def people_wrong(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """The people of the next row."""
    codes, others = (
        sheet.columns["ethnic_code"][at],
        sheet.columns["ethnic_code"][np.minimum(at + 1, len(sheet) - 1)],
    )
    return {"ethnic_code": np.where((codes != "") & (others != ""), others, codes)}
