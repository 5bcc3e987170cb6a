"""Is the service alive, and can it do its work? What `/live`, `/ready` and the gauges of `/metrics` say.

`ok`: all well. `degraded`: commands and pages work, but facts do not travel (the log is away, or nobody
relays), so figures grow old. `failed`: the database does not answer or has other tables than this code
expects; a load balancer must send nobody here. A web process never talks to the event log: it sees from
the outbox whether facts leave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.orm import Session

from shared.database import Database
from shared.errors import Unavailable
from shared.messaging import outbox
from shared.messaging.tables import TABLES
from shared.web.heartbeat import SILENCE_LIMIT_S, last_beat
from shared.web.hosting import HostedContext, HostedService

OUTBOX_AGE_LIMIT_S: Final = 30.0
"""Facts older than this are not on their way: the log is away, or no relay is at work."""


class State(StrEnum):
    """How a check came out; also how the worst check makes the whole."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"

    @property
    def weight(self) -> float:
        """1, 0.5 or 0: the state as a figure."""
        return {State.OK: 1.0, State.DEGRADED: 0.5, State.FAILED: 0.0}[self]


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `figures`: by metric name (see `metrics`), in base units."""

    name: str
    state: State
    detail: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)


Probe = Callable[[], Check]
"""A further check that whoever hosts the application knows how to make."""


@dataclass(frozen=True, slots=True)
class Health:
    """All checks of a service; the worst of them is its state."""

    checks: tuple[Check, ...]

    @property
    def state(self) -> State:
        """The worst state of all checks."""
        return min((check.state for check in self.checks), key=lambda state: state.weight, default=State.OK)

    def to_json(self) -> dict[str, Any]:
        """The answer of `/ready`."""
        return {
            "status": "ready" if self.state is State.OK else self.state.value,
            "checks": {
                check.name: {
                    "state": check.state.value,
                    **({"detail": check.detail} if check.detail else {}),
                    **check.figures,
                }
                for check in self.checks
            },
        }


def measure(service: HostedService, context: HostedContext, probes: Sequence[Probe] = ()) -> Health:
    """Look at everything now. Never raises for what it looks at."""
    try:
        with context.database.read() as session:
            found = [
                Check("database", State.OK),
                check_migrations(session, service.migrations),
                check_dead_letters(session),
                check_worker(session, context.clock.now()),
            ]
        found.append(check_outbox(context.database, context.clock.now()))
    except Unavailable as away:
        found = [Check("database", State.FAILED, away.message)]
    except sa.exc.SQLAlchemyError:
        found = [
            Check("database", State.OK),
            Check("migrations", State.FAILED, "Cơ sở dữ liệu chưa có đủ các bảng của phiên bản này."),
        ]
    return Health((*found, *(probe() for probe in probes)))


def check_migrations(session: Session, folder: Path) -> Check:
    """Whether the tables are exactly those of the newest revision in `folder`."""
    heads = set(ScriptDirectory(str(folder), version_locations=[str(folder)]).get_heads())
    version = sa.table("alembic_version", sa.column("version_num", sa.String))
    current = set(session.scalars(sa.select(version.c.version_num)))
    if current == heads:
        return Check("migrations", State.OK)
    detail = "Cơ sở dữ liệu và chương trình khác phiên bản; hãy khởi động lại để nâng cấp."
    return Check("migrations", State.FAILED, detail)


def check_outbox(database: Database, now: datetime) -> Check:
    """Whether facts leave: depth of the outbox, and age of what waits longest."""
    oldest = outbox.oldest(database)
    age_s = 0.0
    if oldest is not None:
        recorded = oldest.replace(tzinfo=UTC) if oldest.tzinfo is None else oldest
        age_s = max(0.0, (now - recorded).total_seconds())
    figures = {
        "noinghe_outbox_events": float(outbox.depth(database)),
        "noinghe_outbox_age_seconds": age_s,
    }
    if age_s <= OUTBOX_AGE_LIMIT_S:
        return Check("outbox", State.OK, figures=figures)
    detail = "Sự kiện chưa gửi đi được: nhật ký sự kiện không trả lời hoặc tiến trình gửi đang dừng."
    return Check("outbox", State.DEGRADED, detail, figures)


def check_dead_letters(session: Session) -> Check:
    """How many events wait for a person; they hold up nobody else, so the service stays ready."""
    count = session.scalar(sa.select(sa.func.count()).select_from(TABLES.dead_letter)) or 0
    return Check("dead_letters", State.OK, figures={"noinghe_dead_letters": float(count)})


def check_worker(session: Session, now: datetime) -> Check:
    """Whether the process that relays and handles events has said lately that it lives."""
    last = last_beat(session)
    if last is None:
        return Check("worker", State.OK, "Chưa có tiến trình xử lý nào chạy ở đây.")
    age_s = max(0.0, (now - last).total_seconds())
    figures = {"noinghe_worker_heartbeat_age_seconds": age_s}
    if age_s <= SILENCE_LIMIT_S:
        return Check("worker", State.OK, figures=figures)
    return Check("worker", State.DEGRADED, "Tiến trình xử lý sự kiện đang dừng hoặc bị treo.", figures)


def merged(parts: Iterable[tuple[str, Health]]) -> dict[str, Any]:
    """`/ready` of several services behind one address: the worst state, and each service's own answer."""
    listed = list(parts)
    worst = min((health.state for _, health in listed), key=lambda state: state.weight, default=State.OK)
    return {
        "status": "ready" if worst is State.OK else worst.value,
        "services": {name: health.to_json() for name, health in listed},
    }
