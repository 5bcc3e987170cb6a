"""What `noinghe up` costs while nobody does anything: processor time of all its processes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from bench.measure import Line, Target, limited, number
from bench.run import Run
from infra.processes import KeptProcess, free_port, listening, wait_ready

IDLE = Target(3, 1, more_is_better=False)

_SETTLE_S = 8.0
_READY_WITHIN_S = 60.0


def measure(run: Run) -> list[Line]:
    """Percent of one core over a while, after everything has started and come to rest."""
    run.say("idle processor time of `noinghe up`")
    port = free_port()
    command = [sys.executable, "-m", "services", "--data", str(run.folder()), "up", "--port", str(port)]
    process = KeptProcess(
        command, run.folder() / "up.log", environment=without_settings(), directory=ROOT, stop_signal="SIGINT"
    )
    try:
        wait_ready(process, lambda: listening(port), what="noinghe up", timeout_s=_READY_WITHIN_S)
        time.sleep(min(_SETTLE_S, run.extent.idle_s))
        before, since = _used_s(process.pid), time.monotonic()
        time.sleep(run.extent.idle_s)
        used, took = _used_s(process.pid) - before, time.monotonic() - since
    finally:
        process.stop()
    percent = 100 * used / took
    return [
        limited(
            "idle processor time of everything, embedded",
            percent,
            IDLE,
            seen=f"{number(percent)} % of a core",
            unit="%",
        )
    ]


ROOT = Path(__file__).parents[1]
"""Where `python -m services` finds the services."""


def without_settings() -> Mapping[str, str]:
    """Our environment without settings of the house, so that every run has the embedded defaults."""
    return {name: value for name, value in os.environ.items() if not name.startswith("NOINGHE_")}


def _used_s(pid: int) -> float:
    """Processor seconds that a process and its children have used so far."""
    top = psutil.Process(pid)
    times = [process.cpu_times() for process in (top, *top.children(recursive=True))]
    return sum(used.user + used.system for used in times)
