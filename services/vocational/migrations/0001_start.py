"""The first tables of vocational."""

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
        "enrolment",
        sa.Column("programme_kind", sa.Text(), nullable=False),
        sa.Column("institution_code", sa.Text(), nullable=False),
        sa.Column("trade_code", sa.Text(), nullable=True),
        sa.Column("admitted_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("left_reason", sa.Text(), nullable=True),
        sa.Column("completed_on", sa.Date(), nullable=True),
        sa.Column("dual_group", sa.Text(), nullable=True),
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
        sa.CheckConstraint("programme_kind IN ('SC', 'TC', 'THN', 'CD', 'DTTX')", name="programme_kind"),
        sa.CheckConstraint(
            "completed_on IS NULL OR completed_on >= admitted_on", name="completed_after_admission"
        ),
        sa.CheckConstraint("left_on IS NULL OR left_on >= admitted_on", name="left_after_admission"),
        sa.PrimaryKeyConstraint("record_ref"),
        sa.UniqueConstraint("publisher", "key"),
    )
    op.create_index(op.f("ix_enrolment_institution_code"), "enrolment", ["institution_code"], unique=False)
    op.create_index(op.f("ix_enrolment_personal_number"), "enrolment", ["personal_number"], unique=False)
    op.create_index(op.f("ix_enrolment_student_id"), "enrolment", ["student_id"], unique=False)
    op.create_table(
        "institution",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("commune_code", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("record_ref", sa.String(length=32), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_sequence", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("original", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "valid_from IS NULL OR valid_to IS NULL OR valid_to >= valid_from", name="validity"
        ),
        sa.PrimaryKeyConstraint("record_ref"),
        sa.UniqueConstraint("code", "valid_from"),
        sa.UniqueConstraint("key"),
    )
    op.create_index(op.f("ix_institution_code"), "institution", ["code"], unique=False)
    op.create_table(
        "programme",
        sa.Column("institution_code", sa.Text(), nullable=False),
        sa.Column("programme_kind", sa.Text(), nullable=False),
        sa.Column("trade_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("record_ref", sa.String(length=32), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_sequence", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("original", sa.Text(), nullable=True),
        sa.CheckConstraint("programme_kind IN ('SC', 'TC', 'THN', 'CD', 'DTTX')", name="programme_kind"),
        sa.CheckConstraint(
            "valid_from IS NULL OR valid_to IS NULL OR valid_to >= valid_from", name="validity"
        ),
        sa.PrimaryKeyConstraint("record_ref"),
        sa.UniqueConstraint("publisher", "key"),
    )
    op.create_index(op.f("ix_programme_institution_code"), "programme", ["institution_code"], unique=False)
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
        "intake",
        sa.Column("programme_key", sa.Text(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("record_ref", sa.String(length=32), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content_sequence", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("original", sa.Text(), nullable=True),
        sa.CheckConstraint("seats > 0", name="seats"),
        sa.ForeignKeyConstraint(
            ["publisher", "programme_key"],
            ["programme.publisher", "programme.key"],
        ),
        sa.PrimaryKeyConstraint("record_ref"),
        sa.UniqueConstraint("publisher", "key"),
    )
