"""Who holds a lease in a SQLite file: names of processes, and whether such a process still lives.

SQLite means one machine, so a lease can do better than wait: the lease of a process that no longer exists
is free at once. Times are of the machine's monotonic clock, which all its processes share and which no
clock step moves; a lease that ends later than any lease can is of an earlier boot, and void.
"""

from __future__ import annotations

import os
import time
import uuid
from functools import cache
from pathlib import Path


def new_owner() -> str:
    """A name for one holder of leases in this process, unique for ever."""
    return f"{_machine()}:{os.getpid()}:{_started(os.getpid())}:{uuid.uuid4().hex}"


def is_held(owner: str, expires_at: float, *, ttl_s: float, now: float | None = None) -> bool:
    """Whether a lease still binds others."""
    moment = time.monotonic() if now is None else now
    return moment < expires_at <= moment + 2 * ttl_s and not _is_dead(owner)


def _is_dead(owner: str) -> bool:
    """True only where it is certain: the same boot and process space, and no such process."""
    machine, process, started = [*owner.split(":"), "", "", ""][:3]
    if not process.isdigit() or machine != _machine() or not Path("/proc/self/stat").exists():
        return False
    return _started(int(process)) != started


@cache
def _machine() -> str:
    """This boot of this machine, and the process space we see."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return "unknown"


def _started(process: int) -> str:
    """When the process started (clock ticks since boot); empty when there is none, or only its corpse."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    after_name = text.rpartition(")")[2].split()
    return "" if after_name[0] in "ZX" else after_name[19]
