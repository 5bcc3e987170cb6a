"""The golden cases: what is written in `cases/` comes out as the person who knows it would read it.

`names.csv` has a row per name, `fields.csv` a row per identity. A backslash with u and four digits stands for
the character; an empty cell for nothing. The expected values are written by hand.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.linkage.repair import Repaired, repair
from shared.contracts import Identity
from shared.vietnamese import match_key

CASES = Path(__file__).with_name("cases")
FEWEST_KINDS = 25
FEWEST_PEOPLES = 8


def rows(name: str) -> list[dict[str, str]]:
    with (CASES / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return [{key: unescaped(value) for key, value in row.items()} for row in csv.DictReader(lines)]


def unescaped(text: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found.group(1), 16)), text)


def pairs(text: str) -> dict[str, str]:
    """`key=value; key=value` as a table."""
    return dict(pair.strip().split("=", 1) for pair in text.split("; ") if pair.strip())


def labelled(row: dict[str, str]) -> str:
    return f"{row['kind']}: {row['written']}"


def identity(written: str) -> Identity:
    values: dict[str, Any] = dict(pairs(written))
    if "residence_on" in values:
        values["residence_on"] = date.fromisoformat(values["residence_on"])
    return Identity(**values)


def shown(repaired: Repaired, field: str) -> str:
    value = getattr(repaired, field)
    return " ".join(value) if field == "repairs" else str(value)


@pytest.mark.parametrize("row", rows("names"), ids=labelled)
def test_a_name_is_read_as_a_person_would_read_it(row: dict[str, str]) -> None:
    repaired = repair(Identity(full_name=row["written"], ethnic_code=row["people"] or None))
    assert {
        "marked": repaired.name_marked or "",
        "family": repaired.family or "",
        "middle": repaired.middle or "",
        "given": repaired.given or "",
        "marker": repaired.marker or "",
        "repairs": " ".join(repaired.repairs),
    } == {key: row[key] for key in ("marked", "family", "middle", "given", "marker", "repairs")}
    words = match_key(row["marked"]).split()
    assert repaired.name == (" ".join(words) or None)
    assert repaired.name_sorted == (" ".join(sorted(words)) or None)
    assert repaired.initials == ("".join(word[0] for word in words) or None)


@pytest.mark.parametrize("row", rows("fields"), ids=labelled)
def test_a_field_is_read_as_a_person_would_read_it(row: dict[str, str]) -> None:
    repaired = repair(identity(row["written"]))
    expected = pairs(row["expected"])
    if row["expected"].endswith("repairs="):
        expected["repairs"] = ""
    assert {field: shown(repaired, field) for field in expected} == expected


def test_the_golden_cases_cover_kinds_and_peoples() -> None:
    kinds: dict[str, set[str]] = defaultdict(set)
    for row in rows("names"):
        kinds[row["kind"]].add(row["people"])
    peoples = {people for found in kinds.values() for people in found if people}
    assert len(kinds) >= FEWEST_KINDS
    assert len(peoples) >= FEWEST_PEOPLES
    assert len({row["kind"] for row in rows("fields")}) >= FEWEST_KINDS


@pytest.mark.parametrize("row", rows("names"), ids=labelled)
def test_a_repaired_name_has_nothing_left_to_repair(row: dict[str, str]) -> None:
    once = repair(Identity(full_name=row["written"], ethnic_code=row["people"] or None))
    again = repair(Identity(full_name=once.name_marked, ethnic_code=row["people"] or None))
    for field in ("name_marked", "name", "name_sorted", "family", "middle", "given", "marker", "initials"):
        assert getattr(again, field) == getattr(once, field), field
