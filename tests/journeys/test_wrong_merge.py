"""A merge done wrong: the board shows it, and one undo brings every figure back."""

from __future__ import annotations

import csv
from typing import Any

from services.demo import FILES
from tests.journeys.office import Office

DAY = "2026-12-31"
BOARDS = (("BL2026", DAY), ("KR2024", "2024-12-31"))


def persons(office: Office) -> dict[str, str]:
    """The person of each leaver and learner, by source and the publisher's key."""
    out = office.folder / "links.csv"
    assert office.run("link", "export", str(out)).status == 0
    with out.open(encoding="utf-8", newline="") as file:
        return {f"{row['source']} {row['record_id']}": row["person_id"] for row in csv.DictReader(file)}


def figures(office: Office) -> list[dict[str, Any]]:
    """Every figure of both boards, without the time at which it was told."""
    office.settle()
    boards = [office.json("board", plan, "--on", day) for plan, day in BOARDS]
    return [{name: board[name] for name in ("indicators", "unlinked")} for board in boards]


def together(people: dict[str, str]) -> set[frozenset[str]]:
    """Which records are of one person."""
    found: dict[str, set[str]] = {}
    for record, person in people.items():
        found.setdefault(person or record, set()).add(record)
    return {frozenset(records) for records in found.values()}


def test_a_merge_done_wrong_is_undone_in_one_action_and_the_board_returns(office: Office) -> None:
    office.load(FILES)
    before, board = persons(office), figures(office)
    behind = office.json("list", "BL-5", "--plan", "BL2026", "--on", DAY, "--member", "THPT")
    one, other = (person["person_id"] for person in behind[:2])

    done = office.json("link", "merge", one, other, "--reason", "nhầm là một người")
    assert len(set(done["records"].values())) == 1
    wrong = figures(office)
    assert office.figure("BL-5", "BL2026", DAY) == (41, 50)
    assert together(persons(office)) != together(before)

    assert office.run("link", "undo", done["word_id"], "--reason", "hai người khác nhau").status == 0
    assert figures(office) == board != wrong
    assert together(persons(office)) == together(before)
    assert office.run("verify").status == 0
