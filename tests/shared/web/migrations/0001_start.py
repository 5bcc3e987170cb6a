"""Tables of the sample service of the web tests."""

import sqlalchemy as sa
from alembic import op

from shared.messaging.tables import create_messaging_tables
from shared.web.tables import create_web_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_messaging_tables(op)
    create_web_tables(op)
    op.create_table(
        "trade",
        sa.Column("publisher", sa.String(40), primary_key=True),
        sa.Column("code", sa.String(40), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
    )
