"""The tables of the measured flow."""

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
        "link",
        sa.Column("record_ref", sa.Text, primary_key=True),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
    )
