from __future__ import annotations

from random import Random

import numpy as np
import pytest

from services.linkage.features import Features
from services.linkage.model import document as documents
from services.linkage.model.batch import ScoredPairs
from services.linkage.model.document import COMPARISONS, Document
from services.linkage.model.training import (
    FEWEST_RECORDS,
    Estimate,
    Estimates,
    TooFew,
    blended,
    by_pairs,
    compared,
    train,
)

SHIPPED = documents.shipped()
SEX = COMPARISONS.index("sex")


def m_of(document: Document, comparison: str, level: int) -> float:
    found = document.comparison(comparison).level(level).m
    assert found is not None
    return found


def test_an_estimate_moves_the_model_by_the_pairs_it_stands_on() -> None:
    """300 pairs say 0.8, the live value counts as 100 pairs: (300 * 0.8 + 100 * live) / 400."""
    live = m_of(SHIPPED, "sex", 1)
    estimates = Estimates(m={"sex": Estimate({1: 0.8, 0: 0.2}, 300.0)}, u={})
    moved = blended(SHIPPED, estimates, version="t", m_strength=100.0)
    assert m_of(moved, "sex", 1) == pytest.approx((300 * 0.8 + 100 * live) / 400, rel=1e-5)
    assert moved.version == "t"
    changed = [c for c in compared(SHIPPED, moved) if (c.m, c.u) != (c.live_m, c.live_u)]
    assert {change.comparison for change in changed} == {"sex"}


def test_a_level_never_seen_keeps_a_little() -> None:
    estimates = Estimates(m={"sex": Estimate({1: 1.0, 0: 0.0}, 1e12)}, u={})
    assert m_of(blended(SHIPPED, estimates, version="t"), "sex", 0) == 2e-3


def test_what_the_document_fixes_is_not_learnt() -> None:
    levels = {level.value: 0.25 for level in SHIPPED.comparison("number").levels if level.value >= 0}
    moved = blended(SHIPPED, Estimates(m={}, u={"number": Estimate(levels, 1e12)}), version="t")
    before, after = SHIPPED.comparison("number").level(5), moved.comparison("number").level(5)
    assert before.fixed_u
    assert after.u == before.u
    assert moved.prior_bits == SHIPPED.prior_bits


def test_levels_of_known_pairs_are_counted_without_the_null_ones() -> None:
    levels = np.full((5, len(COMPARISONS)), -1, dtype=np.int8)
    levels[:, SEX] = (1, 1, 1, 0, -1)
    same = ScoredPairs(np.zeros(5), levels, np.zeros(5))
    found = by_pairs(SHIPPED, same, None)
    assert found.m == {"sex": Estimate({1: 0.75, 0: 0.25}, 4.0)}
    assert found.u == {}


def test_a_handful_of_records_teaches_nothing() -> None:
    with pytest.raises(TooFew, match=str(FEWEST_RECORDS)):
        train(SHIPPED, [Features()] * (FEWEST_RECORDS - 1), version="t")


def _people(count: int, *, sex_wrong: int) -> list[Features]:
    """Two records of each person, all but sex the same; of every `sex_wrong` persons one has two sexes."""
    random = Random(5)  # noqa: S311
    found = []
    for person in range(count):
        year, month, day = 2008 + person % 3, 1 + person % 12, 2 + person % 27
        sex = random.choice("MF")
        for copy in range(2):
            turned = copy == 1 and person % sex_wrong == 0
            found.append(
                Features(
                    name_marked=f"ten {person}",
                    name=f"ten {person}",
                    name_sorted=f"ten {person}",
                    family="ten",
                    given=f"{person}",
                    initials="t",
                    name_length=8,
                    dob=f"{year}-{month:02}-{day:02}",
                    birth_year=year,
                    birth_monthday=f"{month:02}-{day:02}",
                    nominal=0,
                    sex={"M": "F", "F": "M"}[sex] if turned else sex,
                    commune=f"{person % 20:05}",
                    province="12",
                    phone=f"9{person:08}",
                )
            )
    return found


def test_splink_recovers_how_often_sex_is_wrong() -> None:
    """A tenth of 600 persons have two sexes: m of "same sex" is 0.9; the live value counts as 500."""
    trained = train(SHIPPED, _people(600, sex_wrong=10), version="noinghe-t", random_pairs=200_000)
    live = m_of(SHIPPED, "sex", 1)
    assert trained.expected_matches == pytest.approx(600, abs=6)
    assert m_of(trained.document, "sex", 1) == pytest.approx((600 * 0.9 + 500 * live) / 1100, abs=0.01)
    assert trained.prior == pytest.approx(600 / (1200 * 1199 / 2), rel=0.02)
    learnt = {name for session in trained.sessions for name in session.comparisons}
    assert {"sex", "birth", "name", "phone"} <= learnt
    assert [session.rule for session in trained.sessions if session.failed] == ["l.number = r.number"]
    assert trained.live is SHIPPED
    assert trained.document.version == "noinghe-t"


def test_training_is_the_same_every_time() -> None:
    records = _people(100, sex_wrong=10)
    one = train(SHIPPED, records, version="t", random_pairs=20_000)
    other = train(SHIPPED, records, version="t", random_pairs=20_000)
    assert one.document.hash == other.document.hash
