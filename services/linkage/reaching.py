"""What is decided together around what changed, read from the store: the parts of `clusters.parts`.

A part is found from any of its records, without reading what lies beyond it: a component is followed until it
is whole or larger than a part may be, and then again along a higher line. So the work of one arrival is
bounded, however many namesakes there are.

When a component has grown beyond the bound, or fallen below it, records far from the change stand in other
parts than before. They stood in the part of a changed record, or stand in it now; so the parts of changed
records are found in both graphs, and then the parts of everybody in these.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from services.linkage.clusters.parts import HIGHEST_LINE, lines
from services.linkage.deriving import Desk
from services.linkage.equipment import Kept
from services.linkage.judging import Match
from services.linkage.wording import any_words, words_about
from services.linkage.words import Word, mentioned

Ends = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Fresh:
    """What was not there before the change: pairs, each by its smaller record first, and a word."""

    pairs: Collection[Ends] = frozenset()
    word_id: str | None = None


NOTHING_FRESH = Fresh()


@dataclass(slots=True)
class Around:
    """Whole parts. `pairs`: those inside one, each once. `part`: of each record, the smallest of its part."""

    kept: dict[int, Kept] = field(default_factory=dict)
    pairs: list[tuple[int, int, Match]] = field(default_factory=list)
    words: dict[str, Word] = field(default_factory=dict)
    part: dict[int, int] = field(default_factory=dict)


def read_around(
    desk: Desk, seeds: Collection[int], *, fresh: Fresh = NOTHING_FRESH, mentioned_by: Collection[str] = ()
) -> Around:
    """The parts of everybody whose part can have changed.

    `seeds`: records that changed, both ends of pairs that came or went, and records of words that did;
    `mentioned_by`: references of records that were taken back, of which words may speak.
    """
    reading = _Reading(desk)
    changed = set(seeds) | reading.of_words(mentioned_by)
    part = reading.parts(changed)
    if reading.was_too_large:
        before = reading.parts(changed, without=fresh)
        part |= reading.parts(before.keys() - part.keys())
    return reading.around(part)


class _Reading:
    """What was read so far; nothing is read twice."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._largest = desk.largest
        self._has_words = any_words(desk.session)
        self._kept: dict[int, Kept] = {}
        self._partners: defaultdict[int, list[tuple[int, Match]]] = defaultdict(list)
        self._words: dict[str, Word] = {}
        self._members: dict[str, list[int]] = {}
        self._tied: defaultdict[int, set[str]] = defaultdict(set)
        self.was_too_large = False

    def of_words(self, refs: Collection[str]) -> set[int]:
        """The records in force that words tie to these references."""
        if not self._has_words or not refs:
            return set()
        words = words_about(self._desk.session, refs)
        self._note(words)
        return {number for word in words for number in self._members[word.word_id]}

    def parts(self, wanted: Collection[int], *, without: Fresh = NOTHING_FRESH) -> dict[int, int]:
        """The part of everybody who stands in one with a wanted record."""
        found: dict[int, int] = {}
        for line in lines(self._desk.judge.evidence.floor_bits):
            if not wanted:
                break
            whole, wanted = self._components(wanted, line, without)
            found |= whole
        return found

    def _components(
        self, wanted: Collection[int], line: float, without: Fresh
    ) -> tuple[dict[int, int], list[int]]:
        """The components along a line that are small enough, and the wanted records of those that are not."""
        most = self._largest if line < HIGHEST_LINE else None
        top = {number: number for number in wanted}
        size: Counter[int] = Counter(dict.fromkeys(wanted, 1))

        def root(number: int) -> int:
            while top[number] != number:
                top[number] = top[top[number]]
                number = top[number]
            return number

        reached: Collection[int] = set(wanted)
        while reached:
            self._read(reached)
            new = set()
            for number in reached:
                for other in self._neighbours(number, line, without):
                    if other not in top:
                        top[other] = other
                        size[other] = 1
                        new.add(other)
                    one, two = root(number), root(other)
                    if one != two:
                        low, high = (one, two) if one < two else (two, one)
                        top[high] = low
                        size[low] += size.pop(high)
            reached = new if most is None else {number for number in new if size[root(number)] <= most}
        if most is None or all(count <= most for count in size.values()):
            return {number: root(number) for number in top}, []
        self.was_too_large = True
        part = {number: low for number in top if size[low := root(number)] <= most}
        return part, [number for number in wanted if number not in part]

    def _neighbours(self, number: int, line: float, without: Fresh) -> list[int]:
        found = [other for other, match in self._partners[number] if match.evidence_bits >= line]
        if without.pairs:
            found = [o for o in found if ((number, o) if number < o else (o, number)) not in without.pairs]
        for word_id in self._tied.get(number, ()):
            if word_id != without.word_id:
                found += self._members[word_id]
        return found

    def _read(self, numbers: Collection[int]) -> None:
        """Records, their pairs, and the words that speak of them."""
        unread = [number for number in numbers if number not in self._kept]
        if not unread:
            return
        records = self._desk.records
        kept = records.kept(unread)
        self._kept |= kept
        for number, other, match in records.pairs(unread):
            self._partners[number].append((other, match))
        if self._has_words:
            self._note(words_about(self._desk.session, [record.ref for record in kept.values()]))

    def _note(self, words: Collection[Word]) -> None:
        """Keep words not met before, with their records in force."""
        new = [word for word in words if word.word_id not in self._words]
        ids = self._desk.records.ids({ref for word in new for ref in mentioned(word)})
        for word in new:
            self._words[word.word_id] = word
            self._members[word.word_id] = sorted({ids[ref] for ref in mentioned(word) if ref in ids})
            for number in self._members[word.word_id]:
                self._tied[number].add(word.word_id)

    def around(self, part: dict[int, int]) -> Around:
        """What was read of these parts."""
        pairs = [
            (number, other, match)
            for number, low in part.items()
            for other, match in self._partners.get(number, ())
            if number < other and part.get(other) == low
        ]
        words = {word_id for number in part for word_id in self._tied.get(number, ())}
        return Around(
            {number: self._kept[number] for number in part},
            pairs,
            {word_id: self._words[word_id] for word_id in words},
            part,
        )
