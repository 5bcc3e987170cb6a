"""Runs one task in a process of its own, so that its peak memory is its own and the bench stays small.

`python -m bench.linkage.apart TASK` reads its arguments as JSON from standard input and writes its answer as
JSON to standard output. `run` is the other side.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


class TookTooLong(RuntimeError):
    """A task was not done in the time it was given."""


class TaskFailed(RuntimeError):
    """A task ended with an error; what it said last stands in the message."""


def run(task: str, arguments: Mapping[str, Any], *, within_s: float) -> Any:
    """The answer of a task. Raises `TookTooLong`, `TaskFailed`."""
    command = [sys.executable, "-m", __name__, task]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(arguments),
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise TookTooLong(f"{task}: not done within {within_s:.0f} s") from None
    if done.returncode:
        raise TaskFailed(f"{task}: {done.stderr.strip().splitlines()[-1:] or done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def peak_mib() -> float:
    """The greatest memory that this process ever had, in MiB (VmHWM, the kernel's own mark)."""
    found = _PEAK.search(Path("/proc/self/status").read_text(encoding="ascii"))
    if found is None:
        raise OSError("the kernel does not tell the peak of a process")
    return int(found[1]) / 1024


def main(tasks: Mapping[str, Callable[[Mapping[str, Any]], Any]], name: str) -> None:
    """Do the task that is asked for on standard input."""
    answer = tasks[name](json.load(sys.stdin))
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    from bench.linkage.tasks import TASKS

    main(TASKS, sys.argv[1])
