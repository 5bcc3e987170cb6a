from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.linkage.measures import Figures, Labels, figures, labels, measure


def _of(text: str) -> Labels:
    return labels(list(text))


def test_a_record_in_the_wrong_cluster_costs_what_the_contingency_table_says() -> None:
    # truth {1,2,3} {4,5}; found {1,2} {3,4,5}
    found = measure(_of("aaabb"), _of("xxyyy"))
    # true pairs 12 13 23 45, found pairs 12 34 35 45; in both 12 and 45
    assert (found.true_pairs, found.found_pairs, found.agreed_pairs) == (4, 4, 2)
    assert found.pairwise == Figures(0.5, 0.5, 0.5)
    # per record, precision: 2/2 2/2 1/3 2/3 2/3, recall: 2/3 2/3 1/3 2/2 2/2
    assert found.b_cubed.precision == pytest.approx((1 + 1 + 1 / 3 + 2 / 3 + 2 / 3) / 5)
    assert found.b_cubed.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert found.b_cubed.f1 == pytest.approx(11 / 15)  # both are 11/15


def test_merging_all_has_full_recall_and_splitting_all_has_full_precision() -> None:
    merged = measure(_of("aabb"), _of("xxxx"))
    # 2 true pairs among 6 found; each record shares its cluster half with its own person
    assert merged.pairwise == Figures(2 / 6, 1.0, 0.5)
    assert merged.b_cubed == Figures(0.5, 1.0, 2 / 3)
    split = measure(_of("aabb"), _of("wxyz"))
    assert split.pairwise == Figures(None, 0.0, None)
    assert split.b_cubed == Figures(1.0, 0.5, 2 / 3)


def test_records_linked_to_nobody_are_persons_of_their_own() -> None:
    assert measure(_of("aa"), labels([None, None])).found_pairs == 0
    assert labels(["a", None, "a", None]).tolist() == [0, -2, 0, -4]


def test_nothing_to_judge_gives_no_figure() -> None:
    empty = measure(_of(""), _of(""))
    assert (empty.records, empty.pairwise, empty.b_cubed) == (
        0,
        Figures(None, None, None),
        Figures(None, None, None),
    )
    assert figures(0, 3, 4) == Figures(0.0, 0.0, 0.0)


def test_labels_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="every record"):
        measure(_of("ab"), _of("a"))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=25))
def test_counting_agrees_with_listing_every_pair(records: list[tuple[int, int]]) -> None:
    found = measure(
        np.array([t for t, _ in records], dtype=np.int64), np.array([f for _, f in records], dtype=np.int64)
    )
    pairs = [(a, b) for place, a in enumerate(records) for b in records[place + 1 :]]
    assert found.true_pairs == sum(a[0] == b[0] for a, b in pairs)
    assert found.found_pairs == sum(a[1] == b[1] for a, b in pairs)
    assert found.agreed_pairs == sum(a == b for a, b in pairs)
    for record_side, other_side, figure in ((1, 0, found.b_cubed.precision), (0, 1, found.b_cubed.recall)):
        shares = []
        for one in records:
            mates = [other for other in records if other[record_side] == one[record_side]]
            shares.append(sum(other[other_side] == one[other_side] for other in mates) / len(mates))
        assert figure == (pytest.approx(sum(shares) / len(shares)) if records else None)


def test_one_cluster_of_a_million_is_counted_not_listed() -> None:
    started = time.monotonic()
    found = measure(np.zeros(1_000_000, dtype=np.int64), np.zeros(1_000_000, dtype=np.int64))
    assert found.agreed_pairs == 1_000_000 * 999_999 // 2
    assert time.monotonic() - started < 5
