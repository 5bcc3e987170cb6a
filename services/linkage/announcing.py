"""What linkage says of a record on its topic, and saying it: the `link` row and its events together.

A `RecordLinked` or `RecordUnlinked` ends any review of the record; a `ReviewOpened` after it says that
a person must look. So the events alone tell the whole state, and a replay needs no rule.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from services.linkage.known import Reason
from services.linkage.models import LINK
from shared.clock import Clock
from shared.contracts import Event
from shared.contracts.linkage import DecidedBy, RecordLinked, RecordUnlinked, ReviewDecided, ReviewOpened
from shared.database import upsert_newer
from shared.messaging.outbox import Pending, publish

SOURCE = "/linkage/local"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What was said of a record: its person, or why it has none; and why a person must look.

    `sequence`: of the last event of the record on the topic; 0: none yet.
    """

    person_id: str | None = None
    decided_by: DecidedBy | None = None
    unlinked_reason: str | None = None
    review: Reason | None = None
    sequence: int = 0
    review_opened_us: int | None = None

    def says_the_same(self, other: State) -> bool:
        """Whether nobody needs to be told of the difference."""
        mine = (self.person_id, self.decided_by, self.unlinked_reason, self.review)
        return mine == (other.person_id, other.decided_by, other.unlinked_reason, other.review)

    def of_person(self, person_id: str) -> State:
        """The same, under another pseudonym."""
        return replace(self, person_id=person_id)


class Announcer:
    """Collects new states and decisions; `finish` writes the rows and then the outbox, in bulk."""

    def __init__(self, session: Session, clock: Clock, states: dict[str, State]) -> None:
        self._session = session
        self._now = clock.now()
        self._states = states
        self._rows: dict[str, dict[str, Any]] = {}
        self._events: list[Pending] = []

    @property
    def time(self) -> datetime:
        """When the next event is recorded: a microsecond after the last."""
        return self._now + timedelta(microseconds=len(self._events))

    def announce(self, ref: str, state: State) -> None:
        """Say the state of a record, when it differs from what was said last."""
        earlier = self._states.get(ref, State())
        if earlier.sequence and earlier.says_the_same(state):
            return
        sequence = self.say(ref, earlier.sequence, _link_event(ref, state))
        opened_us = None
        if state.review is not None:
            opened_us = micros(self.time)
            opened = ReviewOpened(record_ref=ref, reason=state.review)
            sequence = self.say(ref, sequence, opened)
        state = replace(state, sequence=sequence, review_opened_us=opened_us)
        self._states[ref] = state
        self._rows[ref] = link_row(ref, state)

    def say(self, ref: str, sequence: int, event: Event) -> int:
        """Queue an event after the record's `sequence`; returns its own."""
        self._events.append(Pending(event, sequence + 1, SOURCE, self.time))
        return sequence + 1

    def finish(self) -> None:
        """Write everything: rows first, so that they are locked in the order of their keys."""
        upsert_newer(self._session, LINK, list(self._rows.values()))
        publish(self._session, self._events)


def link_row(ref: str, state: State) -> dict[str, Any]:
    """The row of `link` for a state."""
    return {
        "record_ref": ref,
        "sequence": state.sequence,
        "person_id": state.person_id,
        "decided_by": str(state.decided_by) if state.decided_by else None,
        "unlinked_reason": state.unlinked_reason,
        "review_reason": str(state.review) if state.review else None,
        "review_opened_us": state.review_opened_us,
    }


def decision_row(data: ReviewDecided, *, sequence: int, time: datetime) -> dict[str, Any]:
    """The row of `decision` for an event and its time."""
    return {
        "record_ref": data.record_ref,
        "sequence": sequence,
        "same_as": data.same_as,
        "taken_back": data.taken_back,
        "decided_by": data.decided_by,
        "decided_us": micros(time),
    }


def micros(instant: datetime) -> int:
    """Microseconds since 1970 of an aware instant."""
    return int(instant.timestamp()) * 1_000_000 + instant.microsecond


def _link_event(ref: str, state: State) -> Event:
    if state.person_id is not None:
        decided_by = state.decided_by or DecidedBy.IDENTITY
        return RecordLinked(record_ref=ref, person_id=state.person_id, decided_by=decided_by)
    return RecordUnlinked(record_ref=ref, reason=state.unlinked_reason or "no_candidate")
