"""Vocational, wired: what it publishes, imports and serves. It hears no events."""

from __future__ import annotations

from pathlib import Path

from services.vocational.api import blueprints
from services.vocational.imports import KINDS
from services.vocational.models import INSTITUTION, Base
from shared.contracts import vocational
from shared.service.service import Service

SERVICE = Service(
    name="vocational",
    title_vi="Giáo dục nghề nghiệp",
    metadata=Base.metadata,
    migrations=Path(__file__).parent / "migrations",
    publishes=(vocational.REGISTER, vocational.CONTENT, vocational.IDENTITY),
    handlers={},
    kinds=KINDS,
    register=INSTITUTION,
    blueprints=blueprints,
    operations={},
)
