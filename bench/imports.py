"""An office's import: a workbook of enrolments to settled indicators, through the command line.

Pupils who completed lower secondary school are loaded first (shown, too), so that every enrolment finds its
person. Each command is a process of its own on a data folder at rest, as an office would type it. The
highest memory of every process is what the kernel noted (VmHWM), read until the process ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bench import pupils
from bench.idle import ROOT, without_settings
from bench.measure import Line, number
from bench.run import Run

_LOOK_S = 0.02
_MIB = 1024


@dataclass(slots=True)
class _Phase:
    """One command: how long it took, what it answered, and the peak of each process in KiB by its task."""

    seconds: float = 0.0
    answer: Any = None
    peaks: dict[str, int] = field(default_factory=dict)


def measure(run: Run) -> list[Line]:
    """Seconds of each phase, rows per second, and memory."""
    rows = run.extent.import_rows
    office = _Office(run.folder(), run.folder())
    run.say(f"writing workbooks of {rows:,} pupils")
    made = pupils.Pupils(rows)
    files = {
        "institutions": list(pupils.institutions()),
        "completions": [made.completion(place) for place in range(rows)],
        "enrolments": [made.enrolment(place) for place in range(rows)],
    }
    for kind, sheet in files.items():
        pupils.write_workbook(office.files / f"{kind}.xlsx", sheet)

    lines = []
    office.imports("institutions")
    for kind in ("completions", "enrolments"):
        run.say(f"importing {rows:,} {kind}")
        imported, settled = office.imports(kind), office.command("settle")
        if imported.answer["new"] != rows:
            raise RuntimeError(f"{imported.answer['new']} of {rows} {kind} were new")
        lines += _lines(f"{rows:,} {kind}", rows, imported, settled)
    board = office.command("board", "BL2026", "--on", pupils.CUT_OFF.isoformat())
    _check(board.answer, rows)
    lines.append(Line("board of these rows, as a command", _text(board)))
    return lines


def _lines(what: str, rows: int, imported: _Phase, settled: _Phase) -> list[Line]:
    whole = imported.seconds + settled.seconds
    return [
        Line(f"{what}: workbook to saved", _text(imported)),
        Line(f"{what}: saved to settled indicators", _text(settled)),
        Line(f"{what}: both", f"{number(whole)} s, {number(rows / whole)} rows/s"),
    ]


def _text(phase: _Phase) -> str:
    # A child between fork and exec has no memory of its own yet and is not shown.
    peaks = ", ".join(f"{task} {kib // _MIB} MiB" for task, kib in sorted(phase.peaks.items()) if kib >= _MIB)
    return f"{number(phase.seconds)} s; peak memory: {peaks}"


def _check(board: Any, rows: int) -> None:
    """The figures must be there and right: everybody goes on learning."""
    (figure,) = [one for one in board["indicators"] if one["id"] == "BL-5"]
    if figure["denominator"] != rows or figure["unknown"]:
        raise RuntimeError(f"the board does not count {rows} known pupils: {figure}")


@dataclass(frozen=True, slots=True)
class _Office:
    """Runs `noinghe` on one data folder at rest."""

    data: Path
    files: Path

    def imports(self, kind: str) -> _Phase:
        """Import the workbook of a kind."""
        return self.command("import", kind, str(self.files / f"{kind}.xlsx"))

    def command(self, *arguments: str) -> _Phase:
        """One command, watched until it ends."""
        phase = _Phase()
        since = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-m", "services", "--data", str(self.data), "--json", *arguments],
            env=dict(without_settings()),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            watcher = threading.Thread(target=_watch, args=(process.pid, phase.peaks))
            watcher.start()
            said = process.stdout.read() if process.stdout is not None else b""
            status = process.wait()
            phase.seconds = time.monotonic() - since
            watcher.join()
        if status != 0:
            raise RuntimeError(f"noinghe {' '.join(arguments)} ended with {status}: {said[:500]!r}")
        phase.answer = json.loads(said)
        return phase


def _watch(pid: int, peaks: dict[str, int]) -> None:
    """Note the highest memory of the process and its children, until it ends."""
    with suppress(psutil.NoSuchProcess):
        top = psutil.Process(pid)
        while top.status() != psutil.STATUS_ZOMBIE:
            for process in (top, *top.children(recursive=True)):
                with suppress(psutil.NoSuchProcess, OSError):
                    task = "command" if process == top else _task(process)
                    peaks[task] = max(peaks.get(task, 0), _peak_kib(process))
            time.sleep(_LOOK_S)


def _task(process: psutil.Process) -> str:
    """What a child does, by the module that it runs."""
    modules = [Path(word).stem for word in process.cmdline() if word.endswith(".py")]
    return modules[0].replace("_", " ") if modules else "child"


def _peak_kib(process: psutil.Process) -> int:
    """The highest resident memory so far; where the kernel does not say, the present one."""
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    return int(process.memory_info().rss) // _MIB
