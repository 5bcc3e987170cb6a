"""Pupils who do not exist, and the spreadsheets of their schools.

Personal numbers start with 000, which no province has. Every row is well formed, so that nothing is measured
but the ordinary way of good rows; names, birth dates and villages are spread as among real people, because
linkage compares everybody with those who are like them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bench.linkage.population.people import make_people, written
from bench.linkage.population.places import make_places
from shared.files.writing import write_table

SCHOOL_YEAR = "2024-2025"
RECOGNISED_ON = date(2025, 5, 28)
CUT_OFF = date(2025, 12, 31)
COMMUNE = "03390"
"""Bình Lư, where the schools are and whose plan counts their pupils."""

Row = Mapping[str, Any]

_THCS = tuple(f"000-THCS-{number}" for number in range(1, 21))
_THPT = tuple(f"000-THPT-{number}" for number in range(1, 4))
_TRADE = "5620120"
_SEED = 20_251_231


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


class Pupils:
    """So many pupils, by their places: people as `bench.linkage` makes them, with nothing damaged.

    Their villages lie in the whole country, a third of them in Lai Châu.
    """

    def __init__(self, count: int) -> None:
        self._homes = make_places(np.random.default_rng(_SEED), count)
        self._people = make_people(_SEED, count, self._homes)

    def __len__(self) -> int:
        return len(self._people)

    def completion(self, place: int) -> Row:
        """The completion of lower secondary school of one pupil."""
        home = self._people.place[place]
        return {
            **self._person(place),
            "ethnic_code": str(self._people.ethnic[place]),
            "school_code": _THCS[place % len(_THCS)],
            "stage": "THCS",
            "school_year": SCHOOL_YEAR,
            "recognised_round": 1,
            "recognised_on": RECOGNISED_ON,
            "residence_code": str(self._homes.old_code[home]),
            "village": str(self._homes.village[home]),
        }

    def enrolment(self, place: int) -> Row:
        """What the pupil did next: two of three go on to upper secondary school, the others learn a trade."""
        learns_a_trade = place % 3 == 0
        return {
            "enrolment_id": f"000-{place:07d}",
            **self._person(place),
            "programme_kind": "TC" if learns_a_trade else "THPT",
            "institution_code": "000-TC-1" if learns_a_trade else _THPT[place % len(_THPT)],
            "trade_code": _TRADE if learns_a_trade else None,
            "admitted_on": date(2025, 8, 18),
        }

    def _person(self, place: int) -> Row:
        people = self._people
        name = written(
            *(
                column[place : place + 1]
                for column in (people.family, people.marker, people.middle, people.given)
            ),
            family_last=people.clan_last[place : place + 1],
        )
        return {
            "person_id": str(people.number[place]),
            "full_name": str(name[0]),
            "sex": "F" if people.sex[place] else "M",
            "dob": people.born[place].astype(date),
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
