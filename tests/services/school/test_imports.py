"""What school takes, refuses, warns of and tells, in literal tables; on both databases."""

# ruff: noqa: E501 - a table is read best with one row per line

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from services.school.models import COMPLETION, RECORD_HISTORY
from shared.contracts import Identity, school
from shared.contracts.codes import Stage
from shared.service.institutions import InstitutionInUse
from tests.services.source_house import (
    Sources,
    assert_sequences_have_no_gap,
    counts,
    fault_codes,
    warning_codes,
)

COMPLETIONS = """
    person_id    | full_name      | sex | dob        | ethnic_code | school_code | stage | school_year | recognised_round | recognised_on | residence_code | village
    000211000001 | Vì Văn Chung   | M   | 2011-03-09 | 03          | BL-THCS-1   | THCS  | 2025-2026   | 1                | 2026-05-28    | 03390          | Bản A
    000311000002 | Giàng Thị Say  | F   | 2011-11-05 | 08          | BL-PT-1     | THCS  | 2025-2026   | 2                | 2026-08-20    | 03390          | Bản B
    000211000003 | Phùng Láo Tả   | M   | 2011-12-11 | 09          | BL-THCS-1   | THCS  | 2025-2026   |                  |               | 03390          | Bản C
"""


def test_a_file_is_new_then_the_same_then_only_its_difference(house: Sources) -> None:
    assert counts(house.load("completions", COMPLETIONS)) == (3, 0, 0, 0)
    assert house.facts() == ["CompletionRecorded", "IdentityRecorded"] * 3
    assert counts(house.load("completions", COMPLETIONS)) == (0, 0, 3, 0)
    assert len(house.events()) == 6

    corrected = COMPLETIONS.replace("Bản B", "Bản C").replace("Phùng Láo Tả", "Phùng Láo Tá")
    assert counts(house.load("completions", corrected)) == (0, 2, 1, 0)
    # A village is a fact and part of the identity; a name is part of the identity only.
    assert house.facts()[6:] == ["CompletionRecorded", "IdentityRecorded", "IdentityRecorded"]
    assert_sequences_have_no_gap(house.events())


def test_content_has_the_facts_and_the_identity_goes_another_way(house: Sources) -> None:
    house.load("completions", COMPLETIONS)
    content, identity = (envelope.data for envelope in house.events()[:2])
    assert isinstance(content, school.CompletionRecorded)
    assert content == school.CompletionRecorded(
        record_ref=content.record_ref,
        sex="M",  # type: ignore[arg-type]
        ethnic_code="03",
        residence_code="03390",
        village="Bản A",
        school_code="BL-THCS-1",
        stage=Stage.THCS,
        school_year="2025-2026",
        recognised_round=1,
        recognised_on=date(2026, 5, 28),
        is_late=False,
    )
    assert isinstance(identity, school.IdentityRecorded)
    assert identity.record_ref == content.record_ref
    assert Identity.from_json(identity.identity).full_name == "Vì Văn Chung"


def test_no_name_and_no_number_is_ever_on_a_content_topic(house: Sources) -> None:
    house.load("completions", COMPLETIONS)
    for envelope in house.events():
        text = repr(envelope.data)
        if not envelope.data.TOPIC.identities:
            for personal in ("Chung", "Giàng", "Phùng", "000211000001", "000311000002", "2011-"):
                assert personal not in text


def test_events_say_when_they_were_recorded_in_the_order_of_the_rows(house: Sources) -> None:
    house.load("completions", COMPLETIONS)
    times = [envelope.time for envelope in house.events() if not envelope.data.TOPIC.identities]
    assert times == sorted(times)
    assert len(set(times)) == 3
    assert {envelope.source for envelope in house.events()} == {"/school/local"}


def test_a_withdrawn_row_is_restored_by_importing_it_again(house: Sources) -> None:
    house.load("completions", COMPLETIONS)
    assert house.withdraw("completions", "000211000001/THCS/2025-2026")
    assert not house.withdraw("completions", "000211000001/THCS/2025-2026")
    assert house.facts()[6:] == ["CompletionWithdrawn", "IdentityWithdrawn"]
    assert counts(house.load("completions", COMPLETIONS)) == (1, 0, 2, 0)
    assert house.facts()[8:] == ["CompletionRecorded", "IdentityRecorded"]
    assert_sequences_have_no_gap(house.events())


