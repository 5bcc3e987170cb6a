"""The tables of the chain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.messaging.tables import create_messaging_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    create_messaging_tables(op)
    op.create_table(
        "aggregate",
        sa.Column("record_ref", sa.String(40), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "trail",
        sa.Column("record_ref", sa.String(40), primary_key=True),
        sa.Column("steps", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
    )
