"""What a service's handlers look like to the worker.

A handler takes events in log order and changes tables of its own database through `handling.session`.
It does nothing else: no clock but `handling.clock`, no network, no commit. Then a projection can be
rebuilt from offset 0 and comes out the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.contracts import Envelope, Event


@dataclass(frozen=True, slots=True)
class Handling:
    """What a handler works with. `rebuilding`: history is replayed; `publish` then does nothing."""

    session: Session
    clock: Clock
    rebuilding: bool


Handler = Callable[[Handling, Sequence[Envelope]], None]
"""Applies a run of consecutive events; one function may serve several event types."""

Handlers = Mapping[type[Event], Handler]
"""The HANDLERS table at the foot of a service's handlers module."""
