"""Employment, wired: what it publishes, imports and serves. It hears no events."""

from __future__ import annotations

from pathlib import Path

from services.employment.api import blueprints
from services.employment.imports import KINDS
from services.employment.models import Base
from shared.contracts import employment
from shared.service.service import Service

SERVICE = Service(
    name="employment",
    title_vi="Việc làm",
    metadata=Base.metadata,
    migrations=Path(__file__).parent / "migrations",
    publishes=(employment.REGISTER, employment.CONTENT, employment.IDENTITY),
    handlers={},
    kinds=KINDS,
    blueprints=blueprints,
    operations={},
)
