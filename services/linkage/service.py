"""Wiring of linkage: one `Service`."""

from __future__ import annotations

from pathlib import Path

from services.linkage.api import blueprints
from services.linkage.cli import link, review
from services.linkage.equipment import equip
from services.linkage.handlers import HANDLERS, REBUILD_HANDLERS
from services.linkage.models import REBUILT, Base
from services.linkage.operations import OPERATIONS
from shared.contracts.linkage import LINKS, WORDS
from shared.service.service import Service

SERVICE = Service(
    name="linkage",
    title_vi="Nối hồ sơ",
    metadata=Base.metadata,
    migrations=Path(__file__).parent / "migrations",
    publishes=(LINKS, WORDS),
    handlers=HANDLERS,
    rebuild_handlers=REBUILD_HANDLERS,
    projections=REBUILT,
    blueprints=blueprints,
    operations=OPERATIONS,
    verbs=(review, link),
    equip=equip,
)
