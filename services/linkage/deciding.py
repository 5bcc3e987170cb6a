"""Deciding anew: the block around what changed, the rules, pseudonyms, and only the differences published.

Whoever decides holds the turn (one row, locked first), because two workers could otherwise each see one half
of a person and leave it in two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.linkage import persons
from services.linkage.announcing import Announcer, State
from services.linkage.blocks import Block, Touched, load_block
from services.linkage.known import CROWD, Reason
from services.linkage.models import LINK, TURN
from services.linkage.rules import Verdict, decide
from shared.clock import Clock
from shared.contracts.linkage import DecidedBy
from shared.database import chunked, one_of

_KEYS_AT_ONCE = 4_000


def take_turn(session: Session) -> None:
    """Wait until nobody else decides, and keep it so until the transaction ends."""
    session.execute(sa.select(TURN).with_for_update())


def decide_anew(
    session: Session,
    clock: Clock,
    touched: Touched,
    *,
    crowd: int = CROWD,
    make_person_id: Callable[[], str] = persons.new_person_id,
) -> None:
    """Decide everything that `touched` can change, and publish what differs. The caller holds the turn."""
    block = load_block(session, touched, crowd=crowd)
    gone = {ref for ref in touched.refs if ref not in block.records}
    states = read_states(session, [*block.records, *gone])
    outcome = _settle(block, states, make_person_id)
    announcer = Announcer(session, clock, states)
    for ref in sorted(gone):
        announcer.announce(ref, State(unlinked_reason="withdrawn"))
    for ref, state in outcome.states.items():
        announcer.announce(ref, state)
    for ref, (earlier, person_id) in _followers(session, states, outcome.renamed).items():
        states[ref] = earlier
        announcer.announce(ref, earlier.of_person(person_id))
    announcer.finish()


def read_states(session: Session, refs: list[str]) -> dict[str, State]:
    """What was last said of the records; nothing for those never spoken of."""
    states: dict[str, State] = {}
    for chunk in chunked(sorted(refs), _KEYS_AT_ONCE):
        for row in session.execute(sa.select(LINK).where(one_of(session, LINK.c.record_ref, chunk))):
            states[row.record_ref] = _state(row)
    return states


@dataclass(frozen=True, slots=True)
class _Outcome:
    """New states of records, and pseudonyms that became another one."""

    states: dict[str, State]
    renamed: dict[str, str]


def _settle(block: Block, states: Mapping[str, State], make: Callable[[], str]) -> _Outcome:
    current = {ref: states[ref].person_id if ref in states else None for ref in block.records}
    rim = {ref for ref in block.records if ref not in block.affected}
    together: dict[str, list[str]] = {}
    for ref in rim:
        person_id = current[ref]
        if person_id is not None:
            together.setdefault(person_id, []).append(ref)
    verdict = decide(
        block.records,
        block.decisions,
        crowded=block.crowded,
        buckets=block.buckets,
        together=list(together.values()),
    )
    clusters = {
        name: refs for name, refs in verdict.persons().items() if _is_person(refs, block, current, rim)
    }
    person_ids = persons.assign(
        clusters,
        current,
        age=lambda ref: (block.first_recorded_us[ref], ref),
        fixed=rim,
        make=make,
    )
    new: dict[str, State] = {}
    for ref in block.records:
        person_id = person_ids.get(verdict.cluster[ref])
        if ref in block.affected:
            new[ref] = _judged(ref, person_id, verdict)
        elif ref in states and person_id is not None and current[ref] is not None:
            new[ref] = states[ref].of_person(person_id)
    renamed = {
        earlier: now
        for ref in sorted(rim)
        if (earlier := current[ref]) is not None
        and (now := person_ids.get(verdict.cluster[ref])) is not None
        and now != earlier
    }
    return _Outcome(new, renamed)


def _is_person(refs: list[str], block: Block, current: Mapping[str, str | None], rim: set[str]) -> bool:
    """A completion is a person; so are several records, and whoever was one beyond the block."""
    return (
        len(refs) > 1
        or block.records[refs[0]].completion
        or any(ref in rim and current[ref] is not None for ref in refs)
    )


def _judged(ref: str, person_id: str | None, verdict: Verdict) -> State:
    review = verdict.reviews.get(ref)
    if person_id is not None:
        return State(person_id=person_id, decided_by=verdict.decided_by[ref], review=review)
    if review is not None:
        return State(unlinked_reason="review", review=review)
    by_reviewer = verdict.decided_by[ref] is DecidedBy.REVIEWER
    return State(unlinked_reason="reviewer" if by_reviewer else "no_candidate")


def _followers(
    session: Session, states: Mapping[str, State], renamed: Mapping[str, str]
) -> dict[str, tuple[State, str]]:
    """Records beyond the block whose person goes by another pseudonym now."""
    found: dict[str, tuple[State, str]] = {}
    for chunk in chunked(sorted(renamed), _KEYS_AT_ONCE):
        for row in session.execute(sa.select(LINK).where(one_of(session, LINK.c.person_id, chunk))):
            if row.record_ref not in states:
                found[row.record_ref] = (_state(row), renamed[row.person_id])
    return found


def _state(row: Any) -> State:
    return State(
        person_id=row.person_id,
        decided_by=DecidedBy(row.decided_by) if row.decided_by else None,
        unlinked_reason=row.unlinked_reason,
        review=Reason(row.review_reason) if row.review_reason else None,
        sequence=row.sequence,
        review_opened_us=row.review_opened_us,
    )
