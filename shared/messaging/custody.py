"""Custody of an outbox: which relay may move it, how it reads, deletes, and waits for more.

PostgreSQL: an advisory lock on a session of its own, through which everything here runs; a lost session is
a lost lock, and nothing more can be read or deleted. NOTIFY wakes it. SQLite: a row with owner, epoch and
expiry, checked in the transaction of every deletion; commits of this process wake it.
"""

from __future__ import annotations

import os
import select as io_select
import threading
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    any_,
    bindparam,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from shared.database import Database, is_transient
from shared.errors import Unavailable
from shared.messaging.outbox import CHANNEL
from shared.messaging.ownership import is_held, new_owner
from shared.messaging.tables import TABLES

OUTBOX = TABLES.outbox
LEASE = TABLES.relay_lease

_COLUMNS = select(OUTBOX.c.id, OUTBOX.c.topic, OUTBOX.c.key, OUTBOX.c.value, OUTBOX.c.event_id)
_IN_ORDER = OUTBOX.c.id

OutboxRow: TypeAlias = tuple[int, str, str, bytes, str]
"""Id, topic, key, value, event id."""


class CustodyLost(Unavailable):
    """Another relay has the outbox now; what is under way here must not be deleted here."""

    code = "custody_lost"

    def __init__(self, where: str) -> None:
        super().__init__(f"Một tiến trình chuyển tiếp khác đang giữ hàng chờ của {where}.")


class Custody(Protocol):
    """The outbox of one database, as the one relay that holds it sees it."""

    def open(self) -> None:
        """Get ready to wait and to be woken."""
        ...

    def acquire(self) -> bool:
        """Take the outbox; false when another relay has it."""
        ...

    def read(self, limit: int, *, flying: Collection[int]) -> Sequence[OutboxRow]:
        """The first rows by id that are not under way: see `OutboxRow`.

        Never "ids above the last": a lower id may have committed meanwhile.
        """
        ...

    def delete(self, ids: Collection[int]) -> None:
        """Delete acknowledged rows. Raises `CustodyLost`."""
        ...

    def wait(self, timeout_s: float) -> None:
        """Return when something may have been published, after `wake`, or after the timeout."""
        ...

    def wake(self) -> None:
        """End a wait of another thread; called after each commit of this process."""
        ...

    def close(self) -> None:
        """Let another relay have the outbox, and give back what was opened."""
        ...


def custody_of(database: Database, *, lease_ttl_s: float) -> Custody:
    """The custody for the database's kind."""
    if database.dialect == "postgresql":
        return PostgresqlCustody(database)
    return SqliteCustody(database, ttl_s=lease_ttl_s)


class SqliteCustody:
    """A lease row; see the module."""

    def __init__(self, database: Database, *, ttl_s: float) -> None:
        self._database = database
        self._ttl_s = ttl_s
        self._owner = new_owner()
        self._epoch = 0
        self._renewed = 0.0
        self._published = threading.Event()

    def open(self) -> None:
        """Nothing to open."""

    def acquire(self) -> bool:
        """Take or renew the lease; false when another relay has it."""
        if self._epoch and time.monotonic() < self._renewed + self._ttl_s / 3:
            return True
        with self._database.write() as session:
            now = time.monotonic()
            lease = session.execute(select(LEASE).where(LEASE.c.name == "relay")).one_or_none()
            mine = lease is not None and lease.owner == self._owner
            if lease is not None and not mine and is_held(lease.owner, lease.expires_at):
                self._epoch = 0
                return False
            epoch = 1 if lease is None else lease.epoch + (not mine)
            values = {"owner": self._owner, "epoch": epoch, "expires_at": now + self._ttl_s}
            insert = sqlite_insert(LEASE).values(name="relay", **values)
            session.execute(insert.on_conflict_do_update(index_elements=["name"], set_=values))
        self._epoch, self._renewed = epoch, now
        return True

    def read(self, limit: int, *, flying: Collection[int]) -> Sequence[OutboxRow]:
        """The first rows by id that are not under way."""
        statement = _COLUMNS.order_by(_IN_ORDER).limit(limit)
        if flying:
            statement = statement.where(~self._these(flying))
        with self._database.read() as session:
            return _fetched(session.execute(statement))

    def delete(self, ids: Collection[int]) -> None:
        """Delete acknowledged rows, if the lease is still ours in that very transaction."""
        with self._database.write() as session:
            self._check(session)
            session.execute(delete(OUTBOX).where(self._these(ids)))

    def wait(self, timeout_s: float) -> None:
        """Return after a commit of this process, or after the timeout."""
        self._published.wait(timeout_s)
        self._published.clear()

    def wake(self) -> None:
        """End a wait."""
        self._published.set()

    def close(self) -> None:
        """Remove the lease if it is still ours."""
        if self._epoch:
            with self._database.write() as session:
                session.execute(delete(LEASE).where(LEASE.c.owner == self._owner))
            self._epoch = 0

    @staticmethod
    def _these(ids: Collection[int]) -> ColumnElement[bool]:
        """Ids without a hole are a range: with one writer at a time none between them can commit later."""
        first, last = min(ids), max(ids)
        whole = last - first + 1 == len(ids)
        return OUTBOX.c.id.between(first, last) if whole else OUTBOX.c.id.in_(_listed(ids))

    def _check(self, session: Session) -> None:
        still = update(LEASE).where(LEASE.c.owner == self._owner, LEASE.c.epoch == self._epoch)
        now = time.monotonic()
        renewed = session.execute(still.values(expires_at=now + self._ttl_s))
        if renewed.rowcount != 1:  # type: ignore[attr-defined]
            self._epoch = 0
            raise CustodyLost(self._database.where)
        self._renewed = now


