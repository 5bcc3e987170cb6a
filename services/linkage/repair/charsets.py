"""Text of older character sets read as if it were Latin-1: TCVN3 (fonts .VnTime), VNI-Windows; and UTF-8.

TCVN3 has a byte for each Vietnamese letter (TCVN 5712:1993, third set); its ư is byte 0xAD, which Unicode
calls a soft hyphen and imports drop, so it is put back where a syllable needs it. VNI-Windows writes the
vowel and behind it a Latin letter for its marks. Whether a reading is believed is for `words` to say.
"""

from __future__ import annotations

import re

from services.linkage.repair.syllables import is_valid

_TCVN3 = str.maketrans(
    "µ¶·¸¹¨»¼½¾Æ©ÇÈÉÊË®ÌÎÏÐÑªÒÓÔÕÖ×ØÜÝÞßáâãä«åæçèé¬êëìíîïñòóô\u00adõö÷øùúûüýþ¡¢£¤¥¦§",
    "àảãáạăằẳẵắặâầẩẫấậđèẻẽéẹêềểễếệìỉĩíịòỏõóọôồổỗốộơờởỡớợùủũúụưừửữứựỳỷỹýỵăâêôơưđ",
)
"""The letters of both cases as lower case: capitals with tone are in another font, not in the set."""

_SWAPPED = str.maketrans("àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþ", "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞ")
_UNSWAPPED = {upper: lower for lower, upper in _SWAPPED.items()}

_VNI_MARKS: dict[str, dict[str, str]] = {
    "a": dict(zip("ùøûõïêéèúüëâáàåãä", "áàảãạăắằẳẵặâấầẩẫậ", strict=True)),
    "e": dict(zip("ùøûõïâáàåãä", "éèẻẽẹêếềểễệ", strict=True)),
    "o": dict(zip("ùøûõïâáàåãä", "óòỏõọôốồổỗộ", strict=True)),
    "u": dict(zip("ùøûõï", "úùủũụ", strict=True)),
    "y": dict(zip("ùøûõ", "ýỳỷỹ", strict=True)),
    "ô": dict(zip("ùøûõï", "ớờởỡợ", strict=True)),
    "ö": dict(zip("ùøûõï", "ứừửữự", strict=True)),
}
_VNI_ALONE = str.maketrans("ôöñæóòî", "ơưđỉĩịỵ")
_VNI_PAIR = re.compile("([aeouyôö])([ùøûõïêéèúüëâáàåãä])")
_LOST_HORN = re.compile(r"^([^\Wơờởỡớợ]*)([ơờởỡớợ])(\w*)$")
_LOST_A = re.compile("Ã ")
_CONSONANTS = re.compile(r"(?:b|c|ch|d|đ|g|h|kh|l|m|n|ng|nh|ph|r|s|t|th|tr|v|x)")

SUSPECT = re.compile("[¡-¬\u00ad®-³µ-¿Ä-ÇËÎÏÑÖ-ØÛÜÞßä-çëîïñö-øûüþÿ]")
"""Latin-1 characters that no Vietnamese name in Unicode has; ñ and the like are in both sets."""

_CAPITAL_INSIDE = re.compile("[a-zà-ỹ][À-ÖØ-Þ]")
VNI_PAIRS = re.compile("(?:[aeouyôöAEOUYÔÖ][ùøûõïêéèúüëâáàåãäÙØÛÕÏÊÉÈÚÜËÂÁÀÅÃÄ])|[ñÑ]")


def may_be_of_other_set(text: str) -> bool:
    """Whether anything in the text hints at another character set; cheap, and often wrong."""
    return any(pattern.search(text) for pattern in (SUSPECT, VNI_PAIRS, _CAPITAL_INSIDE))


def from_tcvn3(text: str) -> str:
    """The text read as TCVN3, lower case; a lost ư is put back where the word is no syllable without it."""
    return " ".join(_tcvn3_word(word) for word in text.split(" "))


def from_vni_windows(text: str) -> str:
    """The text read as VNI-Windows, lower case."""
    lowered = text.lower()
    return _VNI_PAIR.sub(_vni_pair, lowered).translate(_VNI_ALONE)


def from_latin1(text: str) -> str | None:
    """The text whose UTF-8 bytes were taken for Windows-1252 letters; None where it is something else."""
    try:
        return bytes(_byte(c) for c in _LOST_A.sub("Ã\u00a0", text)).decode("utf-8")
    except (UnicodeError, ValueError):
        return None


def _byte(character: str) -> int:
    code = ord(character)
    return code if code < 256 else character.encode("cp1252")[0]


def _tcvn3_word(word: str) -> str:
    """Capitalising may have swapped the case of a letter that stands for another one; both are tried."""
    for case in (word, word[:1] + word[1:].translate(_SWAPPED), word[:1] + word[1:].translate(_UNSWAPPED)):
        read = case.translate(_TCVN3).lower()
        for restored in (read, *_with_horn(read)):
            if is_valid(restored):
                return restored
    return word.translate(_TCVN3).lower()


def _with_horn(read: str) -> tuple[str, ...]:
    """Readings with the ư that was lost: before ơ (ương), or as the only vowel (Thư)."""
    before = _LOST_HORN.match(read)
    if before:
        return (f"{before.group(1)}ư{before.group(2)}{before.group(3)}",)
    if _CONSONANTS.fullmatch(read):
        return (f"{read}ư",)
    heads = _CONSONANTS.match(read)
    return (f"{heads.group()}ư{read[heads.end() :]}",) if heads else ()


def _vni_pair(found: re.Match[str]) -> str:
    return _VNI_MARKS[found.group(1)].get(found.group(2), found.group())
