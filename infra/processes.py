"""Starting server processes for tests, bench and the native stack: free ports, waiting, no orphans.

A `KeptProcess` is started through `keeper.py`, so that it ends when this process does, even by `kill -9`.
`Missing` is what a recipe raises where a machine cannot have a component: one sentence that says why.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

KEEPER = Path(__file__).with_name("keeper.py")
PORTS = range(20_000, 32_000)
"""Below the kernel's ephemeral ports: a client that dials a dead server in a loop could otherwise be given
the very port it dials, connect to itself, and keep the server from coming back."""


class Missing(RuntimeError):
    """This machine cannot have a component; the message says which and why."""


class NotReady(RuntimeError):
    """A server did not answer in time or ended; the message has the end of its log."""


class Server(ABC):
    """Something that is started and stopped; as a context manager it leaves nothing behind."""

    @abstractmethod
    def start(self) -> None:
        """Start, and return when it answers."""

    @abstractmethod
    def stop(self) -> None:
        """End what was started, also after half a start."""

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class KeptProcess:
    """One run of a server process; ends with the process that started it."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        *,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        user: str | None = None,
        stop_signal: str = "SIGTERM",
        remove: Path | None = None,
    ) -> None:
        """`user`: run as that user (needs root). `remove`: folder to delete if this process dies."""
        self.log = log
        options = ["--log", str(log), "--signal", stop_signal]
        if user is not None:
            options += ["--user", user]
        if remove is not None:
            options += ["--remove", str(remove)]
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", str(KEEPER), *options, "--", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            env=None if environment is None else dict(environment),
            cwd=directory,
        )
        assert self._keeper.stdout is not None  # noqa: S101 - for the type checker
        first = self._keeper.stdout.readline()
        if not first:
            self._close()
            raise NotReady(f"could not start {command[0]}")
        self.pid = int(first)

    def running(self) -> bool:
        """Whether the server has not ended."""
        return self._keeper.poll() is None

    def stop(self) -> int:
        """Ask the server to end, wait, and return its exit status."""
        return self._end(b"stop\n")

    def kill(self) -> int:
        """`kill -9`; returns when the process is gone."""
        return self._end(b"kill\n")

    def tail(self, lines: int = 15) -> str:
        """The end of the server's log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def _end(self, order: bytes) -> int:
        if self.running():
            assert self._keeper.stdin is not None  # noqa: S101 - for the type checker
            with contextlib.suppress(BrokenPipeError):  # it ended in this moment
                self._keeper.stdin.write(order)
                self._keeper.stdin.flush()
        status = self._keeper.wait()
        self._close()
        return status

    def _close(self) -> None:
        for stream in (self._keeper.stdin, self._keeper.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        self._keeper.wait()


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on now."""
    for port in random.sample(PORTS, 200):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise Missing("no free TCP port on 127.0.0.1")


def listening(port: int) -> bool:
    """Whether somebody accepts connections on this port of 127.0.0.1."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_ready(process: KeptProcess, ready: Callable[[], bool], *, what: str, timeout_s: float) -> None:
    """Return when `ready` answers true; raises `NotReady` when the process ends or time runs out."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        if not process.running():
            raise NotReady(f"{what} ended while starting; the end of its log:\n{process.tail()}")
        if time.monotonic() > deadline:
            raise NotReady(f"{what} did not answer within {timeout_s:.0f} s; its log:\n{process.tail()}")
        time.sleep(0.05)


def cache_folder() -> Path:
    """Where fetched components are kept between runs, outside the tree."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "noinghe"


def scratch_folder(name: str) -> Path:
    """A new temporary folder that other users may pass through, but not list."""
    folder = Path(tempfile.mkdtemp(prefix=f"noinghe-{name}-"))
    folder.chmod(0o711)
    return folder
