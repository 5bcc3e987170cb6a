"""The relay: custody, order, failures of the log, stopping; on both databases."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import insert, select, update

from shared.contracts import decode
from shared.contracts.school import CONTENT
from shared.database import Database, open_database
from shared.errors import Unavailable
from shared.messaging.custody import CustodyLost, PostgresqlCustody, custody_of
from shared.messaging.embedded import EmbeddedLog, EmbeddedProducer
from shared.messaging.log import NewRecord
from shared.messaging.outbox import depth, publish
from shared.messaging.relay import Relay
from shared.messaging.tables import TABLES
from tests.shared.messaging.house import (
    append,
    changes,
    completion,
    empty_postgresql,
    everything,
    open_prepared,
    pending,
    relay,
)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EmbeddedLog]:
    opened = EmbeddedLog(tmp_path / "log.db")
    opened.ensure_topics([CONTENT])
    yield opened
    opened.close()


def sequences(log: EmbeddedLog) -> list[int]:
    return [decode(record.value).sequence for record in everything(log, CONTENT)]


def until(condition: Callable[[], bool], *, timeout_s: float = 20.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.02)


class FailingLog(EmbeddedLog):
    """Fails where told: before an append, or after it (the acknowledgement is lost)."""

    before: list[int]
    after: list[int]
    appends = 0

    def producer(self) -> EmbeddedProducer:
        log = self

        class Producer(EmbeddedProducer):
            def append(self, records: Sequence[NewRecord]) -> None:
                log.appends += 1
                if log.appends in log.before:
                    raise Unavailable("chưa gửi")
                super().append(records)
                if log.appends in log.after:
                    raise Unavailable("mất xác nhận")

        return Producer(self)


@pytest.mark.parametrize(("before", "after"), [([1, 3], []), ([], [1, 3]), ([2], [4, 5])])
def test_failures_of_the_log_lose_nothing_and_keep_the_order(
    database: Database, tmp_path: Path, before: list[int], after: list[int]
) -> None:
    log = FailingLog(tmp_path / "log.db")
    log.ensure_topics([CONTENT])
    log.before, log.after = before, after
    with database.write() as session:
        publish(session, [pending(completion("a"), n) for n in range(1, 101)])
    stop = threading.Event()
    moving = threading.Thread(
        target=relay(database, log, batch=10, backoff_s=0.001, safety_poll_s=0.05).run, args=(stop,)
    )
    moving.start()
    try:
        until(lambda: depth(database) == 0)
    finally:
        stop.set()
        database.wake()
        moving.join()
    assert sequences(log) == list(range(1, 101))
    log.close()


def test_only_acknowledged_rows_are_deleted(database: Database, tmp_path: Path) -> None:
    log = FailingLog(tmp_path / "log.db")
    log.ensure_topics([CONTENT])
    log.before, log.after = [2], []
    changes(database, [f"ref-{n}" for n in range(30)])
    with pytest.raises(Unavailable):
        relay(database, log, batch=10).drain()
    assert depth(database) == 20
    assert len(everything(log, CONTENT)) == 10
    log.close()


def test_rows_are_read_by_the_lowest_id_not_under_way(database: Database) -> None:
    """An id taken early may commit late: what is lower than the last read must still be seen."""
    custody = custody_of(database, lease_ttl_s=15)
    custody.open()
    assert custody.acquire()
    row = {
        "topic": CONTENT.name,
        "key": "k",
        "event_id": "e",
        "value": b"",
        "recorded_at": pending(completion("a")).time,
    }
    with database.write() as session:
        session.execute(insert(TABLES.outbox), [{**row, "id": n} for n in (5, 6, 9)])
    assert [found[0] for found in custody.read(2, flying=[])] == [5, 6]
    with database.write() as session:
        session.execute(insert(TABLES.outbox), [{**row, "id": n} for n in (3, 7)])
    assert [found[0] for found in custody.read(9, flying=[5, 6])] == [3, 7, 9]
    custody.delete([3, 5, 6])
    assert [found[0] for found in custody.read(9, flying=[])] == [7, 9]
    custody.close()


def test_large_batches_are_cut_by_their_bytes(database: Database, tmp_path: Path) -> None:
    log = FailingLog(tmp_path / "log.db")
    log.ensure_topics([CONTENT])
    log.before, log.after = [], []
    changes(database, [f"ref-{n}" for n in range(10)])
    relay(database, log, batch_bytes=1).drain()
    assert log.appends == 10
    log.close()


def test_a_second_relay_stands_by_and_takes_over(database: Database) -> None:
    first, second = custody_of(database, lease_ttl_s=15), custody_of(database, lease_ttl_s=15)
    first.open()
    second.open()
    assert first.acquire()
    assert not second.acquire()
    first.close()
    assert second.acquire()
    second.close()


def test_a_relay_that_lost_its_lease_deletes_nothing(tmp_path: Path) -> None:
    database = open_prepared(f"sqlite:///{tmp_path}", "indicators")
    changes(database, ["a"])
    sleeper, other = custody_of(database, lease_ttl_s=0.05), custody_of(database, lease_ttl_s=0.05)
    assert sleeper.acquire()
    (row,) = sleeper.read(10, flying=[])
    time.sleep(0.06)
    assert other.acquire()
    with pytest.raises(CustodyLost):
        sleeper.delete([row[0]])
    assert depth(database) == 1
    other.delete([row[0]])
    assert depth(database) == 0
    database.dispose()


def test_a_lease_of_a_dead_process_or_an_earlier_boot_is_free_at_once(tmp_path: Path) -> None:
    database = open_prepared(f"sqlite:///{tmp_path}", "indicators")
    custody = custody_of(database, lease_ttl_s=100)
    ended = subprocess.run(
        [sys.executable, "-c", "from shared.messaging.ownership import new_owner; print(new_owner())"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert custody.acquire()
    boot = ended.stdout.split("/")[0]
    elsewhere = f"{boot}/other:1:1:x"
    for stranger, expiry in ((ended.stdout.strip(), 500), ("earlier/1:1:1:x", 500), (elsewhere, 10_000)):
        with database.write() as session:
            session.execute(
                update(TABLES.relay_lease).values(owner=stranger, expires_at=time.monotonic() + expiry)
            )
        assert custody_of(database, lease_ttl_s=100).acquire()
    with database.write() as session:
        session.execute(update(TABLES.relay_lease).values(owner=elsewhere, expires_at=time.monotonic() + 500))
    assert not custody_of(database, lease_ttl_s=100).acquire()
    database.dispose()


def test_a_lost_session_is_a_lost_lock(postgres_url: str) -> None:
    with empty_postgresql(postgres_url) as url:
        database = open_prepared(url, "indicators")
        changes(database, ["a"])
        first, second = PostgresqlCustody(database), PostgresqlCustody(database)
        first.open()
        second.open()
        assert first.acquire()
        (row,) = first.read(10, flying=[])
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            )
        until(second.acquire)
        with pytest.raises(CustodyLost):
            first.delete([row[0]])
        assert not first.acquire()
        assert depth(database) == 1
        first.close()
        second.close()
        database.dispose()


_RELAY = """
import sys, threading
from pathlib import Path
from shared.database import open_database
from shared.messaging.embedded import EmbeddedLog
from shared.messaging.relay import Relay
print("up", flush=True)
Relay(open_database(sys.argv[1], "indicators"), EmbeddedLog(Path(sys.argv[2])), "school",
      batch=5, lease_ttl_s=0.5, safety_poll_s=0.05, backoff_s=0.01).run(threading.Event())
