"""What a board says: exact comparison, units of then and today, empty cohorts, three years, lists."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from services.indicators.board import UnknownMember, decimal_text
from services.indicators.definitions import BadDefinition, definitions, read_definitions
from services.indicators.plan import BadPlan, Target, UnknownPlan, plan_of, plans, read_plan
from services.indicators.wording import percent, target_text, verdict
from tests.services.indicators.story import Plane, Story, broken_down


@pytest.fixture
def story() -> Story:
    """A THCS and a THPT school in Bình Lư."""
    told = Story()
    told.school("S1")
    told.school("P1", kind="THPT")
    return told


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (Fraction(14, 17), "0.823529"),
        (Fraction(1, 3), "0.333333"),
        (Fraction(2, 3), "0.666667"),
        (Fraction(1, 2_000_000), "0.000001"),  # half a millionth is rounded up
        (Fraction(999_999_7, 10_000_000), "1.000000"),
        (Fraction(0), "0.000000"),
        (Fraction(1), "1.000000"),
    ],
)
def test_values_have_six_places_rounded_half_up(fraction: Fraction, text: str) -> None:
    assert decimal_text(fraction) == text


def test_targets_are_compared_exactly() -> None:
    at_least, above = Target(">=", Fraction("0.80")), Target(">", Fraction("0.50"))
    assert at_least.is_met_by(Fraction(80, 100))
    assert not at_least.is_met_by(Fraction(79_999_999, 100_000_000))
    assert not above.is_met_by(Fraction(15, 30))
    assert above.is_met_by(Fraction(500_001, 1_000_000))


def test_half_is_not_above_half(plane: Plane, story: Story) -> None:
    for number in range(4):
        story.completion(f"c{number}", f"p{number}", at="P1", stage="THPT", on="2026-07-15")
    story.enrolment("e0", "p0", "CD", on="2026-09-10")
    story.enrolment("e1", "p1", "DH", on="2026-09-10")
    plane.hear(story.envelopes)
    found = plane.indicator("BL2026", "BL-6b", "2026-12-31")
    assert (found["value"], found["target"], found["met"]) == (
        "0.500000",
        {"op": ">", "value": "0.500000"},
        False,
    )


def test_a_cohort_of_nobody_has_no_value_and_no_verdict(plane: Plane) -> None:
    found = plane.board("BL2026", "2026-12-31", by=["school", "village", "stage", "destination"])
    one = found["indicators"][0]
    assert (one["numerator"], one["denominator"], one["value"], one["met"]) == (0, 0, None, None)
    assert one["second"] == {"numerator": 0, "denominator": 0}
    assert found["data_time"] is None
    assert found["provisional"] is True


def test_a_cohort_of_the_deceased_has_an_empty_denominator_but_keeps_them_by_destination(
    plane: Plane, story: Story
) -> None:
    story.completion("c1", "p1")
    story.happened("v1", "p1", "deceased", on="2026-08-02")
    plane.hear(story.envelopes)
    found = plane.indicator("BL2026", "BL-5", "2026-12-31", by=["destination", "school"])
    assert (found["denominator"], found["value"]) == (0, None)
    assert broken_down(found, "destination") == {"DEC": (1, 1)}
    assert broken_down(found, "school") == {"S1": (0, 0)}
    excluded = plane.members("BL-5", "BL2026", "2026-12-31", member="excluded")
    assert [one["person_id"] for one in excluded] == ["p1"]


def test_a_board_is_provisional_before_its_day_and_below_95_percent_known(plane: Plane, story: Story) -> None:
    for number in range(20):
        story.completion(f"c{number}", f"p{number}")
        if number:
            story.enrolment(f"e{number}", f"p{number}", "THPT", on="2026-08-10")
    plane.hear(story.envelopes)
    on = "2026-12-31"
    assert plane.board("BL2026", on)["provisional"] is False  # 19 of 20 known
    assert plane.board("BL2026", on, today=date(2026, 12, 30))["provisional"] is True
    assert plane.board("BL2026", on, today=date(2026, 12, 31))["provisional"] is False
    story.completion("c20", "p20")
    plane.hear(story.envelopes)
    assert plane.board("BL2026", on)["provisional"] is True


def test_residences_on_the_units_of_then_and_of_today(plane: Plane) -> None:
    story = Story()
    story.school("K1", "23497", since="2010-09-05")
    # Old Tân Lập had the code that Kon Braih, made of it and two others, has now.
    for number, code in enumerate(["23497", "23488", "23494", "23479"]):
        story.completion(
            f"c{number}", f"p{number}", at="K1", year="2023-2024", on="2024-06-05", residence=code,
            village="Thôn 1",
        )  # fmt: skip
    # 00007 was split in 2025: its total belongs to no commune of today.
    story.completion("c9", "p9", at="K1", year="2023-2024", on="2024-06-05", residence="00007")
    plane.hear(story.envelopes)
    asked = ("KR2024", "KR-3c", "2024-12-31")
    then = broken_down(plane.indicator(*asked, by=["commune"]), "commune")
    assert then == {"00007": (0, 1), "23479": (0, 1), "23488": (0, 1), "23494": (0, 1), "23497": (0, 1)}
    found = plane.indicator(*asked, by=["commune", "village"], units="today")
    today = broken_down(found, "commune")
    assert today == {"23479": (0, 1), "23497": (0, 3), "three_tiers:00007": (0, 1)}
    assert broken_down(found, "village")["23497/Thôn 1"] == (0, 3)
    labels = {row["key"]: row["label"] for row in found["breakdowns"]}
    assert labels["23497"] == "Xã Kon Braih"
    assert labels["three_tiers:00007"].endswith("đã chia tách")


def test_one_code_of_two_eras_is_two_rows(plane: Plane) -> None:
    story = Story()
    story.school("K1", "23497", since="2010-09-05")
    story.completion("c1", "p1", at="K1", year="2024-2025", on="2025-05-28", residence="23497")
    story.completion("c2", "p2", at="K1", year="2024-2025", on="2025-08-12", residence="23497")
    plane.hear(story.envelopes)
    found = plane.indicator("KR2024", "KR-3c", "2025-12-31", by=["commune"])
    labels = [row["label"] for row in found["breakdowns"]]
    assert sorted(labels) == ["Xã Kon Braih", "Xã Tân Lập (đơn vị cũ)"]
    assert (
        len(plane.indicator("KR2024", "KR-3c", "2025-12-31", by=["commune"], units="today")["breakdowns"])
        == 1
    )


def test_kr4_covers_three_years_or_the_one_that_is_asked_for(plane: Plane) -> None:
    story = Story()
    story.school("K1", "23479", since="2010-09-05", kind="THCS&THPT")
    for year in (2021, 2022, 2023, 2024):
        story.completion(
            f"c{year}", f"p{year}", at="K1", year=f"{year - 1}-{year}", on=f"{year}-06-05", residence="23479"
        )
    story.completion("d1", "q1", at="K1", stage="THPT", year="2023-2024", on="2024-07-20", residence="23479")
    story.enrolment("x1", "q1", "DH", on="2024-09-10")
    plane.hear(story.envelopes)
    found = plane.indicator("KR2024", "KR-4", "2024-12-31", by=["stage", "sex"])
    assert found["numerator"] == 3
    assert broken_down(found, "stage") == {"THCS": (3, None), "THPT": (0, None)}
    assert broken_down(found, "sex") == {"F": (3, None)}
    one_year = plane.indicator("KR2024", "KR-4", "2024-12-31", school_year="2021-2022")
    assert (one_year["numerator"], one_year["school_year"]) == (1, "2021-2022")


def test_lists_agree_with_the_figures_and_name_nobody(plane: Plane, story: Story) -> None:
    story.completion("c1", "p1")
    story.completion("c2", None)
    story.enrolment("e1", "p1", "TC", on="2026-09-10")
    plane.hear(story.envelopes)
    asked = ("BL-5", "BL2026", "2026-12-31")
    one = {
        "person_id": "p1", "destination": "TC", "school_code": "S1",
        "residence_code": "03390", "village": "Bản A",
    }  # fmt: skip
    assert plane.members(*asked, member="numerator") == [one]
    assert plane.members(*asked, member="TC") == [one]
    assert len(plane.members(*asked, member="denominator")) == 2
    assert [found["person_id"] for found in plane.members(*asked, member="unknown")] == ["record:c2"]
    with pytest.raises(UnknownMember, match="XYZ"):
        plane.members(*asked, member="XYZ")


def test_a_missing_sex_people_or_village_is_a_row_of_its_own(plane: Plane, story: Story) -> None:
    story.completion("c1", "p1", sex=None, ethnic=None, village=None)
    story.completion("c2", "p2", ethnic="01", residence=None)
    plane.hear(story.envelopes)
    found = plane.indicator("BL2026", "BL-5", "2026-12-31", by=["sex", "ethnicity", "village", "commune"])
    assert broken_down(found, "sex") == {"F": (0, 1), None: (0, 1)}
    assert broken_down(found, "ethnicity") == {"01": (0, 1), None: (0, 1)}
    assert broken_down(found, "village") == {"03390/": (0, 1), None: (0, 1)}
    assert broken_down(found, "commune") == {"03390": (0, 1), None: (0, 1)}


def test_an_unknown_plan_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownPlan, match="BL2026, KR2024"):
        plan_of("BL2027")


def test_a_new_plan_and_a_new_indicator_are_only_data() -> None:
    document = {
        "rule_version": "x",
        "destinations": _destination_tables(),
        "indicator": [
            {"id": "CX", "name_vi": "Có nghề", "measure": "share", "stages": ["THCS"], "numerator": ["SC"]}
        ],
    }
    known = read_definitions(document)
    plan = read_plan(
        {
            "id": "X",
            "title_vi": "Kế hoạch",
            "owner_vi": "UBND xã",
            "due_year": 2028,
            "area": [{"era": "two_tiers", "communes": ["03390"]}],
            "indicator": [{"id": "CX", "target": {"op": "<=", "value": "0.10"}}],
        },
        known,
    )
    assert plan.indicators[0].target == Target("<=", Fraction(1, 10))
    with pytest.raises(BadPlan):
        read_plan(
            {"id": "X", "title_vi": "", "owner_vi": "", "due_year": 1, "area": [], "indicator": [{}]}, known
        )
    with pytest.raises(BadDefinition):
        read_definitions({**document, "indicator": [*document["indicator"], *document["indicator"]]})


def test_every_plan_that_is_carried_can_be_read() -> None:
    assert {plan.id: [one.indicator.id for one in plan.indicators] for plan in plans().values()} == {
        "BL2026": ["BL-5", "BL-6b"],
        "KR2024": ["KR-3", "KR-3a", "KR-3b", "KR-3c", "KR-3d", "KR-4"],
    }
    assert {code for part in plan_of("KR2024").area for code in part.commune_codes} == {
        "23479", "23482", "23485", "23488", "23491", "23494", "23497",
    }  # fmt: skip


def test_a_printed_percentage_never_looks_like_a_target_that_it_misses() -> None:
    target = {"op": ">=", "value": "0.350000"}
    assert percent("0.349600", target=target) == "34,96 %"
    assert percent("0.349960", target=target) == "34,996 %"
    assert percent("0.350000", target=target) == "35,00 %"
    assert percent(None) == "không có"
    assert target_text({"op": ">", "value": "0.500000"}) == "> 50 %"


def test_before_the_year_of_the_promise_a_target_is_only_a_level() -> None:
    assert verdict({"plan": "BL2026", "on": "2026-12-31"}, {"met": True}) == "đạt mức 2030"
    assert verdict({"plan": "BL2026", "on": "2030-12-31"}, {"met": False}) == "chưa đạt"
    assert verdict({"plan": "KR2024", "on": "2024-12-31"}, {"met": True}) == "đạt"
    assert verdict({"plan": "KR2024", "on": "2024-12-31"}, {"met": None}) == ""


def _destination_tables() -> dict[str, object]:
    rules = definitions().destinations
    return {
        "precedence": [str(one) for one in rules.precedence],
        "states": {str(event): str(one or "") for event, one in rules.states.items()},
        "never_follows": {str(stage): list(kinds) for stage, kinds in rules.never_follows.items()},
        "only_from_that_year": {
            str(stage): list(kinds) for stage, kinds in rules.only_from_that_year.items()
        },
    }
