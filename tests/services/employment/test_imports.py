"""What employment takes, refuses and tells, in literal tables; on both databases."""

# ruff: noqa: E501 - a table is read best with one row per line

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import pytest
import sqlalchemy as sa

from services.employment.employers import EmployerInUse
from services.employment.models import EMPLOYER, PLACEMENT, VACANCY
from services.employment.vacancies import VacancyInUse
from shared.contracts import employment
from tests.services.source_house import (
    Sources,
    assert_sequences_have_no_gap,
    counts,
    fault_codes,
    warning_codes,
)

T = TypeVar("T")

VACANCY_ROW = """
    vacancy_id | employer_name | title   | openings | commune_code | trade_code | posted_on  | closed_on | close_reason
    VC1        | Công ty Chè   | {title} | {openings} | 03390      |            | 2026-06-01 | {closed}
"""


def vacancy(*, title: str = "Thợ điện", openings: int = 2, closed: str = " | ") -> str:
    return VACANCY_ROW.format(title=title, openings=openings, closed=closed)


def placements(*rows: str) -> str:
    heading = "placement_id | person_id | employer_name | started_on | ended_on | vacancy_id"
    return "\n".join([heading, *rows])


FIRST = "PL1 | 000207000001 | Công ty Chè | 2026-06-10 | | VC1"
SECOND = "PL2 | 000207000002 | Công ty Chè | 2026-06-11 | | VC1"
THIRD = "PL3 | 000207000003 | Công ty Chè | 2026-06-12 | | VC1"


def test_a_vacancy_is_posted_changed_closed_and_opened_again(house: Sources) -> None:
    house.load("vacancies", vacancy())
    house.load("vacancies", vacancy(title="Thợ cơ khí"))
    house.load("vacancies", vacancy(title="Thợ cơ khí", closed="2026-07-01 | expired"))
    assert counts(house.load("vacancies", vacancy(title="Thợ cơ khí"))) == (0, 1, 0, 0)
    assert counts(house.load("vacancies", vacancy(title="Thợ cơ khí"))) == (0, 0, 1, 0)
    assert house.facts() == [
        "EmployerRegistered",
        "VacancyPosted",
        "VacancyChanged",
        "VacancyClosed",
        "VacancyChanged",
    ]
    closed = house.events()[3].data
    assert isinstance(closed, employment.VacancyClosed)
    assert str(closed.close_reason) == "expired"
    assert_sequences_have_no_gap(house.events())


def test_a_vacancy_that_comes_closed_was_posted_first(house: Sources) -> None:
    house.load("vacancies", vacancy(closed="2026-07-01 | withdrawn"))
    assert house.facts() == ["EmployerRegistered", "VacancyPosted", "VacancyClosed"]
    posted = house.events()[1].data
    assert isinstance(posted, employment.VacancyPosted)
    assert posted.closed_on is None


def test_the_last_place_fills_a_vacancy_and_one_more_is_refused(house: Sources) -> None:
    house.load("vacancies", vacancy())
    house.forget_events()
    report = house.load("placements", placements(FIRST, SECOND, THIRD))
    assert counts(report) == (2, 0, 0, 1)
    assert [(fault.row, fault.code) for fault in report.faults] == [(4, "no_openings_left")]
    assert house.facts() == [
        "PlacementRecorded",
        "IdentityRecorded",
        "PlacementRecorded",
        "IdentityRecorded",
        "VacancyFilled",
    ]
    assert counts(house.load("placements", placements(FIRST, SECOND))) == (0, 0, 2, 0)


def test_a_place_becomes_free_by_withdrawal_and_not_by_the_end_of_the_work(house: Sources) -> None:
    house.load("vacancies", vacancy(openings=1))
    house.load("placements", placements(FIRST))
    ended = FIRST.replace("2026-06-10 | ", "2026-06-10 | 2026-06-20")
    assert counts(house.load("placements", placements(ended, SECOND))) == (0, 1, 0, 1)
    assert house.withdraw("placements", "PL1")
    assert house.facts()[-3:] == ["PlacementWithdrawn", "IdentityWithdrawn", "VacancyChanged"]
    assert counts(house.load("placements", placements(SECOND))) == (1, 0, 0, 0)
    assert house.facts()[-1] == "VacancyFilled"
    assert fault_codes(house.load("placements", placements(FIRST))) == ["no_openings_left"]
    assert_sequences_have_no_gap(house.events())


