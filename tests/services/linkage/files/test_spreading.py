"""Work spread over processes, one of which is killed for real."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable
from functools import partial

import pytest

from services.linkage.files import gathering
from services.linkage.files.spreading import WorkerDied, spread, without_cycle_search
from tests.services.linkage.files.offices import CHUNG, SAY, Office, of

UNAVAILABLE = 3


def nothing() -> None:
    """What a process does first: nothing."""


def killed(*_: object) -> None:
    """End this process as the kernel does when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def square(number: int, *, deadly: int = -1) -> int:
    """The work; one number kills who gets it."""
    if number == deadly:
        killed()
    return number * number


def refused(number: int) -> int:
    """Work that finds its piece wrong."""
    raise ValueError(f"piece {number}")


def results(work: Callable[[int], int], pieces: int) -> list[int]:
    """What two processes make of the pieces."""
    return list(spread(work, range(pieces), workers=2, start=nothing, arguments=()))


def test_results_come_in_the_order_of_the_pieces() -> None:
    assert results(square, 9) == [number * number for number in range(9)]


@pytest.mark.parametrize("deadly", [0, 8])
def test_a_process_killed_at_work_is_one_clear_error(deadly: int) -> None:
    with pytest.raises(WorkerDied, match="bị dừng đột ngột"):
        results(partial(square, deadly=deadly), 9)


def test_what_the_work_raises_is_raised_as_it_is() -> None:
    with pytest.raises(ValueError, match="piece 0"):
        results(refused, 3)


def test_a_killed_process_ends_the_command_with_one_sentence_and_writes_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "SPREAD_FROM_BATCHES", 1)
    monkeypatch.setattr(gathering, "processes", lambda: 2)
    monkeypatch.setattr(gathering, "_start", killed)
    files = [office.file("a.csv", [of(SAY, "1")]), office.file("b.csv", [of(CHUNG, "1")])]
    before = sorted(office.folder.iterdir())
    status, out, err = office.run(*files, more=("--pairs", str(office.folder / "pairs.csv")))
    assert (status, out) == (UNAVAILABLE, "")
    told = [line for line in err.splitlines() if line.startswith("Lỗi:")]
    assert told == [f"Lỗi: {WorkerDied().message}"]
    assert "Traceback" not in err
    assert sorted(office.folder.iterdir()) == before


def cycles_are_searched(_: int) -> bool:
    """Whether this process searches for cycles."""
    return gc.isenabled()


def test_cycles_are_not_searched_in_the_processes_and_again_here_also_after_a_fault() -> None:
    assert results(cycles_are_searched, 3) == [False] * 3
    with without_cycle_search():
        assert not cycles_are_searched(0)
    assert cycles_are_searched(0)
    with pytest.raises(ValueError, match="piece 0"), without_cycle_search():
        refused(0)
    assert cycles_are_searched(0)
