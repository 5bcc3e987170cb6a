"""SQLite's write-ahead log: how often it is brought home."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from shared.database import open_database


def test_every_connection_brings_the_log_home_after_8000_pages(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}", "school")
    with database.write() as session:
        writing = session.scalar(sa.text("PRAGMA wal_autocheckpoint"))
    with database.read() as session:
        reading = session.scalar(sa.text("PRAGMA wal_autocheckpoint"))
    database.dispose()
    assert (writing, reading) == (8_000, 8_000)
