"""What lists really hold: nothing of it is refused, nothing of it joins two people without a word."""

from __future__ import annotations

import time
from itertools import combinations

import pytest

from tests.services.linkage.files.offices import CHUNG, SAY, Office, of, read

ODD_NAMES = {
    "empty": "",
    "one letter": "A",
    "digits": "Giàng Thị Say 123",
    "only digits": "12345",
    "300 letters": "Giàng Thị " + "Say" * 97,
    "question marks": "Gi?ng Th? Say",
    "no letters": "---",
    "formula": "=HYPERLINK(1)",
    "null byte": "Giàng\x01Thị",
    "emoji": "Giàng 🙂 Say",
}


@pytest.mark.parametrize("name", ODD_NAMES.values(), ids=ODD_NAMES.keys())
def test_an_odd_name_is_kept_and_the_rest_of_the_identity_finds_the_person(office: Office, name: str) -> None:
    files = [
        office.file("a.csv", [of(SAY, "1"), of(CHUNG, "2")]),
        office.file("b.csv", [of(SAY, "1", full_name=name)]),
    ]
    found = office.link(*files)
    assert found.persons() == [["a:1", "b:1"]]
    assert found.report["lost"] == 0


def test_people_whose_names_are_missing_or_one_letter_are_not_one_person(office: Office) -> None:
    rows = [
        {
            "record_id": str(number),
            "full_name": name,
            "dob": f"{number + 1:02d}/03/2011",
            "village": "Bản Mẫu",
        }
        for number, name in enumerate(["", "", "A", "A", "Y", "12", "12"])
    ]
    assert office.link(office.file("a.csv", rows)).persons() == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("dob", "09/03/2211"),
        ("dob", "31/02/2011"),
        ("dob", "không rõ"),
        ("dob", "0"),
        ("person_id", "00021101234A"),
        ("person_id", "0002110123456789"),
        ("person_id", "6.2E+10"),
        ("sex", "không"),
        ("ethnic_code", "99"),
        ("residence_code", "Xã Mẫu"),
        ("phone", "không có"),
        ("village", "x" * 5000),
    ],
)
def test_an_odd_value_is_weighed_not_refused(office: Office, column: str, value: str) -> None:
    files = [office.file("a.csv", [of(SAY, "1")]), office.file("b.csv", [of(SAY, "1", **{column: value})])]
    found = office.link(*files)
    assert found.persons() == [["a:1", "b:1"]]
    assert (found.report["records"], found.report["lost"]) == (2, 0)


def test_a_date_of_the_future_constrains_nobody(office: Office) -> None:
    files = [
        office.file("a.csv", [of(SAY, "1")]),
        office.file("b.csv", [{"enrolment_id": "1", **SAY, "admitted_on": "01/09/2099"}]),
        office.file("c.csv", [{"placement_id": "1", **SAY, "started_on": "32/13/2026"}]),
    ]
    assert office.link(*files).persons() == [["a:1", "b:1", "c:1"]]


def test_a_record_that_came_twice_under_two_ids_is_one_person(office: Office) -> None:
    files = [office.file("a.csv", [of(SAY, "1"), of(SAY, "2")]), office.file("b.csv", [of(SAY, "9")])]
    assert office.link(*files).persons() == [["a:1", "a:2", "b:9"]]


def test_a_number_shared_by_two_people_is_looked_at_and_never_merges_them(office: Office) -> None:
    leaver = {"recognised_on": "28/05/2026", "school_code": "S1", "stage": "THCS", "school_year": "2025-2026"}
    thief = of(CHUNG, "2", person_id=SAY["person_id"])
    files = [office.file("a.csv", [{**of(SAY, "1"), **leaver}]), office.file("b.csv", [thief])]
    found = office.link(*files)
    assert found.persons() == []
    assert found.report["reviews"] == 1
    assert found.row("b", "2")["decided_by"] == "review"


