"""The table: one pair and many weigh the same, the shares add up, another model is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from importlib import resources
from typing import Any

import numpy as np
import pytest

from services.linkage.evidence import (
    BadTable,
    Circumstances,
    People,
    Relation,
    Sign,
    from_data,
    people_of,
    relation_of,
    shipped,
    size_bits_of,
)
from services.linkage.features import Features
from services.linkage.model import document as documents


def shipped_data() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        resources.files("services.linkage.evidence").joinpath("table.json").read_text(encoding="utf-8")
    )
    return found


def random_pairs(count: int) -> Iterator[tuple[float, tuple[int, ...], float, Circumstances]]:
    rng = np.random.default_rng(7)
    sizes = shipped().table.sizes[:9]
    for _ in range(count):
        levels = tuple(int(rng.integers(-1, size - 1)) for size in sizes)
        yield (
            float(rng.normal(0, 15)),
            levels,
            float(rng.normal(0, 5)),
            Circumstances(int(rng.integers(3)), int(rng.integers(4)), -1.25),
        )


def test_the_shipped_table_is_for_the_shipped_model() -> None:
    shipped().table.check(documents.shipped())


def test_a_model_of_another_structure_is_refused() -> None:
    settings = deepcopy(dict(documents.shipped().settings))
    settings["comparisons"][4]["comparison_levels"][1]["sql_condition"] = "sex_l <> sex_r"
    with pytest.raises(BadTable, match="học lại"):
        shipped().table.check(documents.from_settings(settings))


def test_a_retrained_model_of_the_same_structure_is_accepted() -> None:
    settings = deepcopy(dict(documents.shipped().settings))
    settings["comparisons"][4]["comparison_levels"][1]["m_probability"] = 0.9
    shipped().table.check(documents.from_settings(settings))


def test_one_pair_and_many_pairs_weigh_exactly_the_same() -> None:
    table = shipped().table
    pairs = list(random_pairs(500))
    many = table.bits_of_many(
        np.array([pair[0] for pair in pairs]),
        np.array([pair[1] for pair in pairs], dtype=np.int8),
        np.array([pair[2] for pair in pairs]),
        relation=np.array([pair[3].relation for pair in pairs]),
        people=np.array([pair[3].people for pair in pairs]),
        size_bits=-1.25,
    )
    assert many.tolist() == [table.bits(*pair) for pair in pairs]
    assert len(set(many.tolist())) > 400


def test_the_shares_shown_to_a_reviewer_add_up() -> None:
    table = shipped().table
    for pair in random_pairs(100):
        total = sum(share.bits for share in table.explain(*pair))
        assert min(max(total, table.least), table.most) == pytest.approx(table.bits(*pair))


def test_a_share_names_its_axes_and_levels() -> None:
    data = shipped_data()
    data["terms"] = [
        {"of": ["sex"], "bits": {"-1": 0.5, "1": 2.0}},
        {"of": ["sex", "relation"], "bits": {"1|2": -3.0}},
        {"of": ["place"], "times_size": True, "bits": {"-1": -1.0}},
    ]
    data |= {"base": 1.0, "scale": 0.5, "size": -0.25}
    table = from_data(data).table
    levels = (-1, -1, -1, -1, 1, -1, -1, -1, -1)
    shares = table.explain(4.0, levels, 0.0, Circumstances(Relation.ONE_LIST, People.KINH, 2.0))
    assert [(share.of, share.values, share.bits) for share in shares] == [
        (("base",), (), 1.0),
        (("weight",), (), 2.0),
        (("size",), (), -0.5),
        (("sex",), (1,), 2.0),
        (("sex", "relation"), (1, 2), -3.0),
        (("place",), (-1,), -2.0),
    ]
    assert table.bits(4.0, levels, 0.0, Circumstances(Relation.ONE_LIST, People.KINH, 2.0)) == -0.5


@pytest.mark.parametrize("part", ["terms", "rivals", "signs", "base", "sizes", "precision"])
def test_a_table_without_a_part_is_refused(part: str) -> None:
    data = shipped_data()
    del data[part]
    with pytest.raises(BadTable):
        from_data(data)


def test_a_level_below_null_is_refused() -> None:
    data = shipped_data()
    data["terms"] = [{"of": ["sex"], "bits": {"-2": 1.0}}]
    with pytest.raises(BadTable):
        from_data(data)


def test_the_hash_changes_with_any_number() -> None:
    data = shipped_data()
    data["base"] += 0.001
    assert from_data(data).hash != shipped().hash


def test_signs_are_read_off_the_levels() -> None:
    document = documents.shipped()
    equal = max(level.value for level in document.comparison("number").levels)
    levels = (equal, -1, 0, -1, 0, -1, -1, -1, -1)
    signs = shipped().signs
    expected = Sign.NUMBER_EQUAL | Sign.NAME_DIFFERS | Sign.BIRTH_PART | Sign.SEX_DIFFERS
    assert signs.of(levels) == expected
    assert signs.of_many(np.array([levels, levels], dtype=np.int8)).tolist() == [expected, expected]


def test_the_relation_of_two_records() -> None:
    assert relation_of(("a", "1"), ("b", "1")) is Relation.APART
    assert relation_of(("a", "1"), ("a", "2")) is Relation.ONE_SOURCE
    assert relation_of(("a", None), ("a", None)) is Relation.ONE_SOURCE
    assert relation_of(("a", "1"), ("a", "1")) is Relation.ONE_LIST


def test_the_rarer_custom_of_two_records_counts() -> None:
    kinh, mong, unknown, marked = (
        Features(ethnic="01"),
        Features(ethnic="08"),
        Features(),
        Features(marker="y"),
    )
    assert people_of(kinh, kinh) is People.KINH
    assert people_of(kinh, unknown) is People.KINH
    assert people_of(kinh, mong) is People.MINORITY
    assert people_of(unknown, unknown) is People.UNKNOWN
    assert people_of(unknown, marked) is People.MARKED


def test_the_size_counts_in_doublings_and_never_below_what_was_trained_on() -> None:
    assert [size_bits_of(count) for count in (100_000, 400_000, 50_000)] == [0.0, 2.0, -1.0]
    assert size_bits_of(0) == size_bits_of(3_500) < size_bits_of(3_600)
