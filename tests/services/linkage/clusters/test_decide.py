"""Decisions on small graphs: evidence, rivals, constraints, words."""

from __future__ import annotations

from services.linkage.clusters import Facts, Pair, Policy, ReviewReason, Verdict, Words, decide
from services.linkage.evidence import shipped
from services.linkage.model import document as documents
from shared.contracts.linkage import DecidedBy

NULLS = dict.fromkeys(comparison.name for comparison in documents.shipped().comparisons)
FULL = {
    "name": "giống hệt, kể cả dấu",
    "birth": "đúng ngày",
    "sex": "cùng giới",
    "place": "cùng thôn, cùng xã",
}


def levels(**labels: str | None) -> tuple[int, ...]:
    """Levels by the labels of the settings document; what is not named is null."""
    found = []
    for comparison in documents.shipped().comparisons:
        label = {**NULLS, **labels}[comparison.name]
        by_label = {level.label: level.value for level in comparison.levels}
        found.append(-1 if label is None else by_label[label])
    return tuple(found)


def leaver(ref: str, *, listing: str | None = None, number: str | None = None, born: int = 2010) -> Facts:
    return Facts(
        ref,
        "completion",
        "school",
        listing=listing,
        stage="THCS",
        birth_year=born,
        happened_year=2025,
        number=number,
    )


def seen(ref: str, *, number: str | None = None, source: str = "college") -> Facts:
    return Facts(ref, "enrolment", source, birth_year=2010, happened_year=2025, number=number)


def pair(left: str, right: str, bits: float, **labels: str | None) -> Pair:
    return Pair(left, right, bits, bits, levels(**(labels or FULL)))


def judge(
    facts: list[Facts], pairs: list[Pair], words: Words | None = None, policy: Policy | None = None
) -> Verdict:
    return decide({fact.ref: fact for fact in facts}, pairs, words or Words(), policy or Policy())


def persons(verdict: Verdict) -> list[str]:
    return [" ".join(refs) for _, refs in sorted(verdict.persons().items())]


def reasons(verdict: Verdict) -> dict[str, ReviewReason]:
    return {ref: review.reason for ref, review in verdict.reviews.items()}


def test_strong_evidence_links() -> None:
    verdict = judge([leaver("c"), seen("e")], [pair("c", "e", 16)])
    assert persons(verdict) == ["c e"]
    assert verdict.decided_by == {"c": DecidedBy.IDENTITY, "e": DecidedBy.IDENTITY}
    assert verdict.probability["c"] == verdict.probability["e"] > 0.99
    assert verdict.weight_bits == {"c": 16, "e": 16}


def test_weak_evidence_leaves_two_persons_and_no_review() -> None:
    verdict = judge([leaver("c"), seen("e")], [pair("c", "e", -8)])
    assert (persons(verdict), verdict.reviews) == (["c", "e"], {})


def test_two_namesakes_that_are_equally_likely_are_looked_at() -> None:
    verdict = judge([leaver("c1"), leaver("c2"), seen("e")], [pair("c1", "e", 8), pair("c2", "e", 8)])
    assert persons(verdict) == ["c1", "c2", "e"]
    assert verdict.reviews["e"].reason is ReviewReason.SEVERAL
    assert verdict.reviews["e"].with_refs == ("c1", "c2")


def test_a_much_better_rival_takes_the_partner() -> None:
    verdict = judge([leaver("c1"), leaver("c2"), seen("e")], [pair("c1", "e", 24), pair("c2", "e", 6)])
    assert persons(verdict) == ["c1 e", "c2"]


def test_a_double_of_the_partner_is_no_rival() -> None:
    facts = [leaver("c"), seen("e1"), seen("e2")]
    pairs = [pair("c", "e1", 16), pair("c", "e2", 16), pair("e1", "e2", 18)]
    assert persons(judge(facts, pairs)) == ["c e1 e2"]


def test_an_equal_number_links_whatever_else_is_missing() -> None:
    verdict = judge(
        [leaver("c", number="n"), seen("e", number="n")], [pair("c", "e", 2, number="số bằng nhau")]
    )
    assert persons(verdict) == ["c e"]
    assert set(verdict.decided_by.values()) == {DecidedBy.NUMBER}


