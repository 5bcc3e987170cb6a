from __future__ import annotations

from random import Random

import numpy as np
import pytest

from services.linkage.features import Features
from services.linkage.model import document as documents
from services.linkage.model.blocking import (
    KEY_COLUMNS,
    OVERSIZE,
    RULES,
    key_columns,
    key_table,
    keys,
)
from services.linkage.model.pairing import candidate_pairs
from tests.services.linkage.model.records import PAO, anyone, changed, hostile


def test_the_rules_are_those_of_the_document() -> None:
    rules = documents.shipped().settings["blocking_rules_to_generate_predictions"]
    assert [rule["blocking_rule"] for rule in rules] == [f"l.{key} = r.{key}" for key in KEY_COLUMNS]
    assert len(RULES) == len(KEY_COLUMNS)


def test_keys_stay_the_same_from_version_to_version() -> None:
    """The key of student 0123456789: BLAKE2b-64 of "student=0123456789" xor that of "rule=2", by hand."""
    assert keys(Features(student="0123456789")) == [8_515_941_600_249_363_130]


def test_keys_are_signed_64_bit_numbers_and_rules_do_not_share_them() -> None:
    random = Random(1)  # noqa: S311
    found = [key for _ in range(300) for key in keys(anyone(random))]
    assert all(-(2**63) <= key < 2**63 for key in found)
    assert any(key < 0 for key in found)
    assert len(set(keys(PAO))) == len(RULES)


def test_a_record_has_no_key_of_a_rule_of_which_it_lacks_a_column() -> None:
    lacking = key_columns(changed(mother=None))
    for rule, key in zip(RULES, lacking, strict=True):
        assert (key is None) == ("mother" in rule.parts)
    assert keys(Features()) == []


def test_a_number_short_of_digits_meets_the_whole_one() -> None:
    assert keys(Features(number="seal")) == keys(Features(number_hint="seal"))


def test_mother_and_father_exchanged_do_not_meet_by_chance() -> None:
    one, other = Features(mother="a", father="b"), Features(mother="b", father="a")
    assert not set(keys(one)) & set(keys(other))


def test_the_keys_of_many_records_are_those_of_each() -> None:
    random = Random(2)  # noqa: S311
    records = [PAO, Features(), *(anyone(random) for _ in range(200)), *(hostile(random) for _ in range(50))]
    assert key_table(records).tolist() == [[key or 0 for key in key_columns(record)] for record in records]


@pytest.mark.parametrize("merged_at", [1, 4_000_000])
def test_pairs_are_those_that_share_a_key_each_once(merged_at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.linkage.model.pairing._MERGED_AT", merged_at)
    random = Random(3)  # noqa: S311
    table = np.array([[random.randrange(12) for _ in range(4)] for _ in range(90)], dtype=np.int64)
    expected = {
        (one, other)
        for one in range(90)
        for other in range(one + 1, 90)
        if any(a == b != 0 for a, b in zip(table[one], table[other], strict=True))
    }
    left, right = candidate_pairs(table)
    found = list(zip(left.tolist(), right.tolist(), strict=True))
    assert found == sorted(expected)


def test_pairs_inside_a_group_are_left_out() -> None:
    table = np.array([[5], [5], [5]], dtype=np.int64)
    left, right = candidate_pairs(table, np.array([0, 0, 1]))
    assert list(zip(left.tolist(), right.tolist(), strict=True)) == [(0, 2), (1, 2)]


def test_a_key_with_too_many_records_gives_no_pair() -> None:
    fits = np.full((OVERSIZE, 1), 7, dtype=np.int64)
    crowd = np.full((OVERSIZE + 1, 1), 7, dtype=np.int64)
    assert len(candidate_pairs(fits)[0]) == OVERSIZE * (OVERSIZE - 1) // 2
    assert len(candidate_pairs(crowd)[0]) == 0


def test_no_records_give_no_pairs() -> None:
    left, right = candidate_pairs(key_table([]))
    assert len(left) == len(right) == 0
