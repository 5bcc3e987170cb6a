"""Dead letters: events that could not be applied, with their bytes, their place and the reason.

A "poison" event failed by itself; "parked" ones wait behind one of the same subject, because applying
them first would be wrong. Mend the cause (usually a release), then replay: the event and what waits
behind it are applied in log order, each once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.orm import Session

from shared.clock import Clock
from shared.contracts import decode
from shared.database import Database, is_transient
from shared.errors import Conflict, NoiNgheError, NotFound
from shared.messaging.handling import Handlers, Handling
from shared.messaging.tables import TABLES

LETTER = TABLES.dead_letter
POSITION = TABLES.consumer_position

POISON = "poison"
PARKED = "parked"


class ReplayFailed(Conflict):
    """The event fails still; it stays where it was."""

    code = "replay_failed"


class MustWait(Conflict):
    """A parked event was asked for while the one before it is not settled."""

    code = "parked_behind"


def list_all(database: Database) -> list[dict[str, Any]]:
    """All dead letters, oldest first, without their content."""
    columns = [column for column in LETTER.c if column.name not in {"value", "key"}]
    with database.read() as session:
        rows = session.execute(select(*columns).order_by(LETTER.c.id)).mappings()
        return [{**row, "recorded_at": row["recorded_at"].isoformat()} for row in rows]


def replay_one(database: Database, number: int, handlers: Handlers, *, clock: Clock) -> int:
    """Apply a dead letter and then what is parked behind it; returns how many were applied.

    Raises `NotFound`, `MustWait`, `ReplayFailed` (the first still fails: nothing changed but its count of
    attempts) or `Unavailable`.
    """
    failed: Exception | None = None
    applied = 0
    with database.write() as session:
        chain = _chain(session, number)
        for letter in chain:
            failed = _apply(session, letter, handlers, clock=clock)
            if failed is not None:
                break
            applied += 1
    if failed is not None and applied == 0:
        raise ReplayFailed(f"Sự kiện vẫn chưa xử lý được: {reason_of(failed)}.")
    return applied


def reason_of(fault: BaseException) -> str:
    """What went wrong, for the table and for people: kind and place, never the values of a statement."""
    if isinstance(fault, NoiNgheError):
        return f"{fault.code}: {fault.message}"
    origin = getattr(fault, "orig", None)
    return f"{type(fault).__name__}: {type(origin).__name__ if origin else fault}"[:500]


def _chain(session: Session, number: int) -> Sequence[Row[Any]]:
    """The letter, and those parked behind it up to the next poison one, with the position row locked.

    The worker changes that row first in each of its transactions, so it cannot park another event behind
    a letter that is being settled.
    """
    letter = session.execute(select(LETTER).where(LETTER.c.id == number)).one_or_none()
    if letter is None:
        raise NotFound(f"Không có thư chết số {number}; xem danh sách bằng noinghe dead-letters.")
    at = (letter.consumer, letter.topic, letter.partition)
    session.execute(
        select(POSITION.c.next_offset)
        .where(POSITION.c.consumer == at[0], POSITION.c.topic == at[1], POSITION.c.partition == at[2])
        .with_for_update()
    )
    subject = select(LETTER).where(
        LETTER.c.consumer == letter.consumer, LETTER.c.topic == letter.topic, LETTER.c.key == letter.key
    )
    letters = session.execute(subject.order_by(LETTER.c.log_offset)).all()
    begin = next((place for place, row in enumerate(letters) if row.id == number), None)
    if begin is None:
        raise NotFound(f"Thư chết số {number} vừa được xử lý xong.")
    if letters[begin].state == PARKED:
        before = next(row.id for row in reversed(letters[:begin]) if row.state == POISON)
        raise MustWait(f"Sự kiện này chờ sau thư chết số {before}; hãy phát lại số đó trước.")
    end = begin + 1
    while end < len(letters) and letters[end].state == PARKED:
        end += 1
    return letters[begin:end]


def _apply(session: Session, letter: Row[Any], handlers: Handlers, *, clock: Clock) -> Exception | None:
    """Apply and delete the letter; on failure note it as poison and return why."""
    try:
        envelope = decode(letter.value)
        handler = handlers.get(type(envelope.data))
        with session.begin_nested():
            if handler is not None:
                handler(Handling(session, clock, False), [envelope])
            session.flush()
    except Exception as fault:
        if is_transient(fault):
            raise
        session.execute(
            update(LETTER)
            .where(LETTER.c.id == letter.id)
            .values(state=POISON, reason=reason_of(fault), attempts=LETTER.c.attempts + 1)
        )
        return fault
    session.execute(delete(LETTER).where(LETTER.c.id == letter.id))
    return None
