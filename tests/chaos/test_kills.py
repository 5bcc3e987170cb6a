"""`kill -9` between any two steps of the way of a fact loses, doubles and reorders nothing."""

from __future__ import annotations

import os
import random
import time

import pytest

from tests.chaos.mishap import COMMAND_STEPS, LOG_STEPS, RELAY_STEPS, WORKER_STEPS, Mishap
from tests.chaos.way import Way

PASSES = (1, 4)
"""At the first pass of a step (so right after the recovery from the kill before), and in the middle."""

KILLS = int(os.environ.get("CHAOS_KILLS", "6"))
"""Kills at random moments; some hundreds make a soak."""


@pytest.mark.parametrize(
    "steps", [COMMAND_STEPS, RELAY_STEPS, WORKER_STEPS], ids=["command", "relay", "worker"]
)
def test_a_kill_at_every_step_loses_doubles_and_reorders_nothing(way: Way, steps: tuple[str, ...]) -> None:
    for step in steps:
        for nth in PASSES:
            way.live(Mishap(step, nth))
    way.live()
    through = way.check()
    assert through.commands >= 60
    assert through.poison >= 2


def test_a_kill_inside_an_append_of_the_embedded_log_leaves_all_of_it_or_nothing(embedded_way: Way) -> None:
    for step in LOG_STEPS:
        for nth in PASSES:
            embedded_way.live(Mishap(step, nth))
    embedded_way.live()
    assert embedded_way.check().repeats == 0


def test_a_command_that_was_killed_before_its_commit_never_happened(embedded_way: Way) -> None:
    embedded_way.live(Mishap("command:before-commit", 1), "command")
    embedded_way.live(None, "relay", "worker", "answers")
    through = embedded_way.check()
    assert (through.commands, through.events) == (len(embedded_way.told().ok), 0)


def test_an_append_whose_rows_were_not_deleted_is_repeated_on_the_wire_and_once_in_effect(
    production_way: Way,
) -> None:
    production_way.live(Mishap("relay:after-append", 2))
    production_way.live()
    assert production_way.check().repeats > 0


@pytest.mark.timeout(60 + 10 * KILLS)
def test_kills_at_random_moments_lose_double_and_reorder_nothing(way: Way) -> None:
    chance = random.Random(20261122)  # noqa: S311 - which moments
    for _ in range(KILLS):
        process = way.start(commands=10_000, pause_s=0.005)
        way.until_acknowledged(1, process)
        time.sleep(chance.uniform(0.0, 0.6))
        process.kill()
        process.wait()
    way.live()
    assert way.check().commands >= 10 * KILLS
