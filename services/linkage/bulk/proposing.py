"""Proposals: what linking everything at once would change in the links, for a person to accept or reject.

Nothing changes until a proposal is accepted. What accepting does is what a reviewer could have done one by
one: a word about the records of each change, so it holds against later evidence, and undoing is taking
the words back. Records that a reviewer has decided about are not touched.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.linkage import commands
from services.linkage.bulk.differences import Kind
from services.linkage.exporting import linked_records, source_of
from services.linkage.files.outputs import check_writable, whole_file
from services.linkage.models import PROPOSAL, PROPOSAL_CHANGE, WORD, WORD_RECORD
from services.linkage.words import joined, parted
from shared.contracts.linkage import Says, WordVerb
from shared.database import insert_rows
from shared.errors import Conflict, NotFound
from shared.files.writing import safe_text
from shared.service.service import Context

OPEN, ACCEPTED, REJECTED, UNDONE = "open", "accepted", "rejected", "undone"
BULK = "bulk"
"""Who decides when a proposal is accepted."""

COLUMNS = ("change", "kind", "source", "record_id", "person_id", "other_person_id")
_SHOWN = 50


class NoProposal(NotFound):
    """There is no such proposal."""

    code = "no_proposal"

    def __init__(self) -> None:
        super().__init__("Không có đề xuất này; hãy chạy noinghe link bulk propose trước.")


class NotInState(Conflict):
    """The proposal was accepted, rejected or undone before, or the links changed since."""

    code = "proposal_state"


def propose(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Link everything by Splink and store what would change. Parameter: out (absolute path, or None).

    Raises `CannotWrite`.
    """
    from services.linkage.bulk.deciding import everything  # noqa: PLC0415 Splink takes a second to import

    out = parameters.get("out")
    if out is not None:
        check_writable(Path(out))
    with context.database.read() as session:
        found = everything(session)
    proposal_id = uuid4().hex
    with context.database.write() as session:
        session.execute(sa.update(PROPOSAL).where(PROPOSAL.c.state == OPEN).values(state=REJECTED))
        row = {
            "proposal_id": proposal_id,
            "state": OPEN,
            "model": found.model,
            "records": found.records,
            "made_us": _micros(context),
            "decided_us": None,
        }
        insert_rows(session, PROPOSAL, [row])
        changes = [
            {
                "proposal_id": proposal_id,
                "number": number,
                "kind": str(change.kind),
                "records": joined(change.records),
                "others": joined(change.others),
                "given": None,
            }
            for number, change in enumerate(found.changes, start=1)
        ]
        if changes:
            insert_rows(session, PROPOSAL_CHANGE, changes)
    with context.database.read() as session:
        if out is not None:
            _write(session, proposal_id, Path(out))
        return {**_shown(session, proposal_id), "splink_difference": found.splink_difference}


