"""Vietnamese text: one normal form, one match key, one equality, one order.

Compatibility folding and ASCII cleaning are not used anywhere: they lose đ, which is a letter of its own.
The rules of order are those of Vietnamese dictionaries: letters first, tone as second rank, syllable by
syllable.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
)
_LOOKALIKE = re.compile(
    "[\u0370-\u03ff\u0400-\u052f\u0530-\u058f\u13a0-\u13ff\u1f00-\u1fff\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7ff]"
)
_APOSTROPHES = str.maketrans("\u2018\u2019\u02bc\u02bb\u0060\u00b4", "''''''")
_ETH = str.maketrans({"Ð": "Đ", "ð": "đ", "Ɖ": "Đ"})
_STROKE = str.maketrans({"đ": "d", "ð": "d", "ɖ": "d"})
_TONES = {"": 0, "\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
_LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_RANK = {letter: f"{number:02d}" for number, letter in enumerate("0123456789" + _LETTERS, start=1)}


def nfc(text: str) -> str:
    """NFC text with single spaces, trimmed, without invisible and control characters."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFC", text)).split())


def has_invisible(text: str) -> bool:
    """Whether the text holds control characters, zero-width characters or direction overrides."""
    return _INVISIBLE.search(text) is not None


def has_lookalikes(text: str) -> bool:
    """Whether the text holds letters of other scripts that look like Latin ones (Cyrillic, Greek)."""
    return not text.isascii() and _LOOKALIKE.search(text) is not None


@lru_cache(maxsize=65536)
def match_key(text: str) -> str:
    """The text for searching: lower case, no marks, đ as d, one kind of apostrophe, single spaces.

    "Đắk Tờ Re" and "dak to re" have the same key, and so have "Hòa" and "Hoà".
    """
    lowered = text.translate(_APOSTROPHES).lower().translate(_STROKE)
    bare = "".join(c for c in unicodedata.normalize("NFD", lowered) if not unicodedata.combining(c))
    return nfc(bare)


@lru_cache(maxsize=65536)
def equality_key(text: str) -> str:
    """The text for equality: case, tone position and apostrophe shape do not matter, marks do.

    The tone is moved behind its syllable, so that "hòa" equals "hoà" and differs from "hoa".
    """
    lowered = nfc(text.translate(_APOSTROPHES).translate(_ETH)).lower()
    return " ".join(letters + str(tone) for letters, tone in map(_syllable, lowered.split(" ")))


def same_text(one: str, other: str) -> bool:
    """Whether two texts are equal but for case, spaces, tone position and apostrophe shape."""
    return equality_key(one) == equality_key(other)


def collation_key(text: str) -> str:
    """A key that sorts as Vietnamese dictionaries do, under any collation: it is made of digits only."""
    syllables = re.findall(r"\w+", nfc(text.translate(_ETH)).lower())
    return "".join(
        "".join(_RANK.get(letter, "99") for letter in letters) + f"000{tone}"
        for letters, tone in map(_syllable, syllables)
    )


def name_collation_key(full_name: str) -> str:
    """A key that sorts full names by given name, then family name, then the middle."""
    parts = nfc(full_name).split(" ")
    return collation_key(" ".join((parts[-1], parts[0], *parts[1:-1])))


def person_case(name: str) -> str:
    """A name written in capitals only (or in none), in the usual case; other names unchanged.

    One-letter names are left alone; the letter after an apostrophe is a capital too (H'Nhi).
    """
    if len(name) > 1 and (name.isupper() or name.islower()):
        return re.sub(r"[^\W\d_]+", lambda word: word.group().capitalize(), name)
    return name


def _syllable(syllable: str) -> tuple[str, int]:
    """The letters without tone (ă, â, ê, ô, ơ, ư kept), and the tone's rank."""
    tone = 0
    letters = []
    for character in unicodedata.normalize("NFD", syllable):
        if character in _TONES:
            tone = _TONES[character]
        else:
            letters.append(character)
    return unicodedata.normalize("NFC", "".join(letters)), tone
