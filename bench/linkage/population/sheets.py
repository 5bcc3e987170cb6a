"""The lists of the three sources as they would be if nobody made a mistake.

A sheet holds the columns that become a file and, hidden (names beginning with an underscore), the parts of
the name from which the full name is written. It knows of every row whose it is and on whose list it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.linkage.population.arrays import (
    Bag,
    Days,
    Flags,
    Ints,
    Texts,
    blank,
    iso,
    pick,
    stream,
    texts,
    years_of,
)
from bench.linkage.population.people import LAST_DAY, People, ages_on
from bench.linkage.population.places import Places, communes_of_district, institution_commune

IDENTITY = (
    "record_id",
    "person_id",
    "full_name",
    "sex",
    "dob",
    "ethnic_code",
    "residence_code",
    "village",
    "student_id",
    "mother_name",
    "father_name",
    "phone",
)
"""The identity columns of every file, in the order in which they are written."""

LEAVERS, LEARNERS, HIRED = "leavers", "learners", "hired"
SOURCES = (LEAVERS, LEARNERS, HIRED)
KINDS: Mapping[str, str] = {LEAVERS: "completions", LEARNERS: "enrolments", HIRED: "placements"}
"""The KIND that `noinghe import` takes each file as."""

FIRST_SCHOOL_YEAR_ENDS, LAST_SCHOOL_YEAR_ENDS = 2023, 2026

_STREAM = 3
_A_YEAR = np.timedelta64(365, "D")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One source. `listing` numbers the lists (a school's class list of a year, a branch's month); `sender`
    numbers who sent them; `day` is the day on which a row's codes are meant."""

    source: str
    columns: dict[str, Texts]
    person: Ints
    listing: Ints
    sender: Ints
    day: Days
    people: People = field(repr=False)

    def __len__(self) -> int:
        return len(self.person)


def leavers(seed: int, people: People, places: Places) -> Sheet:
    """Completions of lower (THCS) and upper (THPT) secondary school, class list by class list.

    Nine of ten who reach the end of a stage in the window are on a list; of those who reach both ends in
    it, one in six is on both.
    """
    rng = stream(seed, _STREAM, 1)
    person, upper, ends = _completions(rng, people)
    round_two = ~upper & (rng.random(len(person)) < 0.06)
    village = people.place_on(person, _day(ends, 5, 25))
    school = np.where(
        upper, places_of_schools(places).upper[village], places_of_schools(places).lower[village]
    )
    sender, listing = _numbered(school, texts(map(str, ends.tolist())))
    start = np.where(upper, _day(ends, 7, 8), np.where(round_two, _day(ends, 8, 8), _day(ends, 5, 20)))
    recognised = start + (listing % 11).astype("timedelta64[D]")
    unrecognised = rng.random(len(person)) < 0.01
    columns = _identity(people, person, places.code_on(village, recognised), places.village[village])
    columns["phone"] = people.home_phone[person]
    columns |= {
        "school_code": school,
        "stage": np.where(upper, "THPT", "THCS").astype(object),
        "school_year": texts(f"{end - 1}-{end}" for end in ends.tolist()),
        "recognised_round": np.where(unrecognised, "", np.where(round_two, "2", "1")).astype(object),
        "recognised_on": np.where(unrecognised, "", iso(recognised)).astype(object),
    }
    day = np.where(unrecognised, _day(ends, 5, 31), recognised)
    columns["residence_code"] = places.code_on(village, day)
    return _shuffled(rng, Sheet(LEAVERS, columns, person, listing, sender, day, people))


