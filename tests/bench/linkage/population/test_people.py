"""Who people are: births, twins, names, numbers."""

from __future__ import annotations

import numpy as np
import pytest

from bench.linkage.population.arrays import stream
from bench.linkage.population.customs import KINH, custom, described
from bench.linkage.population.people import TWIN_DELIVERIES, personal_numbers
from tests.bench.linkage.population.made import clean


def test_a_number_carries_century_sex_and_year_but_no_province() -> None:
    born = np.array(["1998-04-01", "1998-04-01", "2009-12-31", "2009-12-31"], dtype="datetime64[D]")
    numbers = personal_numbers(stream(1), np.array([0, 1, 0, 1]), born)
    assert [number[:6] for number in numbers] == ["000098", "000198", "000209", "000309"]
    assert all(len(number) == 12 for number in numbers)


def test_more_people_of_one_year_than_numbers_are_refused() -> None:
    count = 1_000_001
    with pytest.raises(ValueError, match="at most 1000000"):
        personal_numbers(
            stream(1), np.zeros(count, dtype=np.int64), np.full(count, np.datetime64("2009-01-01", "D"))
        )


def test_one_delivery_in_ninety_is_of_twins() -> None:
    who = clean().people
    pairs = who.twin.sum() / 2
    assert abs(pairs / (len(who) - pairs) - TWIN_DELIVERIES) < 0.003


def test_twins_share_household_and_birth_date() -> None:
    who = clean().people
    at = np.flatnonzero(who.twin)
    first, second = at[::2], at[1::2]
    assert (second == first + 1).all()
    assert (who.household[first] == who.household[second]).all()
    assert (who.born[first] == who.born[second]).all()
    assert (who.given[first] != who.given[second]).mean() > 0.99


def test_other_siblings_are_at_least_ten_months_apart_unless_their_dates_are_nominal() -> None:
    who = clean().people
    siblings = (who.household[1:] == who.household[:-1]) & ~(who.twin[1:] & who.twin[:-1])
    days = np.datetime_as_string(who.born)
    nominal = np.array([day.endswith("-01-01") for day in days])
    gap = np.abs((who.born[1:] - who.born[:-1]).astype(int))
    assert gap[siblings & ~nominal[1:] & ~nominal[:-1]].min() >= 300


def test_nominal_birthdays_are_common_among_minorities_and_rare_among_kinh() -> None:
    who = clean().people
    nominal = np.array([day.endswith("-01-01") for day in np.datetime_as_string(who.born)])
    kinh = who.ethnic == KINH
    assert nominal[kinh].mean() < 0.02
    assert 0.05 < nominal[~kinh].mean() < 0.15


def test_in_some_villages_everybody_was_born_on_the_first_of_january() -> None:
    who = clean().people
    nominal = np.array([day.endswith("-01-01") for day in np.datetime_as_string(who.born)])
    share = np.bincount(who.place, weights=nominal) / np.maximum(np.bincount(who.place), 1)
    assert ((share > 0.8) & (np.bincount(who.place) >= 5)).sum() >= 3


def test_a_third_of_the_kinh_are_called_nguyen() -> None:
    who = clean().people
    assert 0.30 < (who.family[who.ethnic == KINH] == "Nguyễn").mean() < 0.38


@pytest.mark.parametrize(("people", "men", "women"), [("14", "A", "Y"), ("13", "A", "Y"), ("27", "A", "Y")])
def test_peoples_without_family_names_have_the_marker_of_their_sex(people: str, men: str, women: str) -> None:
    who = clean().people
    at = who.ethnic == people
    assert set(who.family[at].tolist()) == {""}
    assert set(who.marker[at & (who.sex == 0)].tolist()) == {men}
    assert set(who.marker[at & (who.sex == 1)].tolist()) == {women}


def test_children_bear_the_fathers_family_name_and_those_of_the_gia_rai_the_mothers() -> None:
    who = clean().people
    mong, jrai = who.ethnic == "08", (who.ethnic == "10") & (who.family != "")
    fathers = [
        father.startswith(family + " ")
        for father, family in zip(who.father[mong], who.family[mong], strict=True)
    ]
    mothers = [
        mother.startswith(family + " ")
        for mother, family in zip(who.mother[jrai], who.family[jrai], strict=True)
    ]
    assert all(fathers)
    assert sum(mothers) / len(mothers) > 0.5


def test_nobody_is_without_a_given_name_and_brothers_are_not_namesakes() -> None:
    who = clean().people
    assert "" not in set(who.given.tolist())
    same = (
        (who.household[1:] == who.household[:-1])
        & (who.given[1:] == who.given[:-1])
        & (who.sex[1:] == who.sex[:-1])
    )
    assert same.mean() < 0.002


def test_namesakes_live_side_by_side() -> None:
    source = clean().source("leavers")
    bearers: dict[tuple[str, str], set[int]] = {}
    for name, commune, person in zip(
        source.columns["full_name"], source.columns["residence_code"], source.person.tolist(), strict=True
    ):
        bearers.setdefault((name, commune), set()).add(person)
    namesakes = sum(len(people) for people in bearers.values() if len(people) > 1)
    assert 0.01 < namesakes / len(set(source.person.tolist())) < 0.15


def test_every_described_people_has_names_for_both_sexes() -> None:
    assert len(described()) >= 25
    for code in described():
        people = custom(code)
        assert all(len(bag.words) >= 6 for bag in people.givens)
        assert people.families or people.markers
