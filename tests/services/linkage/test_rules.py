"""The rules as tables: who is there, and who is the same person."""

from __future__ import annotations

from services.linkage.known import Decision, Known, Reason, crowded_keys
from services.linkage.rules import Verdict, decide
from tests.services.linkage.town import (
    BINH_LU_THEN,
    KON_BRAIH,
    NOW,
    THEN,
    leaver,
    number_only,
    seen,
    table,
)

ONE, TWO = "012211000001", "012211000002"


def persons(verdict: Verdict) -> list[str]:
    """Each cluster as its references, spaced; sorted."""
    return sorted(" ".join(sorted(refs)) for refs in verdict.persons().values())


def judge(
    *records: Known, decisions: dict[str, str | None] | None = None
) -> tuple[list[str], dict[str, str]]:
    """Persons and reviews."""
    made = {ref: Decision(same_as) for ref, same_as in (decisions or {}).items()}
    verdict = decide(table(records), made)
    return persons(verdict), {ref: str(reason) for ref, reason in verdict.reviews.items()}


def test_an_equal_number_links_a_bare_enrolment() -> None:
    assert judge(leaver("c", personal_number=ONE), number_only("e", ONE)) == (["c e"], {})


def test_an_equal_number_links_although_the_name_was_corrected() -> None:
    assert judge(
        leaver("c", personal_number=ONE), seen("e", personal_number=ONE, full_name="Lò Thị Mây")
    ) == (["c e"], {})


def test_an_equal_number_links_although_the_birth_date_was_mistyped() -> None:
    assert judge(leaver("c", personal_number=ONE), seen("e", personal_number=ONE, dob="2011-09-03")) == (
        ["c e"],
        {},
    )


def test_a_number_with_another_name_and_birth_date_is_looked_at() -> None:
    assert judge(
        leaver("c", personal_number=ONE),
        seen("e", personal_number=ONE, full_name="Vàng A Páo", dob="2010-01-02"),
        number_only("f", ONE),
    ) == (["c f", "e"], {"e": "number_contradicts"})


def test_a_number_with_another_name_and_no_birth_date_is_looked_at() -> None:
    assert judge(
        leaver("c", personal_number=ONE), seen("e", personal_number=ONE, full_name="Vàng A Páo", dob=None)
    ) == (["c", "e"], {"e": "number_contradicts"})


def test_two_leavers_with_one_number_stay_two_and_bare_rows_belong_to_neither() -> None:
    assert judge(
        leaver("c1", personal_number=ONE),
        leaver("c2", personal_number=ONE, full_name="Vàng A Páo", dob="2010-01-02"),
        number_only("e", ONE),
    ) == (["c1", "c2", "e"], {"c2": "number_contradicts", "e": "number_contradicts"})


def test_two_leavers_of_one_list_without_numbers_are_two_and_somebody_looks() -> None:
    listed = [leaver(ref, source="/school/local") for ref in ("c1", "c2")]
    assert judge(*listed, seen("e")) == (["c1", "c2", "e"], {"c2": "several", "e": "several"})
    assert judge(*listed, decisions={"c2": "c1"}) == (["c1 c2"], {})


def test_leavers_of_two_lists_or_with_a_number_are_one() -> None:
    assert judge(leaver("c1", source="/school/A"), leaver("c2", source="/school/B")) == (["c1 c2"], {})
    later = leaver("c2", source="/school/A", residence_on=THEN, residence_code=BINH_LU_THEN)
    assert judge(leaver("c1", source="/school/A"), later) == (["c1 c2"], {})
    numbered = leaver("c2", source="/school/A", personal_number=ONE)
    assert judge(leaver("c1", source="/school/A"), numbered) == (["c1 c2"], {})


def test_an_equal_identity_links_without_a_number() -> None:
    assert judge(leaver("c"), seen("e", full_name="LÒ THỊ MAI", village="bản a")) == (["c e"], {})


def test_marks_and_tone_style_do_not_matter() -> None:
    assert judge(leaver("c", full_name="Lò Thị Hòa"), seen("e", full_name="lo thi hoà")) == (["c e"], {})


def test_an_identity_with_a_number_on_one_side_links() -> None:
    assert judge(leaver("c"), seen("e", personal_number=ONE), number_only("f", ONE)) == (["c e f"], {})


def test_another_number_on_an_equal_identity_is_looked_at() -> None:
    assert judge(leaver("c", personal_number=ONE), seen("e", personal_number=TWO)) == (
        ["c", "e"],
        {"e": "number_contradicts"},
    )


def test_two_leavers_with_two_numbers_and_one_name_are_two() -> None:
    assert judge(leaver("c1", personal_number=ONE), leaver("c2", personal_number=TWO)) == (["c1", "c2"], {})


def test_several_known_persons_are_looked_at() -> None:
    assert judge(leaver("c1", personal_number=ONE), leaver("c2", personal_number=TWO), seen("e")) == (
        ["c1", "c2", "e"],
        {"e": "several"},
    )


def test_of_several_the_only_one_of_the_place_is_linked() -> None:
    assert judge(
        leaver("c1", personal_number=ONE),
        leaver("c2", personal_number=TWO, residence_code=KON_BRAIH),
        seen("e"),
    ) == (["c1 e", "c2"], {})


