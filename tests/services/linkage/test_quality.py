"""The quality report: intervals by hand, and from drawing a sample to its figures."""

from __future__ import annotations

import pytest

from services.linkage import queries, sampling
from services.linkage.quality import Interval, recall_of, wilson
from shared.contracts import Identity
from tests.services.linkage.town import Town, person

ONE = "000311000001"


def test_wilsons_interval_by_hand() -> None:
    assert wilson(0, 0) == (None, 0.0, 1.0)
    found = wilson(10, 10)  # low: n / (n + z²) = 10 / 13.8415
    assert found.estimate == 1.0
    assert found.high == pytest.approx(1.0)
    assert found.low == pytest.approx(0.72247, abs=1e-5)
    assert wilson(5, 10).low == pytest.approx(1 - wilson(5, 10).high)


def test_recall_is_the_right_links_made_of_those_that_could_be() -> None:
    precision, missed = Interval(0.9, 0.8, 1.0), Interval(0.5, 0.25, 0.75)
    found = recall_of(100, 20, precision=precision, missed=missed)
    assert found == (90 / 100, 80 / 95, 100 / 105)


def test_a_sample_is_drawn_answered_blind_and_counted(town: Town) -> None:
    town.hear(("c1", person(personal_number=ONE)), ("e1", Identity(personal_number=ONE)))
    with town.database.write() as session:
        assert sampling.draw(session, town.clock, most=5, seed=1) == 1
    with town.database.read() as session:
        (pair,) = queries.samples(session, "k1", limit=10)
    assert [record["person_id"] for record in pair["records"]] == [None, None]
    with town.database.write() as session:
        sampling.answer_sample(session, town.clock, "e1", "c1", is_same=True, reviewer="k1")
        with pytest.raises(sampling.AnsweredAlready):
            sampling.answer_sample(session, town.clock, "e1", "c1", is_same=False, reviewer="k1")
        with pytest.raises(sampling.NotSampled):
            sampling.answer_sample(session, town.clock, "c1", "e1", is_same=True, reviewer="k1")
    with town.database.read() as session:
        whole = queries.quality_report(session)["groups"][0]
    assert (whole["records"], whole["linked"], whole["looked_at"]) == (1, 1, 1)
    assert whole["precision"]["estimate"] == 1.0


def test_who_may_be_second_does_not_see_the_first_answer(town: Town) -> None:
    ref = next(f"e{number}" for number in range(1000) if sampling.is_for_two(f"e{number}"))
    town.hear(("c1", person(personal_number=ONE)), (ref, Identity(full_name="Vàng A Páo", dob="2010-01-02")))
    town.decide(ref, "c1")
    with town.database.read() as session:
        assert queries.review(session, ref, reader="k1")["decision"]["same_as"] == "c1"
        hidden = queries.review(session, ref, reader="k2")
        assert (hidden["blind"], hidden["decision"], hidden["person_id"]) == (True, None, None)
        assert [item["record_ref"] for item in queries.second_reviews(session, "k2")] == [ref]
    with town.database.write() as session:
        sampling.answer_second(session, town.clock, ref, same_as=None, reviewer="k2")
        with pytest.raises(sampling.NoSecondReview):
            sampling.answer_second(session, town.clock, ref, same_as=None, reviewer="k1")
        assert sampling.agreement(session) == (1, 1)
