"""The load generator's ledger: what the outside world was told about each command, surviving anything.

A line before a command begins ("begun"), a line when its outcome is known ("ok", "fail", "unknown"), each
durable before the next step. A command that was begun and has no outcome is unknown: its process died.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path


class Ledger:
    """An open ledger; shared between threads and, by appending, between processes."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._lock = threading.Lock()

    def write(self, word: str, token: str) -> None:
        """Add a line, durable at return."""
        with self._lock:
            os.write(self._file, f"{word} {token}\n".encode())
            os.fsync(self._file)


@dataclass(frozen=True, slots=True)
class Told:
    """A ledger as read: tokens by outcome."""

    ok: frozenset[str]
    failed: frozenset[str]
    unknown: frozenset[str]


def read(path: Path) -> Told:
    """What the ledger says now; nothing where there is none yet."""
    said: dict[str, set[str]] = {"begun": set(), "ok": set(), "fail": set(), "unknown": set()}
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            word, token = line.split(" ", 1)
            said[word].add(token)
    unknown = said["begun"] - said["ok"] - said["fail"]
    return Told(frozenset(said["ok"]), frozenset(said["fail"]), frozenset(unknown))