def learners(seed: int, people: People, places: Places, roles: Roles) -> Sheet:
    """Enrolments: first ones, second ones (both halves of a 9+, or a later course), rows entered twice."""
    rng = stream(seed, _STREAM, 2)
    person = np.flatnonzero(roles.learner)
    stage, ends = roles.stage[person], roles.ends[person]
    programme = _programmes(rng, stage)
    admitted = _admissions(rng, people.born[person], ends)
    second = rng.random(len(person)) < 0.024
    nine_plus = second & (stage == 1) & (rng.random(len(person)) < 0.6)
    programme[nine_plus] = "GDTX"
    late = second & ~nine_plus
    again_on = np.where(
        nine_plus, admitted + _days(rng, len(person), 0, 40), admitted + _days(rng, len(person), 120, 500)
    )
    again_on = np.minimum(again_on, LAST_DAY)
    again = np.where(nine_plus, "TC", _programmes(rng, np.zeros(len(person), dtype=np.int64))).astype(object)
    twice = rng.random(len(person)) < 0.015
    twice_on = np.minimum(admitted + _days(rng, len(person), 0, 12), LAST_DAY)
    group = texts(f"9P{place:07d}" for place in person.tolist())
    village = people.place_on(person, admitted)
    away = np.where(rng.random(len(person)) < 0.12, pick(rng, places.weight, len(person)), village)
    choice = rng.integers(0, 4, len(person))
    first_at = _institution_codes(places, away, programme, choice)
    second_at = _institution_codes(places, away, again, choice + 1)
    parts = [
        (person, programme, admitted, first_at, np.where(nine_plus, group, "")),
        *(
            (person[flags], *columns)
            for flags, columns in (
                (nine_plus, (again[nine_plus], again_on[nine_plus], second_at[nine_plus], group[nine_plus])),
                (late, (again[late], again_on[late], second_at[late], blank(int(late.sum())))),
                (twice, (programme[twice], twice_on[twice], first_at[twice], blank(int(twice.sum())))),
            )
        ),
    ]
    person, programme, admitted, institution, dual = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    village = people.place_on(person, admitted)
    sender, listing = _numbered(institution, texts(map(str, years_of(admitted).tolist())))
    columns = _identity(people, person, places.code_on(village, admitted), places.village[village])
    own = (ages_on(people.born[person], admitted) > 16.5) & (rng.random(len(person)) < 0.6)
    columns["phone"] = np.where(own, people.own_phone[person], people.home_phone[person])
    columns |= {
        "programme_kind": programme,
        "institution_code": institution,
        "trade_code": _trade_codes(rng, programme),
        "admitted_on": iso(admitted),
        "dual_group": dual,
    }
    return _shuffled(rng, Sheet(LEARNERS, columns, person, listing, sender, admitted, people))


def hired(seed: int, people: People, places: Places, roles: Roles) -> Sheet:
    """Placements: first jobs, second jobs, rows entered twice; a list is a month of a district's branch."""
    rng = stream(seed, _STREAM, 3)
    person = np.flatnonzero(roles.hired)
    earliest = np.maximum(
        np.where(
            roles.ends[person] > 0,
            _day(np.maximum(roles.ends[person], 2000), 8, 1),
            np.datetime64("2022-03-01", "D"),
        ),
        people.born[person] + 16 * _A_YEAR,
    )
    started = _between(rng, np.minimum(earliest, LAST_DAY - 1), LAST_DAY)
    second = rng.random(len(person)) < 0.12
    twice = rng.random(len(person)) < 0.015
    later = np.minimum(started + _days(rng, len(person), 60, 500), LAST_DAY)
    employer = _EMPLOYERS.draw(rng, len(person)) + " " + _EMPLOYER_NAMES.draw(rng, len(person))
    other = _EMPLOYERS.draw(rng, len(person)) + " " + _EMPLOYER_NAMES.draw(rng, len(person))
    firm = np.concatenate([employer, other[second], employer[twice]])
    day = np.concatenate(
        [started, later[second], np.minimum(started + _days(rng, len(person), 0, 9), LAST_DAY)[twice]]
    )
    person = np.concatenate([person, person[second], person[twice]])
    village = people.place_on(person, day)
    branch = texts(f"branch {code}" for code in places.district)[village]
    sender, listing = _numbered(branch, day.astype("datetime64[M]").astype(str).astype(object))
    columns = _identity(people, person, places.code_on(village, day), places.village[village])
    own = rng.random(len(person)) < 0.85
    columns["phone"] = np.where(own, people.own_phone[person], people.home_phone[person])
    columns |= {
        "employer_name": firm,
        "started_on": iso(day),
        "wage_vnd_month": texts(f"{wage}00000" for wage in rng.integers(42, 130, len(person)).tolist()),
    }
    return _shuffled(rng, Sheet(HIRED, columns, person, listing, sender, day, people))


