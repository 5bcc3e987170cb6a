"""Who holds a lease in a SQLite file: names of processes, and whether such a process still lives.

SQLite means one machine, so a lease can do better than wait: the lease of a process that no longer exists
is free at once, and so is one of an earlier boot. Times are of the machine's monotonic clock, which all
its processes share and which no clock step moves; where the boot has no name, a lease that ends later than
any lease can is of an earlier boot.
"""

from __future__ import annotations

import os
import time
import uuid
from functools import cache
from pathlib import Path

UNKNOWN = "unknown"


def new_owner() -> str:
    """A name for one holder of leases in this process, unique for ever."""
    return f"{_machine()}:{os.getpid()}:{_started(os.getpid())}:{uuid.uuid4().hex}"


LONGEST_S = 600.0
"""No lease is given for longer."""


def is_held(owner: str, expires_at: float, *, now: float | None = None) -> bool:
    """Whether a lease still binds others."""
    moment = time.monotonic() if now is None else now
    return moment < expires_at <= moment + LONGEST_S and not _is_dead(owner)


def _is_dead(owner: str) -> bool:
    """True only where it is certain: an earlier boot, or the same process space and no such process."""
    machine, process, started = [*owner.split(":"), "", "", ""][:3]
    if UNKNOWN in (machine, _machine()) or not process.isdigit():
        return False
    if machine.split("/")[0] != _machine().split("/")[0]:
        return True
    return machine == _machine() and _started(int(process)) != started


@cache
def _machine() -> str:
    """This boot of this machine, and the process space we see."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return UNKNOWN


def _started(process: int) -> str:
    """When the process started (clock ticks since boot); empty when there is none, or only its corpse."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    after_name = text.rpartition(")")[2].split()
    return "" if after_name[0] in "ZX" else after_name[19]
