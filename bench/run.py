"""What a measure is given: how much to do, the real broker and server, and a folder to throw away."""

from __future__ import annotations

import itertools
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from infra.kafka import KafkaBroker
from infra.postgres import PostgresServer


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured. `events` per repetition; times in seconds."""

    repetitions: int
    events: int
    latency_s: float
    idle_s: float
    requests: int
    import_rows: int
    pathways: int
    boards: int


FULL = Extent(
    repetitions=3,
    events=200_000,
    latency_s=20,
    idle_s=20,
    requests=400,
    import_rows=50_000,
    pathways=1_000_000,
    boards=30,
)
QUICK = Extent(
    repetitions=1,
    events=4_000,
    latency_s=2,
    idle_s=3,
    requests=40,
    import_rows=1_000,
    pathways=4_000,
    boards=3,
)


class Run:
    """One call of the bench. Use as a context manager: what was started ends with it.

    The broker and the server are started when a measure first asks for them.
    """

    def __init__(self, extent: Extent) -> None:
        self.extent = extent
        self._folders = itertools.count(1)
        self._stack = ExitStack()
        self._begun = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @cached_property
    def kafka(self) -> KafkaBroker:
        """A plain broker of its own, emptied by whoever uses it."""
        self.say("starting Kafka")
        return self._stack.enter_context(KafkaBroker())

    @cached_property
    def postgres(self) -> PostgresServer:
        """A server of its own, with fsync on, as in production."""
        self.say("starting PostgreSQL")
        return self._stack.enter_context(PostgresServer())

    @cached_property
    def _root(self) -> Path:
        return Path(self._stack.enter_context(TemporaryDirectory(prefix="noinghe-bench-")))

    def folder(self) -> Path:
        """A new empty folder, deleted at the end."""
        folder = self._root / str(next(self._folders))
        folder.mkdir()
        return folder

    def say(self, text: str) -> None:
        """Tell whoever waits what is going on; the table alone goes to standard output."""
        print(f"[{time.monotonic() - self._begun:6.1f} s] {text}", file=sys.stderr, flush=True)
