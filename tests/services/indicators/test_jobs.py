"""Supply and demand per trade on a day."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.indicators.queries import supply_and_demand
from shared.contracts import employment
from tests.services.indicators.story import Plane, Story

VET, SEWING = "5620120", "SC:may_cong_nghiep"


def jobs(plane: Plane, on: date) -> dict[str | None, dict[str, Any]]:
    """The rows by trade, each without its code."""
    with plane.database.read() as session:
        rows = supply_and_demand(session, on)
    return {row.pop("trade_code"): row for row in rows}


def numbers(row: dict[str, Any]) -> tuple[int, int, int, int]:
    """Openings, learners, completions, placements."""
    return row["openings"], row["learners"], row["completions"], row["placements"]


def test_openings_learners_completions_and_placements_meet_in_a_trade(each_plane: Plane) -> None:
    story = Story()
    story.vacancy("v1", openings=3, posted="2026-08-10", trade=VET)
    story.vacancy("v2", openings=2, posted="2026-08-10", trade=VET, closed="2026-10-01")
    story.vacancy("v3", openings=5, posted="2026-08-10", trade=None)
    story.vacancy("v4", openings=7, posted="2027-01-10", trade=VET)
    story.enrolment("e1", "p1", "TC", on="2026-09-10", trade=VET)
    story.enrolment("e2", "p1", "TC", on="2026-09-20", trade=VET)  # the same learner in two rows
    story.enrolment("e3", None, "TC", on="2026-09-10", trade=VET)
    story.enrolment("e4", "p2", "TC", on="2026-09-10", trade=VET, left="2026-11-01", reason="dropout")
    story.enrolment("e5", "p3", "SC", on="2026-06-10", trade=SEWING, completed="2026-10-10")
    story.enrolment("e6", "p4", "SC", on="2026-06-10", trade=SEWING, left="2026-10-10", reason="completed")
    story.enrolment("e7", "p5", "THPT", on="2026-08-10")
    story.placement("w1", "p6", on="2026-09-01", vacancy="v2", ended="2026-10-15")
    story.placement("w2", "p7", on="2026-09-01")
    each_plane.hear(story.envelopes)
    found = jobs(each_plane, date(2026, 12, 31))
    assert found.keys() == {VET, SEWING, None}
    assert numbers(found[VET]) == (3, 2, 0, 1)
    assert numbers(found[SEWING]) == (0, 0, 2, 0)
    assert numbers(found[None]) == (5, 0, 0, 1)
    assert (found[VET]["name_vi"], found[None]["name_vi"]) == ("Chăn nuôi - Thú y", None)
    autumn = jobs(each_plane, date(2026, 9, 30))
    assert (autumn[VET]["openings"], autumn[VET]["learners"]) == (5, 3)
    assert autumn[SEWING]["learners"] == 2


def test_a_withdrawn_vacancy_offers_nothing(plane: Plane) -> None:
    story = Story()
    story.vacancy("v1", openings=3, posted="2026-08-10", trade=VET)
    story.tell(employment.VacancyWithdrawn(vacancy_ref="v1"))
    plane.hear(reversed(story.envelopes))
    assert jobs(plane, date(2026, 12, 31)) == {}
