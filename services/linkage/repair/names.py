"""The parts of a name: family, middle, given, marker, whatever the order it came in; and its keys.

Order is changed in three cases only, all marked in `repairs`: a sure family name (Nguyễn, Giàng) stands
where the first word is no family at all; the name ends in a word that never ends one (Thị); a clan of the
Central Highlands stands last. Everything else stays as written: `name_sorted` is equal anyway.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import NamedTuple

from services.linkage.repair.letters import unmarked
from services.linkage.repair.lexicon import Custom, lexicon
from services.linkage.repair.words import LONGEST_TEXT, MOST_WORDS, Reading, clean_word, read

_MARKERS = ("a", "y")
_ROUNDS = 6


class Name(NamedTuple):
    """A name taken apart. All but `marked` are ASCII; None where there is no such part."""

    marked: str | None
    name: str | None
    sorted: str | None
    family: str | None
    middle: str | None
    given: str | None
    marker: str | None
    initials: str | None
    repairs: tuple[str, ...]


class Parts(NamedTuple):
    """Words of a name by their role, canonical marks kept; empty where there is none."""

    family: list[str]
    marker: str
    middle: list[str]
    given: list[str]
    change: str

    @property
    def words(self) -> list[str]:
        """All words in the usual order."""
        return [*self.family, *([self.marker] if self.marker else []), *self.middle, *self.given]


NOBODY = Name(None, None, None, None, None, None, None, None, ())


@lru_cache(maxsize=32768)
def parse(text: str | None, custom: Custom) -> Name:
    """Take a name apart. Reading what was read changes nothing: repairs are repeated until none is left."""
    if not text:
        return NOBODY
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    words = _clean_words(text)
    repairs: list[str] = []
    was_clean = words is not None
    if words is None:
        reading = read(text, custom)
        words, repairs = reading.words, reading.repairs
    parts = _arranged(words, custom)
    if parts.change or not was_clean:
        parts = _settled(parts, custom, repairs)
    return _named(parts, tuple(repairs))


def _settled(parts: Parts, custom: Custom, repairs: list[str]) -> Parts:
    for _ in range(_ROUNDS):
        if parts.change and parts.change not in repairs:
            repairs.append(parts.change)
        text = " ".join(parts.words)
        words = _clean_words(text)
        if words is None:
            again = read(text, custom)
            repairs.extend(code for code in again.repairs if code not in repairs)
            words = again.words
        following = _arranged(words, custom)
        if following.words == parts.words:
            return following
        parts = following
    return parts


def _clean_words(text: str) -> list[str] | None:
    """The words of a text in which nothing has to be repaired; None where something may."""
    if len(text) > LONGEST_TEXT:
        return None
    words: list[str] = []
    for written in text.split(" "):
        word = clean_word(written)
        if word is None:
            return None
        words.append(word)
    if not 1 < len(words) <= MOST_WORDS:
        return None
    names = lexicon()
    if words[0] not in names.families and words[0] + words[1] in names.sure_families:
        return None
    return None if words[0] in names.honorifics else words


def _arranged(words: list[str], custom: Custom) -> Parts:
    if not words:
        return Parts([], "", [], [], "")
    words, change = _in_order(words)
    family, rest = _family_of(words, custom)
    if family and rest and rest[0] in _MARKERS and _is_clan(family) and len(rest) > 1:
        return Parts(family, rest[0], [], rest[1:], change)
    if not family and len(rest) > 1 and rest[0] in _MARKERS:
        return _with_marker(rest, change)
    if not family:
        return Parts([], "", [], rest, change)
    return Parts(family, "", rest[:-1], rest[-1:], change)


def _with_marker(words: list[str], change: str) -> Parts:
    """A Thái; Y Blơng Niê, whose clan goes to the front."""
    marker, names = words[0], words[1:]
    for length in (2, 1):
        clan = names[-length:]
        if len(names) > length and _is_clan(clan):
            return Parts(clan, marker, [], names[:-length], change or "clan_last")
    return Parts([], marker, [], names, change)


def _family_of(words: list[str], custom: Custom) -> tuple[list[str], list[str]]:
    """The family and the rest. The first of several words is a family unless the people has none."""
    if len(words) == 1 or words[0] in _MARKERS:
        return [], words
    names = lexicon()
    if len(words) > 2 and (words[0], words[1]) in names.pairs:
        return words[:2], words[2:]
    if custom == "markers" and words[0] not in names.families:
        return [], words
    return words[:1], words[1:]


def _in_order(words: list[str]) -> tuple[list[str], str]:
    """The words with the family in front, and the code of the change ("" for none)."""
    names = lexicon()
    first, last = words[0], words[-1]
    if len(words) < 2 or first in _MARKERS or tuple(words[:2]) in names.pairs:
        return words, ""
    is_family = first in names.families
    is_rest = len(words) > 2 and (
        last in names.middles_only or (last in names.middles_rarely_last and not is_family)
    )
    if is_rest and words[-2] in names.families:
        return [*words[-2:], *words[:-2]], "swapped_order"
    if first in names.middles_only or first in names.middles_rarely_last:
        is_last_family = last in names.families if first in names.middles_only else _is_sure(last)
        return ([last, *words[:-1]], "swapped_order") if len(words) > 2 and is_last_family else (words, "")
    if is_family:
        return words, ""
    return _with_family_in_front(words)


def _with_family_in_front(words: list[str]) -> tuple[list[str], str]:
    """The same for words of which the first is no family at all."""
    names = lexicon()
    first, last = words[0], words[-1]
    if len(words) > 2 and names.pairs.get((words[-2], last)):
        return [*words[-2:], *words[:-2]], "clan_last"
    if last in names.clans:
        return [last, *words[:-1]], "clan_last"
    if first in names.short_families:
        return [names.short_families[first], *words[1:]], "abbreviation"
    if last in _MARKERS and len(words) == 2:
        return [last, first], "swapped_order"
    is_bare = all(word.isascii() for word in words)
    sure = names.sure_bare if is_bare else names.sure_families
    found = [word in sure and is_bare is word.isascii() for word in words]
    places = [place for place, is_sure in enumerate(found) if is_sure]
    if len(places) != 1:
        return words, ""
    place = places[0]
    if place == 1 and len(words) > 2:
        return [*words[1:], first], "swapped_order"
    if place < len(words) - 1:
        return words, ""
    front = words[:-1]
    if len(front) == 2 and (front[1] in names.middles_only or front[1] in names.middles_rarely_last):
        front = front[::-1]
    return [last, *front], "swapped_order"


def _is_sure(word: str) -> bool:
    names = lexicon()
    return word in names.sure_bare if word.isascii() else word in names.sure_families


def _is_clan(words: list[str]) -> bool:
    names = lexicon()
    if len(words) == 2:
        return names.pairs.get((words[0], words[1]), False)
    return len(words) == 1 and words[0] in names.clans


def _named(parts: Parts, repairs: tuple[str, ...]) -> Name:
    family, marker, middle, given, _ = parts
    words = [*family, marker, *middle, *given] if marker else family + middle + given
    if not words or (len(words) == 1 and len(words[0]) == 1):  # one letter is a marker or an initial
        return NOBODY._replace(repairs=repairs)
    bare = [unmarked(word) for word in words]
    end = len(family)
    start = end + 1 if marker else end
    cut = len(words) - len(given)
    return Name(
        " ".join(words),
        " ".join(bare),
        " ".join(sorted(bare)),
        " ".join(bare[:end]) if end else None,
        " ".join(bare[start:cut]) if cut > start else None,
        " ".join(bare[cut:]),
        marker or None,
        "".join([word[0] for word in bare]),
        repairs,
    )


__all__ = ["Name", "Reading", "parse"]
