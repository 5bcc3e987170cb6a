"""Processes of their own for what is measured, so that each has its interpreter, as deployed.

A child is a function that gets one end of a pipe first. It measures inside itself and sends figures;
starting up and importing never count.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

ANSWER_WITHIN_S = 300.0
_SPAWN = multiprocessing.get_context("spawn")


class NoAnswer(RuntimeError):
    """A child ended or said nothing in time; its own words stand on standard error."""


class Child:
    """This side of a child process."""

    def __init__(self, name: str, pipe: Connection) -> None:
        self._name = name
        self._pipe = pipe

    def receive(self) -> Any:
        """The next thing that the child sends. Raises `NoAnswer`."""
        try:
            if self._pipe.poll(ANSWER_WITHIN_S):
                return self._pipe.recv()
        except EOFError:
            raise NoAnswer(f"{self._name} ended without an answer") from None
        raise NoAnswer(f"{self._name} said nothing for {ANSWER_WITHIN_S:.0f} s")

    def go(self) -> None:
        """Let the child do its next step."""
        self._pipe.send(None)


@contextmanager
def child(
    target: Callable[Concatenate[Connection, P], None], *args: P.args, **kwargs: P.kwargs
) -> Iterator[Child]:
    """`target(pipe, …)` in a process of its own; at the end of the block it gets one more `go` and ends."""
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=target, args=(theirs, *args), kwargs=kwargs, daemon=True)
    process.start()
    theirs.close()
    try:
        yield Child(target.__name__, ours)
        if process.is_alive():
            ours.send(None)
        process.join(ANSWER_WITHIN_S)
    finally:
        if process.is_alive():
            process.terminate()
            process.join()
        ours.close()


def answer_of(target: Callable[Concatenate[Connection, P], None], *args: P.args, **kwargs: P.kwargs) -> Any:
    """The one thing that a child sends."""
    with child(target, *args, **kwargs) as started:
        return started.receive()


@contextmanager
def running(
    runs: Sequence[Callable[[threading.Event], Any]], *, wake: Sequence[Callable[[], None]]
) -> Iterator[None]:
    """Relays and workers on threads for the length of a block; `wake` ends their waiting."""
    stop = threading.Event()
    threads = [threading.Thread(target=run, args=(stop,), daemon=True) for run in runs]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for call in wake:
            call()
        for thread in threads:
            thread.join()
