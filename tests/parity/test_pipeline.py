"""From a command to a projection: the same promises on every log and every database."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from shared.clock import FixedClock
from shared.contracts import Envelope, decode
from shared.contracts.school import CONTENT, IDENTITY
from shared.database import Database
from shared.errors import Unavailable
from shared.messaging import dead_letters, rebuild
from shared.messaging.applying import Applier, PositionMoved
from shared.messaging.handling import Handlers, Handling
from shared.messaging.log import EventLog, NewRecord
from shared.messaging.outbox import Pending, depth, publish
from shared.messaging.rebuild import Projection, replay, verify
from shared.messaging.tables import TABLES
from shared.messaging.worker import positions
from tests.shared.messaging import house
from tests.shared.messaging.house import (
    HANDLERS,
    SEEN,
    START,
    append,
    change,
    changes,
    completion,
    everything,
    on_completion,
    pending,
    records,
    seen,
)


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    """The tables of the test house as a migration."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_start.py").write_text(
        "from alembic import op\n"
        "from shared.messaging.tables import create_messaging_tables\n"
        "from tests.shared.messaging.house import METADATA\n"
        "revision = '0001'\ndown_revision = None\n"
        "def upgrade():\n    METADATA.create_all(op.get_bind())\n    create_messaging_tables(op)\n"
    )
    return folder


def projection_of(reader: Database, log: EventLog, migrations: Path) -> Projection:
    return Projection(
        service="indicators",
        database=reader,
        log=log,
        migrations=migrations,
        topics=[CONTENT],
        handlers=HANDLERS,
        tables=[SEEN],
        clock=FixedClock(START),
    )


def _letters(database: Database) -> list[tuple[object, ...]]:
    """What was put aside, whichever number it got."""
    letter = TABLES.dead_letter.c
    wanted = [column for column in letter if column is not letter.id]
    with database.read() as session:
        return sorted(map(tuple, session.execute(select(*wanted).order_by(letter.event_id))), key=str)


def inbox_size(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(TABLES.inbox)) or 0


def test_a_command_reaches_the_projection(source: Database, reader: Database, log: EventLog) -> None:
    for _ in range(3):
        change(source, "a")
    change(source, "b")
    house.relay(source, log).drain()
    assert depth(source) == 0
    house.worker(reader, log).drain()
    assert seen(reader) == {"a": (3, 3), "b": (1, 1)}
    assert positions(reader) == log.ends([CONTENT])


