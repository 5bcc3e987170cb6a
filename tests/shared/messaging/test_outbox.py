"""Publishing into the outbox."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from shared.contracts import ContractViolation, decode
from shared.database import Database
from shared.messaging.outbox import depth, oldest, publish, silence
from shared.messaging.tables import TABLES
from tests.shared.messaging.house import completion, pending


def test_published_events_stand_in_the_outbox_in_order(database: Database) -> None:
    with database.write() as session:
        publish(session, [pending(completion("a"), n) for n in range(1, 2001)])
    with database.read() as session:
        rows = session.execute(select(TABLES.outbox).order_by(TABLES.outbox.c.id)).all()
    assert depth(database) == 2000
    assert oldest(database) is not None
    envelopes = [decode(row.value) for row in rows]
    assert [envelope.sequence for envelope in envelopes] == list(range(1, 2001))
    assert {envelope.subject for envelope in envelopes} == {"a"}
    assert [envelope.id for envelope in envelopes] == [row.event_id for row in rows]
    assert {(row.topic, row.key) for row in rows} == {("noinghe.school.content", "a")}


def test_a_rolled_back_command_publishes_nothing(database: Database) -> None:
    def fail() -> None:
        with database.write() as session:
            publish(session, [pending(completion("a"))])
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert depth(database) == 0
    assert oldest(database) is None


def test_an_event_off_its_contract_fails_in_the_command(database: Database) -> None:
    wrong = completion("a", village=7)  # type: ignore[arg-type]
    with pytest.raises(ContractViolation), database.write() as session:
        publish(session, [pending(wrong)])


def test_a_silenced_transaction_publishes_nothing(database: Database) -> None:
    with database.write() as session:
        silence(session)
        publish(session, [pending(completion("a"))])
    assert depth(database) == 0
