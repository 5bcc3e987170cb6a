"""How the same name is typed: marks, tone places, letters, input methods, old encodings, slips.

Every `…_text` function takes one text (and, where chance plays, numbers in [0, 1)) and returns the text as
somebody would have typed it. The functions over sheets apply them to the columns of text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from bench.linkage.population.arrays import Ints, Texts, each, texts
from bench.linkage.population.sheets import Sheet

Changes = Mapping[str, Texts]
Corruptor = Callable[[Sheet, Ints, np.random.Generator], Changes]
NAMES = ("full_name", "mother_name", "father_name")
TEXT = (*NAMES, "village")
"""The columns that a sender types in the same way."""

_PARENTS_TOO = 0.25

_TONE = {"\u0300": "f", "\u0301": "s", "\u0309": "r", "\u0303": "x", "\u0323": "j"}
_TONE_DIGIT = {"\u0300": "2", "\u0301": "1", "\u0309": "3", "\u0303": "4", "\u0323": "5"}
_SHAPE = {"\u0302": "same", "\u0306": "w", "\u031b": "w"}
_SHAPE_DIGIT = {"\u0302": "6", "\u031b": "7", "\u0306": "8"}


def everywhere(function: Callable[[str], str], columns: tuple[str, ...] = TEXT) -> Corruptor:
    """The function on each of these columns of the chosen rows: the habit of a sender."""

    def changed(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
        return {column: each(function, sheet.columns[column][at]) for column in columns}

    return changed


def here_and_there(function: Callable[[str, float, float], str]) -> Corruptor:
    """The function with two random numbers on the full name, and on a parent's name now and then."""

    def changed(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
        found = {}
        for column in NAMES:
            first, second, also = rng.random((3, len(at))).tolist()
            found[column] = texts(
                function(value, one, two)
                if value and (column == "full_name" or chance < _PARENTS_TOO)
                else value
                for value, one, two, chance in zip(
                    sheet.columns[column][at].tolist(), first, second, also, strict=True
                )
            )
        return found

    return changed


@lru_cache(maxsize=200_000)
def unmarked_text(text: str) -> str:
    """Đặng Thị Hòa becomes Dang Thi Hoa."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return bare.replace("đ", "d").replace("Đ", "D")


def unmarked_word_text(text: str, which: float, _: float) -> str:
    """One syllable loses its marks."""
    return _on_word(text, which, unmarked_text)


@lru_cache(maxsize=200_000)
def new_tone_text(text: str) -> str:
    """Hòa becomes Hoà, Thủy becomes Thuỷ: the tone on the last of two vowels that end a syllable."""
    return _OLD_TONE.sub(lambda found: _NEW_TONE[found.group(0).lower()], text)


def _tone_places() -> dict[str, str]:
    pairs: dict[str, str] = {}
    for first, second in (("o", "a"), ("o", "e"), ("u", "y")):
        for tone in _TONE:
            old = unicodedata.normalize("NFC", first + tone) + second
            pairs[old] = first + unicodedata.normalize("NFC", second + tone)
    return pairs


_NEW_TONE = _tone_places()
_OLD_TONE = re.compile(rf"(?<![qQ])(?:{'|'.join(_NEW_TONE)})(?!\w)")


@lru_cache(maxsize=200_000)
def i_for_y_text(text: str) -> str:
    """Lý becomes Lí, Mỹ becomes Mĩ, Quý becomes Quí: i for y alone at the end of a syllable."""
    return _FINAL_Y.sub(lambda found: found.group(1) + _I_FOR_Y[found.group(2)], text)


_I_FOR_Y = dict(zip("yýỳỷỹỵ", "iíìỉĩị", strict=True))
_FINAL_Y = re.compile(r"\b([hklmstvbcnHKLMSTVBCN]|[qQ]u|[tT]h)([yýỳỷỹỵ])(?!\w)")


@lru_cache(maxsize=200_000)
def eth_text(text: str) -> str:
    """Đ becomes Ð, the letter of Iceland that looks the same."""
    return text.replace("Đ", "Ð").replace("đ", "ð")


@lru_cache(maxsize=200_000)
def d_for_stroke_text(text: str) -> str:
    """Đặng becomes Dặng."""
    return text.replace("Đ", "D").replace("đ", "d")


@lru_cache(maxsize=200_000)
def nfd_text(text: str) -> str:
    """Letters and marks apart, as files from a Mac have them."""
    return unicodedata.normalize("NFD", text)


def upper_text(text: str) -> str:
    """NGUYỄN THỊ LAN."""
    return text.upper()


def lower_text(text: str) -> str:
    """nguyễn thị lan."""
    return text.lower()


def telex_text(text: str, which: float, how: float) -> str:
    """Nguyễn becomes Nguyeenx: the keys of Telex without the program; one word or all of them."""
    return _keyed(text, which, how, _telex_word)


def vni_keys_text(text: str, which: float, how: float) -> str:
    """Nguyễn becomes Nguye64n: the keys of VNI without the program; one word or all of them."""
    return _keyed(text, which, how, _vni_word)


def _keyed(text: str, which: float, how: float, word: Callable[[str], str]) -> str:
    return " ".join(map(word, text.split(" "))) if how < 0.6 else _on_word(text, which, word)


@lru_cache(maxsize=100_000)
def _telex_word(word: str) -> str:
    """Shapes as typed; the tone at the end of the word."""
    typed, tone = "", ""
    for letter in unicodedata.normalize("NFC", word):
        if letter in "đĐ":
            typed += "dd" if letter == "đ" else "DD" if word.isupper() else "Dd"
            continue
        base, *marks = list(unicodedata.normalize("NFD", letter))
        typed += base
        for mark in marks:
            if mark in _SHAPE:
                typed += base.lower() if _SHAPE[mark] == "same" else "w"
            tone = _TONE.get(mark, tone)
    return typed + tone


@lru_cache(maxsize=100_000)
def _vni_word(word: str) -> str:
    """Digits of shape and tone behind their vowel."""
    typed = ""
    for letter in unicodedata.normalize("NFC", word):
        if letter in "đĐ":
            typed += "d9" if letter == "đ" else "D9"
            continue
        base, *marks = list(unicodedata.normalize("NFD", letter))
        shapes = "".join(_SHAPE_DIGIT.get(mark, "") for mark in marks)
        typed += base + shapes + "".join(_TONE_DIGIT.get(mark, "") for mark in marks)
    return typed


_TCVN3 = str.maketrans(
    dict(
        zip(
            "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵĂÂÊÔƠƯĐ",
            "µ¶·¸¹¨»¼½¾Æ©ÇÈÉÊË®ÌÎÏÐÑªÒÓÔÕÖ×ØÜÝÞßáâãä«åæçèé¬êëìíîïñòóô\u00adõö÷øùúûüýþ¡¢£¤¥¦§",
            strict=True,
        )
    )
)


@lru_cache(maxsize=200_000)
def tcvn3_text(text: str) -> str:
    """Nguyễn becomes NguyÔn: the bytes of TCVN3 (fonts .VnTime) read as Latin.

    A capital vowel with a tone has no byte: it was typed small and shown large by the font.
    """
    return "".join(c if c in "ĂÂÊÔƠƯĐ" or ord(c) < 128 else c.lower() for c in text).translate(_TCVN3)


def _vni_table() -> dict[int, str]:
    plain = {"\u0301": "ù", "\u0300": "ø", "\u0309": "û", "\u0303": "õ", "\u0323": "ï"}
    hat = {"": "â", "\u0301": "á", "\u0300": "à", "\u0309": "å", "\u0303": "ã", "\u0323": "ä"}
    breve = {"": "ê", "\u0301": "é", "\u0300": "è", "\u0309": "ú", "\u0303": "ü", "\u0323": "ë"}
    found = {"đ": "ñ", "Đ": "Ñ", "í": "í", "ì": "ì", "ỉ": "æ", "ĩ": "ó", "ị": "ò", "ỵ": "î"}
    for vowel in "aeouy":
        for tone, byte in plain.items():
            found.setdefault(unicodedata.normalize("NFC", vowel + tone), vowel + byte)
    for vowels, shape, bytes_of in (("aeo", "\u0302", hat), ("a", "\u0306", breve)):
        for vowel in vowels:
            for tone, byte in bytes_of.items():
                found[unicodedata.normalize("NFC", vowel + shape + tone)] = vowel + byte
    for vowel, horned in (("o", "ô"), ("u", "ö")):
        found[unicodedata.normalize("NFC", vowel + "\u031b")] = horned
        for tone, byte in plain.items():
            found[unicodedata.normalize("NFC", vowel + "\u031b" + tone)] = horned + byte
    for letter, written in list(found.items()):
        found.setdefault(letter.upper(), written.upper())
    return str.maketrans(found)


_VNI = _vni_table()


@lru_cache(maxsize=200_000)
def vni_font_text(text: str) -> str:
    """Nguyễn becomes Nguyeãn: the bytes of VNI fonts read as Latin."""
    return text.translate(_VNI)


def apostrophe_text(text: str, which: float, _: float) -> str:
    """H'Nhi becomes H’Nhi, H`Nhi, HNhi or H Nhi."""
    return text.replace("'", ("’", "`", "ʼ", "", " ")[int(which * 5)])


def spaces_text(text: str, which: float, how: float) -> str:
    """A space too many: before, behind, doubled, or one that does not break."""
    if how < 0.3:
        return f" {text}" if which < 0.5 else f"{text} "
    gaps = [place for place, letter in enumerate(text) if letter == " "]
    if not gaps:
        return f"{text} "
    at = gaps[int(which * len(gaps))]
    return text[:at] + ("  " if how < 0.8 else "\u00a0") + text[at + 1 :]


def joined_text(text: str, which: float, how: float) -> str:
    """Two syllables written as one, or with a hyphen: Nguyễn VănAn, Rơ-Châm Thin."""
    gaps = [place for place, letter in enumerate(text) if letter == " "]
    if not gaps:
        return text
    at = gaps[int(which * len(gaps))]
    return text[:at] + ("" if how < 0.7 else "-") + text[at + 1 :]


_NEIGHBOURS = {
    letter: (row[place - 1] if place else "") + (row[place + 1] if place + 1 < len(row) else "")
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for place, letter in enumerate(row)
}


def slip_text(text: str, which: float, how: float) -> str:
    """One letter left out, doubled, replaced by its neighbour on the keyboard, or exchanged with the next."""
    places = [place for place, letter in enumerate(text) if letter.isalpha()]
    if len(places) < 3:
        return text
    at = places[int(which * len(places))]
    letter = text[at]
    if how < 0.27:
        return text[:at] + text[at + 1 :]
    if how < 0.45:
        return (
            text[:at] + letter.lower() + text[at:]
            if not letter.isupper()
            else text[: at + 1] + letter.lower() + text[at + 1 :]
        )
    if how < 0.6 and at + 1 < len(text) and text[at + 1].isalpha():
        second = text[at + 1]
        if letter.isupper():
            return text[:at] + second.upper() + letter.lower() + text[at + 2 :]
        return text[:at] + second + letter + text[at + 2 :]
    near = _NEIGHBOURS.get(unmarked_text(letter).lower(), "e") or "e"
    typed = near[int(how * 997) % len(near)]
    return text[:at] + (typed.upper() if letter.isupper() else typed) + text[at + 1 :]


_SOUNDS = (
    ("tr", "ch"),
    ("ch", "tr"),
    ("gi", "d"),
    ("s", "x"),
    ("x", "s"),
    ("d", "gi"),
    ("l", "n"),
    ("n", "l"),
    ("r", "d"),
    ("v", "d"),
)


def sound_alike_text(text: str, which: float, how: float) -> str:
    """A syllable spelt as it is heard: s/x, ch/tr, d/gi, l/n, or hỏi and ngã exchanged."""
    return _on_word(text, which, lambda word: _heard(word, how))


def _heard(word: str, how: float) -> str:
    apart = unicodedata.normalize("NFD", word)
    if ("\u0309" in apart or "\u0303" in apart) and how < 0.7:
        swapped = apart.translate({0x309: 0x303, 0x303: 0x309})
        return unicodedata.normalize("NFC", swapped)
    lowered = word.lower()
    for heard, spelt in _SOUNDS:
        rest = word[len(heard) :]
        if not lowered.startswith(heard) or not rest or lowered.startswith(("ng", "nh", "th")):
            continue
        if heard in ("gi", "d", "n", "s", "l", "r", "v", "x", "tr", "ch") and not _is_vowel(rest[0]):
            continue
        return (spelt.capitalize() if word[0].isupper() else spelt) + rest
    return word


def _is_vowel(letter: str) -> bool:
    return unmarked_text(letter).lower() in set("aeiouy")


def one_tone_text(text: str, which: float, how: float) -> str:
    """A syllable with another tone, or without: Hạnh becomes Hanh or Hánh."""
    return _on_word(text, which, lambda word: _retoned(word, how))


def _retoned(word: str, how: float) -> str:
    apart = unicodedata.normalize("NFD", word)
    tone = next((mark for mark in apart if mark in _TONE), None)
    if tone is None:
        return word
    other = "" if how < 0.4 else list(_TONE)[int(how * 97) % 5]
    return unicodedata.normalize("NFC", apart.replace(tone, other))


def _on_word(text: str, which: float, function: Callable[[str], str]) -> str:
    """The function on the first word it changes, beginning at a random one."""
    words = text.split(" ")
    first = int(which * len(words))
    for step in range(len(words)):
        at = (first + step) % len(words)
        changed = function(words[at])
        if changed != words[at]:
            words[at] = changed
            return " ".join(words)
    return text
