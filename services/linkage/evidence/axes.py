"""What stage 2 may look at besides the comparisons: the axes of its table that a pair brings with it.

None of them is a fact about a single person: how the two records stand to each other (`Relation`), by which
customs the two are named (`People`), and how rare the shared name is (bins of its term frequency bits).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from enum import IntEnum
from math import log2
from typing import NamedTuple

from services.linkage.features import Features

KINH = "01"

RECORDS_AT_ZERO, FEWEST_RECORDS = 100_000, 3_500
"""How many records there are where the size says nothing; the fewest of the training populations."""


class Relation(IntEnum):
    """How two records stand to each other: of two sources, of one source, rows of one list."""

    APART = 0
    ONE_SOURCE = 1
    ONE_LIST = 2


class People(IntEnum):
    """By which customs a pair is named: whether clans are few, and whether there are family names at all."""

    UNKNOWN = 0
    KINH = 1
    MINORITY = 2
    MARKED = 3


class Circumstances(NamedTuple):
    """What a pair brings besides its comparisons.

    `size_bits`: log2 of the number of records among which the pair was found, over 100,000. The more there
    are, the more strangers agree by chance, while siblings and neighbours stay as many as they were.
    """

    relation: int = Relation.APART
    people: int = People.UNKNOWN
    size_bits: float = 0.0


AXES = ("relation", "people", "rarity")
"""Names of the axes in a table, in this order behind the comparisons."""


def size_bits_of(records: int) -> float:
    """`Circumstances.size_bits` of so many records; fewer than any that the table saw count as the fewest."""
    return log2(max(records, FEWEST_RECORDS) / RECORDS_AT_ZERO)


def relation_of(left: tuple[str, str | None], right: tuple[str, str | None]) -> Relation:
    """The relation of two records, each given by its source and its list (None: stands in none)."""
    if left[0] != right[0]:
        return Relation.APART
    return Relation.ONE_LIST if left[1] is not None and left[1] == right[1] else Relation.ONE_SOURCE


def people_of(left: Features, right: Features) -> People:
    """By which customs a pair is named; the rarer custom of the two counts."""
    if left.marker is not None or right.marker is not None:
        return People.MARKED
    if left.ethnic is None and right.ethnic is None:
        return People.UNKNOWN
    if left.ethnic in (None, KINH) and right.ethnic in (None, KINH):
        return People.KINH
    return People.MINORITY


def rarity_bin(name_tf_bits: float, edges: Sequence[float]) -> int:
    """Which bin the rarity of the name falls in: the number of edges that are not above it."""
    return bisect_right(edges, name_tf_bits)
