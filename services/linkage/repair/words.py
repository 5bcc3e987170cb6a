"""From a name as written to its words: lower case, canonical marks, without what is not name.

The way of a text: its character set (`charsets`), look-alike letters, remarks behind and in brackets, joined
and torn words, what an input method left (`keystrokes`), letters that a key repeated, words of address. Each
step changes a word only where the word is no syllable and the changed one is; what stays odd stays as
written, and comparison has to live with it. Names that are clean, nearly all, never come here: see
`clean_word`.
"""

from __future__ import annotations

import html
import itertools
import re
from dataclasses import dataclass
from functools import lru_cache

from services.linkage.repair import charsets, keystrokes
from services.linkage.repair.letters import APOSTROPHES, DASHES, is_letter, latin, unmarked
from services.linkage.repair.lexicon import Custom, lexicon
from services.linkage.repair.syllables import LONGEST, canonical, is_valid, is_written_plainly
from shared.vietnamese import nfc

LONGEST_TEXT = 120
"""Characters of a name that are read; what follows is a paste by mistake."""
MOST_WORDS = 16

_BRACKETS = re.compile(r"\([^()]*\)?|\[[^\[\]]*\]?|\{[^{}]*\}?")
_ENTITY = re.compile(r"&(?:#[0-9]{1,6}|#x[0-9a-fA-F]{1,5}|[A-Za-z]{2,10});")
_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")
_DASH = re.escape(DASHES)
_PARTS = re.compile(rf"\s+[{_DASH}]+\s*|\s*[{_DASH}]+\s+|\s*[/\\,;:|]+\s*")
_APOSTROPHE = re.compile(rf"[{APOSTROPHES}]+ ?")
_BREAK = re.compile(rf"[\s{_DASH}._*~+=&#@!?\"“”<>()\[\]{{}}/\\,;:|]+")
_RUN = re.compile(r"(?!^hh|^kk)(\w)\1+")
"""A letter repeated; not the first of H'Hiền and K'Krem, written as one word."""
_ZERO_ONE = str.maketrans("01", "oi")
_MARKERS = ("a", "y")


@dataclass(slots=True)
class Reading:
    """The words of a name, and the codes of what was repaired on the way, in order."""

    words: list[str]
    repairs: list[str]
    dotted: frozenset[str] = frozenset()

    def note(self, code: str) -> None:
        """Add a code once."""
        if code not in self.repairs:
            self.repairs.append(code)


@lru_cache(maxsize=65536)
def clean_word(written: str) -> str | None:
    """The canonical form of a word in which nothing can be wrong, whatever stands beside it; else None."""
    word = written.lower()
    if not word.isalpha() or len(written) > LONGEST or latin(word) != word:
        return None
    if not (written[1:].islower() or written.isupper() or len(written) == 1):
        return None
    if is_valid(word):
        return canonical(word)
    if not all(map(is_letter, word)) or charsets.SUSPECT.search(word) or charsets.VNI_PAIRS.search(word):
        return None
    if _RUN.search(word) or not _has_vowel(word):
        return None
    decoded = keystrokes.from_telex(word)
    return None if decoded and is_valid(decoded) else canonical(word)


def read(text: str, custom: Custom) -> Reading:
    """The words of a name as written; none for a text without Latin letters. Work is linear in the text."""
    reading = Reading([], [])
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT]
        reading.note("long")
    text = _in_unicode(text, reading)
    text = _without_remarks(text, reading)
    written = _torn_apart(_one_kind_of_apostrophe(text), reading)[:MOST_WORDS]
    words = _letters_only(written, reading)
    words = _typed(words, custom, reading)
    words = _mended(words, custom, reading)
    reading.words = _without_address([canonical(word) for word in words if unmarked(word)], reading)
    return reading


def in_unicode(text: str) -> str:
    """The text with its character set read right; as it is where nothing hints at another one."""
    return _of_other_set(text, Reading([], [])) if not text.isascii() else text


