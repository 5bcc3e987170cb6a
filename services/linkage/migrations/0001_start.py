"""Identities, links, decisions; messaging and web tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from shared.messaging.tables import create_messaging_tables
from shared.web.tables import create_web_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_messaging_tables(op)
    create_web_tables(op)
    op.create_table(
        "record",
        sa.Column("record_ref", sa.Text(), primary_key=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("record_kind", sa.String(12)),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("first_recorded_us", sa.BigInteger(), nullable=False),
        sa.Column("identity", sa.Text()),
        sa.Column("personal_number", sa.Text(), index=True),
        sa.Column("number_hint", sa.Text(), index=True),
        sa.Column("name_key", sa.Text(), index=True),
        sa.Column("year_key", sa.Text(), index=True),
        sa.Column("partial_key", sa.Text(), index=True),
        sa.Column("bucket", sa.Text(), index=True),
    )
    op.create_table(
        "link",
        sa.Column("record_ref", sa.Text(), primary_key=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Text(), index=True),
        sa.Column("decided_by", sa.String(12)),
        sa.Column("unlinked_reason", sa.String(24)),
        sa.Column("review_reason", sa.String(24), index=True),
        sa.Column("review_opened_us", sa.BigInteger()),
    )
    op.create_table(
        "decision",
        sa.Column("record_ref", sa.Text(), primary_key=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("same_as", sa.Text(), index=True),
        sa.Column("taken_back", sa.Boolean(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_us", sa.BigInteger(), nullable=False),
    )
    turn = op.create_table("turn", sa.Column("name", sa.String(12), primary_key=True))
    op.bulk_insert(turn, [{"name": "deciding"}])