def test_a_placement_may_move_to_another_vacancy(house: Sources) -> None:
    house.load("vacancies", vacancy(openings=1))
    house.load("vacancies", vacancy(openings=1).replace("VC1", "VC2"))
    house.load("placements", placements(FIRST))
    assert counts(house.load("placements", placements(FIRST.replace("VC1", "VC2"), SECOND))) == (1, 1, 0, 0)
    assert placed(house) == {"VC1": 1, "VC2": 1}


def test_openings_cannot_fall_below_those_placed(house: Sources) -> None:
    house.load("vacancies", vacancy(openings=3))
    house.load("placements", placements(FIRST, SECOND))
    assert fault_codes(house.load("vacancies", vacancy(openings=1))) == ["openings_below_placements"]
    house.load("vacancies", vacancy(openings=2))
    assert house.facts()[-1] == "VacancyFilled"
    house.load("vacancies", vacancy(openings=4))
    assert house.facts()[-1] == "VacancyChanged"


def test_a_placement_without_vacancy_is_not_limited(house: Sources) -> None:
    rows = [f"PL{n} | 0002070000{n:02d} | Hộ ông Lò | 2026-06-10 | |" for n in range(1, 31)]
    assert counts(house.load("placements", placements(*rows))) == (30, 0, 0, 0)
    assert house.facts().count("EmployerRegistered") == 1
    registered = house.events()[0].data
    assert isinstance(registered, employment.EmployerRegistered)
    assert registered.known_by_name_only


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("PL1 | 000207000001 | Công ty Chè | 2026-06-10 | | VC9", "unknown_vacancy"),
        ("PL1 | 000207000001 | Công ty Chè | 2026-06-10 | 2026-06-09 |", "ended_before_start"),
        ("PL1 | 000207000001 | | 2026-06-10 | |", "employer_missing"),
        ("PL1 | | Công ty Chè | 2026-06-10 | |", "name_missing"),
    ],
)
def test_a_placement_is_refused_where_it_cannot_be_true(house: Sources, row: str, code: str) -> None:
    report = house.load("placements", placements(row))
    assert fault_codes(report) == [code]
    assert house.events() == []


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (vacancy(closed="2026-05-31 | expired"), "closed_before_posting"),
        (vacancy(closed=" | expired"), "closed_on_missing"),
        (vacancy(closed="2026-07-01 | mệt"), "unknown_close_reason"),
        (vacancy(openings=0), "not_a_number"),
        (vacancy().replace("03390", "99999"), "unknown_commune"),
    ],
)
def test_a_vacancy_is_refused_where_it_cannot_be_true(house: Sources, table: str, code: str) -> None:
    report = house.load("vacancies", table)
    assert fault_codes(report) == [code]
    assert house.events() == []


def test_a_tax_code_that_comes_later_is_given_to_the_employer_known_by_name(house: Sources) -> None:
    house.load("vacancies", vacancy())
    employers = """
        tax_code   | employer_name | commune_code
        0100109106 | CÔNG TY CHÈ   | 03390
    """
    assert counts(house.load("employers", employers)) == (0, 1, 0, 0)
    assert house.facts() == ["EmployerRegistered", "VacancyPosted", "EmployerRegistered"]
    again = house.events()[2].data
    assert isinstance(again, employment.EmployerRegistered)
    assert not again.known_by_name_only
    # The name still finds it, and makes no second employer.
    house.load("placements", placements(FIRST))
    assert house.facts().count("EmployerRegistered") == 2
    assert counts(house.load("employers", employers)) == (0, 0, 1, 0)


