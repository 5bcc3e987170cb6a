"""Who is the same person: `decide` for what one change can reach, `decide_arrays` for whole provinces.

Both part the pair graph and decide each part by the one core (`component`), so a component decided alone and
everything decided at once come to the same, whatever the order of records, pairs and words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.linkage.clusters.component import NUMBER_EQUAL, Component, Decided, decide_component
from services.linkage.clusters.facts import NO_WORDS, Facts, Pair, Review, ReviewReason, Verdict, Words
from services.linkage.clusters.parts import parts_of, small_parts
from services.linkage.clusters.policy import Policy, probability_of
from services.linkage.evidence import Evidence, shipped
from shared.contracts.codes import RecordKind
from shared.contracts.linkage import DecidedBy

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def decide(
    records: Mapping[str, Facts],
    pairs: Iterable[Pair],
    words: Words = NO_WORDS,
    policy: Policy | None = None,
    *,
    parts: Mapping[str, int] | None = None,
    evidence: Evidence | None = None,
) -> Verdict:
    """Decide `records` by their scored pairs; pairs and words that name a record not there are not heard.

    `parts`: a label per record, equal for those decided together, where whoever calls has followed the pairs
    (None: they are followed here). `policy` None: the default one. `evidence` None: the shipped one.
    """
    found = evidence or shipped()
    rules = policy or Policy()
    refs = sorted(records)
    place = {ref: number for number, ref in enumerate(refs)}
    facts = [records[ref] for ref in refs]
    weights: dict[tuple[int, int], float] = {}
    scored: list[tuple[int, int, float, int]] = []
    floor = found.floor_bits
    for pair in pairs:
        a, b = place.get(pair.left), place.get(pair.right)
        if a is None or b is None or a == b or pair.evidence_bits < floor:
            continue
        key = (a, b) if a < b else (b, a)
        if key not in weights:
            weights[key] = pair.weight_bits
            scored.append((*key, pair.evidence_bits, found.signs.of(pair.levels)))
    scored.sort()
    same = _places(words.same, place)
    different = _places(words.different, place)
    if parts is not None:
        labels = [parts[ref] for ref in refs]
    else:
        labels = small_parts(
            len(refs),
            [(a, b, bits) for a, b, bits, _ in scored],
            same + different,
            floor=floor,
            largest=rules.largest,
        )
    alone = frozenset(place[ref] for ref in words.alone if ref in place)
    columns = _columns(facts)
    roots, reviews, bits_of = _decide_parts(
        columns, labels, scored, same=same, different=different, alone=alone, policy=rules, evidence=found
    )
    tied = _ties(roots, bits_of)
    said = set(alone) | {p for a, b in same if roots[a] == roots[b] for p in (a, b)}
    by_number = {
        p for a, b, _, signs in scored if signs & NUMBER_EQUAL and roots[a] == roots[b] for p in (a, b)
    }
    return Verdict(
        cluster={ref: refs[root] for ref, root in zip(refs, roots, strict=True)},
        reviews={
            refs[p]: Review(reason, tuple(refs[other] for other in others))
            for p, (reason, others) in sorted(reviews.items())
        },
        decided_by={
            ref: _decided_by(number, records[ref], said, by_number) for number, ref in enumerate(refs)
        },
        probability={refs[p]: probability_of(bits) for p, (bits, _) in tied.items()},
        weight_bits={refs[p]: weights[pair] for p, (_, pair) in tied.items()},
    )


@dataclass(frozen=True, slots=True)
class Columns:
    """`Facts` of many records as columns, the records in the order of their references.

    `source`, `listing`, `number`: codes (-1 none). `completion`: 0 or 1. `birth_year`, `happened_year`: 0 not
    known. `order`: of two records the one with the greater value is reviewed.
    """

    source: Ints
    listing: Ints
    completion: Ints
    number: Ints
    birth_year: Ints
    happened_year: Ints
    order: Ints


@dataclass(frozen=True, slots=True)
class ArrayVerdict:
    """`Verdict` as columns. `root`: per record the smallest place of its cluster. `probability`: per pair as
    given, 0 for one that was not heard. `reviews`: per place the reason and the places to compare with."""

    root: Ints
    probability: Floats
    reviews: dict[int, tuple[ReviewReason, list[int]]]


def decide_arrays(
    columns: Columns,
    left: Ints,
    right: Ints,
    *,
    evidence_bits: Floats,
    signs: Ints,
    same: Sequence[tuple[int, int]] = (),
    different: Sequence[tuple[int, int]] = (),
    alone: Iterable[int] = (),
    policy: Policy | None = None,
    evidence: Evidence | None = None,
) -> ArrayVerdict:
    """Decide many records at once. Pairs are given by places (left < right, each pair once)."""
    found = evidence or shipped()
    rules = policy or Policy()
    size = len(columns.source)
    heard = np.flatnonzero(evidence_bits >= found.floor_bits)
    heard = heard[np.lexsort((right[heard], left[heard]))]
    labels = parts_of(
        size,
        left[heard],
        right[heard],
        bits=evidence_bits[heard],
        together=[*same, *different],
        floor=found.floor_bits,
        largest=rules.largest,
    )
    scored = list(
        zip(
            left[heard].tolist(),
            right[heard].tolist(),
            evidence_bits[heard].tolist(),
            signs[heard].tolist(),
            strict=True,
        )
    )
    lists = [
        getattr(columns, name).tolist()
        for name in ("source", "listing", "completion", "number", "birth_year", "happened_year", "order")
    ]
    roots, reviews, bits_of = _decide_parts(
        lists,
        labels.tolist(),
        scored,
        same=list(same),
        different=list(different),
        alone=frozenset(alone),
        policy=rules,
        evidence=found,
    )
    probability = np.zeros(len(left))
    kept = np.array([bits_of.get((a, b), -np.inf) for a, b, _, _ in scored])
    with np.errstate(over="ignore"):
        probability[heard] = 1.0 / (1.0 + np.exp2(-kept))
    return ArrayVerdict(np.array(roots, dtype=np.int64), probability, reviews)


def _columns(facts: Sequence[Facts]) -> list[list[int]]:
    """The columns of `Columns` as lists."""
    sources: dict[str, int] = {}
    listings: dict[str, int] = {}
    numbers: dict[str, int] = {}

    def code(book: dict[str, int], value: str | None) -> int:
        return -1 if value is None else book.setdefault(value, len(book))

    ranked = sorted(range(len(facts)), key=lambda p: (-facts[p].fullness, facts[p].age, p))
    order = [0] * len(facts)
    for rank, p in enumerate(ranked):
        order[p] = rank
    return [
        [code(sources, fact.source) for fact in facts],
        [code(listings, fact.listing) for fact in facts],
        [int(fact.kind == RecordKind.COMPLETION) for fact in facts],
        [code(numbers, fact.number) for fact in facts],
        [fact.birth_year or 0 for fact in facts],
        [fact.happened_year or 0 for fact in facts],
        order,
    ]


def _places(words: Iterable[tuple[str, str]], place: Mapping[str, int]) -> list[tuple[int, int]]:
    found = {
        (min(place[a], place[b]), max(place[a], place[b]))
        for a, b in words
        if a in place and b in place and a != b
    }
    return sorted(found)


def _decide_parts(
    columns: Sequence[Sequence[int]],
    labels: Sequence[int],
    scored: Sequence[tuple[int, int, float, int]],
    *,
    same: Sequence[tuple[int, int]],
    different: Sequence[tuple[int, int]],
    alone: frozenset[int],
    policy: Policy,
    evidence: Evidence,
) -> tuple[list[int], dict[int, tuple[ReviewReason, list[int]]], dict[tuple[int, int], float]]:
    """Decide part by part; returns roots, reviews and the log2 odds of the pairs inside parts."""
    pairs_of: dict[int, list[tuple[int, int, float, int]]] = {}
    for entry in scored:
        label = labels[entry[0]]
        if label == labels[entry[1]]:
            pairs_of.setdefault(label, []).append(entry)
    words_of: dict[int, tuple[list[tuple[int, int]], list[tuple[int, int]]]] = {}
    for kind, said in enumerate((same, different)):
        for a, b in said:
            if labels[a] == labels[b]:
                words_of.setdefault(labels[a], ([], []))[kind].append((a, b))
    busy = pairs_of.keys() | words_of.keys()
    places_of: dict[int, list[int]] = {label: [] for label in busy}
    for place, label in enumerate(labels):
        if label in busy:
            places_of[label].append(place)
    roots = list(range(len(labels)))
    reviews: dict[int, tuple[ReviewReason, list[int]]] = {}
    bits_of: dict[tuple[int, int], float] = {}
    for label in sorted(busy):
        places = places_of[label]
        pairs = pairs_of.get(label, [])
        decided = _decide_part(
            columns, places, pairs, words_of.get(label, ([], [])), alone, policy=policy, evidence=evidence
        )
        for local, root in enumerate(decided.root):
            roots[places[local]] = places[root]
        for local, (reason, others) in decided.reviews.items():
            reviews[places[local]] = (reason, [places[other] for other in others])
        for entry, bits in zip(pairs, decided.bits, strict=True):
            bits_of[entry[0], entry[1]] = bits
    return roots, reviews, bits_of


def _decide_part(
    columns: Sequence[Sequence[int]],
    places: Sequence[int],
    pairs: Sequence[tuple[int, int, float, int]],
    words: tuple[Sequence[tuple[int, int]], Sequence[tuple[int, int]]],
    alone: frozenset[int],
    *,
    policy: Policy,
    evidence: Evidence,
) -> Decided:
    local = {place: number for number, place in enumerate(places)}
    source, listing, completion, number, born, happened, order = (
        [column[place] for place in places] for column in columns
    )
    same, different = words
    component = Component(
        source=source,
        listing=listing,
        completion=[bool(flag) for flag in completion],
        number=number,
        birth_year=born,
        happened_year=happened,
        order=order,
        pairs=[(local[a], local[b], bits, signs) for a, b, bits, signs in pairs],
        same=[(local[a], local[b]) for a, b in same],
        different=[(local[a], local[b]) for a, b in different],
        alone=frozenset(local[place] for place in places if place in alone) if alone else frozenset(),
    )
    return decide_component(component, evidence.rivals, policy)


def _ties(
    roots: Sequence[int], bits_of: Mapping[tuple[int, int], float]
) -> dict[int, tuple[float, tuple[int, int]]]:
    """Per record the likeliest pair with another of its cluster."""
    tied: dict[int, tuple[float, tuple[int, int]]] = {}
    for pair, bits in sorted(bits_of.items()):
        if roots[pair[0]] != roots[pair[1]]:
            continue
        for place in pair:
            if place not in tied or bits > tied[place][0]:
                tied[place] = (bits, pair)
    return tied


def _decided_by(place: int, facts: Facts, said: set[int], by_number: set[int]) -> DecidedBy:
    if place in said:
        return DecidedBy.REVIEWER
    if place in by_number or (facts.number is not None and facts.kind == RecordKind.COMPLETION):
        return DecidedBy.NUMBER
    return DecidedBy.IDENTITY
