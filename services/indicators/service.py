"""Indicators, wired: what it hears, what a replay rebuilds, what it answers. It publishes nothing."""

from __future__ import annotations

from pathlib import Path

from services.indicators.api import blueprints
from services.indicators.cli import VERBS
from services.indicators.handlers import HANDLERS
from services.indicators.models import PROJECTIONS, Base
from services.indicators.operations import OPERATIONS
from shared.service.service import Service

SERVICE = Service(
    name="indicators",
    title_vi="Chỉ tiêu",
    metadata=Base.metadata,
    migrations=Path(__file__).parent / "migrations",
    handlers=HANDLERS,
    projections=PROJECTIONS,
    blueprints=blueprints,
    operations=OPERATIONS,
    verbs=VERBS,
    is_front=True,
)
