"""One key for the spellings of a village: "Thôn 01", "T.1" and "Bản số 1"; "Bản Nà Khan" and "nà khan".

Villages have no state code. A numbered one is known by its number and by whether it is a rural one (thôn,
làng, bản) or a street group (tổ dân phố, khu phố): their numbers are counted apart. A named one is known by
its name alone, because each list puts another kind before it, and spaces in the long names of the highlands
vary, so the key has none. "Đắk", "Đăk" and "Dak" are the same without marks.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import chain

from services.linkage.repair.letters import latin, unmarked
from services.linkage.repair.syllables import canonical
from services.linkage.repair.words import in_unicode
from shared.vietnamese import nfc

_LONGEST = 100
_RURAL = "thon|lang|ban|buon|plei|play|xom|ap|phum|soc|doi|khom|th|t|b|l|a"
_STREET = "to dan pho|tdp|khu pho|khu dan cu|kdc|kp|to|khu"
_KIND = re.compile(rf"(?P<street>{_STREET})(?= |\d|$)|(?P<rural>{_RURAL})(?= |\d|$)")
_BEFORE_NUMBER = re.compile(r"(?:so )?0*(\d{1,3})([a-z]?)")
_ROMAN_NUMERALS = (
    ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"),
    ("xi", "xii", "xiii", "xiv", "xv", "xvi", "xvii", "xviii", "xix", "xx"),
)
_ROMAN = {roman: str(number) for number, roman in enumerate(chain(*_ROMAN_NUMERALS), start=1)}
_BRACKETS = re.compile(r"\([^()]*\)?")
_SHORT = ("th", "t", "b", "l", "a")
_ADDRESS = re.compile(r",|;|/| - ")


@lru_cache(maxsize=65536)
def village_key(written: str | None) -> str | None:
    """The key of a village, None where nothing is left: "thon 1", "to 3", "nakhan"."""
    if not written:
        return None
    text = latin(nfc(in_unicode(unicodedata.normalize("NFC", written)[:_LONGEST])).lower())
    text = _BRACKETS.sub(" ", text) if _BRACKETS.sub(" ", text).strip() else text
    head = _ADDRESS.split(text)[0]
    bare = _words(head) or _words(text)
    if not bare:
        return None
    kind = _KIND.match(bare)
    if not kind:
        return _numbered(bare, "thon") or bare.replace(" ", "")
    rest = bare[kind.end() :].strip()
    numbered = _numbered(_ROMAN.get(rest, rest), "to" if kind.group("street") else "thon")
    if numbered:
        return numbered
    is_name = kind.group() in _SHORT and "." not in head[:3]
    if not rest or is_name or kind.group() in ("to", "khu"):
        return bare.replace(" ", "")
    return rest.removeprefix("so ").replace(" ", "")


def _words(text: str) -> str:
    return " ".join(word for part in re.split(r"[^\w']+|_", text) if (word := unmarked(canonical(part))))


def _numbered(rest: str, kind: str) -> str | None:
    number = _BEFORE_NUMBER.fullmatch(rest)
    return f"{kind} {number.group(1)}{number.group(2)}" if number else None
