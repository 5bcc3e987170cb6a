"""Statements on the driver's own connection: many keys in one round trip, on SQLite and on PostgreSQL.

Online linkage asks for thousands of keys in a batch. SQLite gets them as one JSON text and walks it with
`json_each`, PostgreSQL as one array and walks it with `unnest`; both then look each key up in its index, in
a nested loop that no planner can turn into a scan. Everything happens in the transaction of the session.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.orm import Session

Row = tuple[Any, ...]

_DRIVER = "linkage_driver"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement in both dialects; `?` and `%s` stand for its parameters."""

    sqlite: str
    postgresql: str


class Driver:
    """The driver's connection under a session that has begun; one per transaction (`driver_of`)."""

    def __init__(self, session: Session) -> None:
        connection = session.connection()
        self._raw: Any = connection.connection.driver_connection
        self.is_postgresql = connection.dialect.name == "postgresql"
        self.transaction = session.get_transaction()

    def rows(self, statement: Statement, *parameters: Any) -> list[Row]:
        """All rows of a query. A list among the parameters goes as one: an array, or JSON text."""
        if self.is_postgresql:
            found = self._raw.execute(statement.postgresql, parameters, prepare=True).fetchall()
        else:
            given = [orjson.dumps(p).decode() if isinstance(p, list) else p for p in parameters]
            found = self._raw.execute(statement.sqlite, given).fetchall()
        return found  # type: ignore[no-any-return]

    def run(self, statement: Statement, *parameters: Any) -> None:
        """One statement without an answer."""
        if self.is_postgresql:
            self._raw.execute(statement.postgresql, parameters, prepare=True)
            return
        given = [orjson.dumps(p).decode() if isinstance(p, list) else p for p in parameters]
        self._raw.execute(statement.sqlite, given)

    def write(self, statement: Statement, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for many rows: SQLite's for each, PostgreSQL's once with an array per column."""
        given = rows if isinstance(rows, list) else list(rows)
        if not given:
            return
        if self.is_postgresql:
            columns = [list(column) for column in zip(*given, strict=True)]
            self._raw.execute(statement.postgresql, columns, prepare=True)
        else:
            self._raw.executemany(statement.sqlite, given)


def driver_of(session: Session) -> Driver:
    """The driver of the session's transaction."""
    found: Driver | None = session.info.get(_DRIVER)
    if found is None or found.transaction is not session.get_transaction():
        found = session.info[_DRIVER] = Driver(session)
    return found
