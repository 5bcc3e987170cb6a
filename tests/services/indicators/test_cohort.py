"""Who is in a cohort and who beside it: rules that the golden fixture does not show, through events."""

from __future__ import annotations

from datetime import date

import pytest

from services.indicators.cohort import BadSchoolYear, first_year, last_school_year
from shared.contracts import linkage, school
from tests.services.indicators.story import Plane, Story, broken_down

BL5 = ("BL2026", "BL-5", "2026-12-31")


@pytest.fixture
def story() -> Story:
    """One THCS school in Bình Lư."""
    told = Story()
    told.school("S1")
    told.school("P1", kind="THPT")
    return told


def bl5(plane: Plane, story: Story, on: str = "2026-12-31") -> tuple[int, int]:
    """Numerator and denominator after what was told."""
    plane.hear(story.envelopes)
    found = plane.indicator("BL2026", "BL-5", on)
    return found["numerator"], found["denominator"]


@pytest.mark.parametrize(
    ("on", "year"),
    [(date(2026, 5, 30), "2024-2025"), (date(2026, 5, 31), "2025-2026"), (date(2027, 1, 1), "2025-2026")],
)
def test_the_default_school_year_is_the_last_that_ended(on: date, year: str) -> None:
    assert last_school_year(on) == year


@pytest.mark.parametrize("wrong", ["2025", "2025-2027", "2025/2026", ""])
def test_a_school_year_is_two_years_that_follow(wrong: str) -> None:
    with pytest.raises(BadSchoolYear):
        first_year(wrong)


def test_a_row_recognised_after_the_cut_off_is_beside_the_cohort_until_then(
    plane: Plane, story: Story
) -> None:
    story.completion("c1", "p1")
    story.completion("c2", "p2", on="2026-08-12")
    story.completion("c3", "p3", on=None)
    plane.hear(story.envelopes)
    before, after = (plane.indicator("BL2026", "BL-5", on) for on in ("2026-07-31", "2026-08-12"))
    assert (before["denominator"], before["not_recognised"]) == (1, 2)
    assert (after["denominator"], after["not_recognised"]) == (2, 1)


def test_a_repeated_completion_counts_once_and_in_the_year_of_the_first(plane: Plane, story: Story) -> None:
    story.completion("c2", "p1", year="2025-2026", on="2026-05-28")
    story.completion("c1", "p1", year="2024-2025", on="2025-05-28")
    plane.hear(story.envelopes)
    assert plane.indicator(*BL5)["denominator"] == 0
    assert plane.indicator(*BL5, school_year="2024-2025")["denominator"] == 0  # the school was not there yet
    members = plane.members("BL-5", "BL2026", "2026-12-31", member="denominator")
    assert members == []


def test_the_first_completion_is_the_first_however_late_it_is_told(plane: Plane, story: Story) -> None:
    story.school("S1", "03390", since="2015-09-01", until="2025-06-30")
    story.completion("c2", "p1", year="2025-2026", on="2026-05-28")
    plane.hear(story.envelopes)
    assert plane.indicator(*BL5)["denominator"] == 1
    later = Story()
    later.completion("c1", "p1", year="2024-2025", on="2025-05-28")
    plane.hear(later.envelopes)
    assert plane.indicator(*BL5)["denominator"] == 0
    assert plane.indicator(*BL5, school_year="2024-2025")["denominator"] == 1


def test_a_thcs_and_a_thpt_completion_of_one_person_are_two_pathways(plane: Plane, story: Story) -> None:
    story.school("S1", "03390", since="2015-09-01", until="2025-06-30")
    story.completion("c1", "p1", year="2022-2023", on="2023-05-28")
    story.completion("c2", "p1", at="P1", stage="THPT", on="2026-07-15")
    story.enrolment("e1", "p1", "THPT", on="2023-08-10")
    story.enrolment("e2", "p1", "CD", on="2026-09-10")
    plane.hear(story.envelopes)
    thpt = plane.indicator("BL2026", "BL-6b", "2026-12-31")
    assert (thpt["numerator"], thpt["denominator"]) == (1, 1)
    thcs = plane.indicator("BL2026", "BL-5", "2023-12-31", by=["destination"])
    assert broken_down(thcs, "destination") == {"THPT": (1, 1)}


def test_a_completion_linked_to_nobody_is_a_person_of_its_own(plane: Plane, story: Story) -> None:
    story.completion("c1", None)
    story.enrolment("e1", None, "THPT", on="2026-08-10")
    assert bl5(plane, story) == (0, 1)
    assert plane.board("BL2026", "2026-12-31")["unlinked"]["enrolments"] == 1
    linked = Story()
    linked.link("c1", "p1")
    linked.link("e1", "p1")
    assert bl5(plane, linked) == (1, 1)
    assert plane.board("BL2026", "2026-12-31")["unlinked"]["enrolments"] == 0


