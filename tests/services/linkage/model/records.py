"""Records for the tests of the model: golden pairs, hostile values, random neighbours; all made up."""

from __future__ import annotations

from random import Random
from typing import Any

from services.linkage.features import COLUMNS, NUMBERS, Features

MASKS = tuple(f"m{place:02d}" for place in range(12))

PAO = Features(
    number="seal-1",
    number_masks=MASKS,
    number_sorted="sorted-1",
    number_sex="M",
    number_year=2011,
    number_province="12",
    name_marked="giàng a páo",
    name="giang a pao",
    name_sorted="a giang pao",
    family="giang",
    given="pao",
    marker="a",
    initials="gap",
    name_length=11,
    dob="2011-03-04",
    dob_swapped="2011-04-03",
    birth_year=2011,
    birth_monthday="03-04",
    nominal=0,
    sex="M",
    ethnic="12",
    home="03390|ban a",
    village="ban a",
    commune="03390",
    district="106",
    province="12",
    mother="ly thi mai",
    father="giang a sung",
    parents="ly thi mai|giang a sung",
    phone="912345678",
    student="0123456789",
)

_POOLS: dict[str, tuple[Any, ...]] = {
    "number": ("seal-1", "seal-2", "seal-3"),
    "number_masks": (MASKS, ("m00", "x01"), ("x00", "x01"), ()),
    "number_sorted": ("sorted-1", "sorted-2"),
    "number_hint": ("seal-1", "seal-2"),
    "number_sex": ("M", "F"),
    "number_year": (2010, 2011, 2012),
    "number_province": ("12", "51"),
    "name_marked": ("giàng a páo", "giàng a pao", "nguyễn văn an", "đào thị hòa"),
    "name": ("giang a pao", "giang a pho", "nguyen van an", "nguyen v an", "dao thi hoa", "x"),
    "name_sorted": ("a giang pao", "an nguyen van"),
    "family": ("giang", "nguyen", "dao"),
    "middle": ("van", "thi"),
    "given": ("pao", "pho", "an", "hoa"),
    "marker": ("a", "y"),
    "initials": ("gap", "nva", "na"),
    "name_length": (1, 9, 10, 11),
    "dob": ("2011-03-04", "2011-04-03", "2011-03-14", "2010-01-01", "2012-03-04"),
    "dob_swapped": ("2011-04-03", "2011-03-04"),
    "birth_year": (2009, 2010, 2011, 2012),
    "birth_monthday": ("03-04", "01-01", "04-03"),
    "nominal": (0, 1),
    "sex": ("M", "F"),
    "ethnic": ("01", "12"),
    "home": ("03390|ban a", "03390|ban b"),
    "village": ("ban a", "ban b", "ban hon"),
    "commune": ("03390", "03391"),
    "split": ("03412", "03390"),
    "district": ("106", "107"),
    "province": ("12", "51"),
    "mother": ("ly thi mai", "ly thi may", "giang a sung"),
    "father": ("giang a sung", "giang a xung", "ly thi mai"),
    "parents": ("ly thi mai|giang a sung",),
    "phone": ("912345678", "912345679", "388888888"),
    "student": ("0123456789", "0123456788", "ABC1"),
}
_ODD = ("'", '"', "%", "\\", ";--", " ", "a" * 300, "0", "NULL", "nan", "l", "-", "\t", "{}", "?")


def anyone(random: Random, *, missing: float = 0.2) -> Features:
    """A record whose columns are drawn apart from each other, so that every level comes up."""
    values = {
        column: None if random.random() < missing else random.choice(_POOLS[column]) for column in COLUMNS
    }
    return Features(**values)


def hostile(random: Random) -> Features:
    """A record of odd texts, years out of range and many nulls."""
    values: dict[str, Any] = {}
    for column in COLUMNS:
        if random.random() < 0.5:
            values[column] = None
        elif column == "number_masks":
            values[column] = tuple(random.choice(_ODD) for _ in range(random.randrange(4)))
        elif column in NUMBERS:
            values[column] = random.choice((-(2**31) + 1, -1, 0, 1, 9999, 2**31 - 1))
        else:
            values[column] = random.choice(_ODD) + random.choice(("", "x", "yy"))
    return Features(**values)


def golden() -> list[Features]:
    """One person, then what offices make of him: each differs from `PAO` in what its comment says."""
    return [
        PAO,
        Features(),
        changed(number="seal-2", number_masks=("m00", "z"), number_sorted="sorted-2"),  # one digit
        changed(number="seal-2", number_masks=("z",), number_sorted="sorted-1"),  # two digits swapped
        changed(number=None, number_masks=None, number_sorted=None, number_hint="seal-1"),  # zeros lost
        changed(number=None, number_masks=None, number_sex=None, number_year=None, birth_year=2012),
        changed(name_marked="giang a pao"),  # without marks
        changed(name="a pao giang", name_marked="a páo giàng"),  # clan name last
        changed(name="giang pao", name_marked="giàng páo", marker=None, name_sorted="giang pao"),
        changed(dob="2011-04-03", dob_swapped="2011-03-04", birth_monthday="04-03"),  # day and month
        changed(dob="2011-01-01", dob_swapped=None, birth_monthday="01-01", nominal=1),
        changed(dob=None, dob_swapped=None, birth_monthday=None, nominal=1),  # a bare year
        changed(home=None, village=None),
        changed(commune=None, split="03412", home="03412|ban a"),
        changed(mother=None, parents=None),
        changed(mother="giang a sung", father="ly thi mai", parents="giang a sung|ly thi mai"),
        changed(phone="912345679", student="0123456788"),
        changed(sex="F"),
    ]


def changed(**values: Any) -> Features:
    """`PAO` with other values."""
    known = {column: getattr(PAO, column) for column in COLUMNS}
    return Features(**(known | values))
