"""From scored pairs to persons: the two rounds of evidence and the decision, over whole columns.

Nothing is decided here that is not decided online: the same table, the same rules (`evidence`, `clusters`),
given arrays instead of objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from services.linkage.clusters import Columns, Policy, ReviewReason, decide_arrays
from services.linkage.evidence import Evidence, People, Relation, Sign, size_bits_of
from services.linkage.evidence.axes import KINH
from services.linkage.files.preparing import Ints
from services.linkage.files.records import Records
from services.linkage.files.weighing import Pairs
from services.linkage.model.batch import NULL
from services.linkage.model.document import Document
from shared.contracts.codes import RecordKind

Floats = npt.NDArray[np.float64]

_PARTS = ("number", "name", "birth_year", "sex", "ethnic", "village", "mother", "father", "phone", "student")


@dataclass(frozen=True, slots=True)
class Said:
    """What persons said of records, by places: pairs that are one person, pairs that are two, lone ones."""

    same: Sequence[tuple[int, int]] = ()
    different: Sequence[tuple[int, int]] = ()
    alone: Sequence[int] = ()


NOTHING_SAID = Said()


@dataclass(frozen=True, slots=True)
class Persons:
    """Who is one person.

    `root`: per record the first record of its person. `probability`: per pair. `tie`: per record the
    likeliest pair that ties it to its person, -1 for a record alone. `by_number`: whether equal numbers do.
    `reviews`: records at which somebody must look, why, and the records to compare with.
    """

    root: Ints
    probability: Floats
    tie: Ints
    by_number: npt.NDArray[np.bool_]
    reviews: dict[int, tuple[ReviewReason, list[int]]]


def decide_persons(
    records: Records,
    kinds: list[RecordKind | None],
    pairs: Pairs,
    *,
    document: Document,
    evidence: Evidence,
    policy: Policy,
    said: Said = NOTHING_SAID,
) -> Persons:
    """Decide all records by their scored pairs; `kinds` per source.

    Raises `BadTable` where the evidence was trained for a model of another structure.
    """
    evidence.table.check(document)
    bits = evidence_bits(records, pairs, evidence)
    signs = evidence.signs.of_many(pairs.scored.levels)
    verdict = decide_arrays(
        _columns(records, kinds),
        pairs.left,
        pairs.right,
        evidence_bits=bits,
        signs=signs,
        same=said.same,
        different=said.different,
        alone=said.alone,
        policy=policy,
        evidence=evidence,
    )
    with np.errstate(over="ignore"):
        by_itself = 1.0 / (1.0 + np.exp2(-bits))
    probability = np.where(bits >= evidence.floor_bits, verdict.probability, by_itself)
    inside = np.flatnonzero(verdict.root[pairs.left] == verdict.root[pairs.right])
    by_number = np.zeros(len(records), dtype=bool)
    equal = inside[(signs[inside] & Sign.NUMBER_EQUAL) != 0]
    by_number[pairs.left[equal]] = True
    by_number[pairs.right[equal]] = True
    return Persons(
        verdict.root, probability, _ties(len(records), pairs, inside, probability), by_number, verdict.reviews
    )


def evidence_bits(records: Records, pairs: Pairs, evidence: Evidence) -> Floats:
    """The first round of evidence of each pair, before its rivals are looked at."""
    bits = evidence.table.bits_of_many(
        pairs.scored.weight_bits,
        pairs.scored.levels,
        pairs.scored.name_tf_bits,
        relation=_relations(records, pairs),
        people=_peoples(records, pairs),
        size_bits=size_bits_of(len(records)),
    )
    return evidence.heard_of_many(bits, pairs.scored.levels)


def _ties(size: int, pairs: Pairs, inside: Ints, probability: Floats) -> Ints:
    """Per record the likeliest pair inside its person, -1 where there is none.

    Of equally likely ones the heaviest, then the first.
    """
    rising = inside[np.lexsort((-inside, pairs.scored.weight_bits[inside], probability[inside]))]
    best = np.full(size, -1, dtype=np.int64)
    places = np.arange(len(rising))
    np.maximum.at(best, pairs.left[rising], places)
    np.maximum.at(best, pairs.right[rising], places)
    return np.where(best < 0, -1, rising[best]) if len(rising) else best


def _columns(records: Records, kinds: list[RecordKind | None]) -> Columns:
    completion = np.array([kind is RecordKind.COMPLETION for kind in kinds], dtype=np.int64)
    return Columns(
        source=records.source.astype(np.int64),
        listing=_or_minus_one(records.listing),
        completion=completion[records.source],
        number=_numbers(records.codes["number"]),
        birth_year=_or_zero(records.codes["birth_year"]),
        happened_year=_or_zero(records.happened_year),
        order=_order(records),
    )


def _order(records: Records) -> Ints:
    """Of two records the one with the greater value is reviewed: the less known, then the later one."""
    known = np.zeros(len(records), dtype=np.int64)
    for column in _PARTS:
        known += records.codes[column] != NULL
    ranked = np.lexsort((np.arange(len(records)), -known))
    order = np.empty(len(records), dtype=np.int64)
    order[ranked] = np.arange(len(records))
    return order


def _numbers(seals: Ints) -> Ints:
    """Codes for seals, -1 where there is none."""
    _, codes = np.unique(seals, return_inverse=True)
    return np.where(seals == NULL, -1, codes)


def _relations(records: Records, pairs: Pairs) -> Ints:
    listing, source = records.listing, records.source
    one_list = (listing[pairs.left] == listing[pairs.right]) & (listing[pairs.left] != NULL)
    one_source = source[pairs.left] == source[pairs.right]
    return np.select([one_list, one_source], [Relation.ONE_LIST, Relation.ONE_SOURCE], Relation.APART)


def _peoples(records: Records, pairs: Pairs) -> Ints:
    """As `evidence.people_of`."""
    ethnic, marked = records.codes["ethnic"], records.codes["marker"] != NULL
    known = ethnic != NULL
    texts = records.texts.get(records.group["ethnic"], [])
    other = known & (ethnic != (texts.index(KINH) if KINH in texts else NULL))
    left, right = pairs.left, pairs.right
    return np.select(
        [marked[left] | marked[right], ~known[left] & ~known[right], ~other[left] & ~other[right]],
        [People.MARKED, People.UNKNOWN, People.KINH],
        People.MINORITY,
    )


def _or_minus_one(codes: Ints) -> Ints:
    return np.where(codes == NULL, -1, codes)


def _or_zero(codes: Ints) -> Ints:
    return np.where(codes == NULL, 0, codes)