def test_history_keeps_what_was_replaced_and_why(house: Sources) -> None:
    house.load("completions", COMPLETIONS)
    house.load("completions", COMPLETIONS.replace("Bản B", "Bản C"))
    house.withdraw("completions", "000311000002/THCS/2025-2026")
    with house.databases["school"].read() as session:
        kept = session.execute(
            sa.select(RECORD_HISTORY.c.version, RECORD_HISTORY.c.reason, RECORD_HISTORY.c.content)
            .where(RECORD_HISTORY.c.source_table == "completion")
            .order_by(RECORD_HISTORY.c.version)
        ).all()
    assert [(version, reason) for version, reason, _ in kept] == [(1, "changed"), (2, "withdrawn: nhập nhầm")]
    assert "Bản B" in kept[0].content
    assert "Bản C" in kept[1].content


def test_a_record_id_that_appears_later_is_adopted(house: Sources) -> None:
    house.load("completions", COMPLETIONS)
    with_ids = """
        record_id | person_id    | full_name    | sex | dob        | ethnic_code | school_code | stage | school_year | recognised_round | recognised_on | residence_code | village
        HS-17     | 000211000001 | Vì Văn Chung | M   | 2011-03-09 | 03          | BL-THCS-1   | THCS  | 2025-2026   | 1                | 2026-05-28    | 03390          | Bản A
    """
    assert counts(house.load("completions", with_ids)) == (0, 1, 0, 0)
    keys = [getattr(event.data, "record_key", None) for event in house.events()]
    assert keys == [None] * 6 + [
        "HS-17"
    ]  # a key made of the number is nobody's business, a real one linkage's
    assert counts(house.load("completions", with_ids)) == (0, 0, 1, 0)
    assert counts(house.load("completions", COMPLETIONS)) == (0, 0, 3, 0)
    assert house.withdraw("completions", "HS-17")


def test_a_completion_without_number_needs_a_record_id(house: Sources) -> None:
    nameless = """
        record_id | full_name     | dob        | school_code | stage | school_year | recognised_round | recognised_on
                  | Vì Văn Chung  | 2011-03-09 | BL-THCS-1   | THCS  | 2025-2026   | 1                | 2026-05-28
        HS-2      | Giàng Thị Say | 2011       | BL-THCS-1   | THCS  | 2025-2026   | 1                | 2026-05-28
    """
    report = house.load("completions", nameless)
    assert fault_codes(report) == ["record_id_missing"]
    assert counts(report) == (1, 0, 0, 1)


@pytest.mark.parametrize(
    ("school_code", "stage", "round_and_day", "code"),
    [
        ("BL-THCS-9", "THCS", "1 | 2026-05-28", "unknown_institution"),
        ("THCS Bình Lư", "THCS", "1 | 2026-05-28", "unknown_institution"),
        ("BL-THCS-1", "THCS", "1 | 2025-05-28", "institution_not_valid"),  # not yet registered on that day
        ("BL-THCS-1", "THPT", "1 | 2026-05-28", "stage_not_taught"),
        ("BL-THPT-1", "THPT", "1 | 2026-07-28", "school_without_commune"),
        ("CD-1", "THPT", "1 | 2026-07-28", "unknown_institution"),  # no school, but a college
        ("BL-THCS-1", "THCS", "1 |", "recognised_on_missing"),
        ("BL-THCS-1", "TIEU HOC", "1 | 2026-05-28", "unknown_stage"),
    ],
)
def test_a_completion_is_refused_where_it_cannot_be_true(
    house: Sources, school_code: str, stage: str, round_and_day: str, code: str
) -> None:
    report = house.load(
        "completions",
        f"""
        person_id    | school_code   | stage   | school_year | recognised_round | recognised_on
        000211000001 | {school_code} | {stage} | 2025-2026   | {round_and_day}
        """,
    )
    assert fault_codes(report) == [code]
    assert counts(report) == (0, 0, 0, 1)
    assert house.events() == []


