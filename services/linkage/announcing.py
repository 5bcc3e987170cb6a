"""What linkage says of a record on its topic, and saying it: the `link` row and its events together.

A `RecordLinked` or `RecordUnlinked` ends any review of the record; a `ReviewOpened` after it says that
a person must look. So the events alone tell the whole state, and a replay needs no rule. What was said before
is kept in `link_past`, as far as it was said with a cause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import isclose
from typing import Any

from sqlalchemy.orm import Session

from services.linkage.driver import Row, Statement, driver_of
from services.linkage.models import LINK, LINK_PAST
from shared.clock import Clock
from shared.contracts import Event
from shared.contracts.linkage import DecidedBy, RecordLinked, RecordUnlinked, ReviewOpened
from shared.database import insert_ignore, upsert_newer
from shared.messaging.outbox import Pending, publish

SOURCE = "/linkage/local"
EVIDENCE = "evidence"
UNDO = "undo"

_SAME_BITS = 1e-9
_STATES = Statement(
    "SELECT l.record_ref, l.person_id, l.decided_by, l.unlinked_reason, l.review_reason, l.sequence,"
    " l.review_opened_us, l.link_sequence, l.said_us, l.cause, l.word_id, l.weight_bits, l.probability"
    " FROM json_each(?) g CROSS JOIN link l WHERE l.record_ref = g.value",
    "SELECT record_ref, person_id, decided_by, unlinked_reason, review_reason, sequence,"
    " review_opened_us, link_sequence, said_us, cause, word_id, weight_bits, probability"
    " FROM link WHERE record_ref = ANY(%s::text[])",
)
_SURER = Statement(
    "UPDATE link SET weight_bits = ?, probability = ? WHERE record_ref = ?",
    "UPDATE link SET weight_bits = g.weight, probability = g.probability"
    " FROM unnest(%s::float8[], %s::float8[], %s::text[]) AS g (weight, probability, ref)"
    " WHERE link.record_ref = g.ref",
)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something is said now: the evidence, or what a person did (`what`) by a word."""

    what: str = EVIDENCE
    word_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What was said of a record: its person, or why it has none; and why a person must look.

    `sequence`: of the last event of the record on the topic; 0: none yet. `link_sequence`, `said_us` and
    `cause`: of the last link event; none where it was said without a cause, in earlier versions.
    `weight_bits`, `probability`: of what ties the record to its person; they leave the room in no event.
    """

    person_id: str | None = None
    decided_by: DecidedBy | None = None
    unlinked_reason: str | None = None
    review: str | None = None
    sequence: int = 0
    review_opened_us: int | None = None
    link_sequence: int | None = None
    said_us: int | None = None
    cause: Cause | None = None
    weight_bits: float | None = None
    probability: float | None = None

    def says_the_same(self, other: State) -> bool:
        """Whether nobody needs to be told of the difference."""
        mine = (self.person_id, self.decided_by, self.unlinked_reason, self.review)
        return mine == (other.person_id, other.decided_by, other.unlinked_reason, other.review)

    def is_as_sure(self, other: State) -> bool:
        """Whether weight and probability are the same, but for rounding."""
        mine, theirs = (self.weight_bits, self.probability), (other.weight_bits, other.probability)
        return all(
            one is another
            or (one is not None and another is not None and isclose(one, another, abs_tol=_SAME_BITS))
            for one, another in zip(mine, theirs, strict=True)
        )


class Announcer:
    """Collects new states and decisions; `finish` writes the rows and then the outbox, in bulk."""

    def __init__(
        self, session: Session, clock: Clock, states: dict[str, State], *, cause: Cause = Cause()
    ) -> None:
        self._session = session
        self._now = clock.now()
        self._states = states
        self._cause = cause
        self._rows: dict[str, dict[str, Any]] = {}
        self._past: list[dict[str, Any]] = []
        self._surer: list[tuple[float | None, float | None, str]] = []
        self._events: list[Pending] = []

    @property
    def time(self) -> datetime:
        """When the next event is recorded: a microsecond after the last."""
        return self._now + timedelta(microseconds=len(self._events))

    def announce(self, ref: str, state: State) -> None:
        """Say the state of a record, when it differs from what was said last."""
        earlier = self._states.get(ref, State())
        if earlier.sequence and earlier.says_the_same(state):
            if not earlier.is_as_sure(state):
                self._surer.append((state.weight_bits, state.probability, ref))
            return
        said_us = micros(self.time)
        sequence = self.say(ref, earlier.sequence, _link_event(ref, state, self._cause))
        link_sequence, opened_us = sequence, None
        if state.review is not None:
            opened_us = micros(self.time)
            sequence = self.say(ref, sequence, ReviewOpened(record_ref=ref, reason=state.review))
        past = past_row(ref, earlier)
        if past is not None:
            self._past.append(past)
        self._keep(
            ref,
            replace(
                state,
                sequence=sequence,
                review_opened_us=opened_us,
                link_sequence=link_sequence,
                said_us=said_us,
                cause=self._cause,
            ),
        )

    def say(self, ref: str, sequence: int, event: Event) -> int:
        """Queue an event after the subject's `sequence`; returns its own."""
        self._events.append(Pending(event, sequence + 1, SOURCE, self.time))
        return sequence + 1

    def went_on(self, event: Event) -> None:
        """Say something of a record that leaves its link and its review as they are."""
        ref = event.subject
        state = self._states.get(ref, State())
        self._keep(ref, replace(state, sequence=self.say(ref, state.sequence, event)))

    def finish(self) -> int:
        """Write everything, rows first, so that they are locked in the order of their keys; events said."""
        write_links(self._session, list(self._rows.values()))
        write_past(self._session, self._past)
        driver_of(self._session).write(_SURER, self._surer)
        publish(self._session, self._events)
        return len(self._events)

    def _keep(self, ref: str, state: State) -> None:
        self._states[ref] = state
        self._rows[ref] = link_row(ref, state)


