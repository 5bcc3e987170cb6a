"""Reviewers' words: what persons said of records, and what of it holds when words speak against each other.

A word is a fact, not an order: it says which records are one person (`same`), which are one person and not
another (`apart`), or that a record is nobody who is known (`alone`). It holds whatever arrives later, until
it is taken back. Where two words cannot both hold, the later one does, and the earlier one holds again when
the later is taken back; so undoing needs no memory of what was before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import TypeAlias

from services.linkage.union import Union
from shared.contracts.linkage import Says

Pair: TypeAlias = tuple[str, str]

_LEGACY_OFFSET = 1 << 30
_LEGACY_PREFIX = "review-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What somebody said of `records` (and, for `apart`, of `others`); see `shared.contracts.linkage`.

    `given_us`: when, in microseconds since 1970.
    """

    word_id: str
    says: Says
    records: tuple[str, ...]
    others: tuple[str, ...] = ()
    given_us: int = 0


@dataclass(slots=True)
class Standing:
    """What holds: pairs of references (smaller first) that are one person or are not, and lone references."""

    same: set[Pair] = field(default_factory=set)
    different: set[Pair] = field(default_factory=set)
    alone: set[str] = field(default_factory=set)
    said: dict[str, str] = field(default_factory=dict)
    """Per reference the newest word that holds of it."""


def standing(words: Iterable[Word], in_force: Collection[str]) -> Standing:
    """What the words (none of them taken back) say of the records in force, the newest first.

    A word about a record that is not there waits until it comes back; of the rest of its records it holds.
    """
    found = Standing()
    union = Union(in_force)
    for word in sorted(words, key=lambda word: (word.given_us, word.word_id), reverse=True):
        records = [ref for ref in word.records if ref in in_force]
        others = [ref for ref in word.others if ref in in_force]
        if word.says is Says.ALONE:
            _set_alone(found, records)
        else:
            for one, other in pairwise(records):
                _join(found, union, one, other)
        for one, other in product(records, others):
            _part(found, union, one, other)
        for ref in (*records, *others):
            found.said.setdefault(ref, word.word_id)
    return found


def _set_alone(found: Standing, records: Iterable[str]) -> None:
    bound = {ref for pair in found.same for ref in pair}
    found.alone.update(ref for ref in records if ref not in bound)


def _join(found: Standing, union: Union, one: str, other: str) -> None:
    if one in found.alone or other in found.alone:
        return
    roots = {union.root(one), union.root(other)}
    if any({union.root(left), union.root(right)} == roots for left, right in found.different):
        return
    union.join(one, other)
    found.same.add(_ordered(one, other))


def _part(found: Standing, union: Union, one: str, other: str) -> None:
    if union.root(one) != union.root(other):
        found.different.add(_ordered(one, other))


def _ordered(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)


def joined(refs: Iterable[str]) -> str:
    """References as an event carries them: sorted, each once, parted by a space."""
    return " ".join(sorted(set(refs)))


def parted(text: str | None) -> tuple[str, ...]:
    """The references that `joined` put together; none of None."""
    return tuple(text.split(" ")) if text else ()


def legacy_word_id(record_ref: str) -> str:
    """The word that a review decision is, where it was made before words had ids: one per record."""
    return _LEGACY_PREFIX + record_ref


def legacy_sequence(sequence: int) -> int:
    """The place of such a decision in its word's history: in its order, before every first event."""
    return sequence - _LEGACY_OFFSET


def mentioned(word: Word) -> Iterator[str]:
    """Every reference in the word."""
    yield from word.records
    yield from word.others
