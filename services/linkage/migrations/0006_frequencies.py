"""How common values are among the records, counted when keys and pairs are computed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("derivation", sa.Column("frequencies", sa.Text()))