def test_a_name_instead_of_a_code_is_refused_with_the_code(house: Sources) -> None:
    report = house.load(
        "completions",
        """
        person_id    | school_code  | stage | school_year | recognised_round | recognised_on
        000211000001 | THCS Binh Lu | THCS  | 2025-2026   | 1                | 2026-05-28
        """,
    )
    assert "BL-THCS-1" in report.faults[0].message


def test_basis_and_lateness_follow_from_stage_and_day(house: Sources) -> None:
    house.load(
        "institutions",
        """
        code  | name   | kind | commune_code | valid_from | valid_to
        OLD-1 | Cũ     | THCS&THPT | 03412   | 2000-01-01 | 2025-06-30
        """,
    )
    house.load(
        "completions",
        """
        person_id    | school_code | stage | school_year | recognised_round | recognised_on | is_late
        000211000001 | BL-THCS-1   | THCS  | 2025-2026   | 1                | 2026-05-28    |
        000211000002 | BL-PT-1     | THPT  | 2025-2026   | 1                | 2026-07-10    |
        000211000003 | OLD-1       | THCS  | 2023-2024   | 1                | 2025-05-31    |
        000211000004 | OLD-1       | THCS  | 2023-2024   | 1                | 2025-06-01    |
        000211000005 | OLD-1       | THCS  | 2023-2024   | 1                | 2024-06-01    | x
        000211000006 | BL-THCS-1   | THCS  | 2025-2026   |                  |               |
        """,
    )
    with house.databases["school"].read() as session:
        found = session.execute(
            sa.select(COMPLETION.c.personal_number, COMPLETION.c.basis, COMPLETION.c.is_late).order_by(
                COMPLETION.c.personal_number
            )
        ).all()
    assert [tuple(row) for row in found] == [
        ("000211000001", "recognition", False),
        ("000211000002", "diploma", False),
        ("000211000003", "diploma", False),
        ("000211000004", "diploma", True),
        ("000211000005", "diploma", True),
        ("000211000006", None, False),
    ]


@pytest.mark.parametrize(
    ("programme", "institution", "warned"),
    [
        ("THPT", "BL-THCS-1", True),
        ("GDTX", "BL-THCS-1", True),
        ("DH", "BL-THPT-1", True),
        ("THPT", "BL-PT-1", False),
        ("GDTX", "BL-THPT-1", False),
        ("THPT", "TT-1", False),
        ("GDTX", "TT-1", False),
    ],
)
def test_a_programme_that_the_kind_of_institution_hardly_has_is_warned_of_and_saved(
    house: Sources, programme: str, institution: str, warned: bool
) -> None:
    table = f"""
        enrolment_id | person_id    | full_name    | programme_kind | institution_code | admitted_on
        E1           | 000211000001 | Vì Văn Chung | {programme}    | {institution}    | 2026-09-05
    """
    report = house.load("enrolments", table)
    assert counts(report) == (1, 0, 0, 0)
    assert warning_codes(report) == (["programme_unlikely"] if warned else [])


def test_an_organisation_saves_only_rows_of_schools_that_it_runs(house: Sources) -> None:
    report = house.load("completions", COMPLETIONS, organisation="BL-THCS-1")
    assert counts(report) == (2, 0, 0, 1)
    assert fault_codes(report) == ["institution_of_another"]
    # The same keys of another publisher are other rows.
    assert counts(house.load("completions", COMPLETIONS)) == (3, 0, 0, 0)


