"""Consumer groups of the embedded log, and the worker's limits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from shared.clock import FixedClock
from shared.contracts import Envelope
from shared.contracts.school import CONTENT
from shared.database import Database
from shared.messaging import dead_letters
from shared.messaging.applying import Applier, TooManyDeadLetters
from shared.messaging.embedded import EmbeddedConsumer, EmbeddedLog
from shared.messaging.handling import Handlers, Handling
from shared.messaging.log import Place
from tests.shared.messaging import house
from tests.shared.messaging.house import START, append, completion, everything, pending, records, seen

PLACES = [(CONTENT.name, partition) for partition in range(CONTENT.partitions)]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EmbeddedLog]:
    opened = EmbeddedLog(tmp_path / "log.db", lease_ttl_s=0.3)
    opened.ensure_topics([CONTENT])
    yield opened
    opened.close()


def member(log: EmbeddedLog, assigned: set[Place]) -> EmbeddedConsumer:
    def remember(places: Sequence[Place]) -> Mapping[Place, int]:
        assigned.update(places)
        return dict.fromkeys(places, 0)

    return log.consumer("group", [CONTENT], instance="any", starting_points=remember)


def test_members_share_the_partitions_and_take_over_those_of_who_left(log: EmbeddedLog) -> None:
    ours: set[Place] = set()
    theirs: set[Place] = set()
    first = member(log, ours)
    first.poll(1, timeout_s=0)
    assert ours == set(PLACES)
    second = member(log, theirs)
    deadline = time.monotonic() + 5
    while len(theirs) < 3 and time.monotonic() < deadline:
        first.poll(1, timeout_s=0.02)
        second.poll(1, timeout_s=0.02)
    assert len(theirs) == 3
    first.close()
    while len(theirs) < 6 and time.monotonic() < deadline:
        second.poll(1, timeout_s=0.02)
    assert theirs == set(PLACES)
    second.close()


def test_no_partition_has_two_readers(log: EmbeddedLog) -> None:
    append(log, records(*[pending(completion(f"ref-{n}")) for n in range(60)]))
    first, second = member(log, set()), member(log, set())
    delivered = first.poll(1000, timeout_s=0) + second.poll(1000, timeout_s=0)
    assert sorted(record.key for record in delivered) == sorted(f"ref-{n}" for n in range(60))
    first.close()
    second.close()


_WORKER = """
import sys, threading, time
from pathlib import Path
from shared.clock import FixedClock
from shared.contracts.school import CompletionRecorded
from shared.database import open_database
from shared.messaging.embedded import EmbeddedLog
from shared.messaging.worker import Worker
from tests.shared.messaging.house import START, on_completion
def slowly(handling, events):
    on_completion(handling, events)
    time.sleep(0.01)
print("up", flush=True)
log = EmbeddedLog(Path(sys.argv[2]), lease_ttl_s=0.3)
Worker(open_database(sys.argv[1], "indicators"), log, "indicators",
       {CompletionRecorded: slowly}, clock=FixedClock(START), batch=5, poll_s=0.05,
       backoff_s=0.01).run(threading.Event())
"""


def test_a_consumer_stopped_and_woken_cannot_write_twice(
    database: Database, database_url: str, log: EmbeddedLog, tmp_path: Path
) -> None:
    """Two workers; each is stopped in turn for longer than its leases last, then woken."""
    command = [sys.executable, "-c", _WORKER, database_url, str(tmp_path / "log.db")]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    try:
        for process in workers:
            assert process.stdout is not None
            process.stdout.readline()
        for round_ in range(5):
            append(log, records(*[pending(completion(f"ref-{n}"), round_ + 1) for n in range(60)]))
            os.kill(workers[round_ % 2].pid, signal.SIGSTOP)
            time.sleep(0.5)
            os.kill(workers[round_ % 2].pid, signal.SIGCONT)
        deadline = time.monotonic() + 30
        while sum(times for _, times in seen(database).values()) < 300 and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        for process in workers:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
    assert seen(database) == {f"ref-{n}": (5, 5) for n in range(60)}
    assert dead_letters.list_all(database) == []


def test_the_same_event_at_several_offsets_is_applied_once(database: Database, log: EmbeddedLog) -> None:
    """As Kafka delivers what a relay sent twice; the embedded log would not take the repetition."""
    append(log, records(pending(completion("a"))))
    (record,) = everything(log, CONTENT)
    applier = Applier(database, "indicators", house.HANDLERS, clock=FixedClock(START))
    stored = applier.positions([record.place])
    both = applier.judge([record, record._replace(offset=1)])
    first = applier.apply(both, stored)
    assert (first["applied"], first["repeated"]) == (1, 1)
    later = applier.judge([record._replace(offset=2)])
    second = applier.apply(later, {record.place: 2})
    assert (second["applied"], second["repeated"]) == (0, 1)
    assert seen(database) == {"a": (1, 1)}
    assert applier.positions([record.place]) == {record.place: 3}


def test_too_many_dead_letters_stop_the_worker_and_write_nothing(
    database: Database, log: EmbeddedLog
) -> None:
    def wrong_release(handling: Handling, events: Sequence[Envelope]) -> None:
        raise ValueError("bản phát hành lỗi")

    append(log, records(*[pending(completion(f"ref-{n}")) for n in range(8)]))
    handlers: Handlers = {type(completion("a")): wrong_release}
    stopped = house.worker(database, log, handlers, dead_letters_per_minute=7)
    with pytest.raises(TooManyDeadLetters):
        stopped.run(threading.Event())
    assert dead_letters.list_all(database) == []
    house.worker(database, log, handlers, dead_letters_per_minute=8).drain()
    assert len(dead_letters.list_all(database)) == 8
    house.worker(database, log).drain()
    assert seen(database) == {}, "the position is past them; they wait in the dead letters"
    number = dead_letters.list_all(database)[0]["id"]
    assert dead_letters.replay_one(database, number, house.HANDLERS, clock=FixedClock(START)) == 1
    assert len(seen(database)) == 1


def test_idle_waiting_costs_little(log: EmbeddedLog, database: Database) -> None:
    stop = threading.Event()
    runs = [house.worker(database, log, poll_s=1.0).run, house.relay(database, log).run]
    threads = [threading.Thread(target=run, args=(stop,)) for run in runs]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    before = time.process_time()
    time.sleep(1.5)
    used = time.process_time() - before
    stop.set()
    database.wake()
    log.wake()
    for thread in threads:
        thread.join()
    assert used < 0.1, "with leases of 0.3 s; ten times as long in use"
