"""Work spread over processes, in order, with few pieces under way at a time.

Processes are started fresh (spawn), not forked: the progress bar and DuckDB run threads. A process that dies
(out of memory, killed) gives one clear error, not a hang.

Work over millions of small objects is a third faster without the search for cycles (`gc`), which looks at all
of them again and again and finds nothing: there are none, and counting references frees everything.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from shared.errors import Unavailable

T = TypeVar("T")
R = TypeVar("R")

_WAITING_EACH = 2


class WorkerDied(Unavailable):
    """A process of the computation was ended from outside."""

    code = "worker_died"

    def __init__(self) -> None:
        super().__init__(
            "Một tiến trình tính toán bị dừng đột ngột (thường do hết bộ nhớ); "
            "hãy đóng bớt chương trình khác, hoặc chia nhỏ tệp, rồi chạy lại."
        )


def processes() -> int:
    """How many processes are worth starting here: the processors that this one may use, at most 8."""
    return min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 8)


@contextmanager
def without_cycle_search() -> Iterator[None]:
    """Inside, this process does not search for cycles."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def spread(
    work: Callable[[T], R],
    pieces: Iterable[T],
    *,
    workers: int,
    start: Callable[..., object],
    arguments: tuple[Any, ...],
) -> Iterator[R]:
    """The results of `work` on every piece, in order; `start(*arguments)` runs first in each process.

    Raises `WorkerDied`, and whatever the work or the pieces raise.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        workers, mp_context=context, initializer=_started, initargs=(start, arguments)
    ) as pool:
        waiting: deque[Future[R]] = deque()
        try:
            for piece in pieces:
                waiting.append(pool.submit(work, piece))
                if len(waiting) >= workers * _WAITING_EACH:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise WorkerDied from None
        finally:
            for future in waiting:
                future.cancel()


def _started(start: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    gc.disable()
    start(*arguments)
