"""People in households: who they are, when they were born, what they are called, where they live.

Everything is a column over all people, children of the same household side by side. Nobody exists: names
are put together by chance, personal numbers begin with 000 (no province), telephone numbers with 06 (no
network).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.linkage.population import customs
from bench.linkage.population.arrays import (
    Days,
    Flags,
    Floats,
    Ints,
    Texts,
    blank,
    first_of_january,
    pick,
    stream,
    texts,
    years_of,
)
from bench.linkage.population.places import Places

LAST_DAY = np.datetime64("2026-11-20", "D")
"""The last day of which a file tells."""

TWIN_DELIVERIES = 0.011
"""Share of deliveries that are twins."""

_STREAM = 2
_YOUNG_HOUSEHOLDS = 0.84
_YOUNGEST_BORN = (np.datetime64("2006-06-01", "D"), np.datetime64("2011-10-01", "D"))
_ELDERS_BORN = (np.datetime64("1978-01-01", "D"), np.datetime64("2004-01-01", "D"))
_MORE_CHILDREN = 0.95
_MOVERS = 0.24
_MIDDLE_OF_SIBLING, _MIDDLE_OF_TWIN = 0.3, 0.8
_NUMBERS_PER_YEAR = 1_000_000
_HOUSE_NAMES = texts(
    [
        "Tí",
        "Bi",
        "Cún",
        "Bin",
        "Tôm",
        "Bông",
        "Na",
        "Bon",
        "Ken",
        "Su",
        "Mít",
        "Cu",
        "Bống",
        "Nhím",
        "Tý",
        "Bo",
    ]
)


@dataclass(frozen=True, slots=True)
class People:
    """Columns over people. `sex` is 0 male, 1 female; `place` is the village until `moved_on`, and then
    `place_after`.

    A full name is `family`, `marker`, `middle`, `given`, those that are there, in this order, or with the
    family name last where `clan_last`. `other_given` is the name used at home, or at school. `born` is the
    birth date as registered; `twin` marks both of two.
    """

    household: Ints
    sex: Ints
    born: Days
    ethnic: Texts
    family: Texts
    marker: Texts
    middle: Texts
    given: Texts
    other_given: Texts
    clan_last: Flags
    father: Texts
    mother: Texts
    number: Texts
    student: Texts
    home_phone: Texts
    own_phone: Texts
    place: Ints
    place_after: Ints
    moved_on: Days
    twin: Flags

    def __len__(self) -> int:
        return len(self.household)

    def place_on(self, person: Ints, day: Days) -> Ints:
        """Where each of them lived on that day."""
        places: Ints = np.where(day < self.moved_on[person], self.place[person], self.place_after[person])
        return places


def make_people(seed: int, count: int, places: Places) -> People:
    """So many people; the same for the same seed, count and places."""
    rng = stream(seed, _STREAM)
    household, born, twin = _births(rng, count, places)
    homes = int(household[-1]) + 1
    home = pick(rng, places.weight, homes)
    born = _registered(rng, born, household, home, places, twin=twin)
    people = places.people[home].copy()
    mixed = rng.random(homes) < 0.07
    people[mixed] = places.people[home[rng.permutation(homes)]][mixed]
    ethnic = people[household]
    sex = (rng.random(count) < 0.487).astype(np.int64)
    region = places.region[home]
    fathers = _names(rng, people, np.zeros(homes, dtype=np.int64), region, young=False)
    mothers_people = np.where(rng.random(homes) < 0.95, people, people[rng.permutation(homes)])
    mothers = _names(rng, mothers_people, np.ones(homes, dtype=np.int64), region, young=False)
    own = _names(rng, ethnic, sex, region[household], young=True, marked=fathers.marked[household])
    given = _unlike_siblings(own.given, household, ethnic, sex)
    of_mother = _matrilineal(people) & (people == mothers_people) & (mothers.family != "")
    inherited = np.where(of_mother, mothers.family, fathers.family)[household]
    family = np.where(own.marked, "", inherited)
    middle = _patronymic(rng, ethnic, sex, own.middle, fathers.given[household])
    middle = _of_sibling(rng, middle, household, sex, ethnic, twin=twin)
    moves = rng.random(count) < _MOVERS
    home_of = home[household]
    elsewhere = _moved_to(rng, home_of, places)
    moved_on = np.where(
        moves,
        LAST_DAY - rng.integers(0, 4 * 365, count).astype("timedelta64[D]"),
        LAST_DAY + np.timedelta64(9999, "D"),
    )
    return People(
        household=household,
        sex=sex,
        born=born,
        ethnic=ethnic,
        family=family,
        marker=own.marker,
        middle=middle,
        given=given,
        other_given=_other_given(rng, given, sex),
        clan_last=own.clan_last,
        father=fathers.whole()[household],
        mother=mothers.whole()[household],
        number=personal_numbers(rng, sex, born),
        student=_distinct_digits(rng, count, 10),
        home_phone=_phones(rng, homes)[household],
        own_phone=_phones(rng, count),
        place=home_of,
        place_after=np.where(moves, elsewhere, home_of),
        moved_on=moved_on,
        twin=twin,
    )


@dataclass(frozen=True, slots=True)
class Names:
    """Names in parts; see `People`. `marked`: by a marker instead of a family name."""

    family: Texts
    marker: Texts
    middle: Texts
    given: Texts
    clan_last: Flags
    marked: Flags

    def whole(self) -> Texts:
        """The full names."""
        return written(self.family, self.marker, self.middle, self.given, family_last=self.clan_last)


def written(family: Texts, marker: Texts, middle: Texts, given: Texts, *, family_last: Flags) -> Texts:
    """Full names out of their parts."""
    body = marker + " " + middle + " " + given
    ordered = np.where(family_last, body + " " + family, family + " " + body)
    return texts(" ".join(name.split()) for name in ordered)


def personal_numbers(rng: np.random.Generator, sex: Ints, born: Days) -> Texts:
    """Twelve digits each, no two alike: 000, century and sex, birth year, six random ones.

    The first three digits of a real number are the province of birth registration; here they are 000, so
    that no number can be anybody's, and therefore carry no province. Raises `ValueError` where more than
    a million people share sex and birth year.
    """
    years = years_of(born)
    groups = (np.where(years < 2000, 0, 2) + sex) * 100 + years % 100
    order = np.argsort(groups, kind="stable")
    found, starts, sizes = np.unique(groups[order], return_index=True, return_counts=True)
    if sizes.max() > _NUMBERS_PER_YEAR:
        raise ValueError(f"at most {_NUMBERS_PER_YEAR} people of one sex and birth year")
    tails = np.empty(len(groups), dtype=np.int64)
    for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
        tails[order[start : start + size]] = rng.choice(_NUMBERS_PER_YEAR, size, replace=False)
    assert len(found) == len(starts)
    return texts(
        f"000{group:03d}{tail:06d}" for group, tail in zip(groups.tolist(), tails.tolist(), strict=True)
    )


def _births(rng: np.random.Generator, count: int, places: Places) -> tuple[Ints, Days, Flags]:
    """Household, birth date and twinship of so many people; the youngest of a household sets its time.

    Gaps between deliveries: ten months and a gamma-distributed rest (mean 3.1 years in all).
    """
    homes = count
    sizes = 1 + rng.poisson(_MORE_CHILDREN, homes)
    ends = np.cumsum(sizes)
    homes = int(np.searchsorted(ends, count)) + 1
    sizes = sizes[:homes]
    sizes[-1] -= ends[homes - 1] - count
    household = np.repeat(np.arange(homes), sizes)
    rank = np.arange(count) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    twin_of_previous = (rng.random(count) < TWIN_DELIVERIES * 2.0) & (rank > 0)
    twin_of_previous[1:] &= ~twin_of_previous[:-1]
    gaps = (300 + rng.gamma(1.6, 520, count)).astype(np.int64)
    gaps[twin_of_previous | (rank == 0)] = 0
    gone = np.cumsum(gaps)
    back = gone - np.repeat(gone[np.cumsum(sizes) - sizes], sizes)
    young = rng.random(homes) < _YOUNG_HOUSEHOLDS
    low = np.where(young, _YOUNGEST_BORN[0], _ELDERS_BORN[0])
    span = np.where(young, _YOUNGEST_BORN[1] - _YOUNGEST_BORN[0], _ELDERS_BORN[1] - _ELDERS_BORN[0])
    youngest = low + (rng.random(homes) * span.astype(np.int64)).astype("timedelta64[D]")
    born: Days = youngest[household] - back.astype("timedelta64[D]")
    twin = twin_of_previous.copy()
    twin[:-1] |= twin_of_previous[1:]
    return household, born, twin


def _registered(
    rng: np.random.Generator, born: Days, household: Ints, home: Ints, places: Places, *, twin: Flags
) -> Days:
    """Birth dates as registered: some on 1 January by the custom of the people, in some villages all.

    A family that could not tell one date could not tell the others either: half of the spike falls on
    whole households.
    """
    rates = np.zeros(len(places.people))
    for code in set(places.people.tolist()):
        rates[places.people == code] = customs.custom(code).new_year
    rate = rates[home]
    whole_home = rng.random(len(home)) < rate / 2
    alone = rng.random(len(born)) < rate[household] / 2
    second = np.flatnonzero(twin[1:] & twin[:-1] & (household[1:] == household[:-1])) + 1
    alone[second] = alone[second - 1]
    nominal = alone | (whole_home | places.all_new_year[home])[household]
    return np.where(nominal, first_of_january(years_of(born)), born)


def _names(
    rng: np.random.Generator,
    ethnic: Texts,
    sex: Ints,
    region: Ints,
    *,
    young: bool,
    marked: Flags | None = None,
) -> Names:
    """A name for each, by the custom of the people; `young`: names taken over from school are among them.

    `marked`: who has a marker instead of a family name, where the people knows both (None: drawn).
    """
    count = len(ethnic)
    family, marker, middle, given = blank(count), blank(count), blank(count), blank(count)
    clan_last, bare = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
    for code in sorted(set(ethnic.tolist())):
        custom = customs.custom(code)
        of_people = ethnic == code
        for one in (customs.MALE, customs.FEMALE):
            at = np.flatnonzero(of_people & (sex == one))
            number = len(at)
            schooled = rng.random(number) < (custom.schooled if young else custom.schooled / 4)
            own = custom.givens[one].draw(rng, number)
            given[at] = np.where(schooled, customs.kinh_givens()[one].draw(rng, number), own)
            middle[at] = custom.middles[one].draw(rng, number)
            if code == customs.KINH:
                middle[at] = _kinh_middles(rng, middle[at], given[at], one, young=young)
            if custom.markers:
                drawn = rng.random(number) < custom.marked
                has = drawn if marked is None else marked[at]
                has = np.ones(number, dtype=np.bool_) if custom.clan_last else has
                marker[at] = np.where(
                    has & ~np.char.startswith(given[at].astype(str), "H'"), custom.markers[one], ""
                )
                bare[at] = has & (not custom.clan_last)
            if custom.families:
                for place, bag in enumerate(custom.families):
                    here = at[(region[at] == place) & ~bare[at]]
                    family[here] = bag.draw(rng, len(here))
            clan_last[at] = custom.clan_last
    return Names(family, marker, middle, given, clan_last, bare)


def _matrilineal(ethnic: Texts) -> Flags:
    """Whose children bear the mother's clan name."""
    of = {code: customs.custom(code).matrilineal for code in set(ethnic.tolist())}
    return np.fromiter((of[code] for code in ethnic.tolist()), dtype=np.bool_, count=len(ethnic))


