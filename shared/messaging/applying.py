"""Applying a batch of log records to a database, once: the transaction at the heart of every consumer.

In one transaction: the position moves by compare-and-set, the inbox takes the event ids, the handlers run
on what is new, and what cannot be applied becomes a dead letter. A failing batch is cut in halves (by
savepoints) until the poison stands alone; everything else is applied.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import String, bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.contracts import EVENT_TYPES, ContractViolation, Envelope
from shared.contracts.envelope import build
from shared.database import Database, insert_ignore, insert_rows, is_transient, values_list
from shared.errors import Conflict
from shared.messaging.dead_letters import PARKED, POISON, reason_of
from shared.messaging.handling import Handler, Handlers, Handling
from shared.messaging.judging import Verdicts, verdicts_on
from shared.messaging.log import Fields, LogRecord, Place
from shared.messaging.outbox import silence
from shared.messaging.tables import TABLES

INBOX = TABLES.inbox
LETTER = TABLES.dead_letter
POSITION = TABLES.consumer_position

APPLIED = "applied"
IGNORED = "ignored"
REPEATED = "repeated"

_ADVANCE = (
    update(POSITION)
    .where(
        POSITION.c.consumer == bindparam("b_consumer"),
        POSITION.c.topic == bindparam("b_topic"),
        POSITION.c.partition == bindparam("b_partition"),
        POSITION.c.next_offset == bindparam("b_expected"),
    )
    .values(next_offset=bindparam("b_reached"))
)


class PositionMoved(Conflict):
    """Another member of the group wrote meanwhile; nothing of this batch was written."""

    code = "position_moved"


class TooManyDeadLetters(Conflict):
    """So many events failed that the release is likelier wrong than the events; nothing was written."""

    code = "too_many_dead_letters"


@dataclass(slots=True)
class Item:
    """A record on its way through a batch. Without a fault it has an envelope."""

    record: LogRecord
    event_id: str
    envelope: Envelope | None
    handler: Handler | None
    fault: Exception | None

    @property
    def subject(self) -> tuple[str, str]:
        """Topic and key: what order is kept by."""
        return self.record.topic, self.record.key

    @property
    def commutative(self) -> bool:
        """Whether later events of the subject may be applied before this one."""
        return self.envelope is None or type(self.envelope.data).COMMUTATIVE


class DeadLetterLimit:
    """At most so many poison events per minute; what counts is what was committed."""

    def __init__(self, per_minute: int | None) -> None:
        self._per_minute = per_minute
        self._moments: deque[float] = deque()

    def check(self, poison: int) -> None:
        """Raise `TooManyDeadLetters` when these would be too many."""
        if self._per_minute is None:
            return
        while self._moments and self._moments[0] < time.monotonic() - 60:
            self._moments.popleft()
        if len(self._moments) + poison > self._per_minute:
            raise TooManyDeadLetters(
                f"Quá {self._per_minute} sự kiện lỗi trong một phút: có thể bản phát hành có lỗi. Đã dừng; "
                "hãy sửa, chạy lại rồi phát lại các thư chết."
            )

    def note(self, poison: int) -> None:
        """Count what was committed."""
        self._moments.extend([time.monotonic()] * poison)


class Applier:
    """Applies batches of one consumer group to one database. Used by one thread."""

    def __init__(
        self,
        database: Database,
        consumer: str,
        handlers: Handlers,
        *,
        clock: Clock,
        rebuilding: bool = False,
        dead_letters_per_minute: int | None = None,
    ) -> None:
        """`consumer`: the group's name in the inbox and position tables."""
        self._database = database
        self._consumer = consumer
        self._handlers = handlers
        self._clock = clock
        self._rebuilding = rebuilding
        self._limit = DeadLetterLimit(dead_letters_per_minute)

    def positions(self, places: Iterable[Place]) -> dict[Place, int]:
        """The stored positions of the places, created at 0 where there was none."""
        wanted = sorted(places)
        with self._database.write() as session:
            keys = [{"consumer": self._consumer, "topic": t, "partition": p} for t, p in wanted]
            insert_ignore(session, POSITION, [{**key, "next_offset": 0} for key in keys])
            rows = session.execute(select(POSITION).where(POSITION.c.consumer == self._consumer)).all()
        stored = {(row.topic, row.partition): row.next_offset for row in rows}
        return {place: stored[place] for place in wanted}

    def apply(self, items: Sequence[Item], expected: Mapping[Place, int]) -> Counter[str]:
        """Apply a batch whose places stand at `expected`; returns how many went which way.

        Raises `PositionMoved`, `TooManyDeadLetters`, or a transient error: then nothing was written.
        """
        reached = reached_by(items)
        batch = _Batch(self._consumer, self._clock, self._rebuilding)
        with self._database.write() as session:
            if self._rebuilding:
                silence(session)
            self._advance(session, expected, reached)
            heard = [item for item in items if item.handler is not None or item.fault is not None]
            fresh = self._first_time(session, heard)
            batch.outcomes[REPEATED] += len(heard) - len(fresh)
            batch.outcomes[IGNORED] += len(items) - len(heard)
            batch.run(session, fresh)
            self._limit.check(batch.outcomes[POISON])
        self._limit.note(batch.outcomes[POISON])
        return batch.outcomes

    def judge(self, records: Sequence[Fields]) -> list[Item]:
        """Decode and validate. An event off its contract, or on a foreign topic, becomes a fault."""
        return self.items(verdicts_on(records))

    def items(self, found: Verdicts) -> list[Item]:
        """The items of a batch that is judged already, here or by another process."""
        records = list(map(LogRecord._make, found.records))
        items: dict[int, Item] = {}
        for type_name, (places, columns) in found.events.items():
            handler = self._handlers.get(EVENT_TYPES[type_name])
            for place, envelope in zip(places, build(type_name, columns), strict=True):
                items[place] = Item(records[place], envelope.id, envelope, handler, None)
        for place, message, code in found.faults:
            record = records[place]
            event_id = record.event_id or f"{record.topic}/{record.partition}/{record.offset}"
            items[place] = Item(record, event_id, None, None, ContractViolation(message, code=code))
        return [items[place] for place in range(len(records))]

    def _advance(self, session: Session, expected: Mapping[Place, int], reached: Mapping[Place, int]) -> None:
        moves = [
            {
                "b_consumer": self._consumer,
                "b_topic": place[0],
                "b_partition": place[1],
                "b_expected": expected[place],
                "b_reached": offset,
            }
            for place, offset in sorted(reached.items())
        ]
        moved = session.connection().execute(_ADVANCE, moves)
        if moved.rowcount != len(moves):
            raise PositionMoved(f"Vị trí đọc của {self._consumer} đã do tiến trình khác ghi.")

    def _first_time(self, session: Session, items: Sequence[Item]) -> Sequence[Item]:
        """The items that the inbox did not know; of those twice in the batch the first."""
        rows = [{"consumer": self._consumer, "event_id": item.event_id} for item in items]
        if _inserted(session, rows):
            return items
        new = {event_id for _, event_id in insert_ignore(session, INBOX, rows)}
        fresh = []
        for item in items:
            if item.event_id in new:
                new.discard(item.event_id)
                fresh.append(item)
        return fresh