def _in_unicode(text: str, reading: Reading) -> str:
    if _ENTITY.search(text):
        text = html.unescape(text)
        reading.note("entities")
    if not text.isascii():
        text = _of_other_set(text, reading)
    whole = nfc(text)
    lowered = whole.lower()
    folded = latin(lowered)
    if folded == lowered:
        return whole
    reading.note("look_alike")
    return folded


def _of_other_set(text: str, reading: Reading) -> str:
    """The reading under which more words are syllables than as written, if there is one."""
    if not charsets.may_be_of_other_set(text):
        return text
    whole = nfc(text)
    candidates: list[tuple[str, str]] = []
    unmangled = charsets.from_latin1(text)
    if unmangled is not None:
        reading.note("utf8_as_latin1")
        return unmangled
    candidates.append(("tcvn3", charsets.from_tcvn3(_single_spaced(text))))
    candidates.append(("vni_windows", charsets.from_vni_windows(whole)))
    best, most, code = text, _syllables_in(whole.lower()), ""
    for name, candidate in candidates:
        count = _syllables_in(candidate)
        if count > most:
            best, most, code = candidate, count, name
    if code:
        reading.note(code)
    return best


def _single_spaced(text: str) -> str:
    """Spaces made single, everything else (the soft hyphen too) kept."""
    return " ".join(text.split())


def _syllables_in(text: str) -> int:
    return sum(1 for word in _BREAK.split(text) if is_valid(word))


def _without_remarks(text: str, reading: Reading) -> str:
    """Without brackets, and without what follows a dash, comma or slash and is a remark."""
    if _BRACKETS.search(text):
        outside = " ".join(_BRACKETS.sub(" ", text).split())
        if any(map(str.isalpha, outside)):
            reading.note("remark")
            text = outside
    parts = _PARTS.split(text)
    kept = [parts[0]]
    for part in parts[1:]:
        if any(map(str.isalpha, kept[0])) and _is_remark(part):
            reading.note("remark")
            break
        kept.append(part)
    return " ".join(kept)


def _is_remark(part: str) -> bool:
    words = [word for word in _BREAK.split(part.lower()) if word]
    return not words or any(c.isdigit() for c in part) or unmarked(words[0]) in lexicon().remarks


def _one_kind_of_apostrophe(text: str) -> str:
    """H'Nhi, H’ Nhi and K'Sor become one word."""
    return _APOSTROPHE.sub("", text)


def _torn_apart(text: str, reading: Reading) -> list[str]:
    """The words as lower case; words joined by capitals (NguyenVanAn, AThái) taken apart where that helps."""
    found: list[str] = []
    for written in _BREAK.split(text):
        word = written.lower()
        if not written:
            continue
        if written[:1] in "AY" and written[1:2].isupper() and written[2:3].islower():
            pieces = [word[:1], word[1:]]
        else:
            pieces = _at_capitals(written)
        if len(pieces) > 1 and not is_valid(word) and all(map(_may_stand_alone, pieces)):
            reading.note("joined")
            found.extend(pieces)
        else:
            found.append(word)
    return found


def _may_stand_alone(piece: str) -> bool:
    return piece in _MARKERS or (len(piece) > 1 and _has_vowel(piece))


def _at_capitals(written: str) -> list[str]:
    if written[1:].islower() or written.isupper():
        return [written.lower()]
    cased = _cased(written)
    cuts = [0, *(found.start() for found in _CAMEL.finditer(cased)), len(written)]
    return [written[start:end].lower() for start, end in itertools.pairwise(cuts)]


def _cased(written: str) -> str:
    """The shape of a word: A for a capital, a for another letter."""
    return "".join("A" if c.isupper() else "a" for c in written)


