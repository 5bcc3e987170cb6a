"""What holds for every graph: order does not matter, a part alone is decided alike, words and facts hold."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.linkage.clusters import (
    Columns,
    Facts,
    Pair,
    Policy,
    Verdict,
    Words,
    decide,
    decide_arrays,
)
from services.linkage.evidence import shipped
from tests.services.linkage.clusters.test_decide import FULL, levels

NUMBERS = ("số bằng nhau", "lệch một chữ số", "hai số khác nhau")
EVERYBODY = Policy(of_completions=False)


class Graph(NamedTuple):
    """One case: facts, pairs and words."""

    facts: list[Facts]
    pairs: list[Pair]
    words: Words


@st.composite
def graphs(draw: st.DrawFn, prefix: str = "r", most: int = 8) -> Graph:
    """Up to `most` records of three sources, any evidence between them, some numbers, lists and words."""
    count = draw(st.integers(2, most))
    refs = [f"{prefix}{place}" for place in range(count)]
    facts = [
        Facts(
            ref,
            draw(st.sampled_from(["completion", "enrolment"])),
            draw(st.sampled_from(["A", "B", "C"])),
            listing=draw(st.sampled_from([None, f"{prefix}1", f"{prefix}2"])),
            birth_year=draw(st.sampled_from([None, 2008, 2010, 2021])),
            happened_year=draw(st.sampled_from([None, 2025, 2017])),
            number=draw(st.sampled_from([None, None, "n", "m"])),
            fullness=draw(st.integers(0, 2)),
        )
        for ref in refs
    ]
    pairs = []
    for place, left in enumerate(facts):
        for right in facts[place + 1 :]:
            if not draw(st.booleans()):
                continue
            label: str | None = None
            if left.number and right.number:
                label = "số bằng nhau" if left.number == right.number else draw(st.sampled_from(NUMBERS[1:]))
            labels = {**FULL, "number": label, "name": draw(st.sampled_from([FULL["name"], "khác tên"]))}
            labels["birth"] = draw(st.sampled_from([FULL["birth"], "ngày sinh khác"]))
            bits = draw(st.sampled_from([-12.0, -4.0, 0.0, 2.0, 6.0, 6.5, 12.0, 20.0]))
            pairs.append(Pair(left.ref, right.ref, bits, bits, levels(**labels)))
    some = st.sets(st.tuples(st.sampled_from(refs), st.sampled_from(refs)), max_size=2)
    words = Words(draw(some), draw(some), draw(st.sets(st.sampled_from(refs), max_size=1)))
    return Graph(facts, pairs, words)


def verdict_of(graph: Graph) -> Verdict:
    return decide({fact.ref: fact for fact in graph.facts}, graph.pairs, graph.words, EVERYBODY)


@settings(max_examples=300, deadline=None)
@given(graphs(), st.randoms(use_true_random=False))
def test_the_order_of_records_pairs_and_words_does_not_matter(graph: Graph, random: object) -> None:
    shuffled = list(graph.pairs)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    turned = [pair._replace(left=pair.right, right=pair.left) for pair in shuffled]
    words = Words(
        [(b, a) for a, b in sorted(graph.words.same, reverse=True)],
        [(b, a) for a, b in sorted(graph.words.different, reverse=True)],
        list(graph.words.alone),
    )
    facts = list(graph.facts)
    random.shuffle(facts)  # type: ignore[attr-defined]
    assert verdict_of(Graph(facts, turned, words)) == verdict_of(graph)


@settings(max_examples=200, deadline=None)
@given(graphs("a"), graphs("b"))
def test_a_part_decided_alone_is_decided_as_among_others(one: Graph, other: Graph) -> None:
    words = Words(
        [*one.words.same, *other.words.same],
        [*one.words.different, *other.words.different],
        [*one.words.alone, *other.words.alone],
    )
    whole = verdict_of(Graph(one.facts + other.facts, one.pairs + other.pairs, words))
    for part in (one, other):
        alone = verdict_of(part)
        refs = {fact.ref for fact in part.facts}
        for name in ("cluster", "reviews", "decided_by", "probability", "weight_bits"):
            assert {k: v for k, v in getattr(whole, name).items() if k in refs} == getattr(alone, name)


@settings(max_examples=200, deadline=None)
@given(graphs())
def test_arrays_are_decided_as_records_are(graph: Graph) -> None:
    verdict = verdict_of(graph)
    facts = sorted(graph.facts, key=lambda fact: fact.ref)
    place = {fact.ref: number for number, fact in enumerate(facts)}
    ranked = sorted(facts, key=lambda fact: (-fact.fullness, fact.age, fact.ref))
    order = {fact.ref: rank for rank, fact in enumerate(ranked)}

    def codes(values: list[str | None]) -> np.ndarray:
        book = {value: number for number, value in enumerate(sorted({v for v in values if v}))}
        return np.array([-1 if value is None else book[value] for value in values], dtype=np.int64)

    columns = Columns(
        source=codes([fact.source for fact in facts]),
        listing=codes([fact.listing for fact in facts]),
        completion=np.array([fact.kind == "completion" for fact in facts], dtype=np.int64),
        number=codes([fact.number for fact in facts]),
        birth_year=np.array([fact.birth_year or 0 for fact in facts], dtype=np.int64),
        happened_year=np.array([fact.happened_year or 0 for fact in facts], dtype=np.int64),
        order=np.array([order[fact.ref] for fact in facts], dtype=np.int64),
    )
    signs = shipped().signs
    found = decide_arrays(
        columns,
        np.array([place[pair.left] for pair in graph.pairs], dtype=np.int64),
        np.array([place[pair.right] for pair in graph.pairs], dtype=np.int64),
        evidence_bits=np.array([pair.evidence_bits for pair in graph.pairs], dtype=np.float64),
        signs=np.array([signs.of(pair.levels) for pair in graph.pairs], dtype=np.int64),
        same=[(place[a], place[b]) for a, b in graph.words.same],
        different=[(place[a], place[b]) for a, b in graph.words.different],
        alone=[place[ref] for ref in graph.words.alone],
        policy=EVERYBODY,
    )
    assert [facts[root].ref for root in found.root] == [verdict.cluster[fact.ref] for fact in facts]
    assert {
        facts[p].ref: (reason, tuple(facts[o].ref for o in others))
        for p, (reason, others) in found.reviews.items()
    } == {ref: (review.reason, review.with_refs) for ref, review in verdict.reviews.items()}


@settings(max_examples=300, deadline=None)
@given(graphs())
def test_words_and_facts_are_kept(graph: Graph) -> None:
    verdict = verdict_of(graph)
    for a, b in graph.words.different:
        assert a == b or verdict.cluster[a] != verdict.cluster[b]
    if not graph.words.different:
        for a, b in graph.words.same:
            assert verdict.cluster[a] == verdict.cluster[b]
    joined_by_word = {ref for pair in graph.words.same if pair[0] != pair[1] for ref in pair}
    persons = verdict.persons()
    for ref in set(graph.words.alone) - joined_by_word:
        assert persons[verdict.cluster[ref]] == [ref]
    assert all(
        verdict.cluster[ref] != verdict.cluster[other]
        for ref, review in verdict.reviews.items()
        for other in review.with_refs
    )


@settings(max_examples=200, deadline=None)
@given(graphs())
def test_no_cluster_holds_two_rows_of_one_list_or_two_numbers_of_one_source_without_a_word(
    graph: Graph,
) -> None:
    silent = Graph(graph.facts, graph.pairs, Words())
    facts = {fact.ref: fact for fact in graph.facts}
    level = {frozenset((pair.left, pair.right)): pair.levels[0] for pair in graph.pairs}
    equal = levels(number="số bằng nhau")[0]
    for refs in verdict_of(silent).persons().values():
        for a, b in combinations(refs, 2):
            if facts[a].listing is not None and facts[a].listing == facts[b].listing:
                assert level[frozenset((a, b))] == equal
        numbers = {facts[ref].number for ref in refs} - {None}
        if len(numbers) == 2:
            assert len({facts[ref].source for ref in refs}) > 1 or any(
                level.get(frozenset(pair)) == levels(number="lệch một chữ số")[0]
                for pair in combinations(refs, 2)
            )


def test_a_component_that_is_too_large_falls_apart_into_parts_alike_online_and_in_bulk() -> None:
    facts = {
        f"r{place:03}": Facts(f"r{place:03}", "enrolment", "A" if place % 2 else "B") for place in range(60)
    }
    refs = sorted(facts)
    chain = [
        Pair(refs[i], refs[i + 1], 20.0 if i % 2 == 0 else 2.0, 20.0 if i % 2 == 0 else 2.0, levels(**FULL))
        for i in range(59)
    ]
    verdict = decide(facts, chain, Words(), Policy(largest=10, of_completions=False))
    assert sorted(len(refs) for refs in verdict.persons().values()) == [2] * 30
    assert verdict.reviews == {}
    unbounded = decide(facts, chain, Words(), Policy(of_completions=False))
    assert unbounded.probability.keys() == verdict.probability.keys()
