"""What vocational takes, refuses and tells, in literal tables; on both databases."""

# ruff: noqa: E501 - a table is read best with one row per line

from __future__ import annotations

import pytest

from services.vocational.commands import ProgrammeInUse
from shared.contracts import vocational
from shared.service.institutions import InstitutionInUse
from tests.services.source_house import (
    Sources,
    assert_sequences_have_no_gap,
    counts,
    fault_codes,
    warning_codes,
)

PROGRAMMES = """
    programme_id | institution_code | programme_kind | trade_code    | name        | valid_from
    P1           | CD-1             | CD             | 6520227       | Điện        | 2025-09-01
    P2           | TT-1             | SC             | SC:may_cong_nghiep | May    | 2025-09-01
"""
INTAKES = """
    intake_id | programme_id | opens_on   | seats
    K1        | P1           | 2026-10-01 | 30
    K2        | P2           | 2026-11-01 | 25
"""
ENROLMENTS = """
    enrolment_id | person_id    | full_name     | dob        | sex | programme_kind | institution_code | trade_code | admitted_on | left_on    | left_reason | completed_on | dual_group
    E1           | 000211000001 | Vì Văn Chung  | 2011-03-09 | M   | TC             | TT-1             | 5520227    | 2026-09-05  |            |             |              | G1
    E2           | 000311000002 | Giàng Thị Say | 2011-11-05 | F   | CD             | CD-1             | 6520227    | 2026-09-05  |            |             |              |
"""


def test_programmes_and_intakes_are_registered_under_their_publisher(house: Sources) -> None:
    assert counts(house.load("programmes", PROGRAMMES, organisation="CD-1")) == (1, 0, 0, 1)
    assert counts(house.load("programmes", PROGRAMMES)) == (2, 0, 0, 0)
    assert counts(house.load("intakes", INTAKES)) == (2, 0, 0, 0)
    programme = house.events()[0].data
    assert isinstance(programme, vocational.ProgrammeRegistered)
    assert programme.programme_id == "CD-1/P1"
    intake = house.events()[-2].data
    assert isinstance(intake, vocational.IntakeRegistered)
    assert (intake.intake_id, intake.programme_id, intake.seats) == ("local/K1", "local/P1", 30)
    assert_sequences_have_no_gap(house.events())


def test_the_same_file_again_tells_nothing(house: Sources) -> None:
    for kind, table in (("programmes", PROGRAMMES), ("intakes", INTAKES), ("enrolments", ENROLMENTS)):
        house.load(kind, table)
        told = len(house.events())
        assert counts(house.load(kind, table)) == (0, 0, 2, 0)
        assert len(house.events()) == told


@pytest.mark.parametrize(
    ("kind", "table", "code"),
    [
        (
            "programmes",
            """
            programme_id | institution_code | programme_kind | trade_code
            P1           | XX-1             | CD             | 6520227
            """,
            "unknown_institution",
        ),
        (
            "programmes",
            """
            programme_id | institution_code | programme_kind | trade_code
            P1           | CD-1             | CD             | 5520227
            """,
            "malformed_trade_code",
        ),
        (
            "programmes",
            """
            programme_id | institution_code | programme_kind | trade_code
            P1           | CD-1             | THPT           | 5520227
            """,
            "unknown_programme_kind",
        ),
        (
            "intakes",
            """
            intake_id | programme_id | opens_on   | seats
            K1        | P9           | 2026-10-01 | 30
            """,
            "unknown_programme",
        ),
        (
            "intakes",
            """
            intake_id | programme_id | opens_on   | seats
            K1        | P1           | 2026-10-01 | 0
            """,
            "not_a_number",
        ),
        (
            "enrolments",
            """
            enrolment_id | person_id    | programme_kind | institution_code | trade_code | admitted_on
            E1           | 000211000001 | TC             | TT-1             | 6520227    | 2026-09-05
            """,
            "malformed_trade_code",
        ),
        (
            "enrolments",
            """
            enrolment_id | person_id    | programme_kind | institution_code  | trade_code | admitted_on
            E1           | 000211000001 | CD             | Cao đẳng Lai Châu | 6520227    | 2026-09-05
            """,
            "unknown_institution",
        ),
        (
            "enrolments",
            """
            enrolment_id | person_id    | programme_kind | institution_code | trade_code | admitted_on
            E1           | 000211000001 | CD             | CD-1             | 6520227    | 2025-06-30
            """,
            "institution_not_valid",
        ),
    ],
)
def test_a_row_is_refused_where_it_cannot_be_true(house: Sources, kind: str, table: str, code: str) -> None:
    report = house.load(kind, table)
    assert fault_codes(report) == [code]
    assert counts(report) == (0, 0, 0, 1)
    assert house.events() == []


def test_an_enrolment_goes_from_admission_to_completion(house: Sources) -> None:
    house.load("enrolments", ENROLMENTS)
    completed = ENROLMENTS.replace("|              |\n", "| 2026-11-20   |\n")
    assert counts(house.load("enrolments", completed)) == (0, 1, 1, 0)
    last = house.events()[-1].data
    assert isinstance(last, vocational.EnrolmentRecorded)
    assert str(last.completed_on) == "2026-11-20"
    assert house.withdraw("enrolments", "E2")
    assert counts(house.load("enrolments", completed)) == (1, 0, 1, 0)
    assert_sequences_have_no_gap(house.events())


def test_half_of_a_nine_plus_is_saved_with_a_warning(house: Sources) -> None:
    report = house.load("enrolments", ENROLMENTS)
    assert counts(report) == (2, 0, 0, 0)
    assert "dual_half_missing" in warning_codes(report)
    recorded = house.events()[0].data
    assert isinstance(recorded, vocational.EnrolmentRecorded)
    assert recorded.dual_group == "G1"


def test_what_others_rest_on_cannot_be_withdrawn(house: Sources) -> None:
    house.load("programmes", PROGRAMMES)
    house.load("intakes", INTAKES)
    with pytest.raises(ProgrammeInUse):
        house.withdraw("programmes", "P1")
    with pytest.raises(InstitutionInUse):
        house.withdraw("institutions", "CD-1/2025-07-01")
    assert house.withdraw("intakes", "K1")
    assert house.withdraw("programmes", "P1")
    assert house.withdraw("institutions", "CD-1/2025-07-01")
    assert house.facts()[-3:] == ["IntakeWithdrawn", "ProgrammeWithdrawn", "InstitutionWithdrawn"]


def test_two_organisations_may_use_the_same_key(house: Sources) -> None:
    rows = {
        "CD-1": ENROLMENTS.replace("TT-1 ", "CD-1 "),
        "TT-1": ENROLMENTS.replace("CD-1 ", "TT-1 "),
    }
    for organisation, table in rows.items():
        assert counts(house.load("enrolments", table, organisation=organisation)) == (2, 0, 0, 0)
    assert not house.withdraw("enrolments", "E1")
    assert house.withdraw("enrolments", "E1", publisher="CD-1")
    assert {envelope.publisher for envelope in house.events()} == {"CD-1", "TT-1"}