def test_twins_of_one_class_list_stay_two_people(office: Office) -> None:
    listed = {"recognised_on": "28/05/2026", "school_code": "S1", "stage": "THCS", "school_year": "2025-2026"}
    twin = {**SAY, "full_name": "Giàng Thị Sua", "person_id": ""}
    elder = {**SAY, "person_id": ""}
    files = [
        office.file("a.csv", [{**of(elder, "1"), **listed}, {**of(twin, "2"), **listed}]),
        office.file("b.csv", [of(elder, "1"), of(twin, "2")]),
    ]
    assert office.link(*files).persons() == [["a:1", "b:1"], ["a:2", "b:2"]]


def test_a_village_in_which_all_are_born_on_the_first_of_january(office: Office) -> None:
    families = ("Giàng", "Vàng", "Lý", "Thào", "Sùng")
    given = ("Say", "Dua", "Mỷ", "Páo", "Chư", "Sếnh", "Dê", "Tủa", "Lử", "Nhè")
    people = [
        {
            "full_name": f"{family} A {name}",
            "dob": "01/01/2010",
            "sex": "M",
            "ethnic_code": "12",
            "village": "Bản Mẫu",
            "father_name": f"{family} A {given[(place * 7 + number) % 10]}",
        }
        for number, family in enumerate(families)
        for place, name in enumerate(given)
    ]
    rows = [of(person, str(number)) for number, person in enumerate(people)]
    found = office.link(office.file("a.csv", rows), office.file("b.csv", rows[:25]))
    for records in found.persons():
        assert len({record.partition(":")[2] for record in records}) == 1, records
    assert len(found.persons()) + found.report["reviews"] >= 20


def test_ten_thousand_namesakes_of_one_day_are_not_compared_with_each_other(office: Office) -> None:
    crowd = [
        {"record_id": str(number), "full_name": "Nguyễn Văn An", "dob": "01/01/2010", "sex": "M"}
        for number in range(10_000)
    ]
    pairs = office.folder / "pairs.csv"
    started = time.monotonic()
    found = office.link(office.file("a.csv", [*crowd, of(SAY, "x")]), office.file("b.csv", [of(SAY, "y")]))
    assert found.persons() == [["a:x", "b:y"]]
    assert found.report["pairs"] < 1_000
    assert time.monotonic() - started < 60
    assert not pairs.exists()


def test_a_crowd_is_still_told_apart_by_what_else_is_known(office: Office) -> None:
    crowd = [
        {
            "record_id": str(number),
            "full_name": "Nguyễn Văn An",
            "dob": "01/01/2010",
            "phone": f"09{number:08d}",
            "person_id": f"0002100{number:05d}",
        }
        for number in range(1, 1_000)
    ]
    found = office.link(office.file("a.csv", crowd), office.file("b.csv", crowd[::50]))
    assert found.persons() == sorted(
        [f"a:{row['record_id']}", f"b:{row['record_id']}"] for row in crowd[::50]
    )


def test_no_pair_of_strangers_is_likely(office: Office) -> None:
    pairs = office.folder / "pairs.csv"
    people = [
        SAY,
        CHUNG,
        {**CHUNG, "full_name": "Vì Thị Nọi", "sex": "F", "dob": "02/05/2008", "person_id": ""},
    ]
    office.link(
        office.file("a.csv", [of(p, str(n)) for n, p in enumerate(people)]), more=("--pairs", str(pairs))
    )
    assert len(read(pairs)) <= len(list(combinations(people, 2)))
    assert all(float(row["probability"]) < 0.5 for row in read(pairs))


def test_a_handful_of_records_does_not_make_siblings_one_person(office: Office) -> None:
    younger = {**SAY, "person_id": "", "full_name": "Giàng Thị Dua", "dob": "17/10/2013"}
    neighbour = {"full_name": "Lò Thị Mai", "dob": "17/10/2013", "phone": SAY["phone"]}
    twin = {**SAY, "person_id": "", "full_name": "Giàng Thị Dua"}
    files = [
        office.file("a.csv", [of(SAY, "1")]),
        office.file("b.csv", [of(younger, "1"), of(neighbour, "2"), of(twin, "3")]),
    ]
    linked = office.link(*files)
    assert linked.persons() == []
    assert any("--threshold" in note for note in linked.report["notes"])
    chosen = office.link(*files, more=("--threshold", "0.9"))
    assert chosen.persons() == [["a:1", "b:3"]]
    assert not any("--threshold" in note for note in chosen.report["notes"])
