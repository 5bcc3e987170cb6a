"""Figures of an answer, computed by hand; and the rules of the peers."""

from __future__ import annotations

import numpy as np
import pytest

from bench.linkage.answers import components
from bench.linkage.judging import (
    Truth,
    closed_share,
    equal_pairs,
    judge_deployed,
    judge_pairs,
    judge_persons,
    pairs_within,
    true_pairs,
)
from bench.linkage.peers.assignment import assign

# records 0, 1, 2 are leavers, 3, 4, 5 learners; persons A A B | A B C: true pairs 0-3, 1-3, 2-4
TRUTH = Truth(
    person=np.array([0, 0, 1, 0, 1, 2]),
    source=np.array([0, 0, 0, 1, 1, 1]),
    kinh=np.array([True, True, False, True, False, True]),
)


def numbers(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def test_true_pairs_are_counted_by_people() -> None:
    assert [true_pairs(TRUTH), true_pairs(TRUTH, kinh=True), true_pairs(TRUTH, kinh=False)] == [3, 2, 1]


def test_the_best_threshold_is_found_and_pairs_inside_a_source_do_not_count() -> None:
    left, right = numbers(0, 2, 2, 0, 1), numbers(3, 4, 5, 1, 5)
    figures = judge_pairs(TRUTH, left, right, np.array([9.0, 8.0, 7.0, 99.0, 1.0]))
    assert figures.best_f1 == pytest.approx(2 * 2 / (2 + 3))  # 0-3 and 2-4, both right
    assert figures.recall_at_precision == pytest.approx(2 / 3)
    assert figures.candidates == pytest.approx(2 / 3)


def test_equal_scores_stand_or_fall_together() -> None:
    figures = judge_pairs(TRUTH, numbers(0, 2, 2), numbers(3, 4, 5), np.array([5.0, 5.0, 5.0]))
    assert figures.best_f1 == pytest.approx(2 * 2 / (3 + 3))
    assert figures.recall_at_precision == 0.0


def test_a_deployed_answer_is_judged_with_what_it_stated() -> None:
    stated = np.array([0.9, 0.7, np.nan])
    figures = judge_deployed(TRUTH, numbers(0, 2, 2), numbers(3, 4, 5), stated)
    assert figures.precision == pytest.approx(2 / 3)
    assert figures.recall == pytest.approx(2 / 3)
    assert figures.stated == pytest.approx(0.8)
    assert (figures.recall_kinh, figures.recall_minority) == (0.5, 1.0)


def test_persons_take_the_best_clustering() -> None:
    alone, right = numbers(0, 1, 2, 3, 4, 5), numbers(7, 7, 8, 7, 8, 9)
    figures = judge_persons(TRUTH, [alone, right])
    assert (figures.pairwise_f1, figures.b_cubed_f1) == (1.0, 1.0)


def test_pairs_of_equal_labels_are_listed_once_each() -> None:
    labels = numbers(1, 1, 2, 1, 2, 2)
    left, right = pairs_within(labels, TRUTH.source)
    assert sorted(zip(left.tolist(), right.tolist(), strict=True)) == [(0, 3), (1, 3), (2, 4), (2, 5)]
    assert [len(part) for part in equal_pairs(labels, numbers(), numbers(0))] == [0, 0]


def test_components_tie_records_through_others() -> None:
    labels = components(4, numbers(0, 1), numbers(1, 2))
    assert labels[0] == labels[1] == labels[2] != labels[3]


def test_a_share_of_no_distance_is_not_told() -> None:
    assert closed_share(0.9, 0.96, 0.99) == pytest.approx(2 / 3)
    assert closed_share(0.9, 0.96, 0.9) is None


def test_the_better_pair_takes_the_record_and_the_worse_one_goes() -> None:
    source = numbers(0, 0, 1)
    kept = assign(source, numbers(0, 1), numbers(2, 2), weight=np.array([5.0, 9.0]), double=12.0)
    assert kept.tolist() == [1]


def test_a_second_partner_is_kept_when_the_two_look_like_one_entered_twice() -> None:
    source = numbers(0, 0, 1)
    left, right, weight = numbers(0, 1, 0), numbers(2, 2, 1), np.array([5.0, 9.0, 20.0])
    assert assign(source, left, right, weight=weight, double=12.0).tolist() == [0, 1, 2]
    assert assign(source, left, right, weight=weight, double=21.0).tolist() == [1]
