"""Telex and VNI keys that an input method left in the text: "Nguyeenx", "Nguye6n4".

Telex doubles a letter for its hat (aa, ee, oo, dd), takes w for breve and horn, and s f r x j for the tones;
VNI takes the digits 1 to 9 for the same. Both may stand anywhere behind the vowel. Decoding is linear in the
length of the word and says nothing about whether the result is a syllable; `words` judges that.
"""

from __future__ import annotations

import re
import unicodedata

from services.linkage.repair.letters import ACUTE, DOT, GRAVE, HOOK, TILDE, parted, toned

_TELEX_TONES = {"f": GRAVE, "r": HOOK, "x": TILDE, "s": ACUTE, "j": DOT}
_VNI_TONES = {"1": ACUTE, "2": GRAVE, "3": HOOK, "4": TILDE, "5": DOT}
_HATS = {"a": "â", "e": "ê", "o": "ô"}
_HORNS = {"a": "ă", "o": "ơ", "u": "ư"}
_VOWELS = frozenset("aeiouyăâêôơư")
_LONGEST_WORD = 14
_SURE = re.compile(r"[fjwxz]|aa|ee|oo|dd|[rs](?=[^aeiouyh]|h$)")


def from_telex(word: str) -> str | None:
    """The lower-case ASCII word read as Telex keys; None where it holds none."""
    if not word.isascii() or not word.isalpha() or len(word) > _LONGEST_WORD:
        return None
    letters: list[str] = []
    tone = ""
    has_vowel = False
    for key in word:
        if has_vowel and key in _TELEX_TONES:
            tone = _TELEX_TONES[key]
        elif (key in _HATS and _marks(letters, key, _HATS[key])) or (key == "w" and _horns(letters)):
            continue
        elif key == "d" and letters[:1] == ["d"]:
            letters[0] = "đ"
        elif key == "z" and has_vowel:
            tone = ""
        else:
            letters.append(key)
            has_vowel = has_vowel or key in _VOWELS
    return _changed(word, letters, tone)


def from_vni(word: str) -> str | None:
    """The lower-case word read as VNI keys; None where it holds none, or a tone for a word that has one."""
    if len(word) > _LONGEST_WORD or not any(key.isdigit() for key in word):
        return None
    if parted(word)[1] and not _VNI_TONES.keys().isdisjoint(word):
        return None
    letters: list[str] = []
    tone = ""
    for key in word:
        if key in _VNI_TONES:
            tone = _VNI_TONES[key]
        elif key == "6":
            if not any(_marks(letters, plain, _HATS[plain]) for plain in "eoa"):
                return None
        elif key in "78":
            if not _horns(letters, "uo" if key == "7" else "a"):
                return None
        elif key == "9":
            if letters[:1] != ["d"]:
                return None
            letters[0] = "đ"
        elif key.isalpha():
            letters.append(key)
        else:
            return None
    return _changed(word, letters, tone)


def is_surely_telex(word: str) -> bool:
    """Whether the keys cannot be spelling: f, j, w, x or z behind a vowel, a doubled letter, s or r inside.

    A last r or s alone is not sure: names of the Central Highlands end so (Dor).
    """
    vowel = re.search(r"[aeiouy]", word)
    return word.startswith("dd") or (vowel is not None and _SURE.search(word, vowel.start()) is not None)


def _marks(letters: list[str], plain: str, hatted: str) -> bool:
    """Put the hat on the last such vowel; False where there is none."""
    for place in range(len(letters) - 1, -1, -1):
        if letters[place] == plain:
            letters[place] = hatted
            return True
    return False


def _horns(letters: list[str], allowed: str = "aou") -> bool:
    """Put breve or horns where one key puts them: uo becomes ươ as a whole; False where nothing takes one."""
    for place in range(len(letters) - 1, -1, -1):
        letter = letters[place]
        if letter in allowed and letter in _HORNS:
            letters[place] = _HORNS[letter]
            if letter == "o" and place and letters[place - 1] == "u" and not _is_glide(letters, place - 1):
                letters[place - 1] = "ư"
            elif letter == "u" and place + 1 < len(letters) and letters[place + 1] == "o":
                letters[place + 1] = "ơ"
            return True
    return False


def _is_glide(letters: list[str], place: int) -> bool:
    return place > 0 and letters[place - 1] == "q"


def _changed(word: str, letters: list[str], tone: str) -> str | None:
    read = toned(unicodedata.normalize("NFC", "".join(letters)), tone)
    return read if read != word else None