def test_one_number_with_two_names_is_looked_at_and_never_linked() -> None:
    verdict = judge(
        [leaver("c", number="n"), seen("e", number="n")],
        [pair("c", "e", 20, number="số bằng nhau", name="khác tên", birth="ngày sinh khác")],
    )
    assert persons(verdict) == ["c", "e"]
    assert reasons(verdict) == {"e": ReviewReason.NUMBER_CONTRADICTS}


def test_of_two_claimants_the_leaver_holds_the_number() -> None:
    contested = {"number": "số bằng nhau", "name": "khác tên", "birth": "ngày sinh khác"}
    verdict = judge(
        [leaver("c", number="n"), seen("e", number="n"), seen("f", number="n", source="office")],
        [
            pair("c", "e", 8, **contested),
            pair("c", "f", 2, number="số bằng nhau"),
            pair("e", "f", 24, number="số bằng nhau"),
        ],
    )
    assert persons(verdict) == ["c f", "e"]
    assert reasons(verdict) == {"e": ReviewReason.NUMBER_CONTRADICTS}


def test_a_third_record_does_not_glue_two_claimants_of_a_number() -> None:
    contested = {"number": "số bằng nhau", "name": "khác tên", "birth": "ngày sinh khác"}
    facts = [leaver("c", number="n"), seen("e", number="n"), seen("f", source="office")]
    verdict = judge(facts, [pair("c", "e", 8, **contested), pair("c", "f", 24), pair("e", "f", 23)])
    assert verdict.cluster["c"] != verdict.cluster["e"]


def test_two_numbers_are_looked_at() -> None:
    verdict = judge(
        [leaver("c", number="n"), seen("e", number="m")],
        [pair("c", "e", 8, number="hai số khác nhau", **FULL)],
    )
    assert persons(verdict) == ["c", "e"]
    assert reasons(verdict) == {"e": ReviewReason.NUMBER_CONTRADICTS}


def test_two_numbers_of_two_sources_are_one_mistyped_where_all_else_is_certain() -> None:
    different = {"number": "hai số khác nhau", **FULL}
    facts = [leaver("c", number="n"), seen("e", number="m")]
    assert persons(judge(facts, [pair("c", "e", 30, **different)])) == ["c e"]
    leavers = [leaver("c", number="n"), leaver("d", number="m")]
    assert persons(judge(leavers, [pair("c", "d", 30, **different)])) == ["c", "d"]


def test_a_number_off_by_one_digit_does_not_hinder() -> None:
    verdict = judge(
        [leaver("c", number="n"), seen("e", number="m")],
        [pair("c", "e", 24, number="lệch một chữ số", **FULL)],
    )
    assert persons(verdict) == ["c e"]


def test_a_record_without_number_does_not_glue_two_numbers() -> None:
    facts = [leaver("c", number="n"), seen("e"), seen("f", number="m", source="office")]
    verdict = judge(facts, [pair("c", "e", 20), pair("e", "f", 19)])
    assert "c e f" not in persons(verdict)
    assert reasons(verdict)


def test_two_rows_of_one_class_list_are_two_persons() -> None:
    facts = [leaver("c1", listing="9A"), leaver("c2", listing="9A")]
    verdict = judge(facts, [pair("c1", "c2", 16)])
    assert persons(verdict) == ["c1", "c2"]
    assert set(reasons(verdict)) == {"c2"}
    entered_twice = pair("c1", "c2", 24, number="số bằng nhau", **FULL)
    assert persons(judge(facts, [entered_twice])) == ["c1 c2"]
    assert persons(
        judge([leaver("c1", listing="9A"), leaver("c2", listing="9B")], [pair("c1", "c2", 16)])
    ) == ["c1 c2"]


def test_nobody_finishes_school_before_the_age_of_ten() -> None:
    verdict = judge(
        [leaver("c"), Facts("e", "enrolment", "college", happened_year=2016)], [pair("c", "e", 20)]
    )
    assert persons(verdict) == ["c", "e"]
    assert reasons(verdict) == {"e": ReviewReason.AGE_CONTRADICTS}


def test_a_birth_year_that_does_not_fit_its_own_record_says_nothing() -> None:
    assert persons(judge([leaver("c", born=2021), seen("e")], [pair("c", "e", 20)])) == ["c e"]


