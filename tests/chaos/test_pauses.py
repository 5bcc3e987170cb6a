"""A process that sleeps past its lease or session and wakes cannot write what another did meanwhile."""

from __future__ import annotations

import signal

import psycopg
import pytest

from tests.chaos import chain
from tests.chaos.mishap import Mishap
from tests.chaos.way import Way


@pytest.mark.parametrize("step", ["relay:before-append", "relay:after-append"])
def test_a_relay_that_slept_while_another_took_over_loses_and_reorders_nothing(way: Way, step: str) -> None:
    way.live(None, "command")
    sleeper = way.start("relay", mishap=Mishap(step, 1, signal.SIGSTOP))
    way.until_stopped(sleeper)
    if not way.is_embedded:
        end_sessions_of_relays(way.database_url)
    way.live(None, "relay")
    sleeper.send_signal(signal.SIGCONT)
    way.wait(sleeper)
    assert "custody_lost" in way.output(), "the sleeper was not told, or did not ask"
    way.live(None, "relay", "worker", "answers")
    through = way.check()
    assert through.commands >= 60
    if step == "relay:after-append" and not way.is_embedded:
        assert through.repeats > 0, "both appended, or this test tests nothing"


def test_two_relays_at_once_take_turns(way: Way) -> None:
    """Either dies in its turn, so each had one; and what both had sent would be on the wire twice."""
    load = way.start("command", commands=250, pause_s=0.01)
    dying = Mishap("relay:after-delete", 25)
    relays = [way.start("relay", mishap=dying, beside=load) for _ in range(2)]
    way.wait(load)
    for relay in relays:
        way.wait(relay, -signal.SIGKILL)
    way.live(None, "relay", "worker", "answers")
    through = way.check()
    assert through.commands >= 750
    assert through.repeats <= 2 * chain.BATCH, "a relay that dies repeats no more than one batch"


@pytest.mark.parametrize("step", ["worker:after-poll", "worker:after-commit"])
def test_a_consumer_that_slept_past_its_session_writes_nothing_twice(way: Way, step: str) -> None:
    way.live(None, "command", "relay")
    sleeper = way.start("worker", mishap=Mishap(step, 1, signal.SIGSTOP))
    way.until_stopped(sleeper)
    way.live(None, "worker", "answers")
    sleeper.send_signal(signal.SIGCONT)
    way.wait(sleeper)
    way.live(None, "worker", "answers")
    assert way.check().commands >= 60


def end_sessions_of_relays(database_url: str) -> None:
    """Cut the connection that holds the lock, as a network does: a process that sleeps keeps its own."""
    with psycopg.connect(database_url) as connection:
        cut = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = database "
            "WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND d.datname = current_database()"
        ).fetchall()
    assert cut == [(True,)]
