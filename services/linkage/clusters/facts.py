"""What a decision needs to know, and what it says: plain values, no identity of anybody."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from shared.contracts.linkage import DecidedBy


class ReviewReason(StrEnum):
    """Why a person must look at a record; stable words of `ReviewOpened`."""

    NUMBER_CONTRADICTS = "number_contradicts"
    SEVERAL = "several"
    ONE_LIST = "one_list"
    AGE_CONTRADICTS = "age_contradicts"
    NAME_DIFFERS = "name_differs"
    BIRTH_DIFFERS = "birth_differs"
    SEX_DIFFERS = "sex_differs"
    PLACE_DIFFERS = "place_differs"
    PARENTS_DIFFER = "parents_differ"
    PART_MISSING = "part_missing"
    WEAK = "weak"
    WORDS_CONTRADICT = "words_contradict"


@dataclass(frozen=True, slots=True)
class Facts:
    """What constraints ask of a record.

    `kind`: a value of `RecordKind`. `source`: who published it, or the file. `listing`: the list in which
    a person stands once (a class list), None where there is none. `stage`: of a completion. `number`: the
    sealed personal number. `happened_year`: of the completion, enrolment, placement. `fullness`: how many
    parts of the identity are known. `age`: the later, the younger the record; of two records the less known,
    then the younger one is reviewed.
    """

    ref: str
    kind: str
    source: str
    listing: str | None = None
    stage: str | None = None
    birth_year: int | None = None
    happened_year: int | None = None
    number: str | None = None
    fullness: int = 0
    age: int = 0


class Pair(NamedTuple):
    """A scored pair. `evidence_bits`: what `evidence` says, log2 of the odds; `levels` as in `Scored`."""

    left: str
    right: str
    weight_bits: float
    evidence_bits: float
    levels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """What persons said: pairs of records that are one person, that are two; records that are nobody known.

    Where words contradict each other `different` holds, and of the records joined wrongly one is reviewed.
    """

    same: Collection[tuple[str, str]] = ()
    different: Collection[tuple[str, str]] = ()
    alone: Collection[str] = ()


NO_WORDS = Words()


@dataclass(frozen=True, slots=True)
class Review:
    """A person must look: is the record the person of one of `with_refs` (sorted, the likeliest persons')?"""

    reason: ReviewReason
    with_refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided.

    `cluster`: per record the smallest reference of its person's records. `reviews`: records at which somebody
    must look. `decided_by`: per record what ties it to its person. `probability`, `weight_bits`: of the pair
    that ties a record most strongly to its person; records that nothing ties to another are not in them.
    """

    cluster: dict[str, str]
    reviews: dict[str, Review]
    decided_by: dict[str, DecidedBy]
    probability: dict[str, float] = field(default_factory=dict)
    weight_bits: dict[str, float] = field(default_factory=dict)

    def persons(self) -> dict[str, list[str]]:
        """The records of each cluster, sorted, by its smallest reference."""
        members: dict[str, list[str]] = {}
        for ref in sorted(self.cluster):
            members.setdefault(self.cluster[ref], []).append(ref)
        return members
