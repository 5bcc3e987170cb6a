"""What goes wrong: every kind is seen, none where its rate is 0, and errors cluster."""

from __future__ import annotations

import numpy as np
import pytest

from bench.linkage.population import KINDS, Habits, Intensity, Source, population
from bench.linkage.population.kinds import MISSING, Kind
from bench.linkage.population.sheets import SOURCES
from tests.bench.linkage.population.made import clean, dirty


def rows_with(source: Source, kind: str) -> list[int]:
    return [row for row in range(len(source)) if kind in source.damage_of(row)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_is_seen_in_a_dirty_population(kind: Kind) -> None:
    counts = {source.name: source.counts()[kind.name] for source in dirty().sources}
    assert sum(counts.values()) > 0
    assert all(not counts[name] or kind.dirty[place] for place, name in enumerate(SOURCES))


def test_a_clean_population_has_nothing_but_empty_cells() -> None:
    for place, source in enumerate(clean().sources):
        for kind in KINDS:
            assert (source.counts()[kind.name] > 0) == (kind.clean[place] > 0), kind.name
    assert all(kind in MISSING for kind in KINDS if any(kind.clean))


def test_there_are_many_kinds_each_with_its_own_name_and_reason() -> None:
    assert len(KINDS) >= 50
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert all(
        0 <= normal <= dirty <= 1
        for kind in KINDS
        for normal, dirty in zip(kind.normal, kind.dirty, strict=True)
    )


def test_what_was_done_to_a_row_is_what_can_be_seen() -> None:
    made = dirty()
    who = made.people
    source = made.source("learners")
    numbers = source.columns["person_id"]
    touched = {
        "number_of_another",
        "number_one_digit",
        "number_digits_swapped",
        "number_zeros_lost",
        "number_spaced",
    }
    for row in range(0, len(source), 7):
        done = set(source.damage_of(row))
        assert (numbers[row] == "") == ("person_id_missing" in done)
        if numbers[row]:
            assert (numbers[row] != who.number[source.person[row]]) == bool(done & touched)


def test_somebody_elses_number_is_a_number_of_somebody() -> None:
    made = dirty()
    owner = {number: person for person, number in enumerate(made.people.number.tolist())}
    shared = 0
    for source in made.sources:
        for row in rows_with(source, "number_of_another"):
            if not {"number_one_digit", "number_digits_swapped", "number_zeros_lost", "number_spaced"} & set(
                source.damage_of(row)
            ):
                shared += 1
                assert owner[source.columns["person_id"][row]] != source.person[row]
    assert shared > 20


def test_damaged_digits_leave_the_prefix() -> None:
    made = dirty()
    for source in made.sources:
        for kind in ("number_one_digit", "number_digits_swapped"):
            for row in rows_with(source, kind):
                done = set(source.damage_of(row)) - {kind}
                if not any(other.startswith("number_") for other in done):
                    number = source.columns["person_id"][row]
                    truth = made.people.number[source.person[row]]
                    differing = [place for place in range(12) if number[place] != truth[place]]
                    assert len(differing) == (1 if kind == "number_one_digit" else 2)
                    assert min(differing) >= 3


def test_a_bad_row_tends_to_be_bad_in_several_fields() -> None:
    source = dirty().source("hired")
    done = [source.damage_of(row) for row in range(len(source))]
    slip = np.array(["slip" in kinds for kinds in done])
    digit = np.array(["birth_one_digit" in kinds for kinds in done])
    assert digit[slip].mean() > 1.5 * digit[~slip].mean()


def test_a_list_is_in_upper_case_or_is_not() -> None:
    source = dirty().source("leavers")
    upper = np.array(["upper_case" in source.damage_of(row) for row in range(len(source))])
    sizes = np.bincount(source.listing)
    share = np.bincount(source.listing, weights=upper)[sizes > 20] / sizes[sizes > 20]
    assert ((share == 0) | (share > 0.75)).all()
    assert 0.02 < (share > 0).mean() < 0.5


def test_senders_have_habits() -> None:
    source = population(people=20_000, seed=3, intensity="dirty").source("learners")
    shortened = np.array(["middle_abbreviated" in source.damage_of(row) for row in range(len(source))])
    _, sender, rows = np.unique(
        source.columns["institution_code"].astype(str), return_inverse=True, return_counts=True
    )
    found = np.bincount(sender, weights=shortened)[rows > 80]
    expected = rows[rows > 80] * found.sum() / rows[rows > 80].sum()
    assert len(found) >= 20
    assert ((found - expected) ** 2 / expected).mean() > 2, "chance alone gives 1"


def test_a_row_by_which_nobody_could_be_found_keeps_its_birth_year() -> None:
    for source in dirty().sources:
        for row in source.rows():
            assert row["full_name"].strip()
            assert any(
                row[column]
                for column in ("person_id", "dob", "student_id", "phone", "mother_name", "father_name")
            )


def test_habits_are_other_rates_of_the_same_kinds() -> None:
    plain, first, second = Habits(), Habits(1), Habits(2)
    assert {plain.factor(kind, place) for kind in KINDS for place in range(3)} == {1.0}
    factors = np.log(
        [[profile.factor(kind, 1) for kind in KINDS if kind not in MISSING] for profile in (first, second)]
    )
    assert 0.5 < factors.std() < 1.1
    assert abs(np.corrcoef(factors)[0, 1]) < 0.4
    assert first.factor(KINDS[0], 0) == Habits(1).factor(KINDS[0], 0)


def test_habits_change_how_much_goes_wrong() -> None:
    counts = [
        population(people=3_000, seed=1, intensity=Intensity.DIRTY, habits=habits)
        .source("learners")
        .counts()["slip"]
        for habits in (1, 2, 3, 4)
    ]
    assert max(counts) > 1.5 * min(counts)