@dataclass(frozen=True, slots=True)
class Roles:
    """Who is in which source. `stage` of the last completion on a list: 0 none, 1 THCS, 2 THPT; `ends` the
    year in which its school year ended, 0 without one."""

    learner: Flags
    hired: Flags
    stage: Ints
    ends: Ints


def make_roles(seed: int, people: People, leaver_rows: Sheet) -> Roles:
    """Of the leavers six in ten become learners and about 35 % are hired, the older ones more often.

    Everybody else is a learner or hired, or both: nobody is in no source.
    """
    rng = stream(seed, _STREAM, 4)
    count = len(people)
    stage, ends = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    years = years_of(leaver_rows.day)
    np.maximum.at(stage, leaver_rows.person, np.where(leaver_rows.columns["stage"] == "THPT", 2, 1))
    np.maximum.at(ends, leaver_rows.person, years)
    left = ends > 0
    age = ages_on(people.born, np.full(count, LAST_DAY))
    working = np.interp(age, [15.9, 16.5, 18.0, 19.0, 22.0], [0.0, 0.18, 0.36, 0.48, 0.60])
    learner = rng.random(count) < np.where(left, 0.60, 0.5)
    is_hired = rng.random(count) < working
    neither = ~left & ~learner & ~is_hired
    adult = age > 16.5
    return Roles(learner | (neither & ~adult), is_hired | (neither & adult), stage, ends)


@dataclass(frozen=True, slots=True)
class SchoolCodes:
    """Codes of schools and institutions by village."""

    lower: Texts
    upper: Texts
    centre: Texts
    trade: Texts
    college: Texts


def places_of_schools(places: Places) -> SchoolCodes:
    """Every commune has a lower secondary school; every district an upper one and a centre; every province
    a trade school and a college."""
    return SchoolCodes(
        lower=texts(f"000-THCS-{code}" for code in places.old_code),
        upper=texts(f"000-THPT-{code}" for code in places.district),
        centre=texts(f"000-GDTX-{code}" for code in places.district),
        trade=texts(f"000-TC-{code}" for code in places.province),
        college=texts(f"000-CD-{code}" for code in places.province),
    )


def institutions(places: Places, sheets: Sequence[Sheet]) -> list[dict[str, str]]:
    """The rows of KIND `institutions` that the other files need, before and since the reform."""
    named: set[str] = set()
    for sheet in sheets:
        for column in ("school_code", "institution_code"):
            named.update(sheet.columns.get(column, blank(0)).tolist())
    rows = []
    seats = {province: code for code, province in zip(places.old_code, places.province, strict=True)}
    for code in sorted(named):
        _, kind, key = code.split("-")
        seat = {"THCS": key, "THPT": None, "GDTX": None}.get(kind, seats.get(key))
        if kind in ("THPT", "GDTX"):
            seat = communes_of_district(key)[0]
        whole = {
            "code": code,
            "name": f"{_INSTITUTION_NAMES[kind]} thử nghiệm {key}",
            "kind": {"GDTX": "GDNN-GDTX"}.get(kind, kind),
        }
        if seat is None:
            rows.append({**whole, "commune_code": "", "valid_from": "2000-01-01", "valid_to": ""})
            continue
        rows.append({**whole, "commune_code": seat, "valid_from": "2000-01-01", "valid_to": "2025-06-30"})
        rows.append(
            {**whole, "commune_code": institution_commune(seat), "valid_from": "2025-07-01", "valid_to": ""}
        )
    return rows


