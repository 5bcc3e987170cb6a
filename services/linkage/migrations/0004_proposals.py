"""Proposals of bulk linkage, and what each would change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proposal",
        sa.Column("proposal_id", sa.Text(), primary_key=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False, index=True),
        sa.Column("decided_us", sa.BigInteger()),
    )
    op.create_table(
        "proposal_change",
        sa.Column("proposal_id", sa.Text(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("records", sa.Text(), nullable=False),
        sa.Column("others", sa.Text(), nullable=False),
        sa.Column("given", sa.Text()),
    )
