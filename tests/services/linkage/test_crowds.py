"""Ten thousand namesakes: what one more arrival touches is counted, not timed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from services.linkage.clusters.policy import LARGEST_PART
from services.linkage.driver import Driver
from services.linkage.judging import Judge
from services.linkage.keeping import Records
from services.linkage.model.blocking import OVERSIZE, RULES
from shared.contracts import Identity
from shared.database import chunked
from tests.services.linkage.town import Town, open_town, person

NAMESAKES = 10_000
DAYS_OF_BIRTH = 28 * 12 * 3
MOST_PAIRS = OVERSIZE * len(RULES)
"""Whom one record can be compared with: a full key of every rule."""

ROWS_OF_A_PART = 500 * LARGEST_PART
"""Of all that one arrival reads from the store: keys, records, pairs, links, along every line.

In the chain everybody has about thirty pairs, so that all of it has three hundred thousand.
"""


def new_year(number: int) -> Identity:
    """Everybody the same: born on 01/01 of one year in one village."""
    del number
    return person(dob="2011-01-01")


def any_day(number: int) -> Identity:
    """The same name in one commune, births spread over three years, villages not said."""
    day = number % DAYS_OF_BIRTH
    born = f"{2009 + day // 336}-{day % 336 // 28 + 1:02d}-{day % 28 + 1:02d}"
    return person(dob=born, village=None)


def chained(number: int) -> Identity:
    """The same name; everybody shares the day of birth with one neighbour and the phone with the other."""
    born = date(1998, 1, 1) + timedelta(days=number // 2)
    return person(dob=born.isoformat(), village=None, phone=f"09{(number + 1) // 2 + 12_345_678:08d}")


@dataclass
class Touched:
    """What was done since the last `reset`."""

    pairs: int = 0
    rows: int = 0

    def reset(self) -> None:
        """Count from nothing."""
        self.pairs = self.rows = 0


@pytest.fixture
def touched(monkeypatch: pytest.MonkeyPatch) -> Touched:
    """Counts the pairs given to the judge, and the rows and references that the store brought."""
    found = Touched()
    match, rows, members = Judge.match, Driver.rows, Records.members

    def counted_match(judge: Judge, kept: Any, pairs: Iterable[Any], **more: Any) -> Any:
        asked = list(pairs)
        found.pairs += len(asked)
        return match(judge, kept, asked, **more)

    def counted_rows(driver: Driver, *asked: Any) -> Any:
        brought = rows(driver, *asked)
        found.rows += len(brought)
        return brought

    def counted_members(records: Records, *asked: Any) -> Any:
        brought = members(records, *asked)
        found.rows += sum(map(len, brought.values()))
        return brought

    monkeypatch.setattr(Judge, "match", counted_match)
    monkeypatch.setattr(Records, "members", counted_members)
    monkeypatch.setattr(Driver, "rows", counted_rows)
    return found


@pytest.fixture(scope="module", params=[new_year, any_day, chained])
def crowd(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Callable[[int], Identity]]:
    """A store of ten thousand leavers of one name."""
    make: Callable[[int], Identity] = request.param
    url = f"sqlite:///{tmp_path_factory.mktemp(make.__name__)}"
    database = open_town(url, durable=False)
    town = Town(database)
    for numbers in chunked(range(NAMESAKES), 2_500):
        town.hear(*((f"c{number}", make(number)) for number in numbers))
    database.dispose()
    return url, make


def test_one_more_namesake_is_compared_with_few_whatever_the_crowd(
    crowd: tuple[str, Callable[[int], Identity]], touched: Touched
) -> None:
    url, make = crowd
    database = open_town(url, durable=False)  # opened anew: it remembers no record
    town = Town(database, sequences={"c7": 1})
    for ref, identity, reason in (
        ("p1", make(1), "several"),  # a placement of somebody like them
        ("p2", person(dob="2003-07-30"), None),  # of somebody who is none of them
        ("c7", person(dob="2011-01-02"), None),  # a correction
        ("c7", make(7), None),  # and taken back
        ("p1", None, None),  # a withdrawal
    ):
        touched.reset()
        town.hear((ref, identity))
        assert touched.pairs <= MOST_PAIRS
        assert touched.rows <= ROWS_OF_A_PART
        if reason is not None:
            assert town.reviews()[ref] == reason
    persons = town.partition()
    database.dispose()
    assert len(persons) == NAMESAKES
