"""The golden fixture through events and handlers: the two tables of expected figures, line by line."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from tests.services.indicators.story import Plane, Story, broken_down, rows_of, shuffled_and_doubled

SOURCE = Path(__file__).parents[3] / "services" / "demo" / "source"
BL, KR = ("BL2026", "2026-12-31"), ("KR2024", "2024-12-31")


def golden_story() -> Story:
    """All rows of the fixture, each person linked by the personal number (here the pseudonym)."""
    story = Story()
    for row in rows_of(SOURCE / "institutions.csv"):
        story.school(row["code"], row["commune_code"] or None, since=row["valid_from"], kind=row["kind"])
    for number, row in enumerate(rows_of(SOURCE / "completions.csv")):
        story.completion(
            f"completion-{number}",
            row["person_id"],
            at=row["school_code"],
            stage=row["stage"],
            year=row["school_year"],
            on=row["recognised_on"] or None,
            sex=row["sex"],
            ethnic=row["ethnic_code"],
            residence=row["residence_code"],
            village=row["village"],
        )
    for row in rows_of(SOURCE / "enrolments.csv"):
        story.enrolment(
            row["enrolment_id"],
            row["person_id"],
            row["programme_kind"],
            on=row["admitted_on"],
            left=row["left_on"],
            reason=row["left_reason"],
            trade=row["trade_code"] or None,
            at=row["institution_code"],
        )
    for row in rows_of(SOURCE / "life-events.csv"):
        story.happened(row["event_id"], row["person_id"], row["event"], on=row["happened_on"])
    return story


@pytest.fixture
def golden(plane: Plane) -> Plane:
    """The plane after the fixture."""
    plane.hear(golden_story().envelopes)
    return plane


def destinations(plane: Plane, plan: tuple[str, str], indicator: str) -> dict[str | None, int]:
    """Where the cohort of an indicator is; KR-4 is asked for its one year."""
    year = {"BL2026": "2025-2026", "KR2024": "2023-2024"}[plan[0]]
    found = plane.indicator(plan[0], indicator, plan[1], by=["destination"], school_year=year)
    return {key: persons for key, (persons, _) in broken_down(found, "destination").items()}


def test_destinations_of_the_four_cohorts(golden: Plane) -> None:
    assert destinations(golden, BL, "BL-5") == {
        "THPT": 29, "GDTX": 4, "GDTX_TC": 6, "THN": 1, "TC": 1, "SC": 1,
        "EMP": 3, "NEET": 4, "LEFT": 1, "DEC": 1, "UNK": 1,
    }  # fmt: skip
    assert destinations(golden, BL, "BL-6b") == {
        "TC": 1, "SC": 1, "CD": 5, "DH": 9, "EMP": 8, "MIL": 1, "ABR": 1, "NEET": 3, "UNK": 1,
    }  # fmt: skip
    assert destinations(golden, KR, "KR-3c") == {
        "THPT": 22, "GDTX": 2, "GDTX_TC": 6, "TC": 2, "SC": 1, "EMP": 1, "NEET": 4, "LEFT": 1, "UNK": 1,
    }  # fmt: skip
    assert destinations(golden, KR, "KR-3d") == {
        "TC": 1, "SC": 1, "CD": 4, "DH": 6, "EMP": 5, "NEET": 1, "UNK": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("plan", "on", "indicator", "numerator", "denominator", "value", "met"),
    [
        ("BL2026", "2026-12-31", "BL-5", 42, 51, "0.823529", True),
        ("BL2026", "2026-09-30", "BL-5", 40, 51, "0.784314", False),
        ("BL2026", "2026-12-31", "BL-6b", 16, 30, "0.533333", True),
        ("KR2024", "2024-12-31", "KR-3", 15, 60, "0.250000", False),
        ("KR2024", "2024-12-31", "KR-3a", 11, 60, "0.183333", True),
        ("KR2024", "2024-12-31", "KR-3b", 11, 15, "0.733333", None),
        ("KR2024", "2024-12-31", "KR-3c", 9, 40, "0.225000", None),
        ("KR2024", "2024-12-31", "KR-3d", 6, 20, "0.300000", None),
    ],
)
def test_figures(
    golden: Plane,
    plan: str,
    on: str,
    indicator: str,
    numerator: int,
    denominator: int,
    value: str,
    met: bool | None,
) -> None:
    found = golden.indicator(plan, indicator, on)
    assert (found["numerator"], found["denominator"]) == (numerator, denominator)
    assert found["value"] == value
    assert found["met"] is met


def test_bl5_among_known_destinations_and_the_pupils_beside_it(golden: Plane) -> None:
    found = golden.indicator("BL2026", "BL-5", "2026-12-31")
    assert found["second"] == {"numerator": 42, "denominator": 49}
    assert found["unknown"] == 1
    assert found["not_recognised"] == 4
    assert found["target"] == {"op": ">=", "value": "0.800000"}


def test_bl5_by_school_village_and_sex(golden: Plane) -> None:
    found = golden.indicator("BL2026", "BL-5", "2026-12-31", by=["school", "village", "sex", "commune"])
    assert broken_down(found, "school") == {
        "BL-THCS-1": (18, 23),
        "BL-THCS-2": (13, 15),
        "BL-THCS-3": (11, 13),
    }
    assert broken_down(found, "village") == {
        "03390/Bản A": (15, 20),
        "03390/Bản B": (11, 13),
        "03390/Bản C": (8, 10),
        "03390/Bản D": (8, 8),
    }
    assert broken_down(found, "sex") == {"F": (19, 21), "M": (23, 30)}
    assert broken_down(found, "commune") == {"03390": (42, 51)}


def test_bl5_of_minorities_and_kinh_and_their_gap(golden: Plane) -> None:
    found = broken_down(golden.indicator("BL2026", "BL-5", "2026-12-31", by=["ethnicity"]), "ethnicity")
    assert found["DTTS"] == (37, 46)
    assert found["01"] == (5, 5)
    gap = Fraction(*found["01"]) - Fraction(*found["DTTS"])
    assert round(100 * gap, 2) == Fraction("19.57")
    peoples = {key: figures for key, figures in found.items() if key != "DTTS"}
    assert sum(numerator for numerator, _ in peoples.values()) == 42


def test_one_college_pupil_leaving_before_the_cut_off_breaks_bl6b(plane: Plane) -> None:
    story = golden_story()
    story.enrolment(
        "E058",
        None,
        "CD",
        on="2026-09-20",
        left="2026-12-01",
        reason="dropout",
        trade="6720301",
        at="LC-CD-1",
    )
    plane.hear(story.envelopes)
    found = plane.indicator("BL2026", "BL-6b", "2026-12-31")
    assert (found["numerator"], found["denominator"], found["met"]) == (15, 30, False)


def test_kr4_counts_thcs_leavers_and_shows_thpt_beside_by_stage(golden: Plane) -> None:
    found = golden.indicator("KR2024", "KR-4", "2024-12-31", by=["stage"])
    assert (found["numerator"], found["denominator"], found["value"], found["met"]) == (7, None, None, None)
    assert found["target"] is None
    assert broken_down(found, "stage") == {"THCS": (7, None), "THPT": (8, None)}
    assert found["school_year"] == "2021-2022, 2022-2023, 2023-2024"


def test_the_board_says_how_far_it_is(golden: Plane) -> None:
    found = golden.board("BL2026", "2026-12-31")
    assert found["unlinked"] == {"enrolments": 0, "life_events": 0, "placements": 0}
    assert found["school_year"] == "2025-2026"
    assert found["provisional"] is False
    assert found["data_time"].endswith("Z")
    assert golden.board("KR2024", "2024-12-31")["provisional"] is False  # 57/60 known is exactly 95 %


def test_the_order_and_the_number_of_deliveries_change_nothing(plane: Plane, tmp_path: Path) -> None:
    story = golden_story()
    plane.hear(story.envelopes)
    other = Plane.open(f"sqlite:///{tmp_path / 'other'}")
    other.hear(shuffled_and_doubled(story.envelopes, seed=3), at_once=17)
    assert other.contents() == plane.contents()
    other.database.dispose()


def test_both_databases_give_the_same_board(each_plane: Plane) -> None:
    each_plane.hear(golden_story().envelopes, at_once=100)
    found = each_plane.indicator(
        "BL2026", "BL-5", "2026-12-31", by=["school", "village", "sex", "ethnicity", "destination", "stage"]
    )
    assert (found["numerator"], found["denominator"], found["not_recognised"]) == (42, 51, 4)
    assert broken_down(found, "village")["03390/Bản A"] == (15, 20)
    assert broken_down(found, "stage") == {"THCS": (42, 51)}
