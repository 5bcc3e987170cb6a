"""The line above which pairs are linked, from the precision that is asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from services.linkage.clusters import Policy
from services.linkage.clusters.policy import UnreachablePrecision, line_for, odds_bits, probability_of
from services.linkage.evidence import shipped


def test_the_line_lies_between_two_measured_ones() -> None:
    measured = replace(shipped(), precision=((0.5, 0.98), (0.7, 0.99), (0.9, 1.0)))
    # 0.99 allows 1 % of errors, 5 % of it is kept back: 0.9905 lies a twentieth between 0.99 and 1.0
    assert Policy.for_precision(0.99, evidence=measured).link == pytest.approx(0.71)
    assert Policy.for_precision(0.95, evidence=measured).link == 0.5


def test_a_higher_precision_asks_for_a_higher_line() -> None:
    lines = [Policy.for_precision(precision).link for precision in (0.99, 0.995, 0.997)]
    assert lines == sorted(set(lines))


@pytest.mark.parametrize("precision", [0.9999999, 1.0, 0.3])
def test_a_precision_that_was_never_reached_is_refused(precision: float) -> None:
    with pytest.raises(UnreachablePrecision):
        Policy.for_precision(precision)


def test_the_refusal_names_a_precision_that_can_be_had() -> None:
    with pytest.raises(UnreachablePrecision) as refused:
        Policy.for_precision(0.99999)
    offered = float(str(refused.value).split()[-1].rstrip("."))
    assert 0.99 < offered < 0.99999
    assert Policy.for_precision(offered).link > 0.9


def test_probabilities_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="review"):
        Policy(link=0.5, review=0.6)
    with pytest.raises(ValueError, match="link"):
        Policy(link=1.0)


def test_odds_and_probabilities_are_one_scale() -> None:
    assert odds_bits(0.5) == 0.0
    assert odds_bits(0.8) == pytest.approx(2.0)
    for bits in (-30.0, -1.0, 0.0, 5.0, 40.0):
        assert odds_bits(probability_of(min(bits, 30.0))) == pytest.approx(min(bits, 30.0))


def test_the_line_of_data_at_hand_is_where_their_mean_is_as_precise_as_asked() -> None:
    probabilities = np.array([0.5, 1.0, 0.9, 0.98])  # means from above: 1, 0.99, 0.96, 0.845
    assert [line_for(asked, probabilities) for asked in (0.99, 0.96, 0.8)] == [0.98, 0.9, 0.5]
    assert line_for(0.9, np.array([0.5])) == 1.0
    assert line_for(0.9, np.array([])) == 1.0