_INSTITUTION_NAMES = {
    "THCS": "Trường THCS",
    "THPT": "Trường THPT",
    "GDTX": "Trung tâm GDNN-GDTX",
    "TC": "Trường Trung cấp",
    "CD": "Trường Cao đẳng",
    "DH": "Trường Đại học",
}
_EMPLOYERS = Bag.read(
    "Công_ty_TNHH:40 Công_ty_Cổ_phần:22 HTX:14 Hộ_kinh_doanh:14 Doanh_nghiệp_tư_nhân:6 Chi_nhánh_Công_ty:4"
)
_EMPLOYER_NAMES = Bag.read(
    "May_Thử_Nghiệm Gỗ_Mẫu Cao_Su_Mẫu Điện_Tử_Mẫu Xây_Dựng_Mẫu Thủy_Điện_Mẫu Chè_Mẫu Cà_Phê_Mẫu Sâm_Mẫu"
    " Vận_Tải_Mẫu Du_Lịch_Mẫu Giày_Da_Mẫu Cơ_Khí_Mẫu Nông_Sản_Mẫu Thủy_Sản_Mẫu Bao_Bì_Mẫu"
)
_AFTER = (
    Bag.read("SC:42 DTTX:18 TC:22 CD:18"),
    Bag.read("THPT:56 GDTX:17 TC:18 SC:6 THN:3"),
    Bag.read("DH:34 CD:28 TC:18 SC:20"),
)
_TRADES: Mapping[str, Bag] = {
    "TC": Bag.read("5520123 5520205 5810207 5620120 5510216 5720101"),
    "THN": Bag.read("5520123 5620120 5510216"),
    "CD": Bag.read("6480201 6520123 6540103 6620201 6720301 6340116 6220206"),
    "DH": Bag.read("7480201 7140202 7340101 7720301 7620110"),
    "SC": Bag.of(
        {
            "SC:may_cong_nghiep": 8,
            "SC:ky_thuat_xay_dung": 6,
            "SC:cat_toc_tao_kieu_toc": 5,
            "SC:nghiep_vu_bao_ve": 3,
        }
    ),
}


def _completions(rng: np.random.Generator, people: People) -> tuple[Ints, Flags, Ints]:
    """Person, whether upper secondary, year of the end of the school year."""
    count = len(people)
    minority = people.ethnic != "01"
    delay = pick(rng, (0.93, 0.06, 0.01), count)
    slower = pick(rng, (0.80, 0.15, 0.05), count)
    ends = years_of(people.born) + 15 + np.where(minority, slower, delay)
    # twins go to school together: the younger twin of a pair takes the elder's year
    ends = _as_elder_twin(people, ends)
    lower = _in_window(ends) & (rng.random(count) < 0.9)
    upper = _in_window(ends + 3) & (rng.random(count) < np.where(minority, 0.62, 0.80) * 0.95)
    lower &= ~upper | (rng.random(count) < 0.16)
    first, last = np.flatnonzero(lower), np.flatnonzero(upper)
    person = np.concatenate([first, last])
    is_upper = np.concatenate([np.zeros(len(first), dtype=np.bool_), np.ones(len(last), dtype=np.bool_)])
    return person, is_upper, np.concatenate([ends[first], ends[last] + 3])


def _as_elder_twin(people: People, values: Ints) -> Ints:
    same = values.copy()
    second = np.flatnonzero(people.twin[1:] & people.twin[:-1] & (people.born[1:] == people.born[:-1])) + 1
    second = second[people.household[second] == people.household[second - 1]]
    same[second] = same[second - 1]
    return same


def _in_window(ends: Ints) -> Flags:
    return (ends >= FIRST_SCHOOL_YEAR_ENDS) & (ends <= LAST_SCHOOL_YEAR_ENDS)


def _identity(people: People, person: Ints, residence: Texts, village: Texts) -> dict[str, Texts]:
    """The identity columns as they should be, and the hidden parts of the name."""
    return {
        "record_id": blank(len(person)),
        "person_id": people.number[person],
        "full_name": blank(len(person)),
        "sex": np.where(people.sex[person] == 0, "M", "F").astype(object),
        "dob": iso(people.born[person]),
        "ethnic_code": people.ethnic[person],
        "residence_code": residence,
        "village": village,
        "student_id": people.student[person],
        "mother_name": people.mother[person],
        "father_name": people.father[person],
        "phone": blank(len(person)),
        "_family": people.family[person],
        "_marker": people.marker[person],
        "_middle": people.middle[person],
        "_given": people.given[person],
        "_order": np.where(people.clan_last[person], "family last", "family first").astype(object),
    }


