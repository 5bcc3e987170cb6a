"""What happens to a name as a whole: parts left out, shortened, added, exchanged.

These work on the hidden parts of a row (`_family`, `_marker`, `_middle`, `_given`, `_order`); the full name
is written from them afterwards. Each function takes a sheet, the places of rows and a random stream and
returns the changed columns for those rows.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bench.linkage.population.arrays import Ints, Texts, each, texts
from bench.linkage.population.people import written
from bench.linkage.population.sheets import Sheet

Changes = Mapping[str, Texts]

PARTS = ("_family", "_marker", "_middle", "_given", "_order")


def write_names(sheet: Sheet) -> Texts:
    """The full names of a sheet out of the parts of its rows."""
    family, marker, middle, given, order = (sheet.columns[part] for part in PARTS)
    whole = written(family, marker, middle, given, family_last=order == "family last")
    for at in np.flatnonzero((order == "given first") | (order == "reversed")):
        head = [given[at], middle[at], marker[at], family[at]]
        if order[at] == "given first":
            head = [given[at], family[at], marker[at], middle[at]]
        whole[at] = " ".join(" ".join(head).split())
    return whole


def middle_dropped(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """Nguyễn Thị Lan becomes Nguyễn Lan."""
    return {"_middle": np.full(len(at), "", dtype=object)}


def middle_abbreviated(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """Nguyễn Thị Lan becomes Nguyễn T. Lan, or Nguyễn T Lan."""
    dot = np.where(rng.random(len(at)) < 0.7, ".", "")
    return {"_middle": _initials(sheet.columns["_middle"][at], dot)}


def family_abbreviated(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """Nguyễn Thị Lan becomes Ng. T. Lan: family and middle name shortened, as on a narrow sheet."""
    dot = np.full(len(at), ".", dtype=object)
    family = each(
        lambda name: f"{name[:2] if name[:2] in _DIGRAPHS else name[:1]}." if name else "",
        sheet.columns["_family"][at],
    )
    return {"_family": family, "_middle": _initials(sheet.columns["_middle"][at], dot)}


def marker_dropped(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """A Thái becomes Thái; H'Nhi becomes Nhi."""
    given = each(lambda name: name[2:] if name.startswith("H'") else name, sheet.columns["_given"][at])
    return {"_marker": np.full(len(at), "", dtype=object), "_given": given}


def marker_wrong(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """A Thái becomes Y Thái: the word for the other sex."""
    other = {"A": "Y", "Y": "A", "Thao": "Nàng", "Nàng": "Thao", "": ""}
    return {"_marker": each(lambda word: other.get(word, word), sheet.columns["_marker"][at])}


def clan_moved(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """Rơ Châm Thin becomes Thin Rơ Châm; H'Nhi Niê becomes Niê H'Nhi: only peoples with clan names."""
    order = sheet.columns["_order"][at].copy()
    clan = np.isin(sheet.people.ethnic[sheet.person[at]].astype(str), ["10", "12"])
    clan &= sheet.columns["_family"][at] != ""
    order[clan] = np.where(order[clan] == "family last", "family first", "family last")
    return {"_order": order}


def order_swapped(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """Nguyễn Thị Lan becomes Lan Nguyễn Thị (two columns joined wrongly), or Lan Thị Nguyễn."""
    swapped = np.where(rng.random(len(at)) < 0.7, "given first", "reversed")
    return {"_order": swapped.astype(object)}


def other_name(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """The name used at home or at school instead of the registered one; a person's is always the same."""
    return {"_given": sheet.people.other_given[sheet.person[at]]}


def given_alone(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """Nguyễn Thị Ngọc Lan becomes Ngọc Lan: the family name is left out."""
    middle = each(lambda name: name.split()[-1] if name else "", sheet.columns["_middle"][at])
    return {"_family": np.full(len(at), "", dtype=object), "_middle": middle}


def honorific(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """Em Nguyễn Thị Lan; Ông …, Bà …, HS …: a form of address before the name."""
    men, women = ("Em", "Ông", "Anh", "HS.", "Cháu"), ("Em", "Bà", "Chị", "HS.", "Cháu")
    words = [
        (men, women)[sex][choice]
        for sex, choice in zip(
            sheet.people.sex[sheet.person[at]].tolist(), rng.integers(0, 5, len(at)).tolist(), strict=True
        )
    ]
    return {"full_name": texts(words) + " " + sheet.columns["full_name"][at]}


def parents_abbreviated(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """Lò Thị Ín becomes L.T. Ín, or Ín alone, in both columns."""
    short = rng.random(len(at)) < 0.6
    return {
        column: texts(
            _shortened(name, initials=initials)
            for name, initials in zip(sheet.columns[column][at].tolist(), short.tolist(), strict=True)
        )
        for column in ("mother_name", "father_name")
    }


def parents_swapped(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """The father stands in the mother's column and the other way round."""
    return {
        "mother_name": sheet.columns["father_name"][at],
        "father_name": sheet.columns["mother_name"][at],
    }


def guardian_instead(sheet: Sheet, at: Ints, rng: np.random.Generator) -> Changes:
    """A grandparent or other guardian, the parent of somebody else on the list, in one of the columns."""
    neighbour = (at + 1 + rng.integers(0, 5, len(at))) % len(sheet)
    mothers = rng.random(len(at)) < 0.5
    found = {}
    for column, chosen in (("mother_name", mothers), ("father_name", ~mothers)):
        own, other = sheet.columns[column][at], sheet.columns[column][neighbour]
        found[column] = np.where(chosen & (own != "") & (other != ""), other, own)
    return found


_DIGRAPHS = ("Ng", "Ph", "Th", "Tr", "Ch", "Kh", "Gi", "Qu", "Nh")


def _initials(names: Texts, dots: Texts) -> Texts:
    return texts(
        " ".join(f"{word[0]}{dot}" for word in name.split()) if name else ""
        for name, dot in zip(names.tolist(), dots.tolist(), strict=True)
    )


def _shortened(name: str, *, initials: bool) -> str:
    words = name.split()
    if len(words) < 2:
        return name
    return "".join(f"{word[0]}." for word in words[:-1]) + " " + words[-1] if initials else words[-1]
