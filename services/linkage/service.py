"""Wiring of linkage: one `Service`."""

from __future__ import annotations

from pathlib import Path

from services.linkage.api import reviews_blueprint
from services.linkage.cli import link, review
from services.linkage.handlers import HANDLERS, REBUILD_HANDLERS
from services.linkage.models import DECISION, LINK, RECORD, WORD, WORD_RECORD, Base
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
    projections=(RECORD, LINK, DECISION, WORD, WORD_RECORD),
    blueprints=lambda context: (reviews_blueprint(context),),
    operations=OPERATIONS,
    verbs=(link, review),
)