def test_rows_of_a_person_without_completion_are_unlinked_too(plane: Plane, story: Story) -> None:
    story.enrolment("e1", "p1", "THPT", on="2026-08-10")
    story.happened("v1", "p1", "employed", on="2026-08-10")
    story.placement("w1", None, on="2026-08-10")
    plane.hear(story.envelopes)
    expected = {"enrolments": 1, "life_events": 1, "placements": 1}
    assert plane.board("BL2026", "2026-12-31")["unlinked"] == expected
    known = Story()
    known.completion("c1", "p1", on=None)
    plane.hear(known.envelopes)
    expected = {"enrolments": 0, "life_events": 0, "placements": 1}
    assert plane.board("BL2026", "2026-12-31")["unlinked"] == expected


def test_a_death_after_publication_lowers_the_figure_and_its_withdrawal_restores_it(
    plane: Plane, story: Story
) -> None:
    story.completion("c1", "p1")
    story.completion("c2", "p2")
    story.enrolment("e1", "p1", "THPT", on="2026-08-10")
    assert bl5(plane, story) == (1, 2)
    story.happened("v1", "p1", "deceased", on="2026-10-01")
    assert bl5(plane, story) == (0, 1)
    assert bl5(plane, story, on="2026-09-30") == (1, 2)
    story.tell(school.LifeEventWithdrawn(record_ref="v1"))
    assert bl5(plane, story) == (1, 2)


def test_a_withdrawn_completion_leaves_and_comes_back(plane: Plane, story: Story) -> None:
    story.completion("c1", "p1")
    assert bl5(plane, story) == (0, 1)
    story.tell(school.CompletionWithdrawn(record_ref="c1"))
    assert bl5(plane, story) == (0, 0)
    story.completion("c1", None)
    assert bl5(plane, story) == (0, 1)


def test_a_link_that_moves_takes_the_figure_along(plane: Plane, story: Story) -> None:
    story.completion("c1", "p1", village="Bản A")
    story.completion("c2", "p2", village="Bản B")
    story.enrolment("e1", "p1", "TC", on="2026-09-10")
    plane.hear(story.envelopes)
    story.link("e1", "p2")
    plane.hear(story.envelopes)
    rows = broken_down(plane.indicator(*BL5, by=["village"]), "village")
    assert rows == {"03390/Bản A": (0, 1), "03390/Bản B": (1, 1)}
    story.unlink("e1")
    assert bl5(plane, story) == (0, 2)


def test_an_older_event_that_comes_late_changes_nothing(plane: Plane, story: Story) -> None:
    story.completion("c1", "p1", village="Bản A")
    story.completion("c1", "p1", village="Bản B")
    story.tell(linkage.RecordLinked(record_ref="c1", person_id="p2", decided_by=linkage.DecidedBy.REVIEWER))
    for envelope in reversed(story.envelopes):
        plane.hear([envelope])
    assert [
        (one["person_id"], one["village"])
        for one in plane.members("BL-5", "BL2026", "2026-12-31", member="unknown")
    ] == [("p2", "Bản B")]


def test_a_school_counts_in_the_commune_of_the_day_of_recognition(plane: Plane) -> None:
    story = Story()
    # Registered long before the reform, in an old commune that went whole into Bình Lư.
    story.school("OLD", "03412", since="2010-09-05")
    # Moved into the area on 1 January 2026.
    story.school("MOVED", "03408", since="2025-07-01", until="2025-12-31")
    story.school("MOVED", "03390", since="2026-01-01")
    story.completion("c1", "p1", at="OLD")
    story.completion("c2", "p2", at="OLD", year="2023-2024", on="2024-05-28", residence="03412")
    story.completion("c3", "p3", at="MOVED")
    story.completion("c4", "p4", at="MOVED", on="2025-12-20")
    plane.hear(story.envelopes)
    found = plane.indicator(*BL5, by=["school"])
    assert broken_down(found, "school") == {"MOVED": (0, 1), "OLD": (0, 1)}
    assert plane.indicator("BL2026", "BL-5", "2024-12-31")["denominator"] == 1


def test_a_corrected_register_moves_the_cohort(plane: Plane, story: Story) -> None:
    story.completion("c1", "p1")
    assert bl5(plane, story) == (0, 1)
    story.school("S1", "03408")
    assert bl5(plane, story) == (0, 0)
    story.tell(school.InstitutionWithdrawn(code="S1", valid_from=date(2025, 7, 1)))
    assert bl5(plane, story) == (0, 0)


def test_an_institution_that_comes_after_its_completions_is_as_good(plane: Plane, story: Story) -> None:
    story.completion("c1", "p1")
    institutions, rest = story.envelopes[:2], story.envelopes[2:]
    plane.hear(rest)
    assert plane.indicator(*BL5)["denominator"] == 0
    plane.hear(institutions)
    assert plane.indicator(*BL5)["denominator"] == 1
