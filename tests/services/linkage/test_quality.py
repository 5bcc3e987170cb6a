"""The quality report: intervals by hand, and from drawing a sample to its figures."""

from __future__ import annotations

import pytest

from services.linkage import queries, sampling
from services.linkage.clusters import Policy
from services.linkage.deciding import decide_everything
from services.linkage.deriving import take_turn
from services.linkage.equipment import equip_with
from services.linkage.quality import Answer, Band, Interval, People, Pool, recall_of, report, wilson
from shared.contracts import Identity
from shared.settings import BadSetting, Settings
from tests.services.linkage.town import SEAL, Town, person

ONE = "000311000001"


def test_wilsons_interval_by_hand() -> None:
    assert wilson(0, 0) == (None, 0.0, 1.0)
    found = wilson(10, 10)  # low: n / (n + z²) = 10 / 13.8415
    assert found.estimate == 1.0
    assert found.high == pytest.approx(1.0)
    assert found.low == pytest.approx(0.72247, abs=1e-5)
    half = wilson(5, 10)  # centre 1/2; spread z·sqrt(1/40 + z²/400) / (1 + z²/10) = 0.26341
    assert (half.low, half.high) == pytest.approx((0.23659, 0.76341), abs=1e-5)
    assert wilson(0, 10).low >= 0.0


def test_a_report_counts_each_answer_where_its_record_was_drawn() -> None:
    def pool(band: Band) -> Pool:
        return Pool(band, "/school/a", People.KINH, 2026)

    counts = {pool(Band.LINKED): 10, pool(Band.REVIEWED): 2, pool(Band.NEAR): 4, pool(Band.ALONE): 4}
    answers = [Answer(pool(Band.LINKED), number > 0) for number in range(10)]
    answers += [Answer(pool(Band.NEAR), number == 0) for number in range(4)]
    found = report(counts, answers, both=4, disagree=1)
    assert [group["dimension"] for group in found["groups"]] == ["all", "source", "people", "year"]
    whole = found["groups"][0]
    precision, missed = wilson(9, 10), wilson(1, 4)
    assert (whole["records"], whole["linked"], whole["unlinked"], whole["looked_at"]) == (20, 12, 8, 14)
    assert (whole["precision"]["estimate"], whole["unlinked_share"]) == (0.9, 0.4)
    assert whole["recall"]["estimate"] == 0.9  # 9 right of 10 linked; a quarter of the 4 that fell short: 1
    assert whole["belonging"] == {
        "estimate": 0.6,  # (2 + 10 · 9/10 + 4 · 1/4) / 20
        "low": round((2 + 10 * precision.low) / 20, 4),
        "high": round((2 + 10 + 4 * missed.high) / 20, 4),
    }
    assert found["second_reviews"]["share"]["estimate"] == 0.25


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
        assert not sampling.is_for_two("e1")
        assert queries.samples(session, "k1", limit=10) == queries.samples(session, "k2", limit=10) == []
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
    with town.database.read() as session:
        seen = queries.review(session, ref, reader="k3")
        assert (seen["blind"], seen["decision"]["same_as"]) == (False, "c1")
        assert queries.second_reviews(session, "k3") == []


def test_most_reviews_have_no_second_reviewer(town: Town) -> None:
    refs = [f"e{number}" for number in range(1000)]
    assert 60 < sum(map(sampling.is_for_two, refs)) < 140  # a tenth, four deviations wide
    ref = next(ref for ref in refs if not sampling.is_for_two(ref))
    town.hear(("c1", person(personal_number=ONE)), (ref, Identity(full_name="Vàng A Páo", dob="2010-01-02")))
    town.decide(ref, "c1")
    with town.database.read() as session:
        assert queries.review(session, ref, reader="k2")["decision"]["same_as"] == "c1"
        assert queries.second_reviews(session, "k2") == []
    with town.database.write() as session, pytest.raises(sampling.NoSecondReview):
        sampling.answer_second(session, town.clock, ref, same_as=None, reviewer="k2")


@pytest.mark.parametrize(("first", "second", "disagree"), [("c1", "c1", 0), (None, None, 0), (None, "c1", 1)])
def test_answers_agree_that_name_one_person_or_both_nobody(
    town: Town, first: str | None, second: str | None, disagree: int
) -> None:
    ref = next(f"e{number}" for number in range(1000) if sampling.is_for_two(f"e{number}"))
    town.hear(("c1", person(personal_number=ONE)), (ref, Identity(full_name="Vàng A Páo", dob="2010-01-02")))
    town.decide(ref, first)
    with town.database.write() as session:
        sampling.answer_second(session, town.clock, ref, same_as=second, reviewer="k2")
        assert sampling.agreement(session) == (1, disagree)


def test_a_sampled_pair_for_two_waits_for_another_reviewer_once(town: Town) -> None:
    ref = next(f"e{number}" for number in range(1000) if sampling.is_for_two(f"e{number}"))
    town.hear(("c1", person(personal_number=ONE)), (ref, Identity(personal_number=ONE)))
    with town.database.write() as session:
        sampling.draw(session, town.clock, most=5, seed=1)
    for reviewer, waiting in (("k1", {"k1": 0, "k2": 1}), ("k2", {"k1": 0, "k2": 0, "k3": 0})):
        with town.database.write() as session:
            sampling.answer_sample(session, town.clock, ref, "c1", is_same=True, reviewer=reviewer)
            assert {key: len(queries.samples(session, key, limit=9)) for key in waiting} == waiting


def test_whoever_wants_surer_links_gets_them_and_the_report_says_from_where(town: Town) -> None:
    town.hear(("c1", person(village=None)), ("e1", person(village=None, sex=None)))
    assert frozenset({"c1", "e1"}) in town.partition()
    likely = town.links()["e1"].probability
    with town.database.read() as session:
        assert queries.quality_report(session)["link_from"] < likely
    equip_with(town.database, SEAL, Policy(link=(1 + likely) / 2))
    with town.database.write() as session:
        assert decide_everything(take_turn(session), town.clock) > 0
    assert frozenset({"c1"}) in town.partition()
    assert "e1" in town.reviews()
    with town.database.read() as session:
        assert queries.quality_report(session)["link_from"] > likely - 1e-4


def test_the_line_follows_the_setting() -> None:
    lines = [
        Policy.for_precision(Settings.load({"NOINGHE_LINK_PRECISION": wanted}).link_precision).link
        for wanted in ("0.99", "0,995", "0.999")
    ]
    assert lines == sorted(lines)
    assert len(set(lines)) == 3
    for nonsense in ("1", "0.3", "viel"):
        with pytest.raises(BadSetting, match="NOINGHE_LINK_PRECISION"):
            Settings.load({"NOINGHE_LINK_PRECISION": nonsense})
