"""How a web process knows that the process which relays and handles events is alive.

The two share only the service's database, so the worker's process writes the time there every `BEAT_S`
seconds, as long as none of its threads has given up. `/ready` and the metrics read it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.database import Database
from shared.errors import Unavailable
from shared.web.tables import HEARTBEATS

BEAT_S: Final = 15.0
SILENCE_LIMIT_S: Final = 60.0
"""Four beats missed: stopped, hanging, or given up."""

WORKER: Final = "worker"


def keep_beating(
    database: Database,
    clock: Clock,
    stop: threading.Event,
    *,
    is_well: Callable[[], bool],
    interval_s: float = BEAT_S,
) -> None:
    """Beat until `stop`, while `is_well()`; a database that is away is waited for."""
    while True:
        if is_well():
            try:
                with database.write() as session:
                    beat(session, clock.now())
            except Unavailable:
                # The database being away is what /ready says of the database, not of the worker.
                pass
        if stop.wait(interval_s):
            return


def beat(session: Session, now: datetime) -> None:
    """Say that the worker lives at `now`."""
    at = HEARTBEATS.c.process == WORKER
    changed = session.execute(sa.update(HEARTBEATS).where(at).values(beat_at=now))
    if cast("sa.CursorResult[Any]", changed).rowcount == 0:
        session.execute(sa.insert(HEARTBEATS).values(process=WORKER, beat_at=now))


def last_beat(session: Session) -> datetime | None:
    """When the worker last said that it lives; None: no worker was ever here."""
    return session.scalar(sa.select(HEARTBEATS.c.beat_at).where(HEARTBEATS.c.process == WORKER))
