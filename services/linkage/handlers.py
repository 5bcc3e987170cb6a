"""What linkage does on hearing of identities, and how a replay rebuilds its tables.

Live, an identity is stored and everything that it can change is decided anew. A replay stores identities
and takes links and words from linkage's own topics: it never decides, and never publishes. What is computed
from identities is then computed again when linkage next decides (`deriving`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.linkage.announcing import (
    Cause,
    State,
    link_row,
    micros,
    past_row,
    read_states,
    write_links,
    write_past,
)
from services.linkage.deciding import decide_changes
from services.linkage.deriving import take_turn
from services.linkage.hearing import hear, remember
from services.linkage.wording import legacy_row, store_words, write_words
from shared.contracts import Envelope, Event, employment, school, vocational
from shared.contracts.linkage import RecordLinked, RecordUnlinked, ReviewDecided, ReviewOpened, WordGiven
from shared.messaging.handling import Handler, Handling


def on_identity(handling: Handling, envelopes: Sequence[Envelope]) -> None:
    """Identities were recorded, corrected or taken back: store them, and decide anew what they touch."""
    if handling.rebuilding:
        remember_identity(handling, envelopes)
        return
    desk = take_turn(handling.session)
    heard = hear(desk, envelopes)
    if heard.changes:
        decide_changes(desk, handling.clock, heard.changes, gone=heard.gone)


def remember_identity(handling: Handling, envelopes: Sequence[Envelope]) -> None:
    """Store identities without computing or deciding anything."""
    remember(handling.session, envelopes)


def on_link(handling: Handling, envelopes: Sequence[Envelope]) -> None:
    """Take over what linkage itself said of records, and decisions from before words had ids."""
    states = read_states(handling.session, sorted({envelope.subject for envelope in envelopes}))
    links: dict[str, State] = {}
    past: list[dict[str, Any]] = []
    words: dict[str, dict[str, Any]] = {}
    for envelope in envelopes:
        ref = envelope.subject
        state = links.get(ref) or states.get(ref) or State()
        if envelope.sequence <= state.sequence:
            continue
        data = envelope.data
        if isinstance(data, ReviewDecided) and data.word_id is None:
            words[ref] = legacy_row(data, sequence=envelope.sequence, time=envelope.time)
        superseded = past_row(ref, state) if isinstance(data, RecordLinked | RecordUnlinked) else None
        if superseded is not None:
            past.append(superseded)
        links[ref] = _after(state, envelope)
    write_links(handling.session, [link_row(ref, state) for ref, state in links.items()])
    write_past(handling.session, past)
    write_words(handling.session, list(words.values()))


def on_word(handling: Handling, envelopes: Sequence[Envelope]) -> None:
    """Take over what persons said of records."""
    store_words(handling.session, envelopes)


def _after(state: State, envelope: Envelope) -> State:
    """The state of a record after one more event of its own."""
    sequence, data = envelope.sequence, envelope.data
    if isinstance(data, RecordLinked | RecordUnlinked):
        said = data.cause is not None
        linked = data if isinstance(data, RecordLinked) else None
        return State(
            sequence=sequence,
            person_id=linked.person_id if linked else None,
            decided_by=linked.decided_by if linked else None,
            unlinked_reason=data.reason if isinstance(data, RecordUnlinked) else None,
            link_sequence=sequence if said else None,
            said_us=micros(envelope.time) if said else None,
            cause=Cause(data.cause, data.word_id) if data.cause is not None else None,
        )
    opened = data if isinstance(data, ReviewOpened) else None
    return State(
        sequence=sequence,
        person_id=state.person_id,
        decided_by=state.decided_by,
        unlinked_reason=state.unlinked_reason,
        review=opened.reason if opened else state.review,
        review_opened_us=micros(envelope.time) if opened else state.review_opened_us,
        link_sequence=state.link_sequence,
        said_us=state.said_us,
        cause=state.cause,
    )


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
