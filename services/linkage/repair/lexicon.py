"""The words that names are made of, read from `data/names.toml`: families, clans, honorifics, remarks.

A word with marks is looked up with its marks, and one without as it is: "Đăng" is no family name, "dang" may
be one. So every list holds both forms of its words.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

from services.linkage.repair.letters import unmarked
from services.linkage.repair.syllables import canonical

_FILE = Path(__file__).with_name("data") / "names.toml"


Custom: TypeAlias = Literal["unknown", "lowland", "highland", "markers"]
"""How the people of a record writes names, as far as its ethnic code tells."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All lists. Families of two words are keyed by the pair."""

    families: frozenset[str]
    clans: frozenset[str]
    sure_families: frozenset[str]
    sure_bare: frozenset[str]
    pairs: dict[tuple[str, str], bool]
    middles_only: frozenset[str]
    middles_rarely_last: frozenset[str]
    honorifics: frozenset[str]
    honorifics_always: frozenset[str]
    short_families: dict[str, str]
    remarks: frozenset[str]
    customs: dict[str, Custom]


@cache
def lexicon() -> Lexicon:
    """The lists of the shipped file."""
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return Lexicon(
        families=_words([*data["families"].split(), *data["clans"].split()]),
        clans=_words(data["clans"].split()),
        sure_families=_words(data["sure_families"].split()),
        sure_bare=frozenset(data["sure_families_without_marks"].split()),
        pairs=_pairs(data),
        middles_only=frozenset(canonical(word.lower()) for word in data["middles_only"].split()),
        middles_rarely_last=_words(data["middles_rarely_last"].split()),
        honorifics=_words(data["honorifics"].split()),
        honorifics_always=frozenset(data["honorifics_always"]),
        short_families={short: canonical(name) for short, name in data["short_families"].items()},
        remarks=frozenset(unmarked(word) for word in data["remark_words"].split()),
        customs={
            **dict.fromkeys((f"{number:02d}" for number in range(1, 55)), "lowland"),
            **dict.fromkeys(data["highland_peoples"], "highland"),
            **dict.fromkeys(data["marker_peoples"], "markers"),
        },
    )


def custom_of(ethnic_code: str | None) -> Custom:
    """How the people of that code writes names; unknown without a code."""
    return lexicon().customs.get(ethnic_code or "", "unknown")


def _words(words: Iterable[str]) -> frozenset[str]:
    marked = frozenset(canonical(word.lower()) for word in words)
    return marked | frozenset(map(unmarked, marked))


def _pairs(data: dict[str, Any]) -> dict[tuple[str, str], bool]:
    """Families of two words in both forms; the value says whether it is a clan that may come last."""
    found: dict[tuple[str, str], bool] = {}
    for name, is_clan in (("families_of_two", False), ("clans_of_two", True)):
        for pair in data[name]:
            first, second = map(canonical, pair.lower().split(" "))
            found[first, second] = is_clan
            found[unmarked(first), unmarked(second)] = is_clan
    return found
