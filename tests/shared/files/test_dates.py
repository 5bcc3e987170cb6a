"""Days as offices write them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.files.dates import NotADay, parse_birth, parse_day

TODAY = date(2026, 11, 22)
FIFTH_OF_JUNE = date(2026, 6, 5)
DAYS = st.dates(min_value=date(1901, 1, 1), max_value=date(2099, 12, 31))


@pytest.mark.parametrize(
    "cell",
    [
        "2026-06-05",
        "2026-06-05 00:00:00",
        "2026-06-05T00:00:00",
        "2026/06/05",
        "05/06/2026",
        "5/6/2026",
        "5/6/26",
        "5-6-2026",
        "05.06.2026",
        "5.6.26",
        " 05 / 06 / 2026 ",
        "05 06 2026",
        "ngày 05 tháng 6 năm 2026",
        "05062026",
        "20260605",
        "46178",
        46178,
        46178.0,
        46178.5,
        date(2026, 6, 5),
        datetime(2026, 6, 5, 7, 30),  # noqa: DTZ001 - as a sheet gives it
    ],
)
def test_every_vietnamese_writing_of_a_day_is_read(cell: Any) -> None:
    assert parse_day(cell, TODAY) == FIFTH_OF_JUNE


@pytest.mark.parametrize(
    "cell",
    [
        *("05/13/2026", "2026-13-05", "30/02/2026", "00/00/2026", "31/04/2026", "29/02/2025", "2026", 2026),
        *("hôm qua", "5/6", "05/06/20266", "1/1/1", "٠٥/٠٦/٢٠٢٦", "05/06/1026", "=TODAY()", 0, 1, -5, 10**9),
        *(float("nan"), float("inf"), 1e300, True, "9" * 400),
    ],
)
def test_what_is_no_day_is_refused_and_never_swapped(cell: Any) -> None:
    with pytest.raises(NotADay):
        parse_day(cell, TODAY)


@pytest.mark.parametrize("cell", [None, "", "   "])
def test_an_empty_cell_is_no_day(cell: Any) -> None:
    assert parse_day(cell, TODAY) is None


def test_two_digit_years_lie_in_the_past_or_near() -> None:
    assert parse_day("01/02/36", TODAY) == date(2036, 2, 1)
    assert parse_day("01/02/37", TODAY) == date(1937, 2, 1)


@pytest.mark.parametrize(
    ("cell", "value", "as_written", "code"),
    [
        ("09/03/2011", "2011-03-09", None, None),
        ("9/3/11", "2011-03-09", None, None),
        (date(2011, 3, 9), "2011-03-09", None, None),
        (40611, "2011-03-09", None, None),
        (40611.0, "2011-03-09", None, None),
        ("40611", "2011-03-09", None, None),
        ("2011", "2011", "2011", "birth_year_only"),
        (2011, "2011", "2011", "birth_year_only"),
        (2011.0, "2011", "2011", "birth_year_only"),
        ("00/00/2011", "2011", "00/00/2011", "birth_date_odd"),
        ("05/13/2011", "2011", "05/13/2011", "birth_date_odd"),
        ("31/02/2011", "2011", "31/02/2011", "birth_date_odd"),
        ("khoảng 2011", "2011", "khoảng 2011", "birth_date_odd"),
        ("01/01/2011", "2011-01-01", "01/01/2011", "birth_first_of_january"),
        ("không rõ", None, "không rõ", "birth_date_unreadable"),
        ("09/03/2031", "2031-03-09", None, "birth_date_after_today"),
    ],
)
def test_birth_dates_are_kept_as_far_as_they_can_be_told(
    cell: Any, value: str | None, as_written: str | None, code: str | None
) -> None:
    birth = parse_birth(cell, TODAY)
    assert birth is not None
    assert (birth.value, birth.as_written) == (value, as_written)
    assert (birth.note[0] if birth.note else None) == code


@given(
    DAYS, st.sampled_from(["%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%d %m %Y", "%d%m%Y", "%Y%m%d"])
)
def test_a_written_day_is_read_back(day: date, form: str) -> None:
    assert parse_day(day.strftime(form), TODAY) == day


@given(DAYS)
def test_a_day_as_a_sheet_counts_it_is_read_back(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    if serial >= 61 and not 1900 <= serial <= 2100:
        assert parse_day(float(serial), TODAY) == day


@given(DAYS)
def test_a_month_is_never_taken_for_a_day(day: date) -> None:
    american = day.strftime("%m/%d/%Y")
    if day.day > 12:
        with pytest.raises(NotADay):
            parse_day(american, TODAY)
    else:
        assert parse_day(american, TODAY) == date(day.year, day.day, day.month)


@given(st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.none(), st.booleans(), st.datetimes()))
def test_nothing_breaks_the_reading_of_days(cell: Any) -> None:
    birth = parse_birth(cell, TODAY)
    assert birth is None or birth.value is None or len(birth.value) in (4, 10)
    with suppress(NotADay):
        day = parse_day(cell, TODAY)
        assert day is None or 1900 <= day.year <= 2100
