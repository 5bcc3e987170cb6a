"""An office at its machine: the command line as a real process, on a data folder and a backend of its own."""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import services.demo
from services.__main__ import main

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["services.__main__"])


def _noinghe(arguments: Sequence[str], environ: Mapping[str, str], out: Path, err: Path) -> None:
    """In the new process: become `noinghe` with these words, environment and outputs."""
    os.environ.clear()
    os.environ.update(environ)
    for path, number in ((out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    sys.argv = ["noinghe", *arguments]
    main(arguments)


@dataclass(frozen=True)
class Answer:
    """How a command ended."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        """Standard output as JSON; a failure shows what was said instead."""
        try:
            return json.loads(self.out)
        except json.JSONDecodeError as fault:
            raise AssertionError(f"no JSON (exit {self.status}): {self.out!r} {self.err!r}") from fault


@dataclass
class Office:
    """Runs `noinghe` for one data folder; `backend` names database and log (empty: embedded)."""

    folder: Path
    backend: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def environ(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("NOINGHE_")}
        return {**ours, **self.backend, "COLUMNS": "200"}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "services", "--data", str(self.data), *arguments]

    def run(self, *arguments: str, timeout_s: float = 100) -> Answer:
        """Run a command to its end, in a process of its own.

        The process is forked from one that has imported everything: the same process as `command` starts,
        without the second that importing takes.
        """
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            words = self.command(*arguments)[3:]
            process = _FORKS.Process(target=_noinghe, args=(words, self.environ, out, err))
            process.start()
            process.join(timeout_s)
            if process.exitcode is None:
                process.kill()
                process.join()
                raise TimeoutError(f"{arguments}: {err.read_text()}")
            answer = Answer(process.exitcode, out.read_text(), err.read_text())
        assert "Traceback" not in answer.err, answer.err
        return answer

    def json(self, *arguments: str) -> Any:
        return self.run(*arguments, "--json").json()

    def sheet(self, name: str, rows: Sequence[Mapping[str, object]]) -> Path:
        """A CSV file with these rows; headings are the keys of the first."""
        path = self.folder / name
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return path

    def imports(self, kind: str, rows: Sequence[Mapping[str, object]], *flags: str) -> Any:
        """Import these rows as a file of this kind; the answer as JSON."""
        return self.json("import", kind, str(self.sheet(f"{kind}.csv", rows)), *flags)

    def load(self, files: Iterable[tuple[str, Path]]) -> None:
        """Import files that must be faultless, and wait until everything is through."""
        for kind, path in files:
            answer = self.run("import", kind, str(path), "--json")
            assert answer.status == 0, answer
        self.settle()

    def settle(self) -> None:
        answer = self.run("settle", "--timeout", "90")
        assert answer.status == 0, answer

    def board(self, plan: str, on: str, *flags: str) -> dict[str, Any]:
        """The board with its indicators by id."""
        answer = self.json("board", plan, "--on", on, *flags)
        return {**answer, "indicators": {one["id"]: one for one in answer["indicators"]}}

    def figure(self, indicator: str, plan: str, on: str, *flags: str) -> tuple[int, int | None]:
        """Numerator and denominator of one indicator."""
        one = self.board(plan, on, *flags)["indicators"][indicator]
        return one["numerator"], one["denominator"]


def source_rows(kind: str) -> list[dict[str, str]]:
    """What the demo's workbook of a kind was made from, row by row."""
    source = Path(services.demo.__file__).with_name("source") / f"{kind}.csv"
    with source.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