def test_an_organisation_runs_what_it_registered(house: Sources) -> None:
    mine = """
        code   | name   | kind | commune_code | valid_from
        NEW-1  | Mới    | THCS | 03390        | 2025-07-01
    """
    assert counts(house.load("institutions", mine, organisation="PGD")) == (1, 0, 0, 0)
    assert counts(house.load("institutions", mine.replace("Mới", "Cũ"), organisation="PGD")) == (0, 1, 0, 0)
    others = house.load("institutions", mine.replace("Mới", "Khác"), organisation="PGD-2")
    assert fault_codes(others) == ["institution_of_another"]
    assert counts(house.load("institutions", mine.replace("Mới", "Khác"))) == (0, 1, 0, 0)
    completion = """
        person_id    | school_code | stage | school_year | recognised_round | recognised_on
        000211000001 | NEW-1       | THCS  | 2025-2026   | 1                | 2026-05-28
    """
    assert counts(house.load("completions", completion, organisation="PGD")) == (1, 0, 0, 0)


def test_the_entry_of_a_school_counts_on_the_days_it_is_valid(house: Sources) -> None:
    house.load(
        "institutions",
        """
        code | name | kind | commune_code | valid_from | valid_to
        V-1  | Một  | THCS | 03412        | 2020-01-01 | 2025-06-30
        V-1  | Hai  | THCS&THPT | 03390   | 2025-07-01 |
        """,
    )
    report = house.load(
        "completions",
        """
        person_id    | school_code | stage | school_year | recognised_round | recognised_on
        000211000001 | V-1         | THPT  | 2024-2025   | 1                | 2025-06-30
        000211000002 | V-1         | THPT  | 2024-2025   | 1                | 2025-07-15
        """,
    )
    assert fault_codes(report) == ["stage_not_taught"]
    assert report.faults[0].row == 2


def test_a_commune_cannot_be_taken_from_a_school_with_completions(house: Sources) -> None:
    house.load("completions", COMPLETIONS)
    report = house.load(
        "institutions",
        """
        code      | name         | kind | commune_code | valid_from
        BL-THCS-1 | THCS Bình Lư | THCS |              | 2025-07-01
        BL-THPT-1 | THPT Bình Lư | THPT |              | 2025-07-01
        """,
    )
    assert fault_codes(report) == ["commune_missing"]
    assert counts(report) == (0, 0, 1, 1)


def test_a_school_with_rows_cannot_be_withdrawn_and_one_without_can(house: Sources) -> None:
    house.load("completions", COMPLETIONS)
    with pytest.raises(InstitutionInUse):
        house.withdraw("institutions", "BL-THCS-1/2025-07-01")
    assert house.withdraw("institutions", "BL-THPT-1/2025-07-01")
    assert house.facts()[-1] == "InstitutionWithdrawn"


def test_a_centre_of_both_kinds_is_known_to_both_services(house: Sources) -> None:
    report = house.load(
        "institutions",
        """
        code | name       | kind      | commune_code | valid_from
        TT-2 | TT GDNN hai| GDNN-GDTX | 03390        | 2025-07-01
        """,
    )
    assert counts(report) == (1, 0, 0, 0)
    assert house.facts("school") == house.facts("vocational") == ["InstitutionRegistered"]


def test_an_enrolment_that_becomes_a_trade_course_moves_to_vocational(house: Sources) -> None:
    row = """
        enrolment_id | person_id    | programme_kind | institution_code | trade_code | admitted_on
        E1           | 000211000001 | GDTX           | TT-1             |            | 2026-08-10
    """
    assert counts(house.load("enrolments", row)) == (1, 0, 0, 0)
    moved = row.replace("GDTX           | TT-1             |            ", "TC | TT-1 | 5520227 ")
    assert counts(house.load("enrolments", moved)) == (0, 1, 0, 0)
    assert house.facts("school") == [
        "EnrolmentRecorded",
        "IdentityRecorded",
        "EnrolmentWithdrawn",
        "IdentityWithdrawn",
    ]
    assert house.facts("vocational") == ["EnrolmentRecorded", "IdentityRecorded"]
    assert counts(house.load("enrolments", moved)) == (0, 0, 1, 0)