def test_neither_name_nor_tax_code_of_an_employer_is_ever_told(house: Sources) -> None:
    house.load(
        "employers",
        """
        tax_code     | employer_name
        000211000001 | Hộ ông Lò Văn Mai
        100109106    | Công ty Chè
        0100109107   | Công ty Mía
        """,
    )
    for envelope in house.events():
        text = repr(envelope)
        for private in ("000211000001", "0100109106", "Mai", "Chè"):
            assert private not in text


def test_a_wrong_check_digit_is_warned_of_and_a_wrong_form_refused(house: Sources) -> None:
    report = house.load(
        "employers",
        """
        tax_code   | employer_name
        0100109107 | Công ty Mía
        12345      | Công ty Chè
        """,
    )
    assert warning_codes(report) == ["tax_code_check_digit"]
    assert fault_codes(report) == ["tax_code_malformed"]


def test_what_others_rest_on_cannot_be_withdrawn(house: Sources) -> None:
    house.load("vacancies", vacancy())
    house.load("placements", placements(FIRST))
    with pytest.raises(VacancyInUse):
        house.withdraw("vacancies", "VC1")
    with pytest.raises(EmployerInUse):
        house.withdraw("employers", "Công ty Chè")
    assert house.withdraw("placements", "PL1")
    assert house.withdraw("vacancies", "VC1")
    assert house.withdraw("employers", "Công ty Chè")
    assert counts(house.load("vacancies", vacancy())) == (1, 0, 0, 0)
    assert house.facts()[-2:] == ["EmployerRegistered", "VacancyPosted"]
    assert_sequences_have_no_gap(house.events())


def test_vacancies_belong_to_their_publisher(house: Sources) -> None:
    house.load("vacancies", vacancy(), organisation="TT-A")
    assert fault_codes(house.load("placements", placements(FIRST))) == ["unknown_vacancy"]
    assert counts(house.load("placements", placements(FIRST), organisation="TT-A")) == (1, 0, 0, 0)


def test_placements_at_the_same_time_never_exceed_the_openings(house: Sources) -> None:
    house.load("vacancies", vacancy(openings=5))

    def place(number: int) -> list[str]:
        row = f"PL{number} | 0002070000{number:02d} | Công ty {number} | 2026-06-10 | | VC1"
        return fault_codes(house.load("placements", placements(row)))

    faults = at_once([lambda n=n: place(n) for n in range(12)])  # type: ignore[misc]
    assert sorted(len(found) for found in faults) == [0] * 5 + [1] * 7
    assert placed(house) == {"VC1": 5}
    with house.databases["employment"].read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(PLACEMENT)) == 5
        # Nothing is left of the refused rows, not even the employer that only they name.
        assert session.scalar(sa.select(sa.func.count()).select_from(EMPLOYER)) == 6
    assert house.facts().count("VacancyFilled") == 1
    assert_sequences_have_no_gap(house.events())


def test_the_same_new_row_at_the_same_time_becomes_one_record(house: Sources) -> None:
    house.load("vacancies", vacancy(openings=5))
    reports = at_once([lambda: counts(house.load("placements", placements(FIRST, SECOND)))] * 6)
    assert sorted(reports) == [(0, 0, 2, 0)] * 5 + [(2, 0, 0, 0)]
    assert placed(house) == {"VC1": 2}
    assert_sequences_have_no_gap(house.events())


def placed(house: Sources) -> dict[str, int]:
    with house.databases["employment"].read() as session:
        return dict(session.execute(sa.select(VACANCY.c.key, VACANCY.c.placed)).all())


def at_once(calls: list[Callable[[], T]]) -> list[T]:
    """Call all functions from threads that start together; their answers, in order."""
    ready = threading.Barrier(len(calls))
    answers: dict[int, T] = {}

    def run(place: int, call: Callable[[], T]) -> None:
        ready.wait()
        answers[place] = call()

    threads = [threading.Thread(target=run, args=(n, call)) for n, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answers[n] for n in range(len(calls))]