class PostgresqlCustody:
    """An advisory lock on a session of its own; see the module."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._ears = self._mouth = -1
        self._mouth_lock = threading.Lock()

    def open(self) -> None:
        """Open the pipe through which commits of this process wake us."""
        self._ears, self._mouth = os.pipe()
        os.set_blocking(self._ears, False)
        os.set_blocking(self._mouth, False)

    def acquire(self) -> bool:
        """Take the lock on a new session, or see that the session with the lock still lives."""
        if self._connection is not None:
            return True  # every statement runs on the session with the lock and fails without it
        connection = self._open()
        lock = text("SELECT pg_try_advisory_lock(hashtext('noinghe relay'), hashtext(:name))")
        try:
            if not connection.scalar(lock, {"name": self._database.name}):
                connection.close()
                return False
            connection.execute(text(f'LISTEN "{CHANNEL}{self._database.name}"'))
        except Exception as fault:
            connection.invalidate()
            connection.close()
            raise self._unavailable(fault) from fault
        self._connection = connection
        return True

    def read(self, limit: int, *, flying: Collection[int]) -> Sequence[OutboxRow]:
        """The first rows by id that are not under way."""
        statement = _COLUMNS.order_by(_IN_ORDER).limit(limit)
        if flying:
            statement = statement.where(OUTBOX.c.id.not_in(select(func.unnest(_ids(flying)))))
        return _fetched(self._execute(statement))

    def delete(self, ids: Collection[int]) -> None:
        """Delete acknowledged rows on the session with the lock."""
        self._execute(delete(OUTBOX).where(OUTBOX.c.id == any_(_ids(ids))))

    def wait(self, timeout_s: float) -> None:
        """Return on a notification, after `wake`, or after the timeout."""
        if self._connection is None:
            io_select.select([self._ears], [], [], timeout_s)
        else:
            driver: Any = self._connection.connection.driver_connection
            try:
                readable, _, _ = io_select.select([driver.fileno(), self._ears], [], [], timeout_s)
                if readable and readable != [self._ears]:
                    for _ in driver.notifies(timeout=0):
                        pass
            except Exception as fault:
                self._lose()
                raise self._unavailable(fault) from fault
        self._drain()

    def wake(self) -> None:
        """End a wait."""
        with self._mouth_lock:
            if self._mouth >= 0:
                with suppress(BlockingIOError):  # full: it is awake already
                    os.write(self._mouth, b"!")

    def close(self) -> None:
        """Give back the lock, close the session, and the pipe."""
        if self._connection is not None:
            with suppress(Exception):  # a closed session has lost its lock anyway, only less promptly
                self._connection.execute(text("SELECT pg_advisory_unlock_all()"))
        self._lose()
        with self._mouth_lock:
            os.close(self._ears)
            os.close(self._mouth)
            self._ears = self._mouth = -1

    def _open(self) -> Connection:
        try:
            connection = self._database.engine.connect()
            return connection.execution_options(isolation_level="AUTOCOMMIT")
        except Exception as fault:
            raise self._unavailable(fault) from fault

    def _execute(self, statement: Any) -> Any:
        if self._connection is None:
            raise CustodyLost(self._database.where)
        try:
            return self._connection.execute(statement)
        except Exception as fault:
            self._lose()
            raise self._unavailable(fault) from fault

    def _unavailable(self, fault: Exception) -> Exception:
        return CustodyLost(self._database.where) if is_transient(fault) else fault

    def _lose(self) -> None:
        """Never give a session that held the lock or listened back to the pool."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            while os.read(self._ears, 4096):
                pass


def _fetched(result: Any) -> list[OutboxRow]:
    """The driver's own rows: no type here needs another form, and none of SQLAlchemy's rows is made."""
    rows: list[OutboxRow] = result.cursor.fetchall()
    result.close()
    return rows


def _listed(ids: Collection[int]) -> Any:
    document = "[" + ",".join(map(str, ids)) + "]"
    return select(func.json_each(document).table_valued("value").c.value)


def _ids(ids: Collection[int]) -> Any:
    return bindparam(None, list(ids), type_=ARRAY(BigInteger))
