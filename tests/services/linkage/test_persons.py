"""Pseudonyms as tables: which of them a cluster keeps."""

from __future__ import annotations

from collections.abc import Mapping

from services.linkage.persons import assign


def given(clusters: Mapping[str, str], current: Mapping[str, str]) -> dict[str, str]:
    """The pseudonyms of clusters of one-letter records, each as old as its letter; a new one is "new"."""
    listed = {name: list(refs) for name, refs in clusters.items()}
    return assign(listed, dict(current), age=lambda ref: (ref,), make=lambda: "new")


def test_nobody_known_gets_a_new_one_and_somebody_known_keeps_theirs() -> None:
    assert given({"x": "ab", "y": "c"}, {"a": "p"}) == {"x": "p", "y": "new"}


def test_the_oldest_of_several_survives_a_merge_whatever_it_is_called() -> None:
    assert given({"x": "ab"}, {"a": "z", "b": "p"}) == {"x": "z"}
    assert given({"x": "abc"}, {"a": "z", "b": "p", "c": "p"}) == {"x": "z"}


def test_the_larger_part_keeps_it_and_of_equal_parts_that_of_the_oldest_record() -> None:
    assert given({"x": "a", "y": "bc"}, dict.fromkeys("abc", "p")) == {"x": "new", "y": "p"}
    assert given({"y": "bc", "x": "ad"}, dict.fromkeys("abcd", "p")) == {"x": "p", "y": "new"}


def test_a_pseudonym_is_as_old_as_the_records_that_bring_it() -> None:
    # p was also a's, who stands elsewhere now; b brings q to the cluster and is older than c, who brings p
    assert given({"x": "bcd", "y": "a"}, {"a": "p", "b": "q", "c": "p", "d": "p"}) == {"x": "q", "y": "new"}