def _unlike_siblings(given: Texts, household: Ints, ethnic: Texts, sex: Ints) -> Texts:
    """Given names; a child named like an elder of the household takes the next one on its people's list."""
    chosen = given.copy()
    for _ in range(3):
        for lag in range(1, 5):
            at = np.flatnonzero((household[lag:] == household[:-lag]) & (chosen[lag:] == chosen[:-lag])) + lag
            for place in at.tolist():
                words = customs.custom(ethnic[place]).givens[sex[place]].words
                found = np.flatnonzero(words == chosen[place])
                chosen[place] = words[(int(found[0]) + 1 if len(found) else place) % len(words)]
    return chosen


def _kinh_middles(rng: np.random.Generator, middle: Texts, given: Texts, sex: int, *, young: bool) -> Texts:
    """Kinh middle names: the old Văn and Thị, none, one, or two words; never the given name again."""
    draw = rng.random(len(middle))
    old = 0.25 if young else 0.62
    first = np.where(draw < old, "Văn" if sex == customs.MALE else "Thị", middle)
    more = customs.custom(customs.KINH).middles[sex].draw(rng, len(middle))
    with_second = np.where((rng.random(len(middle)) < 0.24) & (more != first), first + " " + more, first)
    chosen = np.where(draw > 0.965, "", with_second)
    repeated = [word in text.split() for word, text in zip(given.tolist(), chosen.tolist(), strict=True)]
    return np.where(repeated, "Văn" if sex == customs.MALE else "Thị", chosen).astype(object)