def test_leaving_is_a_correction_that_only_the_content_tells(house: Sources) -> None:
    row = """
        enrolment_id | person_id    | programme_kind | institution_code | admitted_on | left_on | left_reason
        E1           | 000211000001 | THPT           | BL-THPT-1        | 2026-08-10  | {left}
    """
    house.load("enrolments", row.format(left=" | "))
    assert counts(house.load("enrolments", row.format(left="2026-10-01 | dropout"))) == (0, 1, 0, 0)
    assert house.facts() == ["EnrolmentRecorded", "IdentityRecorded", "EnrolmentRecorded"]
    refused = house.load("enrolments", row.format(left="2026-08-01 | dropout"))
    assert fault_codes(refused) == ["left_before_admission"]


def test_a_life_event_is_told_without_its_detail(house: Sources) -> None:
    row = """
        event_id | person_id    | event    | happened_on | detail
        V1       | 000211000001 | employed | 2026-07-01  | nhà ông Chung
    """
    house.load("life-events", row)
    assert "Chung" not in repr(house.events()[0].data)
    assert counts(house.load("life-events", row.replace("nhà ông Chung", "xưởng mộc"))) == (0, 1, 0, 0)
    assert house.facts() == ["LifeEventRecorded", "IdentityRecorded"]
    assert counts(house.load("life-events", row.replace("employed", "deceased"))) == (0, 1, 0, 0)
    assert house.withdraw("life-events", "V1")
    assert_sequences_have_no_gap(house.events())


def test_work_under_fifteen_is_an_alert_and_an_unknown_event_a_refusal(house: Sources) -> None:
    report = house.load(
        "life-events",
        """
        event_id | person_id    | dob        | event    | happened_on
        V1       | 000212000001 | 2012-03-09 | employed | 2026-07-01
        V2       | 000212000002 | 2012-03-09 | cưới     | 2026-07-01
        """,
    )
    assert warning_codes(report) == ["employed_under_15"]
    assert fault_codes(report) == ["unknown_event"]


def test_a_number_known_with_another_name_and_birth_date_is_warned_of(house: Sources) -> None:
    house.load("completions", COMPLETIONS)
    report = house.load(
        "life-events",
        """
        event_id | person_id    | full_name    | dob        | event | happened_on
        V1       | 000211000001 | Lò Thị Mai   | 2011-04-04 | neet  | 2026-07-01
        V2       | 000211000003 | Phùng Láo Tả | 2011-12-12 | neet  | 2026-07-01
        V3       | 000311000002 | Giàng Thị Xay| 2011-11-05 | neet  | 2026-07-01
        V4       | 000311000002 |              | 2011       | neet  | 2026-07-01
        """,
    )
    assert sorted((w.row, w.code) for w in report.warnings if w.row is not None) == [
        (2, "number_known_otherwise"),
        (3, "birth_dates_differ"),
        (5, "birth_year_only"),
    ]
    assert counts(report) == (4, 0, 0, 0)


def test_a_correction_of_a_birth_date_does_not_contradict_itself(house: Sources) -> None:
    house.load("completions", COMPLETIONS)
    report = house.load("completions", COMPLETIONS.replace("2011-03-09", "2011-03-08"))
    assert warning_codes(report) == []
    assert counts(report) == (0, 1, 2, 0)


def test_one_student_number_with_two_birth_dates_is_warned_of_within_a_file(house: Sources) -> None:
    report = house.load(
        "life-events",
        """
        event_id | student_id | full_name  | dob        | event | happened_on
        V1       | 1234567890 | Lò Thị Mai | 2011-04-04 | neet  | 2026-07-01
        V2       | 1234567890 | Lò Thị Mai | 2011-04-05 | neet  | 2026-07-01
        """,
    )
    assert [(w.row, w.code) for w in report.warnings] == [(3, "birth_dates_differ")]


def test_a_trial_run_and_a_refused_whole_leave_nothing(house: Sources) -> None:
    assert counts(house.load("completions", COMPLETIONS, dry_run=True)) == (3, 0, 0, 0)
    spoiled = COMPLETIONS.replace("BL-PT-1  ", "BL-PT-9  ")
    assert counts(house.load("completions", spoiled, all_or_nothing=True))[3] == 1
    assert house.events() == []
    assert counts(house.load("completions", COMPLETIONS)) == (3, 0, 0, 0)
