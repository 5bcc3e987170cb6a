"""The tables of `indicators`: what was heard, what follows from it, messaging, keys."""

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
        sa.Column("record_ref", sa.Text, primary_key=True),
        sa.Column("link_sequence", sa.Integer, nullable=False, server_default="0"),
        sa.Column("person_id", sa.Text),
        sa.Column("content_sequence", sa.Integer, nullable=False, server_default="0"),
        sa.Column("kind", sa.String(12)),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("recorded_us", sa.BigInteger),
        sa.Column("sex", sa.String(1)),
        sa.Column("ethnic_code", sa.Text),
        sa.Column("residence_code", sa.Text),
        sa.Column("village", sa.Text),
        sa.Column("school_code", sa.Text),
        sa.Column("stage", sa.String(4)),
        sa.Column("school_year", sa.String(9)),
        sa.Column("recognised_on", sa.Date),
        sa.Column("programme_kind", sa.String(4)),
        sa.Column("trade_code", sa.Text),
        sa.Column("admitted_on", sa.Date),
        sa.Column("left_on", sa.Date),
        sa.Column("left_reason", sa.String(12)),
        sa.Column("completed_on", sa.Date),
        sa.Column("event", sa.String(12)),
        sa.Column("happened_on", sa.Date),
        sa.Column("vacancy_ref", sa.Text),
        sa.Column("started_on", sa.Date),
        sa.Column("ended_on", sa.Date),
    )
    op.create_index("ix_record_person", "record", ["person_id"])
    _create_partial_index("ix_record_school", "record", "school_code", where="school_code IS NOT NULL")
    _create_partial_index("ix_record_nobody", "record", "kind", where="active AND person_id IS NULL")
    _create_partial_index("ix_record_trade", "record", "trade_code", where="trade_code IS NOT NULL")
    op.create_table(
        "institution",
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("owner", sa.String(12), primary_key=True),
        sa.Column("valid_from", sa.Date, primary_key=True),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("commune_code", sa.Text),
        sa.Column("valid_to", sa.Date),
    )
    op.create_table(
        "vacancy",
        sa.Column("vacancy_ref", sa.Text, primary_key=True),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("openings", sa.Integer, nullable=False),
        sa.Column("trade_code", sa.Text),
        sa.Column("posted_on", sa.Date),
        sa.Column("closed_on", sa.Date),
    )
    op.create_table(
        "heard",
        sa.Column("owner", sa.String(12), primary_key=True),
        sa.Column("recorded_us", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "person",
        sa.Column("person_id", sa.Text, primary_key=True),
        sa.Column("completions", sa.Integer, nullable=False),
        sa.Column("enrolments", sa.Integer, nullable=False),
        sa.Column("life_events", sa.Integer, nullable=False),
        sa.Column("placements", sa.Integer, nullable=False),
    )
    _create_partial_index("ix_person_without_completion", "person", "person_id", where="completions = 0")
    op.create_table(
        "pathway",
        sa.Column("record_ref", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("counts", sa.Boolean, nullable=False),
        sa.Column("first_recognised_on", sa.Date),
        sa.Column("stage", sa.String(4), nullable=False),
        sa.Column("school_year", sa.String(9), nullable=False),
        sa.Column("row_day", sa.Date, nullable=False),
        sa.Column("school_code", sa.Text, nullable=False),
        sa.Column("school_commune_code", sa.Text),
        sa.Column("school_era", sa.String(11)),
        sa.Column("residence_code", sa.Text),
        sa.Column("residence_era", sa.String(11)),
        sa.Column("village", sa.Text),
        sa.Column("sex", sa.String(1)),
        sa.Column("ethnic_code", sa.Text),
    )
    op.create_index("ix_pathway_owner", "pathway", ["owner"])
    op.create_index(
        "ix_pathway_cohort",
        "pathway",
        ["school_year", "stage", "school_commune_code", "first_recognised_on"],
    )
    op.create_table(
        "spell",
        sa.Column("record_ref", sa.Text, primary_key=True),
        sa.Column("since", sa.Date, primary_key=True),
        sa.Column("until", sa.Date, nullable=False),
        sa.Column("destination", sa.String(8), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tally",
        sa.Column("school_year", sa.String(9), primary_key=True),
        sa.Column("stage", sa.String(4), primary_key=True),
        sa.Column("dimension", sa.String(9), primary_key=True),
        sa.Column("school_commune_code", sa.Text, primary_key=True),
        sa.Column("school_era", sa.String(11), primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("destination", sa.String(8), primary_key=True),
        sa.Column("change", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    _create_partial_index("ix_tally_nothing", "tally", "school_year", where="change = 0")


def _create_partial_index(name: str, table: str, column: str, *, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, [column], sqlite_where=condition, postgresql_where=condition)
