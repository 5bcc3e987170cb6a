"""Pupils who do not exist, and the spreadsheets of their schools.

Personal numbers start with 000, which no province has. Everything else is well formed (century and sex,
birth year, commune, trade), so that nothing is measured but the ordinary way of good rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import islice, product
from pathlib import Path
from typing import Any

from shared.files.writing import write_table

SCHOOL_YEAR = "2024-2025"
RECOGNISED_ON = date(2025, 5, 28)
CUT_OFF = date(2025, 12, 31)
COMMUNE = "03390"
"""Bình Lư, whose plan counts these pupils."""

Row = Mapping[str, Any]

_SURNAMES = ("Lò", "Vàng", "Giàng", "Nguyễn", "Tẩn", "Phàn", "Lý", "Hoàng")
_MIDDLES = ("Văn", "Thị", "A", "Láo", "Minh", "Thu", "Đức", "Ngọc")
_GIVEN = ("An", "Bình", "Chung", "Dung", "Hà", "Hiền", "Kiên", "Lan", "Mai", "Nam", "Oanh", "Phúc")
_NAMES = [" ".join(parts) for parts in product(_SURNAMES, _MIDDLES, _GIVEN)]
_VILLAGES = ("Bản Hon", "Nà Đon", "Thèn Thầu", "Cò Lá", "Nà Tăm")
_PEOPLES = ("01", "03", "08", "09", "42")
_THCS = tuple(f"000-THCS-{number}" for number in range(1, 21))
_THPT = tuple(f"000-THPT-{number}" for number in range(1, 4))
_TRADE = "5620120"
_FIRST_BIRTHDAY = date(2010, 1, 1)


def institutions() -> list[Row]:
    """The schools and the college that the other rows name."""
    schools = [(code, "THCS") for code in _THCS] + [(code, "THPT") for code in _THPT]
    return [
        {
            "code": code,
            "name": f"Trường đo thử {code}",
            "kind": kind,
            "commune_code": COMMUNE,
            "valid_from": date(2015, 1, 1),
        }
        for code, kind in [*schools, ("000-TC-1", "TC")]
    ]


def completion(place: int) -> Row:
    """The completion of lower secondary school of one pupil."""
    return {
        **person(place),
        "ethnic_code": _PEOPLES[place % len(_PEOPLES)],
        "school_code": _THCS[place % len(_THCS)],
        "stage": "THCS",
        "school_year": SCHOOL_YEAR,
        "recognised_round": 1,
        "recognised_on": RECOGNISED_ON,
        "residence_code": COMMUNE,
        "village": _VILLAGES[place % len(_VILLAGES)],
    }


def enrolment(place: int) -> Row:
    """What the pupil did next: two of three go on to upper secondary school, the others learn a trade."""
    learns_a_trade = place % 3 == 0
    return {
        "enrolment_id": f"000-{place:07d}",
        **person(place),
        "programme_kind": "TC" if learns_a_trade else "THPT",
        "institution_code": "000-TC-1" if learns_a_trade else _THPT[place % len(_THPT)],
        "trade_code": _TRADE if learns_a_trade else None,
        "admitted_on": date(2025, 8, 18),
    }


def person(place: int) -> Row:
    """Who somebody is."""
    is_male = place % 2 == 0
    born = _FIRST_BIRTHDAY + timedelta(days=place % 365)
    return {
        "person_id": f"000{2 if is_male else 3}{born.year % 100:02d}{place:06d}",
        "full_name": _NAMES[place % len(_NAMES)],
        "sex": "M" if is_male else "F",
        "dob": born,
    }


def write_workbook(path: Path, rows: Iterator[Row] | list[Row]) -> None:
    """A workbook with these rows; headings are the keys of the first."""
    iterator = iter(rows)
    first = next(iterator)
    headings = list(first)
    rest = ([row[heading] for heading in headings] for row in iterator)
    write_table(path, headings, _chain([first[heading] for heading in headings], rest))


def _chain(first: list[Any], rest: Iterator[list[Any]]) -> Iterator[list[Any]]:
    yield first
    yield from islice(rest, None)
