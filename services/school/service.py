"""School, wired: what it publishes, imports and serves. It hears no events."""

from __future__ import annotations

from pathlib import Path

from services.school.api import blueprints
from services.school.imports import KINDS
from services.school.models import INSTITUTION, Base
from shared.contracts import school
from shared.service.service import Service

SERVICE = Service(
    name="school",
    title_vi="Trường học",
    metadata=Base.metadata,
    migrations=Path(__file__).parent / "migrations",
    publishes=(school.REGISTER, school.CONTENT, school.IDENTITY),
    handlers={},
    kinds=KINDS,
    register=INSTITUTION,
    blueprints=blueprints,
    operations={},
)
