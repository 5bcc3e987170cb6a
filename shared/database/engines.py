"""SQLAlchemy engines for the two databases, each set up so that a transaction means the same.

SQLite: the driver's own transaction handling is switched off (it begins too late and commits before DDL);
the engine begins explicitly, IMMEDIATE for writers, so that a writer never fails half-way with a lock.
Write-ahead log with synchronous=FULL: what was committed survives a power cut.
PostgreSQL: one schema per service, put into the search path of every connection.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.pool import QueuePool

CHECKPOINT_PAGES = 8_000
"""Pages in SQLite's log (32 MiB) at which a commit also brings them home.

At the usual 1,000 every twentieth small commit paid for it, and pages written often went home as often.
"""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def checked_name(name: str) -> str:
    """The name of a schema or file, refused unless it is plain: it goes into SQL as an identifier."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a plain schema name: {name!r}")
    return name


def sqlite_engine(
    file: Path, *, writes: bool, durable: bool, busy_timeout_s: float, pool_size: int
) -> Engine:
    """An engine on one SQLite file. `writes` false: every connection refuses to write."""
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(file)),
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=4 * pool_size,
        connect_args={"timeout": busy_timeout_s, "isolation_level": None, "check_same_thread": False},
    )

    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        connection.execute("PRAGMA journal_size_limit=67108864")
        connection.execute("PRAGMA cache_size=-16384")
        connection.execute("PRAGMA temp_store=MEMORY")
        if not writes:
            connection.execute("PRAGMA query_only=ON")

    begin_statement = "BEGIN IMMEDIATE" if writes else "BEGIN"

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin_statement)

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine


def postgresql_engine(url: str, schema: str, *, durable: bool, timeout_s: float, pool_size: int) -> Engine:
    """An engine on one schema of a PostgreSQL database; the schema need not exist yet."""
    options = [f"-csearch_path={checked_name(schema)}", "-ctimezone=UTC"]
    if not durable:
        options.append("-csynchronous_commit=off")
    given = make_url(url)
    return create_engine(
        given.set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=2 * pool_size,
        pool_pre_ping=True,
        connect_args={
            "options": " ".join(options),
            "connect_timeout": max(2, round(timeout_s)),
            "application_name": f"noinghe-{schema}",
        },
    )