def _letters_only(written: list[str], reading: Reading) -> list[str]:
    """The words without digits and signs; digits that are VNI keys or stand for o and i are read.

    Digits behind the last word alone tell namesakes of a class apart (An2) and are no keys.
    """
    found: list[str] = []
    with_digits = [word for word in written if any(map(str.isdigit, word)) and any(map(is_letter, word))]
    is_numbered = len(with_digits) == 1 and with_digits[0] is written[-1]
    for word in written:
        if any(map(str.isdigit, word)):
            word = _without_digits(word, reading, is_numbered=is_numbered)
        elif not word.isascii():
            word = "".join(filter(is_letter, word))
        if word:
            found.append(word)
    return found


def _without_digits(word: str, reading: Reading, *, is_numbered: bool) -> str:
    letters = "".join(filter(is_letter, word))
    if not letters:
        reading.note("digits")
        return ""
    is_suffix = is_numbered and word.startswith(letters) and is_written_plainly(letters)
    decoded = None if is_suffix else keystrokes.from_vni(word)
    if decoded and is_valid(decoded):
        reading.note("vni")
        return decoded
    reading.note("digits")
    looks = word.translate(_ZERO_ONE)
    return looks if not is_suffix and looks.isalpha() and is_written_plainly(looks) else letters


def _typed(words: list[str], custom: Custom, reading: Reading) -> list[str]:
    """Telex keys read. A last r or s counts only beside surer signs or a family of the lowlands."""
    if not any(word.isascii() and not is_valid(word) for word in words):
        return words
    readings = {}
    for word in words:
        if not is_written_plainly(word) or word.startswith("dd"):
            decoded = keystrokes.from_telex(word)
            if decoded and is_valid(decoded):
                readings[word] = decoded
    if not readings:
        return words
    is_sure = any(_is_sure_by_key(word) for word in readings)
    is_lowland = custom == "lowland" or (
        custom == "unknown" and canonical(readings.get(words[0], words[0])) in lexicon().sure_families
    )
    chosen = {
        word: decoded
        for word, decoded in readings.items()
        if (keystrokes.is_surely_telex(word) and (is_sure or not _is_repeat(word))) or is_sure or is_lowland
        if not (_is_repeat(word) and not is_sure)
    }
    if chosen:
        reading.note("telex")
    return [chosen.get(word, word) for word in words]


def _is_sure_by_key(word: str) -> bool:
    """A sign that no slip of a finger makes: a doubled letter alone may be one."""
    return keystrokes.is_surely_telex(word) and not _is_repeat(word)


def _is_repeat(word: str) -> bool:
    """Whether the word is a syllable once doubled letters are made single."""
    return is_written_plainly(_RUN.sub(r"\1", word))


def _mended(words: list[str], custom: Custom, reading: Reading) -> list[str]:
    """Repeated letters made single, torn syllables joined, joined names parted."""
    mended = [_not_repeated(word, reading) for word in words]
    mended = _rejoined(mended, custom, reading)
    if len(mended) == 1:
        parted = _parted_by_marker(mended[0], custom) or _parted_by_family(mended[0])
        if parted:
            reading.note("joined")
            return parted
    return mended


def _not_repeated(word: str, reading: Reading) -> str:
    if is_written_plainly(word) or not _RUN.search(word):
        return word
    single = _RUN.sub(r"\1", word)
    if not is_written_plainly(single):
        return word
    reading.note("repeated_letters")
    return single


def _rejoined(words: list[str], custom: Custom, reading: Reading) -> list[str]:
    """H Nhi is H'Nhi at the front (of the highland peoples anywhere); Ngu yễn is Nguyễn; Th ị is Thị."""
    found: list[str] = []
    place = 0
    while place < len(words):
        word = words[place]
        after = words[place + 1] if place + 1 < len(words) else ""
        if after and _belong_together(word, after, found, custom):
            found.append(word + after)
            reading.note("torn")
            place += 2
        else:
            found.append(word)
            place += 1
    return found


