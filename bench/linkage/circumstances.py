"""When and on what figures were taken, without a name of a machine."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version

import psutil

from bench.linkage.population import VERSION

_GIB = 1024**3
_PACKAGES = ("splink", "duckdb", "rapidfuzz", "recordlinkage")


def circumstances() -> str:
    """One line below a table."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    load = os.getloadavg()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, generator {VERSION}, {os.cpu_count()} cores, "
        f"{psutil.virtual_memory().total / _GIB:.0f} GiB, load at the end {load:.1f}, {platform.system()}, "
        f"Python {platform.python_version()}, {packages}. Figures: median over the seeds (lowest–highest)."
    )