def test_a_record_that_would_glue_two_places_is_looked_at() -> None:
    assert judge(
        leaver("c1"), leaver("c2", residence_code=KON_BRAIH), seen("e", residence_code=None, village=None)
    ) == (["c1", "c2", "e"], {"c2": "place_differs", "e": "several"})


def test_another_place_is_looked_at() -> None:
    assert judge(leaver("c"), seen("e", residence_code=KON_BRAIH)) == (["c", "e"], {"e": "place_differs"})


def test_the_old_commune_is_the_new_one() -> None:
    then = seen("e", residence_code=BINH_LU_THEN, residence_on=THEN, village="Bản B")
    assert judge(leaver("c"), then) == (["c e"], {})


def test_another_village_of_the_commune_links() -> None:
    assert judge(leaver("c"), seen("e", village="Bản B")) == (["c e"], {})


def test_another_village_without_a_commune_is_looked_at() -> None:
    assert judge(leaver("c"), seen("e", residence_code=None, village="Bản B")) == (
        ["c", "e"],
        {"e": "place_differs"},
    )


def test_a_missing_place_does_not_hinder() -> None:
    assert judge(leaver("c"), seen("e", residence_code=None, village=None)) == (["c e"], {})


def test_a_birth_year_alone_is_looked_at() -> None:
    assert judge(leaver("c"), seen("e", dob="2011")) == (["c", "e"], {"e": "part_missing"})


def test_another_birth_year_is_nobody() -> None:
    assert judge(leaver("c"), seen("e", dob="2010")) == (["c", "e"], {})


def test_a_missing_birth_date_is_looked_at() -> None:
    assert judge(leaver("c"), seen("e", dob=None)) == (["c", "e"], {"e": "part_missing"})


def test_a_missing_sex_is_looked_at_whichever_side_misses_it() -> None:
    assert judge(leaver("c"), seen("e", sex=None)) == (["c", "e"], {"e": "part_missing"})
    assert judge(leaver("c", sex=None), seen("e")) == (["c", "e"], {"e": "part_missing"})


def test_another_sex_is_nobody() -> None:
    assert judge(leaver("c"), seen("e", sex="M")) == (["c", "e"], {})


def test_a_leaver_known_in_part_is_looked_at_once() -> None:
    assert judge(leaver("c1", personal_number=ONE), leaver("c2", dob="2011")) == (
        ["c1", "c2"],
        {"c2": "part_missing"},
    )


def test_a_number_short_of_digits_is_looked_at() -> None:
    assert judge(
        leaver("c", personal_number="001211000001"),
        seen("e", personal_number_as_written="1211000001", full_name=None, dob=None, sex=None),
    ) == (["c", "e"], {"e": "part_missing"})


def test_a_number_short_of_digits_that_is_another_speaks_against() -> None:
    assert judge(
        leaver("c", personal_number="001211000001"), seen("e", personal_number_as_written="1211000002")
    ) == (["c", "e"], {"e": "number_contradicts"})


def test_enrolments_alone_are_a_person_without_a_leaver() -> None:
    assert judge(number_only("e1", ONE), number_only("e2", ONE), seen("e3"), seen("e4")) == (
        ["e1 e2", "e3 e4"],
        {},
    )


def test_a_decision_links_what_the_rules_would_not() -> None:
    assert judge(leaver("c"), seen("e", dob="2011"), decisions={"e": "c"}) == (["c e"], {})


def test_a_decision_brings_along_the_records_of_the_same_number() -> None:
    assert judge(
        leaver("c", sex=None),
        seen("e", personal_number=ONE),
        number_only("f", ONE),
        decisions={"e": "c"},
    ) == (["c e f"], {})


def test_a_decision_parts_what_the_rules_would_link() -> None:
    assert judge(leaver("c"), seen("e"), decisions={"e": None}) == (["c", "e"], {})
    assert judge(leaver("c", personal_number=ONE), number_only("e", ONE), decisions={"e": None}) == (
        ["c", "e"],
        {},
    )


def test_a_decided_stranger_makes_the_next_of_the_name_a_case_to_look_at() -> None:
    for stranger in ("c", "d"):
        assert judge(leaver("c"), leaver("d"), seen("e"), decisions={stranger: None}) == (
            ["c", "d", "e"],
            {"e": "several"},
        )


def test_a_decision_about_a_number_of_two_is_not_asked_again() -> None:
    rival = leaver("c2", personal_number=ONE, full_name="Vàng A Páo", dob="2010-01-02")
    assert judge(leaver("c1", personal_number=ONE), rival, decisions={"c2": None}) == (["c1", "c2"], {})
    assert judge(leaver("c1", personal_number=ONE), rival, decisions={"c2": "c1"}) == (["c1 c2"], {})


def test_a_decision_that_names_a_record_taken_back_waits() -> None:
    assert judge(leaver("c"), seen("e"), decisions={"e": "gone"}) == (["c e"], {})


def test_a_crowd_is_never_one_person() -> None:
    crowd = table([*(leaver(f"c{number}") for number in range(5)), seen("e", residence_on=NOW)])
    verdict = decide(crowd, {}, crowded=crowded_keys(crowd.values(), 4))
    assert len(verdict.persons()) == 6
    assert set(verdict.reviews.values()) == {Reason.SEVERAL}
