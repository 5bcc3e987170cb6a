"""Which syllables standard Vietnamese spelling allows, read from `data/syllables.toml`.

Used as a judge only: a reading of damaged text (Telex, TCVN3, joined words) is believed where what stands
there is no syllable and the reading is one. Names of the peoples have syllables beyond it (Blơng, Ksor) and
are never changed for that.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from services.linkage.repair.letters import ACUTE, DOT, is_vowel, parted, toned, unmarked

_FILE = Path(__file__).with_name("data") / "syllables.toml"
_STOP_TONES = ("", ACUTE, DOT)
LONGEST = 7
"""Letters of the longest syllable (nghiêng)."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """The syllables of the standard, without tone: with the marks of the letters, and without any."""

    marked: frozenset[str]
    bare: frozenset[str]
    stopped: frozenset[str]


def is_valid(word: str) -> bool:
    """Whether the lower-case word is a syllable of the standard, tone included.

    "quoc" is not (the letters need their marks), "quôc" is not (a stop needs sắc or nặng), "quốc" is.
    """
    return _judged(word)[0]


def is_written_plainly(word: str) -> bool:
    """Whether the word is a syllable once its marks are left aside: "nguyen", "quoc", "nguyễn"."""
    return _judged(word)[1]


@lru_cache(maxsize=65536)
def _judged(word: str) -> tuple[bool, bool]:
    if len(word) > 2 * LONGEST:
        return False, False
    letters, tone = parted(word)
    spelling = _spelling()
    valid = letters in spelling.marked and (
        letters not in spelling.stopped or (tone in _STOP_TONES and tone != "")
    )
    return valid, valid or unmarked(word) in spelling.bare


@lru_cache(maxsize=65536)
def canonical(word: str) -> str:
    """The word with its tone in the older style, and i for y where both are written (Lý, Lí; Quý, Quí).

    y stays where it is the whole word (Y, Ý: a marker or a name), and becomes the only letter before ê that
    begins a syllable (Yến). Words outside the standard get their tone put by the same rule.
    """
    letters, tone = parted(word)
    if letters.endswith("y") and len(letters) > 1:
        onset = letters[:-1]
        if onset == "qu" or not is_vowel(onset[-1]):
            letters = f"{onset}i"
    elif letters.startswith("iê") and f"y{letters[1:]}" in _spelling().marked:
        letters = f"y{letters[1:]}"
    return toned(letters, tone)


@cache
def _spelling() -> Spelling:
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    rimes = data["rimes"].split()
    marked = set(rimes) | set(data["rimes_alone"].split())
    after = rimes + data["rimes_after_onset"].split()
    for onset in data["onsets"].split():
        if onset in ("qu", "gi"):
            marked.update(onset + rime for rime in data[f"rimes_after_{onset}"].split())
            continue
        for rime in after:
            is_front = rime[0] in data["front_letters"]
            if (onset in data["front_only"] and not is_front) or (onset in data["back_only"] and is_front):
                continue
            marked.add(onset + rime)
    marked.update(("gi", "k" + "y"))
    stops = tuple(data["stops"])
    stopped = frozenset(syllable for syllable in marked if syllable.endswith(stops))
    return Spelling(frozenset(marked), frozenset(map(unmarked, marked)), stopped)
