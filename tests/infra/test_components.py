"""The recipes for real components: they start, survive `kill -9` on the same data, and leave no orphan."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest
from kafka.admin import NewTopic

from infra import fetching
from infra import postgres as postgres_recipe
from infra.kafka import KafkaBroker
from infra.postgres import PostgresServer
from infra.processes import KeptProcess, Missing, free_port, listening

ROOT = Path(__file__).parents[2]


def test_every_test_gets_an_empty_database_over_tcp_with_a_password(postgres_url: str) -> None:
    assert postgres_url.startswith("postgresql://noinghe:")
    assert "@127.0.0.1:" in postgres_url
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone() == (0,)


def test_a_wrong_database_password_is_refused(postgres: PostgresServer) -> None:
    wrong = f"postgresql://noinghe:wrong@127.0.0.1:{postgres.port}/noinghe"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_what_was_committed_survives_kill_9_of_the_database() -> None:
    with PostgresServer(durable=False) as server:
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE TABLE kept (value integer)")
            connection.execute("INSERT INTO kept VALUES (42)")
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.url)
        server.restart()
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT value FROM kept").fetchall() == [(42,)]
    assert not server.folder.exists()


def test_a_process_ends_and_its_folder_goes_when_the_starter_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    program = (
        "import sys, time; from pathlib import Path; from infra.processes import KeptProcess\n"
        "folder = Path(sys.argv[1])\n"
        "kept = KeptProcess(['sleep', '600'], folder / 'log', remove=folder)\n"
        "print(kept.pid, flush=True); time.sleep(600)\n"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", program, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout is not None
    with starter.stdout:
        kept = int(starter.stdout.readline())
        assert psutil.pid_exists(kept)
        starter.send_signal(signal.SIGKILL)
        starter.wait()
    assert _gone(kept)
    _until(lambda: not folder.exists())


def test_a_process_ends_when_its_keeper_is_killed(tmp_path: Path) -> None:
    kept = KeptProcess(["sleep", "600"], tmp_path / "log")
    keeper = psutil.Process(kept.pid).parent()
    assert keeper is not None
    keeper.kill()
    assert _gone(kept.pid)
    assert kept.stop() == -signal.SIGKILL


def test_a_program_that_ends_at_once_is_reported_with_its_log(tmp_path: Path) -> None:
    kept = KeptProcess(["sh", "-c", "echo no disk; exit 3"], tmp_path / "log")
    _until(lambda: not kept.running())
    assert kept.stop() == 3
    assert kept.tail() == "no disk"


def test_a_free_port_is_outside_the_range_that_clients_get() -> None:
    port = free_port()
    assert 20_000 <= port < 32_000
    assert not listening(port)


def test_without_maven_docker_or_root_one_sentence_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Missing, match="install Maven"):
        fetching.kafka_jars()


def test_without_wheel_and_system_postgres_one_sentence_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgres_recipe, "WHEEL", "no_such_wheel")
    monkeypatch.setattr(postgres_recipe, "_system_programs", lambda: iter([(14, Path("/old"))]))
    with pytest.raises(Missing, match="neither the wheel"), PostgresServer():
        pass


def test_a_broker_keeps_topics_over_kill_9_and_loses_them_when_cleared(clean_kafka: KafkaBroker) -> None:
    with clean_kafka.admin() as admin:
        admin.create_topics([NewTopic("kept", num_partitions=3, replication_factor=1)])
    clean_kafka.kill()
    assert not listening(clean_kafka.port)
    clean_kafka.restart()
    with clean_kafka.admin() as admin:
        assert _ours(admin.list_topics()) == ["kept"]
    clean_kafka.clear()
    with clean_kafka.admin() as admin:
        assert _ours(admin.list_topics()) == []


def _ours(topics: list[str]) -> list[str]:
    """Without Kafka's own topics, which stay once a group has existed."""
    return [name for name in topics if not name.startswith("__")]


def _gone(pid: int) -> bool:
    _until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    return True


def _until(happened: Callable[[], bool], within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
