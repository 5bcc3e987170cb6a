"""The promises, checked from outside when everything has come to rest.

Nothing is believed that the chain says of itself: what should be there is computed from the ledger and from
the log, and compared with the tables.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from shared.contracts import Envelope, Topic, decode
from shared.contracts.linkage import LINKS, RecordLinked
from shared.contracts.school import CONTENT, CompletionRecorded
from shared.database import Database, open_database
from shared.messaging import outbox, rebuild
from shared.messaging.log import EventLog, read
from shared.messaging.tables import TABLES
from shared.messaging.worker import positions
from tests.chaos import chain
from tests.chaos.ledger import Told


@dataclass(frozen=True, slots=True)
class Through:
    """How much was checked; a test says how much it expects at least."""

    commands: int
    events: int
    repeats: int
    poison: int


def check(database_url: str, log_url: str, told: Told) -> Through:
    """Assert every promise."""
    log = chain.open_log(log_url)
    with (
        open_database(database_url, chain.PUBLISHER) as publisher,
        open_database(database_url, chain.CONSUMER) as consumer,
    ):
        try:
            wire = _wire(log, CONTENT)
            content, links = _once(wire), _once(_wire(log, LINKS))
            commands = _check_commands(content, told)
            _check_sequences(content)
            _check_sequences(links)
            _check_versions(publisher, content)
            _check_links(links, content)
            _check_consumer(consumer, content)
            assert positions(consumer) == log.ends([CONTENT])
            assert outbox.depth(publisher) == outbox.depth(consumer) == 0
            compared = rebuild.verify(chain.projection(consumer, log))
            assert compared.ok, compared.to_json()
        finally:
            log.close()
    poison = sum(_is_poison(event) for event in content)
    return Through(commands, len(content), len(wire) - len(content), poison)


def _wire(log: EventLog, topic: Topic) -> list[Envelope]:
    """Everything on a topic, repeats included, in order per key."""
    return [decode(record.value) for batch in read(log, [topic], log.ends([topic])) for record in batch]


def _once(wire: Sequence[Envelope]) -> list[Envelope]:
    """The first appearance of every event."""
    found: dict[str, Envelope] = {}
    for event in wire:
        found.setdefault(event.id, event)
    return list(found.values())


def _check_commands(content: Sequence[Envelope], told: Told) -> int:
    """Acknowledged means logged, logged means not refused, and a command is logged whole and once."""
    refs: dict[str, list[str]] = defaultdict(list)
    for event in content:
        refs[_token(event)].append(event.subject)
    logged = refs.keys()
    assert told.ok <= logged, f"acknowledged and lost: {sorted(told.ok - logged)}"
    assert logged <= told.ok | told.unknown, f"never acknowledged: {sorted(logged - told.ok - told.unknown)}"
    broken = {token: found for token, found in refs.items() if len(found) != 2 or len({*found}) != 2}
    assert not broken, f"half or doubled commands: {broken}"
    return len(logged)


def _check_sequences(events: Sequence[Envelope]) -> None:
    """Per key 1, 2, 3 … in the order of the log."""
    for subject, run in _by_subject(events).items():
        sequences = [event.sequence for event in run]
        assert sequences == list(range(1, len(run) + 1)), (type(run[0].data).__name__, subject, sequences)


def _check_versions(publisher: Database, content: Sequence[Envelope]) -> None:
    """The rows of the publisher and its events tell the same."""
    with publisher.read() as session:
        versions = {row.record_ref: row.version for row in session.execute(sa.select(chain.AGGREGATE))}
    assert versions == {subject: len(run) for subject, run in _by_subject(content).items()}


def _check_links(links: Sequence[Envelope], content: Sequence[Envelope]) -> None:
    """Every event that could be applied was answered exactly once."""
    answered = sorted(event.data.person_id for event in links if isinstance(event.data, RecordLinked))
    assert answered == sorted(event.id for event in content if not _is_poison(event))


def _check_consumer(consumer: Database, content: Sequence[Envelope]) -> None:
    """Inbox, dead letters and the trails, each against a computation of our own."""
    letters = TABLES.dead_letter
    with consumer.read() as session:
        inbox = sorted(session.scalars(sa.select(TABLES.inbox.c.event_id)))
        dead = {row.event_id: row.state for row in session.execute(sa.select(letters))}
        trails = {row.record_ref: (row.steps, row.digest) for row in session.execute(sa.select(chain.TRAIL))}
    assert inbox == sorted(event.id for event in content)
    assert dead == {event.id: "poison" for event in content if _is_poison(event)}
    assert trails == _trails(content)


def _trails(content: Sequence[Envelope]) -> Mapping[str, tuple[int, str]]:
    found: dict[str, tuple[int, str]] = {}
    for event in content:
        if not _is_poison(event):
            steps, digest = found.get(event.subject, (0, ""))
            found[event.subject] = (steps + 1, chain.next_digest(digest, event.id))
    return found


def _by_subject(events: Sequence[Envelope]) -> dict[str, list[Envelope]]:
    found: dict[str, list[Envelope]] = defaultdict(list)
    for event in events:
        found[event.subject].append(event)
    return found


def _token(event: Envelope) -> str:
    data = event.data
    assert isinstance(data, CompletionRecorded)
    assert data.village is not None
    return data.village


def _is_poison(event: Envelope) -> bool:
    return chain.POISON in _token(event)