def test_no_review_for_the_sake_of_nobody_who_completed() -> None:
    facts = [seen("e"), seen("f", source="office")]
    middling = [pair("e", "f", 5, name="giống khi bỏ dấu", birth="thiếu năm sinh ở một bên")]
    assert judge(facts, middling).reviews == {}
    asked = judge(facts, middling, policy=Policy(link=0.999, review=0.01, of_completions=False))
    assert reasons(asked) == {"f": ReviewReason.PART_MISSING}


def test_the_reason_says_what_differs() -> None:
    careful = Policy(link=0.99999, review=0.01)
    for changed, reason in (
        ({"place": "cùng tỉnh, khác xã"}, ReviewReason.PLACE_DIFFERS),
        ({"birth": "cùng năm, một bên là 01/01 hoặc chỉ có năm"}, ReviewReason.PART_MISSING),
        ({"sex": "khác giới"}, ReviewReason.SEX_DIFFERS),
        ({"birth": "ngày sinh khác"}, ReviewReason.BIRTH_DIFFERS),
        ({"name": "chỉ cùng họ"}, ReviewReason.NAME_DIFFERS),
        ({"parents": "cha mẹ khác"}, ReviewReason.PARENTS_DIFFER),
        ({}, ReviewReason.WEAK),
    ):
        verdict = judge([leaver("c"), seen("e")], [pair("c", "e", 8, **{**FULL, **changed})], policy=careful)
        assert reasons(verdict) == {"e": reason}


def test_of_two_leavers_the_one_known_less_is_looked_at() -> None:
    careful = Policy(link=0.99999, review=0.01)
    known = Facts("a", "completion", "school B", fullness=2)
    less = Facts("b", "completion", "school A", fullness=5)
    assert set(judge([known, less], [pair("a", "b", 8)], policy=careful).reviews) == {"a"}


def test_a_word_joins_what_nothing_else_would() -> None:
    verdict = judge([leaver("c"), seen("e")], [], Words(same={("e", "c")}))
    assert persons(verdict) == ["c e"]
    assert set(verdict.decided_by.values()) == {DecidedBy.REVIEWER}


def test_a_word_parts_what_would_be_joined_and_is_not_asked_again() -> None:
    verdict = judge([leaver("c"), seen("e")], [pair("c", "e", 20)], Words(different={("e", "c")}))
    assert (persons(verdict), verdict.reviews) == (["c", "e"], {})


def test_a_word_parts_through_others_too() -> None:
    facts = [leaver("c"), seen("e"), seen("f", source="office")]
    pairs = [pair("c", "f", 20), pair("e", "f", 19), pair("c", "e", 20)]
    verdict = judge(facts, pairs, Words(different={("c", "e")}))
    assert verdict.cluster["c"] != verdict.cluster["e"]


def test_whoever_is_said_to_be_nobody_known_stays_alone_and_remains_a_rival() -> None:
    facts = [leaver("c"), leaver("d"), seen("e")]
    pairs = [pair("c", "e", 10), pair("d", "e", 10)]
    verdict = judge(facts, pairs, Words(alone={"c"}))
    assert persons(verdict) == ["c", "d", "e"]
    assert reasons(verdict) == {"e": ReviewReason.SEVERAL}
    assert verdict.decided_by["c"] is DecidedBy.REVIEWER


def test_words_that_contradict_each_other_are_looked_at() -> None:
    facts = [leaver("c"), seen("d"), seen("e", source="office")]
    verdict = judge(facts, [], Words(same={("c", "d"), ("d", "e")}, different={("c", "e")}))
    assert persons(verdict) == ["c d", "e"]
    assert reasons(verdict) == {"e": ReviewReason.WORDS_CONTRADICT}


def test_words_about_records_that_are_not_there_wait() -> None:
    verdict = judge(
        [leaver("c"), seen("e")], [pair("c", "e", 20), pair("c", "gone", 30)], Words(same={("e", "gone")})
    )
    assert persons(verdict) == ["c e"]


def test_pairs_below_the_floor_are_not_heard() -> None:
    below = shipped().floor_bits - 0.1
    assert judge([leaver("c"), seen("e")], [pair("c", "e", below)]).probability == {}