def _belong_together(word: str, after: str, before: list[str], custom: Custom) -> bool:
    is_first = not before
    if word in ("h", "k"):
        return len(after) > 1 and (is_first or custom == "highland" or _ends_in_clan(before))
    joined = canonical(word + after)
    if _has_vowel(word):
        names = lexicon()
        if not is_first or canonical(word) in names.families or joined not in names.sure_families:
            return False
        return joined in ("nguyễn", "nguyen") or not is_valid(after)
    if joined in lexicon().middles_only:
        return True
    return len(word) > 1 and is_valid(joined) and not is_valid(after)


def _ends_in_clan(words: list[str]) -> bool:
    names = lexicon()
    last = tuple(map(canonical, words[-2:]))
    return last[-1] in names.clans or (len(last) == 2 and names.pairs.get((last[0], last[1]), False))


def _parted_by_marker(word: str, custom: Custom) -> list[str] | None:
    """AThái that lost its capitals: only where the whole is no syllable."""
    if custom == "lowland" or word[:1] not in _MARKERS or is_written_plainly(word):
        return None
    name = word[1:]
    return (
        [word[0], name]
        if is_valid(name) and not _has_vowel(name[0]) and word not in lexicon().families
        else None
    )


def _parted_by_family(word: str) -> list[str] | None:
    """nguyenvanan: a family, then van or thi with one syllable, or syllables that part in one way only."""
    if len(word) > 4 * LONGEST or is_written_plainly(word):
        return None
    names = lexicon()
    for length in range(min(LONGEST, len(word) - 2), 1, -1):
        family, rest = word[:length], word[length:]
        if canonical(family) not in names.sure_families and canonical(family) not in names.families:
            continue
        if not is_written_plainly(family):
            continue
        for middle in ("văn", "van", "thị", "thi"):
            if rest.startswith(middle) and is_written_plainly(rest[len(middle) :]):
                return [family, middle, rest[len(middle) :]]
        ways = _ways(rest)
        if len(ways) == 1:
            return [family, *ways[0]]
    return None


def _ways(rest: str) -> list[list[str]]:
    """The ways to part the text into one or two syllables."""
    whole = [[rest]] if is_written_plainly(rest) else []
    return whole + [
        [rest[:cut], rest[cut:]]
        for cut in range(2, min(LONGEST, len(rest) - 2) + 1)
        if is_written_plainly(rest[:cut]) and is_written_plainly(rest[cut:])
    ]


def _without_address(words: list[str], reading: Reading) -> list[str]:
    """Without em, ông, bà ... where a whole name follows: a family or a marker, and something more."""
    names = lexicon()
    while len(words) > 1:
        pair = f"{words[0]} {words[1]}"
        if words[0] in names.honorifics_always:
            words = words[1:]
        elif len(words) > 2 and pair in names.honorifics_always:
            words = words[2:]
        elif len(words) > 2 and words[0] in names.honorifics and _is_addressed(words):
            words = words[1:]
        else:
            break
        reading.note("honorific")
    return words


def _is_addressed(words: list[str]) -> bool:
    """Whether the first word is an address. Ông is a family too, and so are cu and chu without marks."""
    families = lexicon().families
    if words[0] in families:
        is_marked_like_the_rest = words[0].isascii() is all(word.isascii() for word in words)
        if len(words) < 4 or words[1] not in families or not is_marked_like_the_rest:
            return False
    return _begins_a_name(words[1:])


def _begins_a_name(words: list[str]) -> bool:
    """Whether a whole name may begin here; "Nguyễn Văn" alone is the rest of one in another order."""
    names = lexicon()
    if words[0] in _MARKERS or (words[0].startswith("h") and not is_valid(words[0])):
        return True
    if words[0] in names.middles_only or words[0] in names.middles_rarely_last:
        return False
    if len(words) == 2 and (words[1] in names.middles_only or words[1] in names.middles_rarely_last):
        return False
    return words[0] in names.families


def _has_vowel(word: str) -> bool:
    return any(c in "aeiouy" for c in unmarked(word))
