"""The first tables of school."""

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
        "completion",
        sa.Column("natural_key", sa.Text(), nullable=True),
        sa.Column("school_code", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("school_year", sa.Text(), nullable=False),
        sa.Column("recognised_round", sa.Integer(), nullable=True),
        sa.Column("recognised_on", sa.Date(), nullable=True),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("decision_no", sa.Text(), nullable=True),
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
        sa.CheckConstraint("stage IN ('THCS', 'THPT')", name="stage"),
        sa.CheckConstraint("(basis IS NULL) = (recognised_on IS NULL)", name="basis"),
        sa.CheckConstraint("(recognised_round IS NULL) = (recognised_on IS NULL)", name="recognised"),
        sa.CheckConstraint("recognised_round IN (1, 2)", name="round"),
        sa.PrimaryKeyConstraint("record_ref"),
        sa.UniqueConstraint("publisher", "key"),
    )
    op.create_index(op.f("ix_completion_natural_key"), "completion", ["natural_key"], unique=False)
    op.create_index(op.f("ix_completion_personal_number"), "completion", ["personal_number"], unique=False)
    op.create_index(op.f("ix_completion_school_code"), "completion", ["school_code"], unique=False)
    op.create_index(op.f("ix_completion_student_id"), "completion", ["student_id"], unique=False)
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
        sa.CheckConstraint("programme_kind IN ('THPT', 'GDTX', 'DH')", name="programme_kind"),
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
        "life_event",
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
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
        sa.PrimaryKeyConstraint("record_ref"),
        sa.UniqueConstraint("publisher", "key"),
    )
    op.create_index(op.f("ix_life_event_personal_number"), "life_event", ["personal_number"], unique=False)
    op.create_index(op.f("ix_life_event_student_id"), "life_event", ["student_id"], unique=False)
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
