from __future__ import annotations

import pytest

from services.linkage.model.conditions import (
    And,
    BadCondition,
    Column,
    Compare,
    Constant,
    Distance,
    IsNull,
    Not,
    Overlap,
    distances_in,
    for_spark,
    parse,
    repeated_distances,
)

NAME = Distance(Column("name", "l"), Column("name", "r"))


def test_a_condition_becomes_a_tree() -> None:
    assert parse("a_l = b_r AND (b_l IS NOT NULL) AND levenshtein(name_l, name_r) <= 2") == And(
        (
            Compare("=", Column("a", "l"), Column("b", "r")),
            Not(IsNull(Column("b", "l"))),
            Compare("<=", NAME, Constant(2)),
        )
    )


@pytest.mark.parametrize(
    "text",
    [
        "jaro_winkler_similarity(name_l, name_r) > 0.9",
        "lower(name_l) = name_r",
        "name_l LIKE name_r",
        "name_l IN (name_r)",
        "birth_year_l * 2 = birth_year_r",
        "nominal_l = 0.5",
        "name = name_r",
        "l.name = r.name",
        "CASE WHEN name_l = name_r THEN TRUE END",
        "name_l = ",
        "",
    ],
)
def test_what_would_not_run_alike_everywhere_is_refused(text: str) -> None:
    with pytest.raises(BadCondition):
        parse(text)


def test_the_overlap_of_lists_is_spelt_for_each_engine() -> None:
    text = "list_has_any(number_masks_l, number_masks_r)"
    assert parse(text) == Overlap(Column("number_masks", "l"), Column("number_masks", "r"))
    assert for_spark(text) == "arrays_overlap(number_masks_l, number_masks_r)"


def test_a_distance_is_counted_no_further_than_the_condition_asks() -> None:
    near = parse("levenshtein(name_l, name_r) <= 2")
    far = parse("NOT levenshtein(name_l, name_r) <= 5")
    exact = parse("levenshtein(name_l, name_r) = birth_year_l")
    assert distances_in(near) == [(NAME, 2)]
    assert repeated_distances([near]) == {}
    assert repeated_distances([near, far]) == {NAME: 5}
    assert repeated_distances([near, exact]) == {NAME: None}