def read_states(session: Session, refs: Sequence[str]) -> dict[str, State]:
    """What was last said of the records; nothing for those never spoken of."""
    return {row[0]: _state(row) for row in driver_of(session).rows(_STATES, sorted(refs))} if refs else {}


def write_links(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows of `link`, each over the one that is there."""
    upsert_newer(session, LINK, rows)


def write_past(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows of `link_past`; what is there stays."""
    insert_ignore(session, LINK_PAST, rows)


def link_row(ref: str, state: State) -> dict[str, Any]:
    """The row of `link` for a state."""
    return {
        "record_ref": ref,
        "sequence": state.sequence,
        "person_id": state.person_id,
        "decided_by": str(state.decided_by) if state.decided_by else None,
        "unlinked_reason": state.unlinked_reason,
        "review_reason": state.review,
        "review_opened_us": state.review_opened_us,
        "link_sequence": state.link_sequence,
        "said_us": state.said_us,
        "cause": state.cause.what if state.cause else None,
        "word_id": state.cause.word_id if state.cause else None,
        "weight_bits": state.weight_bits,
        "probability": state.probability,
    }


def past_row(ref: str, state: State) -> dict[str, Any] | None:
    """The row of `link_past` for what is not said any more; None where it was said without a cause."""
    if state.cause is None or state.link_sequence is None:
        return None
    return {
        "record_ref": ref,
        "sequence": state.link_sequence,
        "person_id": state.person_id,
        "decided_by": str(state.decided_by) if state.decided_by else None,
        "unlinked_reason": state.unlinked_reason,
        "cause": state.cause.what,
        "word_id": state.cause.word_id,
        "said_us": state.said_us,
    }


def micros(instant: datetime) -> int:
    """Microseconds since 1970 of an aware instant."""
    return int(instant.timestamp()) * 1_000_000 + instant.microsecond


def _link_event(ref: str, state: State, cause: Cause) -> Event:
    if state.person_id is not None:
        decided_by = state.decided_by or DecidedBy.IDENTITY
        return RecordLinked(
            record_ref=ref,
            person_id=state.person_id,
            decided_by=decided_by,
            cause=cause.what,
            word_id=cause.word_id,
        )
    reason = state.unlinked_reason or "no_candidate"
    return RecordUnlinked(record_ref=ref, reason=reason, cause=cause.what, word_id=cause.word_id)


def _state(row: Row) -> State:
    """The state of a row of `_STATES`."""
    _, person_id, decided_by, reason, review, sequence, opened_us, link_sequence, said_us, *rest = row
    cause, word_id, weight_bits, probability = rest
    return State(
        person_id=person_id,
        decided_by=DecidedBy(decided_by) if decided_by else None,
        unlinked_reason=reason,
        review=review,
        sequence=sequence,
        review_opened_us=opened_us,
        link_sequence=link_sequence,
        said_us=said_us,
        cause=Cause(cause, word_id) if cause else None,
        weight_bits=weight_bits,
        probability=probability,
    )
