"""`open_database`: the one door to a service's tables.

`write()` and `read()` are the only places where a transaction begins or ends. A write tells the hooks of
`on_commit` afterwards, so that a relay in the same process wakes without polling.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from shared.database import migrations
from shared.database.engines import checked_name, postgresql_engine, sqlite_engine
from shared.database.faults import is_transient
from shared.errors import Unavailable

Dialect = Literal["sqlite", "postgresql"]


def open_database(
    url: str,
    service: str,
    *,
    schema: str | None = None,
    durable: bool = True,
    timeout_s: float = 30.0,
    pool_size: int = 5,
) -> Database:
    """Open (and where needed create) the database of `service`.

    `url`: "sqlite:////folder" (a file per service in that folder) or "postgresql://user:pass@host/db" (a
    schema per service). `schema` names another file or schema than the service's own, for a rebuild.
    `durable` false gives up safety against power cuts: only for what can be computed again.
    Raises `Unavailable` when the database does not answer.
    """
    parsed = make_url(url)
    name = checked_name(schema or service)
    if parsed.get_backend_name() == "sqlite":
        folder = Path(parsed.database or ".")
        return _open_sqlite(folder, name, durable=durable, timeout_s=timeout_s, pool_size=pool_size)
    if parsed.get_backend_name() == "postgresql":
        engine = postgresql_engine(url, name, durable=durable, timeout_s=timeout_s, pool_size=pool_size)
        reading = engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True, postgresql_deferrable=False
        )
        where = f"{parsed.host or 'localhost'}:{parsed.port or 5432}/{parsed.database}"
        database = Database(
            "postgresql", name, engine, reading, where=where, url=url, timeout_s=timeout_s, durable=durable
        )
        with database.write() as session:
            session.execute(text("SELECT pg_advisory_xact_lock(hashtext('noinghe schema'))"))
            session.execute(text(f"CREATE SCHEMA IF NOT EXISTS {name}"))
        return database
    raise ValueError(f"no such kind of database: {parsed.get_backend_name()}")


def _open_sqlite(folder: Path, name: str, *, durable: bool, timeout_s: float, pool_size: int) -> Database:
    file = folder / f"{name}.db"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise Unavailable(f"Không tạo được thư mục dữ liệu {folder}: hãy kiểm tra quyền ghi.") from fault
    engines = [
        sqlite_engine(file, writes=writes, durable=durable, busy_timeout_s=timeout_s, pool_size=pool_size)
        for writes in (True, False)
    ]
    url = f"sqlite:///{folder.absolute()}"
    database = Database(
        "sqlite", name, *engines, where=str(file), url=url, timeout_s=timeout_s, durable=durable
    )
    with database.write():
        pass
    return database


class Database:
    """The tables of one service; safe to share between threads, not between processes after a fork."""

    def __init__(
        self,
        dialect: Dialect,
        name: str,
        engine: Engine,
        reading: Engine,
        *,
        where: str,
        url: str,
        timeout_s: float,
        durable: bool,
    ) -> None:
        """Use `open_database`. `where` is how messages call the place; it never has a password."""
        self.dialect: Dialect = dialect
        self.name = name
        self.engine = engine
        self.where = where
        self._reading = reading
        self._url = url
        self._timeout_s = timeout_s
        self._durable = durable
        self._hooks: list[Callable[[], None]] = []
        self._carried: dict[str, Any] = {}
        # SQLite lets one writer in and makes the others sleep in growing steps; a lock wakes them at once.
        self._writer = threading.Lock() if dialect == "sqlite" else None
        self._writing = threading.local()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction that may write: committed at the end of the block, rolled back on any error.

        Never inside another `write()` of the same thread. An error that passes by itself (no connection,
        a lock, a deadlock, a full disk) is raised as `Unavailable`.
        """
        with self._turn(), self._told(), Session(self.engine, expire_on_commit=False) as session:
            session.connection()  # begins now, so that SQLite's writer lock is held from the first read on
            yield session
            session.commit()
        self.wake()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One transaction that sees one state of everything and refuses to write."""
        with self._told(), Session(self._reading) as session:
            yield session

    def on_commit(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` after every committed `write()`; it must be quick and must not raise.

        Returns the function that takes it back.
        """
        self._hooks.append(callback)
        return lambda: self._hooks.remove(callback)

    def carry(self, **objects: Any) -> None:
        """Let every connection, and those of a scratch database, bring these objects to who works with it.

        They are execution options of SQLAlchemy: `session.connection().get_execution_options()`.
        """
        self._carried.update(objects)
        self.engine.update_execution_options(**objects)
        self._reading.update_execution_options(**objects)

    def wake(self) -> None:
        """Call the hooks without a commit, so that those who wait look at their stop event."""
        for hook in tuple(self._hooks):
            hook()

    def describe(self) -> str:
        """The engine and the place, for a person; without a password."""
        return f"{'PostgreSQL' if self.dialect == 'postgresql' else 'SQLite'}, {self.where}"

    def upgrade(self, migrations_dir: Path) -> None:
        """Bring the tables to the newest revision of the folder, all steps or none."""
        with self.write() as session:
            migrations.upgrade_to_head(session.connection(), migrations_dir)
            if self.dialect == "postgresql" and not self._durable:
                self._unlog(session)

    def _unlog(self, session: Session) -> None:
        """Keep the tables out of the server's write-ahead log; those that refer to others come first."""
        ordered = inspect(session.connection()).get_sorted_table_and_fkc_names(self.name)
        for table, _ in reversed(ordered):
            if table is not None:
                session.execute(text(f'ALTER TABLE "{table}" SET UNLOGGED'))

    @contextmanager
    def scratch(self) -> Iterator[Database]:
        """An empty database beside this one for the length of a block; what is in it is lost.

        It gives up safety against power cuts for speed. Left-overs of an earlier crash are removed.
        """
        name = f"{self.name}_scratch"
        self._remove(name)
        try:
            with open_database(self._url, name, durable=False, timeout_s=self._timeout_s) as empty:
                empty.carry(**self._carried)
                yield empty
        finally:
            self._remove(name)

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.dispose()

    def _remove(self, name: str) -> None:
        """The schema or file beside this one, if it is there."""
        if self.dialect == "postgresql":
            with self.write() as session:
                session.execute(text(f"DROP SCHEMA IF EXISTS {checked_name(name)} CASCADE"))
        else:
            file = Path(self.where).with_name(f"{name}.db")
            for suffix in ("", "-wal", "-shm"):
                file.with_name(file.name + suffix).unlink(missing_ok=True)

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        self._reading.dispose()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self._writer is None:
            yield
            return
        if getattr(self._writing, "now", False):
            raise RuntimeError("write() inside write() of the same thread")
        if not self._writer.acquire(timeout=self._timeout_s):
            raise Unavailable(f"Cơ sở dữ liệu {self.where} đang bận ghi; xin thử lại sau.")
        self._writing.now = True
        try:
            yield
        finally:
            self._writing.now = False
            self._writer.release()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say a passing database error in one sentence, without statement, values or password."""
        try:
            yield
        except Unavailable:
            raise
        except Exception as fault:
            if is_transient(fault):
                raise Unavailable(
                    f"Cơ sở dữ liệu {self.where} chưa phục vụ được; hãy kiểm tra nó đang chạy, đúng địa chỉ, "
                    "mật khẩu và còn chỗ trống, rồi thử lại."
                ) from fault
            raise
