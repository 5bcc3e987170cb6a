"""Alembic, run from a program: the revisions of a folder, without an ini file and without an env.py.

The version table lies inside the service's own schema or file, so services migrate independently.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

_ADVISORY_LOCK = 0x4E4E_4D49
"""One migration at a time per PostgreSQL database (the number spells NNMI)."""


def upgrade_to_head(connection: Connection, folder: Path) -> None:
    """Run every revision that the database has not seen, in the transaction of `connection`."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
    script = ScriptDirectory(str(folder), version_locations=[str(folder)])

    def steps(revision: Any, _context: MigrationContext) -> Any:
        return script._upgrade_revs("head", revision)

    context = MigrationContext.configure(connection, opts={"fn": steps, "transactional_ddl": True})
    with Operations.context(context):
        context.run_migrations()
