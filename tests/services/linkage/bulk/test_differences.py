from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from services.linkage.bulk.differences import Change, Kind, differences


def test_equal_partitions_differ_in_nothing_whatever_their_labels() -> None:
    assert differences({"a": "P", "b": "P", "c": None}, {"a": "x", "b": "x", "c": "y"}) == []


def test_a_record_of_nobody_joins_a_person() -> None:
    found = differences({"a": "P", "b": "P", "c": None}, {"a": "x", "b": "x", "c": "x"})
    assert found == [Change(Kind.NEW, ("c",), ("a", "b"))]


def test_two_persons_become_one_and_the_larger_is_joined() -> None:
    found = differences({"a": "P", "b": "Q", "c": "Q"}, dict.fromkeys("abc", "x"))
    assert found == [Change(Kind.MERGE, ("a",), ("b", "c"))]


def test_a_person_is_parted_to_another_person_and_to_nobody() -> None:
    current = {"a": "P", "b": "P", "c": "P", "d": "P", "e": "P", "f": "P"}
    found = differences(current, {"a": "x", "b": "x", "c": "x", "d": "y", "e": "y", "f": "z"})
    assert found == [
        Change(Kind.SPLIT, ("d", "e"), ("a", "b", "c")),
        Change(Kind.UNLINK, ("f",), ("a", "b", "c")),
    ]


def test_a_record_that_moves_is_parted_and_joined() -> None:
    found = differences(
        {"a": "P", "b": "P", "c": "P", "d": "Q", "e": "Q"}, {"a": "x", "b": "x", "c": "y", "d": "y", "e": "y"}
    )
    assert found == [Change(Kind.MERGE, ("c",), ("d", "e")), Change(Kind.SPLIT, ("c",), ("a", "b"))]


@given(st.lists(st.tuples(st.one_of(st.none(), st.sampled_from("PQR")), st.sampled_from("xyz")), max_size=9))
def test_carrying_out_the_changes_gives_the_proposal(labels: list[tuple[str | None, str]]) -> None:
    current = {str(number): person for number, (person, _) in enumerate(labels)}
    proposed = {str(number): label for number, (_, label) in enumerate(labels)}
    group = {ref: person or f"alone {ref}" for ref, person in current.items()}
    changes = differences(current, proposed)
    for change in changes:
        if change.kind in (Kind.SPLIT, Kind.UNLINK):
            group.update(dict.fromkeys(change.records, f"parted {change.records[0]}"))
    for change in changes:
        if change.kind in (Kind.NEW, Kind.MERGE):
            group.update(dict.fromkeys(change.records, group[change.others[0]]))
    for one, other in combinations(group, 2):
        assert (group[one] == group[other]) == (proposed[one] == proposed[other])
