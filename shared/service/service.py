"""What a service is to the rest of the house: one `Service` object per room, and its `Context` when open.

The object turns a room into a web application, a worker and verbs of the command line. It is wiring
only; the room's rules live in its commands, queries and handlers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from shared.clock import Clock
from shared.contracts import Event, Topic
from shared.database import Database, open_database
from shared.files.importing import Kind
from shared.messaging.handling import Handler
from shared.settings import Settings

if TYPE_CHECKING:
    import click
    from flask import Blueprint
    from sqlalchemy import MetaData, Table


@dataclass(frozen=True, slots=True)
class Context:
    """An open service: what its commands, queries and pages are given instead of globals."""

    service: Service
    database: Database
    clock: Clock
    settings: Settings

    def close(self) -> None:
        """Give back the connections."""
        self.database.dispose()


Operation: TypeAlias = Callable[[Context, Mapping[str, Any]], Any]
"""A verb of one service: JSON in, JSON out; raises `shared.errors` classes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One room of the house.

    `publishes`: topics that only this service writes. `handlers`: what it does on hearing an event;
    `rebuild_handlers`: what a replay does instead (none: the same). `projections`: the tables that
    follow from events alone, rebuilt by a replay. `kinds`: what can be imported. `register`: the table of the
    institutions that it knows, where it keeps one. `blueprints`: makes its
    routes for an open service. `operations`: verbs by "<service>.<verb>". `verbs`: click commands that
    call them. `is_front`: its pages stand at `/` where all services share an address. `equip`: gives the
    database what handlers need besides it (`Database.carry`), before it is brought to the present version.
    """

    name: str
    title_vi: str
    metadata: MetaData
    migrations: Path
    publishes: tuple[Topic, ...] = ()
    handlers: Mapping[type[Event], Handler]
    rebuild_handlers: Mapping[type[Event], Handler] | None = None
    projections: tuple[Table, ...] = ()
    kinds: tuple[Kind, ...] = ()
    register: Table | None = None
    blueprints: Callable[[Context], Sequence[Blueprint]] = lambda _: ()
    operations: Mapping[str, Operation] = field(default_factory=dict)
    verbs: tuple[click.Command, ...] = ()
    is_front: bool = False
    equip: Callable[[Database, Settings], None] = lambda database, settings: None

    @property
    def consumes(self) -> tuple[Topic, ...]:
        """Topics that the worker reads, by name."""
        return _topics(self.handlers)

    @property
    def replays(self) -> tuple[Topic, ...]:
        """Topics that a replay reads, by name."""
        return _topics(self.replay_handlers)

    @property
    def replay_handlers(self) -> Mapping[type[Event], Handler]:
        """What a replay does with an event."""
        return self.handlers if self.rebuild_handlers is None else self.rebuild_handlers

    @property
    def topics(self) -> tuple[Topic, ...]:
        """Every topic that the service writes or reads."""
        return tuple(sorted({*self.publishes, *self.consumes, *self.replays}, key=lambda topic: topic.name))

    def open(self, settings: Settings, clock: Clock) -> Context:
        """Open the database and bring it to the present version; no event log is touched.

        Raises `shared.errors.Unavailable` when the database does not answer.
        """
        database = open_database(settings.database_url(self.name), self.name)
        self.equip(database, settings)
        database.upgrade(self.migrations)
        return Context(self, database, clock, settings)


def _topics(handlers: Mapping[type[Event], Handler]) -> tuple[Topic, ...]:
    by_name = {event_type.TOPIC.name: event_type.TOPIC for event_type in handlers}
    return tuple(by_name[name] for name in sorted(by_name))