def _patronymic(
    rng: np.random.Generator, ethnic: Texts, sex: Ints, middle: Texts, father_given: Texts
) -> Texts:
    """Middle names; among the Hà Nhì a son's often is the end of his father's name."""
    taken = middle.copy()
    for code in sorted(set(ethnic.tolist())):
        share = customs.custom(code).patronymic
        at = np.flatnonzero((ethnic == code) & (sex == customs.MALE))
        chosen = at[rng.random(len(at)) < share]
        taken[chosen] = father_given[chosen]
    return taken


def _of_sibling(
    rng: np.random.Generator, middle: Texts, household: Ints, sex: Ints, ethnic: Texts, *, twin: Flags
) -> Texts:
    """Middle names; brothers often share theirs, sisters too, twins nearly always."""
    shared = middle.copy()
    alike = (household[1:] == household[:-1]) & (sex[1:] == sex[:-1]) & (ethnic[1:] == ethnic[:-1])
    share = np.where(twin[1:] & twin[:-1], _MIDDLE_OF_TWIN, _MIDDLE_OF_SIBLING)
    at = np.flatnonzero(alike & (rng.random(len(alike)) < share)) + 1
    shared[at] = middle[at - 1]
    return shared


def _other_given(rng: np.random.Generator, given: Texts, sex: Ints) -> Texts:
    """What they are called at home or by a teacher: a nickname or a Kinh given name."""
    men, women = customs.kinh_givens()
    count = len(given)
    school = np.where(sex == customs.MALE, men.draw(rng, count), women.draw(rng, count))
    house = _HOUSE_NAMES[rng.integers(0, len(_HOUSE_NAMES), count)]
    return np.where(rng.random(count) < 0.6, school, house)


