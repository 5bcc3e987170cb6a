"""What the web layer must know about a service to host it.

`shared.service` stands above this package, so its `Service` and `Context` are seen here by shape only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from shared.clock import Clock
from shared.database import Database
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.web.health import Probe
    from shared.web.metrics import Metrics


class HostedService(Protocol):
    """The part of a `Service` that an application needs."""

    @property
    def name(self) -> str:
        """Identifier, also the path segment of its routes."""
        ...

    @property
    def title_vi(self) -> str:
        """Name for people."""
        ...

    @property
    def migrations(self) -> Path:
        """Folder of its Alembic revisions."""
        ...

    @property
    def blueprints(self) -> Any:
        """Makes its blueprints from an open context."""
        ...


class HostedContext(Protocol):
    """The part of a `Context` that an application needs."""

    @property
    def database(self) -> Database:
        """The service's own database."""
        ...

    @property
    def clock(self) -> Clock:
        """Tells the instant."""
        ...

    @property
    def settings(self) -> Settings:
        """What the environment decided."""
        ...


@dataclass(frozen=True, slots=True)
class Hosting:
    """What an application keeps of its service: `app.extensions["noinghe"]`."""

    service: HostedService
    context: HostedContext
    metrics: Metrics
    probes: Sequence[Probe]
