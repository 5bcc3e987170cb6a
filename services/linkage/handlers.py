"""What linkage does on hearing of identities, and how a replay rebuilds its tables.

Live, an identity is stored and everything that it can change is decided anew. A replay stores identities
and takes links and decisions from linkage's own topic: it never decides, and never publishes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.linkage.announcing import State, decision_row, link_row, micros
from services.linkage.blocks import Touched, to_known
from services.linkage.deciding import decide_anew, read_states, take_turn
from services.linkage.known import Known, Reason, known
from services.linkage.models import DECISION, LINK, RECORD
from services.linkage.wording import store_words
from shared.contracts import Envelope, Event, Identity, employment, school, shapes, vocational
from shared.contracts.codes import RecordKind
from shared.contracts.linkage import RecordLinked, RecordUnlinked, ReviewDecided, ReviewOpened, WordGiven
from shared.database import chunked, one_of, upsert_newer
from shared.messaging.handling import Handler, Handling

_KEYS_AT_ONCE = 4_000


def on_identity(handling: Handling, envelopes: Sequence[Envelope]) -> None:
    """Identities were recorded, corrected or taken back: store them, and decide anew what they touch."""
    if handling.rebuilding:
        remember_identity(handling, envelopes)
        return
    take_turn(handling.session)
    touched = store_identities(handling.session, envelopes)
    if touched.refs:
        decide_anew(handling.session, handling.clock, touched)


def remember_identity(handling: Handling, envelopes: Sequence[Envelope]) -> None:
    """Store identities without deciding anything."""
    store_identities(handling.session, envelopes)


def on_link(handling: Handling, envelopes: Sequence[Envelope]) -> None:
    """Take over what linkage itself said of records, decisions of reviewers included."""
    states = read_states(handling.session, sorted({envelope.subject for envelope in envelopes}))
    links: dict[str, State] = {}
    decisions: dict[str, dict[str, Any]] = {}
    for envelope in envelopes:
        ref = envelope.subject
        state = links.get(ref) or states.get(ref) or State()
        if envelope.sequence <= state.sequence:
            continue
        if isinstance(envelope.data, ReviewDecided):
            decisions[ref] = decision_row(envelope.data, sequence=envelope.sequence, time=envelope.time)
        links[ref] = _after(state, envelope)
    upsert_newer(handling.session, LINK, [link_row(ref, state) for ref, state in links.items()])
    upsert_newer(handling.session, DECISION, list(decisions.values()))


def on_word(handling: Handling, envelopes: Sequence[Envelope]) -> None:
    """Take over what persons said of records."""
    store_words(handling.session, envelopes)


def _after(state: State, envelope: Envelope) -> State:
    """The state of a record after one more event of its own."""
    sequence, data = envelope.sequence, envelope.data
    if isinstance(data, RecordLinked):
        return State(sequence=sequence, person_id=data.person_id, decided_by=data.decided_by)
    if isinstance(data, RecordUnlinked):
        return State(sequence=sequence, unlinked_reason=data.reason)
    opened = isinstance(data, ReviewOpened)
    return State(
        sequence=sequence,
        person_id=state.person_id,
        decided_by=state.decided_by,
        unlinked_reason=state.unlinked_reason,
        review=Reason(data.reason) if isinstance(data, ReviewOpened) else state.review,
        review_opened_us=micros(envelope.time) if opened else state.review_opened_us,
    )


def store_identities(session: Session, envelopes: Sequence[Envelope]) -> Touched:
    """Keep the newest identity of each record; what changed by it."""
    earlier = _earlier(session, sorted({envelope.subject for envelope in envelopes}))
    newest: dict[str, Envelope] = {}
    first: dict[str, int] = {}
    for envelope in envelopes:
        first.setdefault(envelope.subject, micros(envelope.time))
        known_newest = newest.get(envelope.subject)
        if known_newest is None or envelope.sequence > known_newest.sequence:
            newest[envelope.subject] = envelope
    touched = Touched()
    rows = []
    for ref, envelope in newest.items():
        was = earlier.get(ref)
        if was is not None and envelope.sequence <= was.sequence:
            continue
        record = _known(envelope)
        first_us = first[ref] if was is None else was.first_recorded_us
        rows.append(_row(envelope, record, first_us))
        touched.refs.add(ref)
        if record is not None:
            touched.after.append(record)
        if was is not None and was.identity is not None:
            touched.before.append(to_known(was))
    upsert_newer(session, RECORD, rows)
    return touched


def _earlier(session: Session, refs: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for chunk in chunked(refs, _KEYS_AT_ONCE):
        for row in session.execute(sa.select(RECORD).where(one_of(session, RECORD.c.record_ref, chunk))):
            found[row.record_ref] = row
    return found


def _known(envelope: Envelope) -> Known | None:
    """The comparable form of a recorded identity; None for one that was taken back."""
    data = envelope.data
    if not isinstance(data, shapes.RecordIdentity):
        return None
    identity = Identity.from_json(data.identity)
    completion = data.record_kind is RecordKind.COMPLETION
    return known(data.record_ref, identity, completion=completion, source=envelope.source)


def _row(envelope: Envelope, record: Known | None, first_us: int) -> dict[str, Any]:
    data = envelope.data
    recorded = data if isinstance(data, shapes.RecordIdentity) else None
    return {
        "record_ref": envelope.subject,
        "sequence": envelope.sequence,
        "record_kind": str(recorded.record_kind) if recorded else None,
        "source": envelope.source,
        "first_recorded_us": first_us,
        "record_key": recorded.record_key if recorded else None,
        "identity": recorded.identity if recorded else None,
        "personal_number": record.number if record else None,
        "number_hint": record.hint if record else None,
        "name_key": record.name if record else None,
        "year_key": record.year_key if record else None,
        "partial_key": record.partial_key if record else None,
        "bucket": record.bucket if record else None,
    }


_IDENTITIES: tuple[type[Event], ...] = (
    school.IdentityRecorded,
    school.IdentityWithdrawn,
    vocational.IdentityRecorded,
    vocational.IdentityWithdrawn,
    employment.IdentityRecorded,
    employment.IdentityWithdrawn,
)
_LINKS: tuple[type[Event], ...] = (RecordLinked, RecordUnlinked, ReviewOpened, ReviewDecided)

HANDLERS: dict[type[Event], Handler] = dict.fromkeys(_IDENTITIES, on_identity)

REBUILD_HANDLERS: dict[type[Event], Handler] = {
    **dict.fromkeys(_IDENTITIES, remember_identity),
    **dict.fromkeys(_LINKS, on_link),
    WordGiven: on_word,
}
