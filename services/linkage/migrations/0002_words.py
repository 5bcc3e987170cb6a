"""Words: what persons said of records, and which records each speaks of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "word",
        sa.Column("word_id", sa.Text(), primary_key=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("verb", sa.String(12), nullable=False),
        sa.Column("says", sa.String(12), nullable=False),
        sa.Column("records", sa.Text(), nullable=False),
        sa.Column("others", sa.Text()),
        sa.Column("about", sa.Text(), index=True),
        sa.Column("reason", sa.Text()),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("given_us", sa.BigInteger(), nullable=False, index=True),
        sa.Column("taken_back", sa.Boolean(), nullable=False),
        sa.Column("taken_back_by", sa.Text()),
        sa.Column("taken_back_reason", sa.Text()),
        sa.Column("taken_back_us", sa.BigInteger()),
    )
    op.create_table(
        "word_record",
        sa.Column("record_ref", sa.Text(), primary_key=True),
        sa.Column("word_id", sa.Text(), primary_key=True),
    )
