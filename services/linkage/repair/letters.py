"""Letters: which ones are look-alikes, what is left of them without marks, where a tone mark stands.

Everything here works on lower-case NFC text. The unmarked form of a letter is ASCII or nothing: đ, ƀ and
their like are letters of their own that canonical decomposition does not take apart, so they stand in a
table. A letter of a script that has no Latin look-alike (Lao, Chinese) has no unmarked form and is dropped
from keys.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

GRAVE, HOOK, TILDE, ACUTE, DOT = "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"
TONES = frozenset((GRAVE, HOOK, TILDE, ACUTE, DOT))
"""The five written tones, as combining marks: huyền, hỏi, ngã, sắc, nặng."""

APOSTROPHES = "'\u2018\u2019\u02bc\u02bb\u0060\u00b4\u2032\u02b9\u02be\u02bf"
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"

_CYRILLIC = str.maketrans("авекмнорстухіїјѕһԁԛԝүґєё", "abekmhopctyxiijshdqwyree")
_GREEK = str.maketrans("αβγδεζηικμνορστυχωϲϳ", "abydeznikmvopotuxwcj")
_STROKES = str.maketrans(
    {
        "đ": "d",
        "ð": "d",
        "ɖ": "d",
        "ƌ": "d",
        "ƀ": "b",
        "ɓ": "b",
        "ø": "o",
        "ł": "l",
        "ħ": "h",
        "ŧ": "t",
        "ı": "i",
        "ŋ": "ng",
        "ə": "e",
        "ɛ": "e",
        "ɔ": "o",
        "æ": "ae",
        "œ": "oe",
        "ß": "ss",
        "þ": "th",
        "ɗ": "d",
        "ɨ": "i",
        "ʉ": "u",
        "ɲ": "nh",
    }
)
_ETH = str.maketrans({"ð": "đ", "ɖ": "đ", "ƌ": "đ", "ɗ": "đ"})
_STROKED_D = ("d\u0335", "d\u0336")
_COMPATIBLE = re.compile("[\uff00-\uffef\ufb00-\ufb06\u2100-\u214f\U0001d400-\U0001d7ff]")
_FOREIGN = re.compile(
    "[\u0370-\u052f\u1f00-\u1fff\u0335\u0336ðɖƌɗ\uff00-\uffef\ufb00-\ufb06\u2100-\u214f\U0001d400-\U0001d7ff]"
)
_COMBINING = re.compile("[\u0300-\u036f]")
_TONE_FIRST = re.compile("([\u0300\u0301\u0303\u0309\u0323]+)([\u0302\u0306\u031b])")
_HEAVY = frozenset("ăâêôơư")
_VOWELS = frozenset("aăâeêioôơuưy")


def latin(lowered: str) -> str:
    """Lower-case text with look-alikes of other scripts, full-width and mathematical letters made Latin; NFC.

    Eth and the African and African-like d with hook or tail stand for đ. Only letters that have no business
    in a Vietnamese text are folded, so no mark of a Vietnamese letter can be lost.
    """
    if _COMBINING.search(lowered):
        lowered = _marks_in_order(lowered)
    if not _FOREIGN.search(lowered):
        return lowered if unicodedata.is_normalized("NFC", lowered) else unicodedata.normalize("NFC", lowered)
    text = _COMPATIBLE.sub(lambda found: unicodedata.normalize("NFKC", found.group()), lowered).lower()
    for stroked in _STROKED_D:
        text = text.replace(stroked, "đ")
    text = unicodedata.normalize("NFD", text).translate(_CYRILLIC).translate(_GREEK).translate(_ETH)
    return unicodedata.normalize("NFC", text)


def _marks_in_order(lowered: str) -> str:
    """Marks of letters before tones: tone first, then hat, is no composed letter of Unicode."""
    apart = unicodedata.normalize("NFD", lowered)
    return unicodedata.normalize("NFC", _TONE_FIRST.sub(r"\2\1", apart))


@lru_cache(maxsize=65536)
def unmarked(lowered: str) -> str:
    """ASCII letters and digits of a lower-case word, without marks, đ as d; the rest is dropped."""
    bare = unicodedata.normalize("NFD", lowered).translate(_STROKES)
    return "".join(c for c in bare if c.isascii() and c.isalnum())


def is_letter(character: str) -> bool:
    """Whether a lower-case character leaves a trace in a key: Latin, with or without marks."""
    return character.isalpha() and bool(unmarked(character))


def parted(syllable: str) -> tuple[str, str]:
    """The letters without tone (ă, â, ê, ô, ơ, ư and others kept), and the tone mark ("" for none).

    Of several tones the last one counts.
    """
    if syllable.isascii():
        return syllable, ""
    tone = ""
    letters: list[str] = []
    for character in unicodedata.normalize("NFD", syllable):
        if character in TONES and not (character == TILDE and letters and letters[-1] == "n"):
            tone = character
        else:
            letters.append(character)
    return unicodedata.normalize("NFC", "".join(letters)), tone


def toned(letters: str, tone: str) -> str:
    """The letters with the tone on the vowel where the older style has it: hòa, thủy, giá, quý, hoàn, tiến.

    With ê, ơ or another marked vowel, there; else on the last vowel before a final consonant, on the middle
    of three, on the first of two. Letters without vowel are returned without tone.
    """
    if not tone:
        return letters
    place = _place(letters)
    if place is None:
        return letters
    return unicodedata.normalize("NFC", letters[: place + 1] + tone + letters[place + 1 :])


def _place(letters: str) -> int | None:
    heavy = [i for i, c in enumerate(letters) if c in _HEAVY]
    if heavy:
        return heavy[-1]
    vowels = [i for i, c in enumerate(letters) if is_vowel(c)]
    if len(vowels) > 1 and letters[:2] in ("qu", "gi") and vowels[0] == 1:
        vowels = vowels[1:]
    if not vowels:
        return None
    run = [i for i in vowels if i - vowels[0] == vowels.index(i)]
    if len(run) == 1:
        return run[0]
    if run[-1] != len(letters) - 1:
        return run[-1]
    return run[1] if len(run) > 2 else run[0]


def is_vowel(letter: str) -> bool:
    """Whether a lower-case letter is a vowel, with or without marks; y is one."""
    return letter in _VOWELS or unicodedata.normalize("NFD", letter)[0] in "aeiouy"
