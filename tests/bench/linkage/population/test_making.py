"""A population: the same for a seed, true to its truth, and shaped as the data sheet says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from bench.linkage.population import Population, population
from bench.linkage.population.customs import KINH
from bench.linkage.population.making import steps
from tests.bench.linkage.population.made import clean, dirty


def rows_of(made: Population) -> dict[str, list[dict[str, str]]]:
    return {source.name: list(source.rows()) for source in made.sources}


def test_a_seed_gives_the_same_population_again() -> None:
    first, second = (population(people=500, seed=4, intensity="dirty", habits=2) for _ in range(2))
    assert rows_of(first) == rows_of(second)
    assert list(first.truth()) == list(second.truth())


@pytest.mark.parametrize("other", [{"seed": 5}, {"habits": 3}, {"intensity": "normal"}])
def test_another_seed_profile_or_intensity_gives_another_population(other: dict[str, object]) -> None:
    asked = {"people": 500, "seed": 4, "intensity": "dirty", "habits": 2}
    first, second = population(**asked), population(**{**asked, **other})  # type: ignore[arg-type]
    assert rows_of(first) != rows_of(second)


def test_hashes_of_strings_do_not_matter() -> None:
    code = (
        "from bench.linkage.population import population; import zlib;"
        "p = population(people=400, seed=1, intensity='dirty');"
        "print(zlib.crc32(repr([list(s.rows()) for s in p.sources]).encode()))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


def test_two_sources_are_the_first_two_of_three() -> None:
    two = population(people=500, seed=4, intensity="dirty", sources=2)
    three = population(people=500, seed=4, intensity="dirty", sources=3)
    assert [source.name for source in two.sources] == ["leavers", "learners"]
    assert rows_of(two) == {name: rows for name, rows in rows_of(three).items() if name != "hired"}
    assert [row for row in three.truth() if row[0] != "hired"] == list(two.truth())


def test_sizes_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="people must be between"):
        population(people=1, seed=1)
    with pytest.raises(ValueError, match="sources must be 2 or 3"):
        population(people=500, seed=1, sources=1)


def test_every_step_is_told() -> None:
    for sources in (2, 3):
        told: list[str] = []
        population(people=200, seed=1, sources=sources, tell=told.append)
        assert len(told) == steps(sources)


def test_a_clean_row_says_what_is_true_of_its_person() -> None:
    made = clean()
    who = made.people
    for source in made.sources:
        for name, truth in (
            ("person_id", who.number),
            ("dob", np.datetime_as_string(who.born).astype(object)),
            ("mother_name", who.mother),
            ("father_name", who.father),
            ("student_id", who.student),
            ("ethnic_code", who.ethnic),
        ):
            told = source.columns[name]
            known = told != ""
            assert (told[known] == truth[source.person[known]]).all()
            assert known.any()


def test_the_truth_names_every_row_once() -> None:
    made = dirty()
    truth = list(made.truth())
    keys = [(source, record_id) for source, record_id, _ in truth]
    assert len(set(keys)) == len(keys) == sum(map(len, made.sources))
    assert {person for _, _, person in truth} == {f"P{place:08d}" for place in range(len(made.people))}


def test_pairs_are_counted_as_the_truth_has_them() -> None:
    made = population(people=300, seed=2)
    persons = {source.name: Counter(source.person.tolist()) for source in made.sources}
    across = sum(count * persons["learners"][who] for who, count in persons["leavers"].items())
    inside = sum(count * (count - 1) // 2 for count in persons["learners"].values())
    assert made.pairs("leavers", "learners") == across > 0
    assert made.pairs("learners", "learners") == inside > 0


def test_six_of_ten_leavers_learn_and_a_third_are_hired() -> None:
    made = clean()
    left, learn, hired = (
        np.bincount(made.source(name).person, minlength=len(made.people))
        for name in ("leavers", "learners", "hired")
    )
    assert 0.57 < (learn[left > 0] > 0).mean() < 0.63
    assert 0.31 < (hired[left > 0] > 0).mean() < 0.39
    assert (learn[left == 0] > 0).any()
    assert ((left > 0) & (learn + hired == 0)).any()


def test_a_tenth_of_the_true_pairs_belong_to_people_with_several_records_on_a_side() -> None:
    made = clean()
    left, learn = (
        np.bincount(made.source(name).person, minlength=len(made.people)) for name in ("leavers", "learners")
    )
    pairs = left * learn
    assert 0.08 < pairs[(left > 1) | (learn > 1)].sum() / pairs.sum() < 0.15


def test_nobody_completes_a_stage_twice_or_stands_twice_on_a_class_list() -> None:
    source = clean().source("leavers")
    stages = list(zip(source.person.tolist(), source.columns["stage"].tolist(), strict=True))
    assert len(set(stages)) == len(stages)
    assert {stage for _, stage in stages} == {"THCS", "THPT"}
    both = [person for person, times in Counter(source.person.tolist()).items() if times == 2]
    assert both


def test_identities_are_shared_by_nobody_and_cannot_be_anybodys() -> None:
    who = population(people=100_000, seed=1, intensity="clean", sources=2).people
    assert len(set(who.number.tolist())) == len(set(who.student.tolist())) == len(who)
    assert {number[:3] for number in who.number} == {"000"}
    assert {phone[:2] for phone in who.home_phone} | {phone[:2] for phone in who.own_phone} == {"06"}


def test_no_damaged_number_of_twelve_digits_is_outside_000() -> None:
    for source in dirty().sources:
        numbers = {"".join(filter(str.isdigit, number)) for number in source.columns["person_id"].tolist()}
        assert {number[:3] for number in numbers if len(number) == 12} == {"000"}
        assert any(0 < len(number) < 12 for number in numbers)


def test_a_minority_of_kinh_is_not_made_by_chance() -> None:
    people = clean().people
    assert 0.35 < (people.ethnic == KINH).mean() < 0.6
    assert {"03", "08", "09", "13", "14", "27", "35", "41", "45", "52", "54"} <= set(people.ethnic.tolist())


def calls_of(people: int) -> int:
    """Calls of Python functions while a population is made: work that no machine's speed changes."""
    count = 0

    def counting(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(counting)
    try:
        population(people=people, seed=1, intensity="dirty")
    finally:
        sys.setprofile(None)
    return count


def test_work_grows_with_people_and_not_faster() -> None:
    calls_of(2_000)
    small, large = calls_of(4_000), calls_of(16_000)
    assert large < 4.4 * small
    assert large < 120 * 16_000
