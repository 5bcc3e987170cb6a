"""Bad input through the handlers: a number of two people, a village where everybody was born on 01/01."""

from __future__ import annotations

import pytest

from services.linkage import commands
from shared.contracts import Identity
from shared.contracts.codes import RecordKind
from tests.services.linkage.town import Town, person

NUMBER = "000211000001"
MAI = {"sex": "F", "dob": "2011-03-09", "mother_name": "Vàng Thị Mỷ", "phone": "0912345678"}
PAO = {"full_name": "Vàng A Páo", "sex": "M", "dob": "2010-07-30", "mother_name": "Sùng Thị Sú"}
GIVEN = ("Say", "Dua", "Mỷ", "Chung", "Hoa", "Nọi", "Sếnh", "Ín", "Pọm", "Dở", "Mây", "Lan")


@pytest.mark.parametrize("first", ["c1", "e1"])
def test_a_number_that_two_people_have_is_looked_at_whoever_comes_first(town: Town, first: str) -> None:
    facts = {"c1": person(personal_number=NUMBER, **MAI), "e1": person(personal_number=NUMBER, **PAO)}
    for ref in sorted(facts, key=lambda ref: ref != first):
        town.hear((ref, facts[ref]))
    assert town.partition() == {frozenset({"c1"})}
    assert town.reviews() == {"e1": "number_contradicts"}


def test_two_leavers_with_one_number_stay_two_and_a_bare_number_is_of_neither(town: Town) -> None:
    town.hear(("c1", person(personal_number=NUMBER, **MAI)), ("c2", person(personal_number=NUMBER, **PAO)))
    town.hear(("e1", Identity(personal_number=NUMBER)))
    assert town.partition() == {frozenset({"c1"}), frozenset({"c2"})}
    assert set(town.reviews()) >= {"e1"}
    assert "number_contradicts" in town.reviews().values()
    with town.database.write() as session:
        commands.decide_review(session, town.clock, "e1", same_as="c2", reviewer="k1")
    assert frozenset({"c2", "e1"}) in town.partition()
    assert frozenset({"c1"}) in town.partition()


def test_a_number_typed_into_the_row_of_somebody_else_does_not_take_the_owner_away(town: Town) -> None:
    town.hear(("c1", person(personal_number=NUMBER, **MAI)), ("e1", person(personal_number=NUMBER, **MAI)))
    town.hear(("e2", person(personal_number=NUMBER, **PAO), RecordKind.PLACEMENT))
    assert town.partition() == {frozenset({"c1", "e1"})}
    assert town.reviews()["e2"] == "number_contradicts"


def test_a_village_where_everybody_was_born_on_new_year_is_no_single_person(town: Town) -> None:
    new_year = {"dob": "2011-01-01", "sex": "F"}
    leavers = {f"c{name}": person(full_name=f"Lò Thị {name}", **new_year) for name in GIVEN}
    twice = {f"c{number}": person(full_name="Lò Thị Thu", **new_year) for number in (1, 2)}
    town.hear(*{**leavers, **twice}.items())
    assert town.partition() == {frozenset({ref}) for ref in (*leavers, *twice)}
    town.hear(
        ("eSay", person(full_name="Lò Thị Say", **new_year)),
        ("eThu", person(full_name="Lò Thị Thu", **new_year)),
        ("eBích", person(full_name="Lò Thị Bích", **new_year)),
    )
    persons = town.partition()
    assert {frozenset({ref}) for ref in (*leavers, *twice) if ref != "cSay"} <= persons
    assert town.reviews()["eThu"] == "several"
    assert town.unlinked()["eThu"] == "review"
    assert "eBích" in town.unlinked()
    assert not any("eBích" in records for records in persons)
