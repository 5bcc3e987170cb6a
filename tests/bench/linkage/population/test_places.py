"""Where people live: codes that hold on the row's day, peoples where they are at home."""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np

from shared.reference import communes
from tests.bench.linkage.population.made import clean, dirty


def test_every_commune_code_holds_on_the_day_of_its_row() -> None:
    for made in (clean(), dirty()):
        for source in made.sources:
            for code, day in zip(source.columns["residence_code"].tolist(), source.day.tolist(), strict=True):
                assert not code or communes.unit_on(code, day) is not None, (source.name, code, day)


def test_there_are_rows_before_and_after_the_reform() -> None:
    for source in clean().sources:
        later = (source.day >= np.datetime64(communes.TWO_TIERS_FROM)).mean()
        assert 0.1 < later < 0.9


def test_a_code_of_the_other_era_means_another_place() -> None:
    made = dirty()
    source = made.source("learners")
    rows = [row for row in range(len(source)) if "commune_of_other_era" in source.damage_of(row)]
    codes = source.columns["residence_code"]
    elsewhere = 0
    for row in rows:
        day = date.fromisoformat(str(source.day[row]))
        then = date(2025, 6, 30) if day >= communes.TWO_TIERS_FROM else date(2025, 7, 1)
        here, there = communes.unit_on(codes[row], day), communes.unit_on(codes[row], then)
        elsewhere += here is not None and there is not None and here.name != there.name
    assert len(rows) > 50
    assert elsewhere / len(rows) > 0.3


def test_peoples_live_where_they_are_at_home() -> None:
    who = clean().people
    source = clean().source("leavers")
    district = Counter(
        unit.parent_code
        for code, person, day in zip(
            source.columns["residence_code"].tolist(),
            source.person.tolist(),
            source.day.tolist(),
            strict=True,
        )
        if who.ethnic[person] == "52"
        and day < communes.TWO_TIERS_FROM
        and (unit := communes.unit_on(code, day))
    )
    assert district.most_common(1)[0][0] == "611"


def test_some_move_and_are_told_of_in_another_commune() -> None:
    made = clean()
    codes: dict[int, set[tuple[str, bool]]] = {}
    for source in made.sources:
        later = (source.day >= np.datetime64(communes.TWO_TIERS_FROM)).tolist()
        for person, code, era in zip(
            source.person.tolist(), source.columns["residence_code"].tolist(), later, strict=True
        ):
            if code:
                codes.setdefault(person, set()).add((code, era))
    several = [
        person for person, found in codes.items() if max(Counter(era for _, era in found).values()) > 1
    ]
    assert 0.005 < len(several) / len(codes) < 0.15
    who = made.people
    assert (who.place[several] != who.place_after[several]).all()
