"""The comparison runs from made-up people to a table, and its verdicts follow from the figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.linkage import __main__ as bench
from bench.linkage import apart, ceiling, shipped_model, showing
from bench.linkage.goals import goals_of
from bench.linkage.sets import FIRST_TEST_SEED


def row(system: str, f1: float, **changes: Any) -> dict[str, Any]:
    figures = {"best_f1": f1, "recall_at_precision": f1, "candidates": 1.0}
    return {"people": 1_000, "intensity": "dirty", "sources": 2, "system": system, "curve": figures} | changes


def deployed(precision: float, recall: float, stated: float, *, minority: float) -> dict[str, Any]:
    seen = {"precision": precision, "recall": recall, "stated": stated}
    return {"deployed": {"threshold": "p ≥ 0.9", **seen, "recall_kinh": recall, "recall_minority": minority}}


def verdicts(*rows: dict[str, Any]) -> dict[str, bool | None]:
    return {goal.name.removeprefix("1,000 dirty, ours bulk: "): goal.reached for goal in goals_of(rows, [])}


def test_two_thirds_of_the_distance_are_reached_and_less_is_not() -> None:
    peers = [row("splink", 0.90), row("splink + assignment", 0.95), row("oracle", 0.99)]
    name = "pairs, best F1, of Splink's distance to the oracle"
    assert verdicts(*peers, row("ours bulk", 0.9601))[name] is True
    assert verdicts(*peers, row("ours bulk", 0.9599))[name] is False
    assert verdicts(peers[0], row("ours bulk", 0.96))[name] is None


def test_to_be_level_with_the_floor_is_not_to_be_above_it() -> None:
    floor = row("splink + assignment", 0.95)
    name = "pairs, best F1 above Splink + assignment"
    assert verdicts(floor, row("ours bulk", 0.95))[name] is False
    assert verdicts(floor, row("ours bulk", 0.951))[name] is True


def test_each_goal_of_the_deployed_threshold_can_be_missed_alone() -> None:
    good = verdicts(row("ours bulk", 0.9, **deployed(0.996, 0.93, 0.997, minority=0.92)))
    assert [reached for name, reached in good.items() if not name.startswith("pairs")] == [True] * 4
    for missed, figures in (
        ("precision at the declared threshold", deployed(0.994, 0.93, 0.996, minority=0.92)),
        ("recall there", deployed(0.996, 0.91, 0.997, minority=0.9)),
        ("stated precision off by", deployed(0.996, 0.93, 0.9999, minority=0.92)),
        ("recall of minorities below that of Kinh by", deployed(0.996, 0.93, 0.997, minority=0.9)),
    ):
        found = verdicts(row("ours bulk", 0.9, **figures))
        assert [name for name, reached in found.items() if reached is False] == [missed]


def test_no_training_uses_a_test_seed() -> None:
    learnt = ceiling.FIRST_SEED + 1_000
    assert learnt < FIRST_TEST_SEED
    assert max(seed for seed, _ in shipped_model.SETS) < FIRST_TEST_SEED


def test_the_tables_stand_between_the_markers_and_nowhere_else(tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    card.write_text(f"before\n{showing.BEGIN}\nold\n{showing.END}\nafter\n", encoding="utf-8")
    showing.write("new", card)
    assert card.read_text(encoding="utf-8") == f"before\n{showing.BEGIN}\n\nnew\n\n{showing.END}\nafter\n"
    card.write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match="README"):
        showing.write("new", card)
    assert showing.BEGIN in showing.CARD.read_text(encoding="utf-8")


def test_a_task_that_fails_says_what_was_wrong() -> None:
    with pytest.raises(apart.TaskFailed, match="KeyError"):
        apart.run("make", {}, within_s=60)


def test_a_task_that_takes_too_long_is_ended() -> None:
    with pytest.raises(apart.TookTooLong):
        apart.run("make", {}, within_s=0.01)


def test_one_command_makes_links_and_judges(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    asked = [
        "compare",
        "--people",
        "600",
        "--intensity",
        "normal",
        "--sources",
        "2",
        "--system",
        "excel",
        "--no-febrl",
    ]
    status = bench.main([*asked, "--system", "ours bulk", "--json", str(file)])
    shown = capsys.readouterr().out
    lines = [line.split("|")[1].strip() for line in shown.splitlines() if line.startswith("| ")]
    assert lines[:3] == ["leavers × learners", "excel", "ours bulk"]
    assert status == int("**not reached**" in shown)
    assert '"seeds": [\n  900001\n ]' in file.read_text(encoding="utf-8")