def _moved_to(rng: np.random.Generator, place: Ints, places: Places) -> Ints:
    """Where they would move to: half of them within their district, the others anywhere people live."""
    count = len(place)
    anywhere = pick(rng, places.weight, count)
    order = np.argsort(places.district.astype(str), kind="stable")
    districts, starts, sizes = np.unique(
        places.district.astype(str)[order], return_index=True, return_counts=True
    )
    which = np.searchsorted(districts, places.district.astype(str))[place]
    near = order[starts[which] + (rng.random(count) * sizes[which]).astype(np.int64)]
    return np.where(rng.random(count) < 0.5, near, anywhere)


def _phones(rng: np.random.Generator, count: int) -> Texts:
    return texts(f"06{number:08d}" for number in rng.integers(0, 100_000_000, count).tolist())


def _distinct_digits(rng: np.random.Generator, count: int, width: int) -> Texts:
    """Numbers of so many digits, no two alike: an affine walk through all of them."""
    size = 10**width
    step = int(rng.integers(1, size // 10)) * 10 + 7
    start = int(rng.integers(0, size))
    return texts(f"{(start + step * place) % size:0{width}d}" for place in range(count))


def ages_on(born: Days, day: Days) -> Floats:
    """Ages in years."""
    ages: Floats = (day - born).astype(np.float64) / 365.25
    return ages