"""


def test_two_relays_of_which_one_is_stopped_and_woken(
    database: Database, database_url: str, log: EmbeddedLog, tmp_path: Path
) -> None:
    """The log shows each event once and in order, whoever moved it."""
    command = [sys.executable, "-c", _RELAY, database_url, str(tmp_path / "log.db")]
    relays = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    try:
        for process in relays:
            assert process.stdout is not None
            process.stdout.readline()
        for round_ in range(6):
            with database.write() as session:
                publish(session, [pending(completion("a"), round_ * 50 + n) for n in range(1, 51)])
            os.kill(relays[round_ % 2].pid, signal.SIGSTOP)
            time.sleep(0.7)  # longer than the lease; it may hold the file's lock, so nothing is asserted
            os.kill(relays[round_ % 2].pid, signal.SIGCONT)
            until(lambda: depth(database) == 0)
    finally:
        for process in relays:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
    assert sequences(log) == list(range(1, 301))


def test_a_commit_of_another_process_wakes_the_relay_on_postgresql(
    postgres_url: str, log: EmbeddedLog
) -> None:
    with empty_postgresql(postgres_url) as url:
        database, elsewhere = open_prepared(url, "indicators"), open_database(url, "indicators")
        stop = threading.Event()
        moving = threading.Thread(target=relay(database, log, safety_poll_s=60).run, args=(stop,))
        moving.start()
        try:
            for count in (1, 2, 3):
                changes(elsewhere, ["a"])
                until(lambda count=count: len(everything(log, CONTENT)) == count)  # type: ignore[misc]
        finally:
            stop.set()
            database.wake()
            moving.join(5)
        assert not moving.is_alive()
        database.dispose()
        elsewhere.dispose()


def test_events_on_postgresql_notify_once_per_transaction(postgres_url: str) -> None:
    with empty_postgresql(postgres_url) as url:
        database = open_prepared(url, "indicators")
        with psycopg.connect(url, autocommit=True) as ear:
            ear.execute('LISTEN "noinghe_outbox_indicators"')
            with database.write() as session:
                publish(session, [pending(completion("a"), 1)])
                publish(session, [pending(completion("a"), 2)])
            assert len(list(ear.notifies(timeout=1, stop_after=5))) == 1
        with database.read() as session:
            assert session.scalar(select(TABLES.outbox.c.id).limit(1)) is not None
        database.dispose()


def test_the_log_recognises_a_repeated_append(log: EmbeddedLog, database: Database) -> None:
    changes(database, ["a", "b"])
    custody = custody_of(database, lease_ttl_s=15)
    custody.open()
    custody.acquire()
    rows = [NewRecord(*row[1:]) for row in custody.read(10, flying=[])]
    custody.close()
    append(log, rows[:1])
    append(log, rows)
    append(log, [*rows, *rows])
    assert sorted(record.key for record in everything(log, CONTENT)) == ["a", "b"]
    assert sum(log.ends([CONTENT]).values()) == 2


def test_a_relay_says_when_another_process_keeps_the_outbox(database: Database, log: EmbeddedLog) -> None:
    other = custody_of(database, lease_ttl_s=60)
    other.open()
    assert other.acquire()
    with pytest.raises(Unavailable, match="tiến trình khác"):
        Relay(database, log, "school").drain(timeout_s=0.2)
    other.close()
