"""A part of an embedded log, read from start to end without a group.

It imports nothing of this house but the names of a log, so that `reading_beside` starts quickly; and its
connection can only read, so that in another process, too, it never checkpoints the file (see `embedded`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from shared.messaging.log import Fields, Place

_NEXT = (
    'SELECT "offset", key, value, event_id FROM record '
    'WHERE topic = ? AND partition = ? AND "offset" >= ? AND "offset" < ? ORDER BY "offset" LIMIT ?'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedExcerpt:
    """What to read: for every place of `until` the first offset, and the one to stop before."""

    file: Path
    busy_timeout_s: float
    start: Mapping[Place, int]
    until: Mapping[Place, int]
    batch: int

    def read(self) -> Generator[list[Fields], None, None]:
        """The records, place after place. Raises `sqlite3.Error`."""
        with closing(self._connect()) as connection:
            ids = dict(connection.execute("SELECT name, id FROM topic").fetchall())
            for place, end in self.until.items():
                at = self.start[place]
                while at < end:
                    found = fetch(
                        connection, place, topic_id=ids[place[0]], start=at, end=end, limit=self.batch
                    )
                    if not found:
                        break
                    at = found[-1][2] + 1
                    yield found

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self.file.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=self.busy_timeout_s,
            isolation_level=None,
            check_same_thread=False,
        )


def fetch(
    connection: sqlite3.Connection, place: Place, *, topic_id: int, start: int, end: int, limit: int
) -> list[Fields]:
    """Records of one partition from `start` up to before `end`, at most `limit`."""
    rows = connection.execute(_NEXT, (topic_id, place[1], start, end, limit)).fetchall()
    return [(*place, *row) for row in rows]
