"""Where people live: villages in communes of Kon Tum, Lai Châu and the rest of the country.

A place is a village. It lies in one commune of the list until June 2025 and in one of the list since; a
village of a commune that was divided went whole to one of its successors. Who lives in a village follows
what is known of the districts: most villages are of one people. Village names are put together by chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from bench.linkage.population.arrays import Days, Flags, Floats, Ints, Texts, pick, texts
from bench.linkage.population.customs import KINH, custom
from shared.reference import lists

REFORM = np.datetime64("2025-07-01", "D")
KON_TUM, LAI_CHAU = "62", "12"
SHARE_OF_EACH = 0.30
MOST_IN_EACH = 200_000
"""Kon Tum and Lai Châu hold 30 % of the people each, but never more than they could hold in truth."""

_VILLAGES_PER_COMMUNE = (5, 11)
_PEOPLE_PER_NATIONAL_COMMUNE = 150
_NEW_YEAR_VILLAGE = 0.012

MIXES: Mapping[str, str] = {
    "608": "01:62 13:22 10:9 14:5 27:2",
    "610": "27:58 14:28 01:12 13:2",
    "611": "27:30 14:26 01:36 03:4 52:4",
    "612": "14:50 01:44 13:4 03:2",
    "613": "14:62 19:20 01:14 13:4",
    "614": "14:38 13:26 01:32 06:2 02:2",
    "615": "14:42 13:10 01:42 03:3 02:3",
    "616": "10:30 14:18 13:8 01:36 54:4 03:4",
    "617": "14:95 01:5",
    "618": "10:34 01:30 03:20 06:10 02:6",
    "105": "01:60 25:14 03:12 08:9 09:5",
    "106": "08:28 03:20 09:16 01:16 42:11 25:7 29:2",
    "107": "41:30 35:24 03:16 08:14 01:8 45:3 48:3 50:2",
    "108": "08:36 09:26 03:22 29:5 01:5 42:3 45:3",
    "109": "09:34 08:24 03:24 35:8 25:4 01:6",
    "110": "03:66 08:17 01:8 29:5 09:4",
    "111": "03:50 08:22 01:12 29:7 09:6 25:3",
    "112": "08:36 03:24 45:16 09:10 01:6 35:4 48:4",
}
"""Peoples of the districts of Kon Tum and Lai Châu, as "code:share"; orders of magnitude."""

_COMMUNE_MIXES: Mapping[str, str] = {"23395": "52:30 27:20 01:35 03:15", "23536": "10:45 54:35 01:20"}
"""Bờ Y, where the Brâu live, and Mô Rai, where the Rơ Măm live."""

_NATIONAL_MIXES: Mapping[str, str] = {
    **dict.fromkeys(("02", "04", "06", "08", "20"), "02:34 07:22 01:24 09:9 08:11"),
    **dict.fromkeys(("10", "15", "11", "14"), "03:34 08:20 01:28 09:8 06:6 29:2 33:2"),
    "17": "06:62 01:34 03:4",
    **dict.fromkeys(("64",), "10:34 13:12 01:54"),
    **dict.fromkeys(("66", "67"), "12:24 01:64 02:4 07:4 08:4"),
    **dict.fromkeys(("84", "94"), "05:31 01:69"),
    "58": "17:12 01:88",
    "51": "19:11 01:89",
    "38": "03:6 06:10 01:84",
    "40": "03:10 01:88 29:2",
}
_ELSEWHERE = "01:97 02:1 06:1 05:1"

_CENTRAL_FROM, _SOUTH_FROM = 38, 70
NORTH, CENTRAL, SOUTH = 0, 1, 2

_NUMBERED = tuple(str(number) for number in range(1, 13))
_KON_TUM_NAMES = tuple(
    f"{head} {tail}"
    for head in ("Kon", "Đăk", "Plei", "Kon Đăk", "Măng")
    for tail in (
        "Rơ Wang",
        "Hring",
        "Jơ Drê",
        "Klong",
        "Tu",
        "Xô",
        "Long",
        "Gu",
        "Pơ Liêng",
        "Rế",
        "Săm",
        "Brông",
    )
)
_LAI_CHAU_NAMES = tuple(
    f"{head} {tail}"
    for head in ("Nà", "Nậm", "Huổi", "Pá", "Sin", "Phiêng", "Tả", "Hua")
    for tail in ("Đon", "Hon", "Lả", "Cáy", "Tăm", "Pục", "Chải", "Luông", "Phát", "Ngò", "Khoang", "Sáng")
)
_NATIONAL_NAMES = (
    "Đông",
    "Đoài",
    "Thượng",
    "Hạ",
    "Trung",
    "Tân Lập",
    "Tân Tiến",
    "Hòa Bình",
    "Phú Mỹ",
    "An Lý",
    "Đồng Tâm",
    "Thống Nhất",
    "Bình Yên",
    "Mỹ Hòa",
    "Quý Sơn",
    "Long Thủy",
)


class _Village(NamedTuple):
    """One village: a row of `Places`."""

    old_code: str
    new_code: str
    village: str
    district: str
    province: str
    people: str
    region: int
    all_new_year: bool
    local: bool
    weight: float


@dataclass(frozen=True, slots=True)
class Places:
    """Villages as columns of equal length.

    `old_code` and `new_code` are the communes before and since the reform, `district` and `province` the
    old ones, `people` the code of the people that most inhabitants belong to, `region` 0 north, 1 central,
    2 south. In a village with `all_new_year` every birth was registered as 1 January. `local`: in Kon Tum
    or Lai Châu.
    """

    old_code: Texts
    new_code: Texts
    village: Texts
    district: Texts
    province: Texts
    people: Texts
    region: Ints
    all_new_year: Flags
    local: Flags
    weight: Floats

    def code_on(self, place: Ints, day: Days) -> Texts:
        """The commune code of places, valid on the day of each."""
        codes: Texts = np.where(day < REFORM, self.old_code[place], self.new_code[place])
        return codes


def make_places(rng: np.random.Generator, people: int) -> Places:
    """Villages for so many people; `weight` sums to 1 and says where people are."""
    share = min(SHARE_OF_EACH, MOST_IN_EACH / people)
    communes = _old_communes()
    by_province: dict[str, list[tuple[str, str]]] = {}
    for code, district in communes:
        by_province.setdefault(_province_of()[district], []).append((code, district))
    elsewhere = [
        pair
        for province, pairs in by_province.items()
        if province not in (KON_TUM, LAI_CHAU)
        for pair in pairs
    ]
    wanted = int(np.clip(people * (1 - 2 * share) / _PEOPLE_PER_NATIONAL_COMMUNE, 12, len(elsewhere)))
    chosen = [elsewhere[place] for place in sorted(rng.choice(len(elsewhere), wanted, replace=False))]
    built: list[_Village] = []
    for pairs, weight in (
        (by_province[KON_TUM], share),
        (by_province[LAI_CHAU], share),
        (chosen, 1 - 2 * share),
    ):
        sizes = rng.lognormal(0.0, 0.6, len(pairs))
        for (code, district), size in zip(pairs, sizes / sizes.sum() * weight, strict=True):
            built.extend(_villages(rng, code, district, size))
    return Places(
        old_code=texts(village.old_code for village in built),
        new_code=texts(village.new_code for village in built),
        village=texts(village.village for village in built),
        district=texts(village.district for village in built),
        province=texts(village.province for village in built),
        people=texts(village.people for village in built),
        region=np.array([village.region for village in built], dtype=np.int64),
        all_new_year=np.array([village.all_new_year for village in built], dtype=np.bool_),
        local=np.array([village.local for village in built], dtype=np.bool_),
        weight=np.array([village.weight for village in built], dtype=np.float64),
    )


def institution_commune(old_code: str) -> str:
    """The commune of today in which a school of an old commune lies."""
    return _successors()[old_code][0]


def communes_of_district(district: str) -> Sequence[str]:
    """The old communes of a district."""
    return [code for code, parent in _old_communes() if parent == district]


def _villages(rng: np.random.Generator, code: str, district: str, size: float) -> Iterator[_Village]:
    province = _province_of()[district]
    local = province in (KON_TUM, LAI_CHAU)
    mix = _COMMUNE_MIXES.get(code) or MIXES.get(district) or _NATIONAL_MIXES.get(province, _ELSEWHERE)
    peoples, shares = zip(*(entry.split(":") for entry in mix.split()), strict=True)
    count = int(rng.integers(*_VILLAGES_PER_COMMUNE))
    sizes = rng.lognormal(0.0, 0.4, count)
    region = NORTH if int(province) < _CENTRAL_FROM else CENTRAL if int(province) < _SOUTH_FROM else SOUTH
    taken: set[str] = set()
    for place, part in zip(pick(rng, map(float, shares), count), sizes / sizes.sum() * size, strict=True):
        people = peoples[place]
        name = _village_name(rng, province, region, minority=people != KINH)
        while name in taken:
            name = _village_name(rng, province, region, minority=people != KINH)
        taken.add(name)
        successors = _successors()[code]
        spike = people != KINH and rng.random() < _NEW_YEAR_VILLAGE * (1 + 10 * custom(people).new_year)
        yield _Village(
            old_code=code,
            new_code=successors[int(rng.integers(len(successors)))],
            village=name,
            district=district,
            province=province,
            people=people,
            region=region,
            all_new_year=bool(spike),
            local=local,
            weight=float(part),
        )


def _one(rng: np.random.Generator, names: Sequence[str]) -> str:
    return names[int(rng.integers(len(names)))]


def _village_name(rng: np.random.Generator, province: str, region: int, *, minority: bool) -> str:
    numbered = _one(rng, _NUMBERED)
    if province == KON_TUM:
        if not minority or rng.random() < 0.3:
            return f"Thôn {numbered}"
        return f"{_one(rng, ('Làng', 'Thôn'))} {_one(rng, _KON_TUM_NAMES)}"
    if province == LAI_CHAU:
        if not minority and rng.random() < 0.5:
            return f"Tổ dân phố {numbered}"
        return f"Bản {_one(rng, _LAI_CHAU_NAMES)}"
    head = "Ấp" if region == SOUTH else "Thôn"
    return f"{head} {numbered if rng.random() < 0.4 else _one(rng, _NATIONAL_NAMES)}"


@cache
def _old_communes() -> tuple[tuple[str, str], ...]:
    """Code and district of the communes until June 2025 that a present commune goes back to."""
    return tuple(
        (row["code"], row["parent_code"])
        for row in lists.rows("communes")
        if not row["valid_from"] and row["code"] in _successors()
    )


@cache
def _successors() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for row in lists.rows("commune_changes"):
        found[row["old_code"]] = (*found.get(row["old_code"], ()), row["new_code"])
    return found


@cache
def _province_of() -> Mapping[str, str]:
    """The old province of a district."""
    return {row["code"]: row["province_code"] for row in lists.rows("districts")}