class _Batch:
    """One transaction's way through its items."""

    def __init__(self, consumer: str, clock: Clock, rebuilding: bool) -> None:
        self._consumer = consumer
        self._clock = clock
        self._rebuilding = rebuilding
        self.outcomes: Counter[str] = Counter()
        self._blocked: dict[tuple[str, str], bool] = {}

    def run(self, session: Session, items: Sequence[Item]) -> None:
        """Apply the items in order, putting aside what fails and what must wait."""
        self._blocked = self._waiting(session, items)
        self._bisect(session, items)

    def _bisect(self, session: Session, items: Sequence[Item]) -> None:
        ready = self._ready(session, items)
        if not ready:
            return
        try:
            with session.begin_nested():
                self._handle(session, ready)
        except Exception as fault:
            if is_transient(fault):
                raise
            if len(ready) == 1:
                self._put_aside(session, ready[0], POISON, reason=reason_of(fault))
                return
            middle = len(ready) // 2
            self._bisect(session, ready[:middle])
            self._bisect(session, ready[middle:])
        else:
            self.outcomes[APPLIED] += len(ready)

    def _ready(self, session: Session, items: Sequence[Item]) -> Sequence[Item]:
        """Those of the items that can be handled; the others are put aside."""
        if not self._blocked and all(item.fault is None for item in items):
            return items
        ready = []
        for item in items:
            if self._must_wait(item):
                self._put_aside(session, item, PARKED, reason="chờ sau một sự kiện lỗi cùng chủ thể")
            elif item.fault is not None:
                self._put_aside(session, item, POISON, reason=reason_of(item.fault))
            else:
                ready.append(item)
        return ready

    def _handle(self, session: Session, items: Sequence[Item]) -> None:
        handling = Handling(session, self._clock, self._rebuilding)
        for handler, run in groupby(items, key=lambda item: item.handler):
            if handler is not None:
                handler(handling, [item.envelope for item in run if item.envelope is not None])
        session.flush()

    def _waiting(self, session: Session, items: Sequence[Item]) -> dict[tuple[str, str], bool]:
        """Subjects of the batch that have dead letters, and whether all of those are commutative."""
        mine = LETTER.c.consumer == self._consumer
        if not items or session.scalar(select(LETTER.c.id).where(mine).limit(1)) is None:
            return {}
        subjects = sorted({item.subject for item in items})
        given = values_list(
            session,
            "given",
            {"topic": (String(), [t for t, _ in subjects]), "key": (String(), [k for _, k in subjects])},
        )
        found = select(LETTER.c.topic, LETTER.c.key, LETTER.c.commutative).join(
            given, (given.c.topic == LETTER.c.topic) & (given.c.key == LETTER.c.key)
        )
        blocked: dict[tuple[str, str], bool] = {}
        for topic, key, commutative in session.execute(found.where(mine)):
            blocked[topic, key] = blocked.get((topic, key), True) and commutative
        return blocked

    def _must_wait(self, item: Item) -> bool:
        before = self._blocked.get(item.subject)
        return before is not None and not (before and item.commutative)

    def _put_aside(self, session: Session, item: Item, state: str, *, reason: str) -> None:
        record = item.record
        self._blocked[item.subject] = self._blocked.get(item.subject, True) and item.commutative
        self.outcomes[state] += 1
        row: dict[str, Any] = {
            "consumer": self._consumer,
            "topic": record.topic,
            "partition": record.partition,
            "log_offset": record.offset,
            "key": record.key,
            "event_id": item.event_id,
            "event_type": None if item.envelope is None else type(item.envelope.data).TYPE,
            "value": record.value,
            "state": state,
            "commutative": item.commutative,
            "reason": reason,
            "attempts": 0 if state == PARKED else 1,
            "recorded_at": self._clock.now(),
        }
        insert_rows(session, LETTER, [row])


def reached_by(items: Iterable[Item]) -> dict[Place, int]:
    """Per place the offset after its last item."""
    return {(item.record.topic, item.record.partition): item.record.offset + 1 for item in items}


def _inserted(session: Session, rows: Sequence[dict[str, str]]) -> bool:
    """Whether the inbox took all rows at once, as it does when none is a repeat."""
    try:
        with session.begin_nested():
            insert_rows(session, INBOX, rows)
    except IntegrityError:
        return False
    return True