def show(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A proposal: counts, and its first changes. Parameter: id (None: the last one). Raises `NoProposal`."""
    with context.database.read() as session:
        return _shown(session, _proposal(session, parameters.get("id")).proposal_id)


def accept(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out a proposal. Parameter: id (None: the last one). Raises `NoProposal`, `NotInState`."""
    with context.database.write() as session:
        found = _in_state(session, parameters.get("id"), OPEN, "đã được quyết định")
        held = sa.select(WORD.c.word_id).where(WORD.c.taken_back.is_(False))
        decided = set(
            session.scalars(sa.select(WORD_RECORD.c.record_ref).where(WORD_RECORD.c.word_id.in_(held)))
        )
        changes = _changes(session, found.proposal_id)
        joins = {ref for change in changes if change.kind in _JOINING for ref in parted(change.records)}
        for change in sorted(changes, key=lambda change: change.kind in _JOINING):
            refs = [ref for ref in parted(change.records) if ref not in decided]
            if change.kind == Kind.UNLINK:
                refs = [ref for ref in refs if ref not in joins]
            given = [_give(session, context, change, part) for part in _parts(change, refs)]
            _note(session, change, joined(given) if given else None)
        _decide(session, context, found.proposal_id, ACCEPTED)
        return _shown(session, found.proposal_id)


def reject(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Put a proposal aside. Parameter: id (None: the last one). Raises `NoProposal`, `NotInState`."""
    with context.database.write() as session:
        found = _in_state(session, parameters.get("id"), OPEN, "đã được quyết định")
        _decide(session, context, found.proposal_id, REJECTED)
        return _shown(session, found.proposal_id)


def undo(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Take back what accepting did. Parameter: id (None: the last one). Raises `NoProposal`, `NotInState`."""
    with context.database.write() as session:
        found = _in_state(session, parameters.get("id"), ACCEPTED, "chưa được chấp nhận")
        given = {word for change in _changes(session, found.proposal_id) for word in parted(change.given)}
        held = session.scalars(sa.select(WORD.c.word_id).where(WORD.c.taken_back.is_(False)))
        for word_id in sorted(given & set(held)):
            commands.undo(session, context.clock, word_id, reviewer=BULK)
        _decide(session, context, found.proposal_id, UNDONE)
        return _shown(session, found.proposal_id)


_JOINING = (Kind.NEW, Kind.MERGE)


def _parts(change: sa.Row[*tuple[Any, ...]], refs: list[str]) -> list[list[str]]:
    """The records of a change, by the words that are given about them: an unlinked one is alone."""
    if change.kind == Kind.UNLINK:
        return [[ref] for ref in refs]
    return [refs] if refs else []


def _give(session: Session, context: Context, change: sa.Row[*tuple[Any, ...]], refs: list[str]) -> str:
    """Say of these records what the change says; the id of the word."""
    others = parted(change.others)
    verb, says = _WORDS[Kind(change.kind)]
    if says is Says.SAME:
        refs, others = [*refs, others[0]], ()
    if says is Says.ALONE:
        others = ()
    reason = f"proposal {change.proposal_id}"
    return commands.give(
        session, context.clock, verb, says, refs, others, reviewer=BULK, reason=reason
    ).word_id


_WORDS = {
    Kind.NEW: (WordVerb.MERGE, Says.SAME),
    Kind.MERGE: (WordVerb.MERGE, Says.SAME),
    Kind.SPLIT: (WordVerb.SPLIT, Says.APART),
    Kind.UNLINK: (WordVerb.UNLINK, Says.ALONE),
}


def _proposal(session: Session, proposal_id: str | None) -> sa.Row[*tuple[Any, ...]]:
    query = sa.select(PROPOSAL).order_by(PROPOSAL.c.made_us.desc(), PROPOSAL.c.proposal_id).limit(1)
    if proposal_id is not None:
        query = query.where(PROPOSAL.c.proposal_id == proposal_id)
    found = session.execute(query).one_or_none()
    if found is None:
        raise NoProposal
    return found


def _in_state(
    session: Session, proposal_id: str | None, state: str, otherwise: str
) -> sa.Row[*tuple[Any, ...]]:
    found = _proposal(session, proposal_id)
    if found.state != state:
        raise NotInState(f"Đề xuất {found.proposal_id} {otherwise} (trạng thái: {found.state}).")
    return found


def _changes(session: Session, proposal_id: str) -> list[sa.Row[*tuple[Any, ...]]]:
    query = sa.select(PROPOSAL_CHANGE).where(PROPOSAL_CHANGE.c.proposal_id == proposal_id)
    return list(session.execute(query.order_by(PROPOSAL_CHANGE.c.number)))


def _note(session: Session, change: sa.Row[*tuple[Any, ...]], given: str | None) -> None:
    session.execute(
        sa.update(PROPOSAL_CHANGE)
        .where(PROPOSAL_CHANGE.c.proposal_id == change.proposal_id, PROPOSAL_CHANGE.c.number == change.number)
        .values(given=given)
    )


def _decide(session: Session, context: Context, proposal_id: str, state: str) -> None:
    session.execute(
        sa.update(PROPOSAL)
        .where(PROPOSAL.c.proposal_id == proposal_id)
        .values(state=state, decided_us=_micros(context))
    )


def _shown(session: Session, proposal_id: str) -> dict[str, Any]:
    found = _proposal(session, proposal_id)
    changes = _changes(session, proposal_id)
    counts = Counter(change.kind for change in changes)
    return {
        "id": found.proposal_id,
        "state": found.state,
        "records": found.records,
        "counts": {str(kind): counts.get(str(kind), 0) for kind in Kind},
        "changes": [
            {
                "change": change.number,
                "kind": change.kind,
                "records": list(parted(change.records)),
                "others": list(parted(change.others)),
            }
            for change in changes[:_SHOWN]
        ],
    }


def _write(session: Session, proposal_id: str, path: Path) -> None:
    rows = {row.record_ref: row for row in linked_records(session)}
    with whole_file(path) as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for change in _changes(session, proposal_id):
            other = rows.get(parted(change.others)[0])
            for ref in parted(change.records):
                row = rows.get(ref)
                if row is None:
                    continue
                writer.writerow(
                    (
                        change.number,
                        change.kind,
                        safe_text(source_of(row)),
                        safe_text(row.record_key or ref),
                        row.person_id or "",
                        (other.person_id if other else None) or "",
                    )
                )


def _micros(context: Context) -> int:
    return int(context.clock.now().timestamp() * 1_000_000)


OPERATIONS = {
    "linkage.bulk.propose": propose,
    "linkage.bulk.show": show,
    "linkage.bulk.accept": accept,
    "linkage.bulk.reject": reject,
    "linkage.bulk.undo": undo,
}
