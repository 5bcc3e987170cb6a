"""Words as tables: what was said, in which order, and what of it holds."""

from __future__ import annotations

from itertools import permutations

from services.linkage.words import Word, joined, legacy_sequence, parted, standing
from shared.contracts.linkage import Says

HERE = {"a", "b", "c", "d", "e"}


def same(when: int, records: str) -> Word:
    return Word(word_id=f"w{when}", says=Says.SAME, records=parted(records), given_us=when)


def apart(when: int, records: str, others: str) -> Word:
    return Word(
        word_id=f"w{when}", says=Says.APART, records=parted(records), others=parted(others), given_us=when
    )


def alone(when: int, ref: str) -> Word:
    return Word(word_id=f"w{when}", says=Says.ALONE, records=(ref,), given_us=when)


def test_one_person_is_a_chain_of_pairs() -> None:
    assert standing([same(1, "a b c")], HERE).same == {("a", "b"), ("b", "c")}


def test_a_record_that_is_gone_leaves_the_rest_of_its_word() -> None:
    assert standing([same(1, "a b c")], HERE - {"b"}).same == {("a", "c")}
    assert standing([apart(1, "a", "b c")], HERE - {"b"}).different == {("a", "c")}
    assert standing([alone(1, "a")], HERE - {"a"}).alone == set()


def test_apart_is_one_person_on_its_side_and_parted_from_every_other() -> None:
    found = standing([apart(1, "a b", "c d")], HERE)
    assert found.same == {("a", "b")}
    assert found.different == {("a", "c"), ("a", "d"), ("b", "c"), ("b", "d")}


def test_the_later_word_wins_whatever_the_order_of_reading() -> None:
    for words in permutations([apart(1, "a", "b"), same(2, "a b")]):
        found = standing(words, HERE)
        assert (found.same, found.different) == ({("a", "b")}, set())
    for words in permutations([same(1, "a b"), apart(2, "a", "b")]):
        found = standing(words, HERE)
        assert (found.same, found.different) == (set(), {("a", "b")})


def test_of_two_words_of_one_instant_the_same_one_wins_whatever_the_order_of_reading() -> None:
    one = Word(word_id="w1", says=Says.SAME, records=("a", "b"), given_us=1)
    other = Word(word_id="w2", says=Says.APART, records=("a",), others=("b",), given_us=1)
    for words in permutations([one, other]):
        found = standing(words, HERE)
        assert (found.same, found.different) == (set(), {("a", "b")})


def test_a_contradiction_over_a_third_record_is_seen() -> None:
    found = standing([same(1, "a b"), same(2, "b c"), apart(3, "a", "c")], HERE)
    assert (found.same, found.different) == ({("b", "c")}, {("a", "c")})


def test_alone_and_one_person_exclude_each_other() -> None:
    assert standing([same(1, "a b"), alone(2, "a")], HERE).same == set()
    found = standing([alone(1, "a"), same(2, "a b")], HERE)
    assert (found.same, found.alone) == ({("a", "b")}, set())


def test_every_record_knows_the_newest_word_about_it() -> None:
    assert standing([same(1, "a b"), apart(2, "b", "c")], HERE).said == {"a": "w1", "b": "w2", "c": "w2"}


def test_references_travel_sorted_and_once() -> None:
    assert joined(["b", "a", "b"]) == "a b"
    assert parted("a b") == ("a", "b")
    assert parted(None) == parted("") == ()


def test_words_from_before_come_before_every_first_event() -> None:
    assert legacy_sequence(1) < legacy_sequence(2) < 1