def _programmes(rng: np.random.Generator, stage: Ints) -> Texts:
    programme = blank(len(stage))
    for place, bag in enumerate(_AFTER):
        at = np.flatnonzero(stage == place)
        programme[at] = bag.draw(rng, len(at))
    return programme


def _admissions(rng: np.random.Generator, born: Days, ends: Ints) -> Days:
    """In the autumn after the completion, or a year later; without a completion at any time since 2022."""
    count = len(born)
    autumn = _day(np.maximum(ends, 2000), 8, 22) + (rng.gamma(1.3, 18, count)).astype("timedelta64[D]")
    later = autumn + np.where(rng.random(count) < 0.12, 365, 0).astype("timedelta64[D]")
    after_school = np.minimum(np.where(later > LAST_DAY, autumn, later), LAST_DAY)
    earliest = np.maximum(np.datetime64("2022-06-01", "D"), born + 15 * _A_YEAR)
    any_time = _between(rng, np.minimum(earliest, LAST_DAY - 1), LAST_DAY)
    return np.where(ends > 0, after_school, any_time)


def _institution_codes(places: Places, village: Ints, programme: Texts, choice: Ints) -> Texts:
    codes = places_of_schools(places)
    found = codes.trade[village]
    for kind, column in (("THPT", codes.upper), ("GDTX", codes.centre), ("CD", codes.college)):
        found = np.where(programme == kind, column[village], found)
    centre = (programme == "SC") | (programme == "DTTX")
    found = np.where(centre & (choice % 2 == 0), codes.centre[village], found)
    university = texts(f"000-DH-{number}" for number in range(1, 6))[choice]
    return np.where(programme == "DH", university, found).astype(object)


def _trade_codes(rng: np.random.Generator, programme: Texts) -> Texts:
    codes = blank(len(programme))
    for kind, bag in _TRADES.items():
        at = np.flatnonzero(programme == kind)
        codes[at] = bag.draw(rng, len(at))
    return codes


def _day(years: Ints, month: int, day: int) -> Days:
    months: Days = (years - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (month - 1)
    days: Days = months.astype("datetime64[D]") + (day - 1)
    return days


def _days(rng: np.random.Generator, count: int, low: int, high: int) -> np.ndarray:
    return rng.integers(low, high, count).astype("timedelta64[D]")


def _between(rng: np.random.Generator, first: Days, last: np.datetime64) -> Days:
    span = (last - first).astype(np.int64)
    days: Days = first + (rng.random(len(first)) * (span + 1)).astype("timedelta64[D]")
    return days


def _numbered(sender: Texts, period: Texts) -> tuple[Ints, Ints]:
    """Numbers for senders, and for their lists."""
    _, senders = np.unique(sender.astype(str), return_inverse=True)
    _, periods = np.unique(period.astype(str), return_inverse=True)
    wide = senders.astype(np.int64) * (int(periods.max(initial=0)) + 1) + periods
    _, listings = np.unique(wide, return_inverse=True)
    return senders.astype(np.int64), listings.astype(np.int64)


def _shuffled(rng: np.random.Generator, sheet: Sheet) -> Sheet:
    """List by list, in each list without order; record ids count the rows."""
    order = np.lexsort((rng.random(len(sheet)), sheet.listing))
    columns = {name: column[order] for name, column in sheet.columns.items()}
    head = {LEAVERS: "HT", LEARNERS: "NH", HIRED: "VL"}[sheet.source]
    columns["record_id"] = texts(f"{head}{number:07d}" for number in range(1, len(sheet) + 1))
    key = {LEARNERS: "enrolment_id", HIRED: "placement_id"}.get(sheet.source)
    if key:
        columns[key] = columns["record_id"]
    return Sheet(
        sheet.source,
        columns,
        sheet.person[order],
        sheet.listing[order],
        sheet.sender[order],
        sheet.day[order],
        sheet.people,
    )
