"""The machinery of source rows on a table of its own: what is stored, kept and told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.clock import FixedClock
from shared.contracts import Envelope, Event, Identity, decode, vocational
from shared.contracts.codes import LifeEventKind, RecordKind
from shared.contracts.school import (
    IdentityRecorded,
    IdentityWithdrawn,
    LifeEventRecorded,
    LifeEventWithdrawn,
)
from shared.database import Database, open_database
from shared.messaging.tables import TABLES, messaging_tables
from shared.service import records
from shared.service.records import (
    HistoryRow,
    IdentityEvents,
    Incoming,
    PersonRow,
    RecordRow,
    Saved,
    SourceTable,
    Stored,
    amend_records,
    held_keys,
    locked_records,
    person_facts,
    save_records,
    withdraw_record,
)

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


class Base(DeclarativeBase):
    pass


class Happening(PersonRow, Base):
    __tablename__ = "happening"
    __table_args__ = (sa.UniqueConstraint("publisher", "key"),)

    other_name: Mapped[str | None] = mapped_column(sa.Text)
    note: Mapped[str | None] = mapped_column(sa.Text)


class Seats(RecordRow, Base):
    __tablename__ = "seats"
    __table_args__ = (sa.UniqueConstraint("key"),)

    seats: Mapped[int]
    taken: Mapped[int]


class History(HistoryRow, Base):
    __tablename__ = "record_history"


messaging_tables(Base.metadata)


def _happened(before: Stored | None, after: Stored) -> Sequence[Event]:
    return [LifeEventRecorded(**person_facts(after), event=LifeEventKind.NEET, happened_on=date(2026, 7, 1))]


def _offered(before: Stored | None, after: Stored) -> Sequence[Event]:
    if before is not None and before["seats"] == after["seats"]:
        return ()
    return [
        vocational.IntakeRegistered(
            intake_id=after["key"],
            programme_id="P",
            opens_on=date(2026, 7, 1),
            seats=after["seats"],
        )
    ]


HAPPENINGS = SourceTable(
    owner="school",
    table=Base.metadata.tables["happening"],
    history=Base.metadata.tables["record_history"],
    facts=("other_name", "note"),
    unpublished=frozenset({"other_name", "note"}),
    recorded=_happened,
    withdrawn=lambda record: LifeEventWithdrawn(record_ref=record["record_ref"]),
    identities=IdentityEvents(
        record_kind=RecordKind.LIFE_EVENT, recorded=IdentityRecorded, withdrawn=IdentityWithdrawn
    ),
    alias="other_name",
)
SEATS = SourceTable(
    owner="vocational",
    table=Base.metadata.tables["seats"],
    history=Base.metadata.tables["record_history"],
    facts=("seats",),
    derived={"taken": 0},
    recorded=_offered,
    withdrawn=lambda record: vocational.IntakeWithdrawn(intake_id=record["key"]),
    shared_keys=True,
)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    opened = open_database(url, "school")
    with opened.write() as session:
        Base.metadata.create_all(session.connection())
    yield opened
    opened.dispose()


def happening(
    key: str,
    *,
    name: str = "Vì Văn Chung",
    village: str | None = None,
    other: str | None = None,
    note: str = "",
) -> Incoming:
    identity = Identity(full_name=name, village=village)
    return Incoming(key=key, facts={"other_name": other, "note": note}, identity=identity)


def save(
    database: Database, *rows: Incoming, source: SourceTable = HAPPENINGS, publisher: str = "local"
) -> list[Saved]:
    with database.write() as session:
        return save_records(session, FixedClock(NOW), source=source, publisher=publisher, rows=rows)


def withdraw(database: Database, key: str) -> Saved | None:
    with database.write() as session:
        return withdraw_record(
            session, FixedClock(NOW), source=HAPPENINGS, publisher="local", key=key, reason="nhầm"
        )


def told(database: Database) -> list[Envelope]:
    with database.read() as session:
        query = sa.select(TABLES.outbox.c.value).order_by(TABLES.outbox.c.id)
        return [decode(bytes(value)) for value in session.scalars(query)]


def statuses(saved: Sequence[Saved]) -> list[str]:
    return [result.status for result in saved]


def test_answers_come_in_the_order_of_the_rows_whatever_their_keys(database: Database) -> None:
    save(database, happening("m"))
    saved = save(
        database, happening("z"), happening("m", name="Lò Mai"), happening("a"), happening("m", name="Lò Mai")
    )
    assert statuses(saved) == ["new", "changed", "new", "same"]
    assert [result.after["key"] for result in saved] == ["z", "m", "a", "m"]


def test_later_rows_are_recorded_later(database: Database) -> None:
    save(database, happening("b"), happening("a"))
    times = [envelope.time for envelope in told(database)]
    assert times == [NOW + timedelta(microseconds=n) for n in (1, 1, 2, 2)]


def test_each_topic_counts_for_itself(database: Database) -> None:
    save(database, happening("a"))
    save(database, happening("a", name="Lò Mai"))
    save(database, happening("a", name="Lò Mai", village="Bản A"))
    withdraw(database, "a")
    counted = [(type(e.data).__name__, e.sequence) for e in told(database)]
    assert counted == [
        ("LifeEventRecorded", 1),
        ("IdentityRecorded", 1),
        ("IdentityRecorded", 2),
        ("LifeEventRecorded", 2),
        ("IdentityRecorded", 3),
        ("LifeEventWithdrawn", 3),
        ("IdentityWithdrawn", 4),
    ]


def test_what_no_event_carries_is_kept_but_not_told(database: Database) -> None:
    save(database, happening("a", note="một"))
    assert statuses(save(database, happening("a", note="hai"))) == ["changed"]
    assert len(told(database)) == 2


def test_the_alias_finds_a_record_and_a_key_of_its_own_takes_it_over(database: Database) -> None:
    (first,) = save(database, happening("P/1", other="P/1"))
    (adopted,) = save(database, happening("R1", other="P/1"))
    assert adopted.status == "changed"
    assert adopted.after["record_ref"] == first.after["record_ref"]
    assert statuses(save(database, happening("P/1", other="P/1"))) == ["same"]
    # Another key of the publisher's own is another record; then the alias alone means neither.
    assert statuses(save(database, happening("R2", other="P/1"))) == ["new"]
    assert statuses(save(database, happening("P/1", other="P/1"))) == ["new"]


def test_withdrawing_and_restoring_go_on_counting(database: Database) -> None:
    save(database, happening("a"))
    assert withdraw(database, "a") is not None
    assert withdraw(database, "a") is None
    assert withdraw(database, "b") is None
    with database.read() as session:
        assert held_keys(session, HAPPENINGS, publisher="local", keys=["a", "b"]) == set()
    (restored,) = save(database, happening("a"))
    assert restored.status == "new"
    assert restored.after["version"] == 3
    assert [e.sequence for e in told(database) if not e.data.TOPIC.identities] == [1, 2, 3]


def test_publishers_have_their_own_keys_unless_keys_are_shared(database: Database) -> None:
    assert statuses(save(database, happening("a"), publisher="A/B")) == ["new"]
    assert statuses(save(database, happening("a"), publisher="C")) == ["new"]
    assert [e.source for e in told(database)][::2] == ["/school/A%2FB", "/school/C"]
    seats = Incoming(key="k", facts={"seats": 3})
    assert statuses(save(database, seats, source=SEATS, publisher="A")) == ["new"]
    assert statuses(save(database, seats, source=SEATS, publisher="B")) == ["same"]


def test_derived_columns_change_without_history(database: Database) -> None:
    save(database, Incoming(key="k", facts={"seats": 3}), source=SEATS)
    with database.write() as session:
        (record,) = locked_records(
            session, SEATS, publisher="local", rows=[Incoming(key="k", facts={"seats": 3})]
        )
        amend_records(
            session, FixedClock(NOW), source=SEATS, publisher="local", changes=[(record, {"taken": 2})]
        )
    (same,) = save(database, Incoming(key="k", facts={"seats": 3}), source=SEATS)
    assert (same.status, same.after["taken"]) == ("same", 2)
    assert len(told(database)) == 1
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(SEATS.history)) == 0


def test_a_key_taken_by_another_transaction_meanwhile_is_compared_with_what_it_wrote(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stored rows are read once as if the other transaction had not committed yet."""
    save(database, happening("a"), happening("b", name="Lò Mai"))
    real, calls = records.locked_records, []

    def blind_at_first(*args: object, **kwargs: object) -> list[dict[str, object]]:
        calls.append(1)
        return [] if len(calls) == 1 else real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(records, "locked_records", blind_at_first)
    saved = save(database, happening("a"), happening("b"), happening("c"))
    assert statuses(saved) == ["same", "changed", "new"]
    assert len(calls) == 2
    assert [type(e.data).__name__ for e in told(database)][4:] == [
        "LifeEventRecorded",  # c
        "IdentityRecorded",
        "IdentityRecorded",  # b has another name now
    ]


