"""The garbage collector of processes that move many events.

With CPython's default threshold of 700 new objects the young collector ran hundreds of times per batch
and found next to nothing: a quarter of the CPU of relay, worker and import (bench/README.md).
"""

from __future__ import annotations

import gc

NEW_OBJECTS = 50_000
"""How many more objects were made than freed before the young collector runs."""


def calm_collector() -> None:
    """Set what is loaded aside for good, and collect less often; call it once, when a process starts."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 20, 20)