def test_order_per_key_survives_eight_writers(source: Database, log: EventLog) -> None:
    relay = house.relay(source, log, batch=20)
    stop = threading.Event()
    moving = threading.Thread(target=relay.run, args=(stop,))
    moving.start()
    writers = [
        threading.Thread(target=lambda: [change(source, f"ref-{n % 5}") for n in range(30)]) for _ in range(8)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    stop.set()
    source.wake()
    moving.join()
    house.relay(source, log).drain()
    by_key: dict[str, list[int]] = defaultdict(list)
    for record in everything(log, CONTENT):
        by_key[record.key].append(decode(record.value).sequence)
    assert by_key == {f"ref-{n}": list(range(1, 49)) for n in range(5)}


def test_a_redelivered_event_changes_nothing(reader: Database, log: EventLog) -> None:
    new = records(*[pending(completion("a"), n) for n in (1, 2, 3)])
    append(log, new)
    house.worker(reader, log).drain()
    append(log, new)
    house.worker(reader, log).drain()
    assert seen(reader) == {"a": (3, 3)}
    assert inbox_size(reader) == 3


def test_an_event_twice_in_one_batch_is_applied_once(reader: Database, log: EventLog) -> None:
    (record,) = records(pending(completion("a")))
    append(log, [record, record, record])
    house.worker(reader, log).drain()
    assert seen(reader) == {"a": (1, 1)}


def test_a_batch_is_applied_by_one_of_two_members(reader: Database, log: EventLog) -> None:
    append(log, records(*[pending(completion("a"), n) for n in (1, 2, 3)]))
    appliers = [Applier(reader, "indicators", HANDLERS, clock=FixedClock(START)) for _ in range(2)]
    batch = everything(log, CONTENT)
    stored = [applier.positions(log.ends([CONTENT])) for applier in appliers]
    appliers[1].apply(appliers[1].judge(batch), stored[1])
    with pytest.raises(PositionMoved):  # the first was paused after its poll, and wakes now
        appliers[0].apply(appliers[0].judge(batch), stored[0])
    assert seen(reader) == {"a": (3, 3)}


def test_a_moved_position_is_guarded_even_without_the_inbox(reader: Database, log: EventLog) -> None:
    append(log, records(*[pending(completion("a"), n) for n in (1, 2, 3)]))
    applier = Applier(reader, "indicators", HANDLERS, clock=FixedClock(START))
    items, stored = applier.judge(everything(log, CONTENT)), applier.positions(log.ends([CONTENT]))
    applier.apply(items, stored)
    with reader.write() as session:
        session.execute(TABLES.inbox.delete())
    with pytest.raises(PositionMoved):
        applier.apply(items, stored)
    assert seen(reader) == {"a": (3, 3)}


def test_a_worker_whose_position_moved_goes_on_from_the_stored_one(reader: Database, log: EventLog) -> None:
    append(log, records(*[pending(completion("a"), n) for n in (1, 2, 3)]))
    calls: list[int] = []

    def meddle(handling: Handling, events: Sequence[Envelope]) -> None:
        on_completion(handling, events)
        calls.append(len(events))

    worker = house.worker(reader, log, {type(completion("a")): meddle})
    original = worker._applier.judge

    def judge_late(batch: Sequence[object]) -> object:
        if not calls:  # another member applies the first two before we get to it
            calls.append(0)
            other = Applier(reader, "indicators", HANDLERS, clock=FixedClock(START))
            first = everything(log, CONTENT)[:2]
            other.apply(other.judge(first), other.positions([first[0].place]))
        return original(batch)  # type: ignore[arg-type]

    worker._applier.judge = judge_late  # type: ignore[method-assign,assignment]
    worker.drain()
    assert seen(reader) == {"a": (3, 3)}
    assert calls == [0, 1]


def test_poison_is_found_by_halves_and_the_rest_is_applied(reader: Database, log: EventLog) -> None:
    append(
        log,
        records(*[pending(completion(f"ref-{n}", village="hỏng" if n == 37 else None)) for n in range(100)]),
    )
    sizes: list[int] = []

    def fragile(handling: Handling, events: Sequence[Envelope]) -> None:
        sizes.append(len(events))
        on_completion(handling, events)
        if any(getattr(event.data, "village", None) for event in events):
            raise ValueError("không xử lý được")

    house.worker(reader, log, {type(completion("a")): fragile}).drain()
    assert set(seen(reader)) == {f"ref-{n}" for n in range(100) if n != 37}
    assert {times for _, times in seen(reader).values()} == {1}
    (letter,) = dead_letters.list_all(reader)
    assert (letter["state"], letter["attempts"]) == ("poison", 1)
    assert letter["reason"] == "ValueError: không xử lý được"
    assert len(sizes) < 40, "halving takes about two log n attempts"


def test_what_cannot_be_decoded_keeps_its_bytes_place_and_reason(reader: Database, log: EventLog) -> None:
    (good,) = records(pending(completion("good")))
    (other_type,) = records(pending(completion("other")))
    unknown = other_type._replace(
        value=other_type.value.replace(b"completion_recorded", b"completion_invented")
    )
    rubbish = NewRecord(CONTENT.name, "rubbish", b"{not json", "rubbish-1")
    (misplaced,) = records(pending(completion("misplaced")))
    misplaced = misplaced._replace(key="somebody-else")
    append(log, [unknown, rubbish, misplaced, good])
    house.worker(reader, log).drain()
    assert seen(reader) == {"good": (1, 1)}
    letters = {letter["event_id"]: letter for letter in dead_letters.list_all(reader)}
    assert letters[unknown.event_id]["reason"].startswith("unknown_type")
    assert letters["rubbish-1"]["reason"].startswith("contract_violation")
    assert letters[misplaced.event_id]["reason"].startswith("wrong_key")
    with reader.read() as session:
        kept = session.execute(
            select(TABLES.dead_letter).where(TABLES.dead_letter.c.event_id == "rubbish-1")
        ).one()
    assert (kept.value, kept.topic, kept.key) == (b"{not json", CONTENT.name, "rubbish")


def test_an_event_on_a_foreign_topic_is_not_believed(reader: Database, log: EventLog) -> None:
    (record,) = records(pending(completion("a")))
    append(log, [record._replace(topic=IDENTITY.name)])
    applier = Applier(reader, "indicators", HANDLERS, clock=FixedClock(START))
    applier.apply(applier.judge(everything(log, IDENTITY)), applier.positions(log.ends([IDENTITY])))
    assert dead_letters.list_all(reader)[0]["reason"].startswith("wrong_topic")
    assert seen(reader) == {}


def test_parked_events_wait_and_are_replayed_in_order(
    reader: Database, log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    event_type = type(completion("a"))
    monkeypatch.setattr(event_type, "COMMUTATIVE", False)
    broken = True
    applied: list[tuple[str, int]] = []

    def fragile(handling: Handling, events: Sequence[Envelope]) -> None:
        for event in events:
            if broken and event.subject == "a" and event.sequence == 2:
                raise ValueError("chưa biết cách")
            applied.append((event.subject, event.sequence))
        on_completion(handling, events)

    handlers: Handlers = {event_type: fragile}
    append(log, records(*[pending(completion("a"), n) for n in (1, 2, 3)], pending(completion("b"))))
    house.worker(reader, log, handlers).drain()
    append(log, records(pending(completion("a"), 4), pending(completion("b"), 2)))
    house.worker(reader, log, handlers).drain()
    assert seen(reader) == {"a": (1, 1), "b": (2, 2)}
    letters = dead_letters.list_all(reader)
    assert [letter["state"] for letter in letters] == ["poison", "parked", "parked"]
    with pytest.raises(dead_letters.MustWait, match=str(letters[0]["id"])):
        dead_letters.replay_one(reader, letters[2]["id"], handlers, clock=FixedClock(START))
    with pytest.raises(dead_letters.ReplayFailed, match="chưa biết cách"):
        dead_letters.replay_one(reader, letters[0]["id"], handlers, clock=FixedClock(START))
    assert dead_letters.list_all(reader)[0]["attempts"] == 2
    broken = False
    applied.clear()
    assert dead_letters.replay_one(reader, letters[0]["id"], handlers, clock=FixedClock(START)) == 3
    assert applied == [("a", 2), ("a", 3), ("a", 4)]
    assert seen(reader)["a"] == (4, 4)
    assert dead_letters.list_all(reader) == []


def test_later_events_of_a_commutative_type_are_not_held_up(reader: Database, log: EventLog) -> None:
    def fragile(handling: Handling, events: Sequence[Envelope]) -> None:
        if any(event.sequence == 1 for event in events):
            raise ValueError
        on_completion(handling, events)

    append(log, records(pending(completion("a"), 1), pending(completion("a"), 2)))
    house.worker(reader, log, {type(completion("a")): fragile}).drain()
    assert seen(reader) == {"a": (2, 1)}


def test_a_transient_failure_is_retried_and_never_dead_letters(reader: Database, log: EventLog) -> None:
    append(log, records(*[pending(completion(f"ref-{n}")) for n in range(20)]))
    failures = iter([True] * 5)

    def shaky(handling: Handling, events: Sequence[Envelope]) -> None:
        on_completion(handling, events)
        if next(failures, False):
            raise Unavailable("một lúc nữa")

    house.worker(reader, log, {type(completion("a")): shaky}, batch=7).drain()
    assert {times for _, times in seen(reader).values()} == {1}
    assert len(seen(reader)) == 20
    assert dead_letters.list_all(reader) == []


def test_a_handler_publishes_in_the_same_transaction(reader: Database, log: EventLog) -> None:
    failed: list[bool] = []

    def answer(handling: Handling, events: Sequence[Envelope]) -> None:
        publish(handling.session, [Pending(completion("answer"), 1, "/indicators/local", START)])
        if not failed:
            failed.append(True)
            raise Unavailable("einmal")

    append(log, records(pending(completion("a"))))
    house.worker(reader, log, {type(completion("a")): answer}).drain()
    assert depth(reader) == 1


@pytest.mark.parametrize("many", [1, 1_000])
def test_a_replay_gives_the_same_digest_and_publishes_nothing(
    source: Database,
    reader: Database,
    log: EventLog,
    migrations: Path,
    monkeypatch: pytest.MonkeyPatch,
    many: int,
) -> None:
    monkeypatch.setattr(rebuild, "_MANY", many)
    monkeypatch.setattr(rebuild, "_FIRST", 20)
    for _ in range(3):
        change(source, "a")
    changes(source, [f"ref-{n}" for n in range(50)])
    house.relay(source, log).drain()
    append(log, [NewRecord(CONTENT.name, "rubbish", b"{}", "rubbish-1")])
    (misplaced,) = records(pending(completion("misplaced")))
    append(log, [misplaced._replace(key="somebody-else")])

    def answering(handling: Handling, events: Sequence[Envelope]) -> None:
        on_completion(handling, events)
        publish(handling.session, [Pending(completion("answer"), 1, "/indicators/local", START)])

    handlers: Handlers = {type(completion("a")): answering}
    house.worker(reader, log, handlers).drain()
    told = depth(reader)
    letters = _letters(reader)
    projection = Projection(
        service="indicators",
        database=reader,
        log=log,
        migrations=migrations,
        topics=[CONTENT],
        handlers=handlers,
        tables=[SEEN],
        clock=FixedClock(START),
    )
    assert verify(projection).ok
    found = replay(projection)
    assert found.ok
    assert found.events == 55
    assert found.tables[0].live.rows == 51
    assert depth(reader) == told
    assert len(letters) == 2
    assert _letters(reader) == letters
    assert positions(reader) == log.ends([CONTENT])
    append(log, records(pending(completion("after"))))
    house.worker(reader, log, handlers).drain()
    assert seen(reader)["after"] == (1, 1)
    assert seen(reader)["a"] == (3, 3)


def test_events_repeated_on_the_wire_count_once_in_a_replay_too(
    reader: Database, log: EventLog, migrations: Path
) -> None:
    told = records(*[pending(completion("a"), n) for n in (1, 2, 3)])
    append(log, told)
    append(log, told[1:])
    append(log, [*records(pending(completion("a"), 4)), told[0]])
    house.worker(reader, log).drain()
    assert verify(projection_of(reader, log, migrations)).ok
    assert replay(projection_of(reader, log, migrations)).ok
    assert seen(reader) == {"a": (4, 4)}
    assert inbox_size(reader) == 4


def test_verify_sees_a_changed_row_and_replay_mends_it(
    source: Database, reader: Database, log: EventLog, migrations: Path
) -> None:
    changes(source, ["a", "b", "c"])
    house.relay(source, log).drain()
    house.worker(reader, log).drain()
    with reader.write() as session:
        session.execute(update(SEEN).where(SEEN.c.record_ref == "b").values(times=2))
    projection = projection_of(reader, log, migrations)
    found = verify(projection)
    assert not found.ok
    assert not found.tables[0].same
    assert seen(reader)["b"] == (1, 2), "verify changes nothing"
    replay(projection)
    assert seen(reader)["b"] == (1, 1)
    assert verify(projection).ok


def test_verify_names_a_subject_whose_sequence_has_a_hole(
    reader: Database, log: EventLog, migrations: Path
) -> None:
    append(log, records(pending(completion("a"), 1), pending(completion("a"), 3)))
    house.worker(reader, log).drain()
    found = verify(projection_of(reader, log, migrations))
    assert found.gaps == ["noinghe.school.content a: 1 -> 3"]
    assert not found.ok


def test_verify_is_exact_where_the_live_tables_are_behind(
    reader: Database, log: EventLog, migrations: Path
) -> None:
    append(log, records(*[pending(completion("a"), n) for n in (1, 2, 3)]))
    house.worker(reader, log).drain()
    append(log, records(*[pending(completion("a"), n) for n in (4, 5)]))
    found = verify(projection_of(reader, log, migrations))
    assert found.ok
    assert found.events == 3
    replay(projection_of(reader, log, migrations))
    assert seen(reader) == {"a": (5, 5)}
    assert inbox_size(reader) == 5, "also those that the replay was first to see"
    house.worker(reader, log).drain()
    assert seen(reader) == {"a": (5, 5)}


def test_running_relays_and_workers_wake_by_themselves(
    source: Database, reader: Database, log: EventLog
) -> None:
    stop = threading.Event()
    arrived = threading.Event()

    def tell(handling: Handling, events: Sequence[Envelope]) -> None:
        on_completion(handling, events)
        arrived.set()

    relay = house.relay(source, log, safety_poll_s=30)
    worker = house.worker(reader, log, {type(completion("a")): tell}, poll_s=5)
    threads = [threading.Thread(target=runner.run, args=(stop,)) for runner in (relay, worker)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            arrived.clear()
            change(source, "a")
            assert arrived.wait(20)
    finally:
        stop.set()
        source.wake()
        log.wake()
        for thread in threads:
            thread.join(5)
    assert not any(thread.is_alive() for thread in threads)
    assert seen(reader) == {"a": (3, 3)}
    assert depth(source) == 0