def test_a_record_that_another_transaction_is_changing_is_waited_for(postgres_url: str) -> None:
    """Rule 1: who does not lock the record first counts its events from a version that is none any more."""
    with open_database(postgres_url, "school") as database, ThreadPoolExecutor(1) as elsewhere:
        with database.write() as session:
            Base.metadata.create_all(session.connection())
        save(database, happening("a", village="Bản A"))
        with database.write() as session:
            change = happening("a", village="Bản B")
            save_records(session, FixedClock(NOW), source=HAPPENINGS, publisher="local", rows=[change])
            later = elsewhere.submit(save, database, happening("a", village="Bản C"))
            while not (_waits_for_a_lock(database) or later.done()):
                pass
        assert statuses(later.result()) == ["changed"]
        content = [
            (e.sequence, e.data.village) for e in told(database) if isinstance(e.data, LifeEventRecorded)
        ]
        assert content == [(1, "Bản A"), (2, "Bản B"), (3, "Bản C")]


def _waits_for_a_lock(database: Database) -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with database.read() as session:
        return bool(session.scalar(sa.text(waiting)))


def test_texts_as_written_are_kept_beside_and_change_nothing(database: Database) -> None:
    row = Incoming(
        key="a",
        facts={"other_name": None, "note": ""},
        identity=Identity(full_name="Vì Văn Chung"),
        original={"full_name": "VÌ VĂN CHUNG"},
    )
    (saved,) = save(database, row)
    assert saved.after["original"] == '{"full_name":"VÌ VĂN CHUNG"}'
    assert statuses(save(database, happening("a"))) == ["same"]
