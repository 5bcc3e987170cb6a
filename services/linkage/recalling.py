"""Whom records belonged to before a word: undoing it gives them their earlier pseudonyms back.

A merge leaves one of two pseudonyms, and a split makes a new one. Without memory, undoing either would part
or join the records rightly, under names that nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.linkage.models import LINK, LINK_PAST
from shared.database import one_of


def before_word(session: Session, word_id: str, current: Mapping[str, str | None]) -> dict[str, str]:
    """The pseudonym before the word of each record in `current` that still has what the word gave it.

    `current`: the pseudonyms of all records that are decided now, by reference. A pseudonym that any other
    record goes by has stayed with that one, and is not given.
    """
    past = sa.select(LINK_PAST).where(one_of(session, LINK_PAST.c.record_ref, sorted(current)))
    now = sa.select(LINK).where(one_of(session, LINK.c.record_ref, sorted(current)))
    said: dict[str, list[tuple[int, str | None, str | None]]] = {}
    for row in session.execute(past):
        said.setdefault(row.record_ref, []).append((row.sequence, row.person_id, row.word_id))
    for row in session.execute(now):
        said.setdefault(row.record_ref, []).append((row.link_sequence or 0, row.person_id, row.word_id))
    found: dict[str, str] = {}
    for ref, states in said.items():
        persons = [(person_id, by) for _, person_id, by in sorted(states, key=lambda state: state[0])]
        place = next((place for place, (_, by) in enumerate(persons) if by == word_id), 0)
        before = persons[place - 1][0] if place else None
        if before is not None and persons[place][0] == current[ref]:
            found[ref] = before
    held = session.execute(
        sa.select(LINK.c.record_ref, LINK.c.person_id).where(
            one_of(session, LINK.c.person_id, sorted(set(found.values())))
        )
    )
    elsewhere = {row.person_id for row in held if row.record_ref not in current}
    return {ref: person_id for ref, person_id in found.items() if person_id not in elsewhere}
