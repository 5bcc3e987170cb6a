"""What a reviewer does: decide about a record, and take a decision back.

A decision wins over the rules until it is changed or taken back, whatever arrives later.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.linkage.announcing import Announcer, State, decision_row
from services.linkage.blocks import Touched, to_known
from services.linkage.deciding import decide_anew, read_states, take_turn
from services.linkage.models import DECISION, LINK, RECORD
from shared.clock import Clock
from shared.contracts.linkage import ReviewDecided
from shared.database import upsert_newer
from shared.errors import Invalid, NotFound


class UnknownRecord(NotFound):
    """No record in force has this reference."""

    code = "unknown_record"

    def __init__(self) -> None:
        super().__init__("Không có hồ sơ nào còn hiệu lực với mã này; hãy xem lại danh sách cần xem xét.")


class SameRecord(Invalid):
    """A record was said to be the same person as itself."""

    code = "same_record"

    def __init__(self) -> None:
        super().__init__("Hồ sơ không thể được chọn trùng với chính nó; hãy chọn hồ sơ khác.")


class NothingDecided(NotFound):
    """There is no decision to be taken back."""

    code = "nothing_decided"

    def __init__(self) -> None:
        super().__init__("Hồ sơ này chưa có quyết định nào để rút lại.")


def decide_review(
    session: Session, clock: Clock, record_ref: str, *, same_as: str | None, reviewer: str
) -> None:
    """The record belongs to the person of `same_as`, or (None) to somebody else than the rules offer.

    `reviewer`: id of the reviewer's key. Deciding the same again changes nothing. Raises `UnknownRecord`,
    `SameRecord`.
    """
    take_turn(session)
    if same_as == record_ref:
        raise SameRecord
    _check_in_force(session, [record_ref] if same_as is None else [record_ref, same_as])
    earlier = _decision(session, record_ref)
    if earlier is not None and not earlier.taken_back and earlier.same_as == same_as:
        return
    decision = ReviewDecided(record_ref=record_ref, same_as=same_as, decided_by=reviewer)
    _apply(session, clock, decision, also=earlier.same_as if earlier else None)


def take_back(session: Session, clock: Clock, record_ref: str, *, reviewer: str) -> None:
    """Forget the decision about a record: the rules decide again. Raises `NothingDecided`."""
    take_turn(session)
    earlier = _decision(session, record_ref)
    if earlier is None or earlier.taken_back:
        raise NothingDecided
    decision = ReviewDecided(
        record_ref=record_ref, same_as=earlier.same_as, decided_by=reviewer, taken_back=True
    )
    _apply(session, clock, decision, also=None)


def _check_in_force(session: Session, refs: list[str]) -> None:
    found = session.scalar(
        sa.select(sa.func.count())
        .select_from(RECORD)
        .where(RECORD.c.record_ref.in_(refs), RECORD.c.identity.is_not(None))
    )
    if found != len(refs):
        raise UnknownRecord


def _decision(session: Session, record_ref: str) -> sa.Row[tuple[object, ...]] | None:
    return session.execute(sa.select(DECISION).where(DECISION.c.record_ref == record_ref)).one_or_none()


def _apply(session: Session, clock: Clock, decision: ReviewDecided, *, also: str | None) -> None:
    """Keep and publish the decision, then decide anew what it can change; `also`: an end that it leaves."""
    ref = decision.record_ref
    states = read_states(session, [ref])
    announcer = Announcer(session, clock, states)
    time = announcer.time
    sequence = announcer.say(ref, states.get(ref, State()).sequence, decision)
    session.execute(sa.update(LINK).where(LINK.c.record_ref == ref).values(sequence=sequence))
    upsert_newer(session, DECISION, [decision_row(decision, sequence=sequence, time=time)])
    announcer.finish()
    ends = [end for end in (ref, decision.same_as, also) if end is not None]
    rows = session.execute(
        sa.select(RECORD).where(RECORD.c.record_ref.in_(ends), RECORD.c.identity.is_not(None))
    )
    records = [to_known(row) for row in rows]
    touched = Touched(before=records, after=records, refs={record.ref for record in records})
    decide_anew(session, _Later(clock), touched)


class _Later:
    """The clock a microsecond on, so that what follows from a decision is recorded after it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        """The present instant, and a microsecond."""
        return self._clock.now() + timedelta(microseconds=1)
