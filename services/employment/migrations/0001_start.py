"""The first tables of employment."""

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
    """Create them."""
    create_messaging_tables(op)
    create_web_tables(op)
    op.create_table(
        "employer",
        sa.Column("tax_code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("commune_code", sa.Text(), nullable=True),
        sa.Column("record_ref", sa.String(length=32), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_sequence", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("original", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("record_ref"),
        sa.UniqueConstraint("publisher", "key"),
    )
    op.create_index(op.f("ix_employer_name_key"), "employer", ["name_key"], unique=False)
    op.create_table(
        "record_history",
        sa.Column("record_ref", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source_table", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record_ref", "version"),
    )
    op.create_table(
        "vacancy",
        sa.Column("employer_ref", sa.String(length=32), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("placed", sa.Integer(), nullable=False),
        sa.Column("commune_code", sa.Text(), nullable=True),
        sa.Column("trade_code", sa.Text(), nullable=True),
        sa.Column("occupation_code", sa.Text(), nullable=True),
        sa.Column("wage_min_vnd_month", sa.BigInteger(), nullable=True),
        sa.Column("wage_max_vnd_month", sa.BigInteger(), nullable=True),
        sa.Column("posted_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.Column("record_ref", sa.String(length=32), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_sequence", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("original", sa.Text(), nullable=True),
        sa.CheckConstraint("close_reason IS NULL OR closed_on IS NOT NULL", name="reason_of_closing"),
        sa.CheckConstraint("closed_on IS NULL OR closed_on >= posted_on", name="closed_after_posting"),
        sa.CheckConstraint("openings > 0", name="openings"),
        sa.CheckConstraint("placed >= 0 AND placed <= openings", name="placed_within_openings"),
        sa.ForeignKeyConstraint(
            ["employer_ref"],
            ["employer.record_ref"],
        ),
        sa.PrimaryKeyConstraint("record_ref"),
        sa.UniqueConstraint("publisher", "key"),
    )
    op.create_index(op.f("ix_vacancy_employer_ref"), "vacancy", ["employer_ref"], unique=False)
    op.create_table(
        "placement",
        sa.Column("employer_ref", sa.String(length=32), nullable=False),
        sa.Column("vacancy_ref", sa.String(length=32), nullable=True),
        sa.Column("occupation_code", sa.Text(), nullable=True),
        sa.Column("wage_vnd_month", sa.BigInteger(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("identity_sequence", sa.Integer(), nullable=False),
        sa.Column("personal_number", sa.String(length=12), nullable=True),
        sa.Column("student_id", sa.Text(), nullable=True),
        sa.Column("full_name", sa.Text(), nullable=True),
        sa.Column("dob", sa.Text(), nullable=True),
        sa.Column("sex", sa.String(length=1), nullable=True),
        sa.Column("ethnic_code", sa.Text(), nullable=True),
        sa.Column("residence_code", sa.Text(), nullable=True),
        sa.Column("village", sa.Text(), nullable=True),
        sa.Column("record_ref", sa.String(length=32), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_sequence", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("original", sa.Text(), nullable=True),
        sa.CheckConstraint("ended_on IS NULL OR ended_on >= started_on", name="ended_after_start"),
        sa.ForeignKeyConstraint(
            ["employer_ref"],
            ["employer.record_ref"],
        ),
        sa.ForeignKeyConstraint(
            ["vacancy_ref"],
            ["vacancy.record_ref"],
        ),
        sa.PrimaryKeyConstraint("record_ref"),
        sa.UniqueConstraint("publisher", "key"),
    )
    op.create_index(op.f("ix_placement_employer_ref"), "placement", ["employer_ref"], unique=False)
    op.create_index(op.f("ix_placement_personal_number"), "placement", ["personal_number"], unique=False)
    op.create_index(op.f("ix_placement_student_id"), "placement", ["student_id"], unique=False)
    op.create_index(op.f("ix_placement_vacancy_ref"), "placement", ["vacancy_ref"], unique=False)
