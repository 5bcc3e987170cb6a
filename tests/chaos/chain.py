"""A small house that shows every loss, double and inversion: a publisher, a consumer that publishes in turn.

`school` changes two records per command and publishes an event for each, both with the command's token.
`linkage` keeps per record a hash chain over the event ids it applied, which tells order and number, and
answers each event with one of its own. Some commands are refused, some events cannot be applied.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared.clock import FixedClock
from shared.contracts import Envelope
from shared.contracts.codes import Stage
from shared.contracts.linkage import LINKS, DecidedBy, RecordLinked
from shared.contracts.school import CONTENT, CompletionRecorded
from shared.database import Database, insert_ignore, open_database
from shared.errors import Invalid
from shared.messaging.embedded import EmbeddedLog
from shared.messaging.handling import Handlers, Handling
from shared.messaging.kafka import KafkaLog
from shared.messaging.log import EventLog
from shared.messaging.outbox import Pending, publish
from shared.messaging.rebuild import Projection
from shared.messaging.relay import Relay
from shared.messaging.worker import Worker

PUBLISHER = "school"
CONSUMER = "linkage"
TOPICS = (CONTENT, LINKS)
MIGRATIONS = Path(__file__).with_name("migrations")
CLOCK = FixedClock(datetime(2026, 6, 1, tzinfo=UTC))

BATCH = 20
"""Events in a batch of relay and worker: small, so that a short load passes every step many times."""
SESSION_S = 2.0
"""After this time without a sign of life a member of the consumer group is taken for gone."""
LEASE_S = 1.0
"""The same for a relay on SQLite, and for the embedded log's groups."""

POISON = "hỏng"
REFUSED = "từ chối"

METADATA = sa.MetaData()
AGGREGATE = sa.Table(
    "aggregate",
    METADATA,
    sa.Column("record_ref", sa.String(40), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
)
TRAIL = sa.Table(
    "trail",
    METADATA,
    sa.Column("record_ref", sa.String(40), primary_key=True),
    sa.Column("steps", sa.Integer, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
)


def open_log(url: str) -> EventLog:
    """The event log with short sessions, so that a sleeper is missed within seconds."""
    scheme, _, rest = url.partition("://")
    if scheme == "kafka":
        return KafkaLog([rest], session_timeout_s=SESSION_S)
    return EmbeddedLog(Path(rest[1:]), lease_ttl_s=LEASE_S)


def prepare(database_url: str, log_url: str) -> None:
    """Tables and topics."""
    for name in (PUBLISHER, CONSUMER):
        with open_database(database_url, name) as database:
            database.upgrade(MIGRATIONS)
    log = open_log(log_url)
    log.ensure_topics(TOPICS)
    log.close()


def command(database: Database, token: str, refs: Sequence[str]) -> None:
    """Change the records and publish, in one transaction. Raises `Invalid` for a token to be refused."""
    with database.write() as session:
        publish(session, [_changed(session, ref, token) for ref in sorted(refs)])
        if REFUSED in token:
            raise Invalid("Lệnh này bị từ chối.")


def _changed(session: Session, ref: str, token: str) -> Pending:
    """Rule 1: the aggregate's row is locked before the outbox id is taken."""
    insert_ignore(session, AGGREGATE, [{"record_ref": ref, "version": 0}])
    counted = (
        sa.update(AGGREGATE)
        .where(AGGREGATE.c.record_ref == ref)
        .values(version=AGGREGATE.c.version + 1)
        .returning(AGGREGATE.c.version)
    )
    version = session.execute(counted).scalar_one()
    data = CompletionRecorded(
        record_ref=ref, school_code="000", stage=Stage.THCS, school_year="2025-2026", village=token
    )
    return Pending(data, version, "/school/local", CLOCK.now())


def on_completion(handling: Handling, events: Sequence[Envelope]) -> None:
    """Go one step on in each record's trail, and answer. Poison fails in the middle of the batch."""
    for event in events:
        data = event.data
        assert isinstance(data, CompletionRecorded)
        steps = _step(handling.session, data.record_ref, event.id)
        answer = RecordLinked(record_ref=data.record_ref, person_id=event.id, decided_by=DecidedBy.NUMBER)
        publish(handling.session, [Pending(answer, steps, "/linkage/local", CLOCK.now())])
        if POISON in (data.village or ""):
            raise ValueError("không xử lý được")


def _step(session: Session, ref: str, event_id: str) -> int:
    at = TRAIL.c.record_ref == ref
    found = session.execute(sa.select(TRAIL).where(at)).one_or_none()
    if found is None:
        digest = next_digest("", event_id)
        session.execute(sa.insert(TRAIL).values(record_ref=ref, steps=1, digest=digest))
        return 1
    digest = next_digest(found.digest, event_id)
    session.execute(sa.update(TRAIL).where(at).values(steps=found.steps + 1, digest=digest))
    return int(found.steps) + 1


def next_digest(digest: str, event_id: str) -> str:
    """The trail after one more event; the first begins with the empty text."""
    return sha256((digest + event_id).encode()).hexdigest()


def relay(database: Database, log: EventLog, service: str) -> Relay:
    """A relay with small batches and a short lease."""
    return Relay(
        database,
        log,
        service,
        batch=BATCH,
        safety_poll_s=0.1,
        lease_ttl_s=LEASE_S,
        backoff_s=0.02,
        backoff_max_s=0.5,
    )


def worker(database: Database, log: EventLog, instance: str) -> Worker:
    """A member of the consumer group with small batches."""
    return Worker(
        database,
        log,
        CONSUMER,
        HANDLERS,
        clock=CLOCK,
        instance=instance,
        batch=BATCH,
        poll_s=0.2,
        dead_letters_per_minute=None,
        backoff_s=0.02,
        backoff_max_s=0.5,
    )


def projection(database: Database, log: EventLog) -> Projection:
    """What `verify` needs to know of the consumer."""
    return Projection(
        service=CONSUMER,
        database=database,
        log=log,
        migrations=MIGRATIONS,
        topics=[CONTENT],
        handlers=HANDLERS,
        tables=[TRAIL],
        clock=CLOCK,
    )


HANDLERS: Handlers = {CompletionRecorded: on_completion}
