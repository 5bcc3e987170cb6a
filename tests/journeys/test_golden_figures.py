"""The golden fixture, from real spreadsheets to the plans' verdicts, on both backends.

The figures are those of the reference data's README, in its order. What the tables call "wrong rule" is
computed here only, to show that the right rule differs.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from services.demo import FILES
from tests.journeys.office import Office, source_rows

BL_DAY, BL_QUICK_DAY, KR_DAY = "2026-12-31", "2026-09-30", "2024-12-31"

DESTINATIONS = {
    ("BL-5", "BL2026", BL_DAY): (
        "THPT 29 GDTX 4 GDTX_TC 6 THN 1 TC 1 SC 1 EMP 3 NEET 4 LEFT 1 DEC 1 UNK 1",
        52,
    ),
    ("BL-6b", "BL2026", BL_DAY): ("TC 1 SC 1 CD 5 DH 9 EMP 8 MIL 1 ABR 1 NEET 3 UNK 1", 30),
    ("KR-3c", "KR2024", KR_DAY): ("THPT 22 GDTX 2 GDTX_TC 6 TC 2 SC 1 EMP 1 NEET 4 LEFT 1 UNK 1", 40),
    ("KR-3d", "KR2024", KR_DAY): ("TC 1 SC 1 CD 4 DH 6 EMP 5 NEET 1 UNK 2", 20),
}


def by(one: dict[str, Any], dimension: str) -> dict[str, tuple[int, int]]:
    """A breakdown as {key: (numerator, denominator)}."""
    return {
        part["key"]: (part["numerator"], part["denominator"])
        for part in one["breakdowns"]
        if part["dimension"] == dimension
    }


def test_every_figure_of_the_golden_tables_comes_out(office: Office) -> None:
    office.load(FILES)
    dimensions = [
        flag
        for name in ("school", "village", "sex", "ethnicity", "destination", "stage")
        for flag in ("--by", name)
    ]
    bl = office.board("BL2026", BL_DAY, *dimensions)
    quick = office.board("BL2026", BL_QUICK_DAY)
    kr = office.board("KR2024", KR_DAY, *dimensions)

    for (indicator, plan, _), (counts, everyone) in DESTINATIONS.items():
        words = counts.split()
        expected = {code: (int(n), everyone) for code, n in zip(words[::2], words[1::2], strict=True)}
        board = bl if plan == "BL2026" else kr
        seen = by(board["indicators"][indicator], "destination")
        assert {code: pair for code, pair in seen.items() if pair[0]} == expected, indicator

    bl5 = bl["indicators"]["BL-5"]
    assert (bl5["numerator"], bl5["denominator"], bl5["met"]) == (42, 51, True)
    assert (bl5["value"], bl5["target"]) == ("0.823529", {"op": ">=", "value": "0.800000"})
    assert (bl5["unknown"], bl5["not_recognised"]) == (1, 4)
    assert bl5["second"] == {"numerator": 42, "denominator": 49}
    early = quick["indicators"]["BL-5"]
    assert (early["numerator"], early["denominator"], early["met"]) == (40, 51, False)
    assert early["value"] == "0.784314"
    deceased_left_in = Fraction(bl5["numerator"], by(bl5, "destination")["DEC"][1])
    assert deceased_left_in == Fraction(42, 52)

    schools, villages = by(bl5, "school"), by(bl5, "village")
    assert schools == {"BL-THCS-1": (18, 23), "BL-THCS-2": (13, 15), "BL-THCS-3": (11, 13)}
    assert villages == {
        "03390/Bản A": (15, 20),
        "03390/Bản B": (11, 13),
        "03390/Bản C": (8, 10),
        "03390/Bản D": (8, 8),
    }
    assert by(bl5, "sex") == {"F": (19, 21), "M": (23, 30)}
    people = by(bl5, "ethnicity")
    assert (people["DTTS"], people["01"]) == ((37, 46), (5, 5))
    gap = Fraction(*people["01"]) - Fraction(*people["DTTS"])
    assert round(float(gap) * 100, 2) == 19.57

    bl6b = bl["indicators"]["BL-6b"]
    assert (bl6b["numerator"], bl6b["denominator"], bl6b["met"]) == (16, 30, True)
    assert bl6b["value"] == "0.533333"

    kr3 = kr["indicators"]["KR-3"]
    assert (kr3["numerator"], kr3["denominator"], kr3["met"]) == (15, 60, False)
    assert -(-kr3["denominator"] * 35 // 100) - kr3["numerator"] == 6
    kr3c, kr3d = kr["indicators"]["KR-3c"], kr["indicators"]["KR-3d"]
    assert (kr3c["numerator"], kr3c["denominator"]) == (9, 40)
    assert (kr3d["numerator"], kr3d["denominator"]) == (6, 20)
    mean_of_rates = (Fraction(9, 40) + Fraction(6, 20)) / 2
    assert (mean_of_rates, Fraction(15, 60)) == (Fraction(2625, 10000), Fraction(1, 4))
    kr3a, kr3b = kr["indicators"]["KR-3a"], kr["indicators"]["KR-3b"]
    assert (kr3a["numerator"], kr3a["denominator"], kr3a["met"]) == (11, 60, True)
    assert (kr3b["numerator"], kr3b["denominator"]) == (11, 15)
    kr4 = kr["indicators"]["KR-4"]
    assert (kr4["numerator"], kr4["denominator"], kr4["met"]) == (7, None, None)
    assert {stage: pair[0] for stage, pair in by(kr4, "stage").items()} == {"THCS": 7, "THPT": 8}

    assert bl["unlinked"] == {"enrolments": 0, "life_events": 0, "placements": 0}
    assert bl["provisional"] is (bl["data_time"][:10] < BL_DAY)
    assert kr["provisional"] is False
    assert office.run("verify").status == 0


def test_one_college_pupil_leaving_before_the_cut_off_turns_the_verdict(office: Office) -> None:
    office.load(FILES)
    enrolment = next(
        row for row in office_rows("enrolments") if row["programme_kind"] == "CD" and "BL" in row["area"]
    )
    left = {**enrolment, "left_on": "2026-12-30", "left_reason": "dropout"}
    del left["area"]
    assert office.imports("enrolments", [left])["changed"] == 1
    office.settle()
    bl6b = office.board("BL2026", BL_DAY)["indicators"]["BL-6b"]
    assert (bl6b["numerator"], bl6b["denominator"], bl6b["met"]) == (15, 30, False)
    assert bl6b["value"] == "0.500000"


def office_rows(kind: str) -> list[dict[str, str]]:
    """Rows of the demo's source with the area of their person."""
    areas = {row["person_id"]: row["area"] for row in source_rows("completions")}
    return [{**row, "area": areas[row["person_id"]]} for row in source_rows(kind)]
