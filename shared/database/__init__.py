"""The database of a service, whichever engine it stands on.

Nothing above `open_database` knows whether it talks to SQLite or PostgreSQL. `bulk` has the few statements
that must be written differently for each of them to be fast; `faults` says which errors pass by themselves,
`types` has column types.
"""

from __future__ import annotations

from shared.database.bulk import (
    chunked,
    copy_rows,
    insert_ignore,
    insert_rows,
    match_rows,
    one_of,
    upsert_newer,
    values_list,
)
from shared.database.database import Database, open_database
from shared.database.faults import is_transient
from shared.database.types import UtcInstant

__all__ = [
    "Database",
    "UtcInstant",
    "chunked",
    "copy_rows",
    "insert_ignore",
    "insert_rows",
    "is_transient",
    "match_rows",
    "one_of",
    "open_database",
    "upsert_newer",
    "values_list",
]
