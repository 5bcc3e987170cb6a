"""What persons do to links: decide a review, merge, split, unlink, and take a word back.

Every act is a word (`words`): a fact that holds, whatever arrives later, until it is taken back. So any of
them is undone in one step, and what the evidence says then holds again.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.linkage.announcing import UNDO, Announcer, Cause, State, micros, read_states
from services.linkage.deciding import decide_around, decide_everything
from services.linkage.deriving import Desk, take_turn
from services.linkage.models import LINK, WORD, WORD_RECORD
from services.linkage.sampling import note_answer
from services.linkage.wording import rows_of, to_word, word_row, write_words
from services.linkage.words import joined, mentioned
from shared.clock import Clock
from shared.contracts.linkage import ReviewDecided, Says, WordGiven, WordVerb
from shared.errors import Invalid, NotFound
from shared.messaging.outbox import Pending, publish

LAST = "last"
"""Instead of the id of a word: the newest that holds."""

MOST_RECORDS = 500
"""In one word: nobody has so many."""

_SOURCE = "/linkage/local"


class UnknownRecord(NotFound):
    """No record in force has this reference."""

    code = "unknown_record"

    def __init__(self) -> None:
        super().__init__("Không có hồ sơ nào còn hiệu lực với mã này; hãy xem lại danh sách cần xem xét.")


class UnknownPerson(NotFound):
    """Nobody goes by this pseudonym."""

    code = "unknown_person"

    def __init__(self) -> None:
        super().__init__("Không có người nào mang bí danh này; hãy xem lại mã người.")


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


class NothingToUndo(NotFound):
    """There is no such word, or it does not hold any more."""

    code = "nothing_to_undo"

    def __init__(self) -> None:
        super().__init__("Không có việc gộp, tách, gỡ hay quyết định nào như vậy còn hiệu lực để hoàn tác.")


class NoReason(Invalid):
    """An act on links needs its reason."""

    code = "no_reason"

    def __init__(self) -> None:
        super().__init__("Cần ghi lý do (--reason).")


class NotOfPerson(Invalid):
    """Records to be split off must be some of the person's, and not all."""

    code = "not_of_person"

    def __init__(self) -> None:
        super().__init__("Các hồ sơ cần tách phải là một phần hồ sơ của người này, không phải tất cả.")


@dataclass(frozen=True, slots=True)
class Done:
    """What an act led to: its word, and the pseudonym now of every record that it speaks of."""

    word_id: str
    person_ids: dict[str, str | None]


def decide_review(
    session: Session,
    clock: Clock,
    record_ref: str,
    *,
    same_as: str | None,
    reviewer: str,
    reason: str | None = None,
) -> None:
    """The record belongs to the person of `same_as`, or (None) to somebody else than anybody known.

    `reviewer`: id of the reviewer's key. An earlier decision about the record is taken back; deciding the
    same again changes nothing. Raises `UnknownRecord`, `SameRecord`.
    """
    desk = _sit_down(session, clock)
    if same_as == record_ref:
        raise SameRecord
    _check_in_force(desk, [record_ref] if same_as is None else [record_ref, same_as])
    note_answer(session, clock, record_ref, same_as=same_as, reviewer=reviewer, reason=reason)
    says = Says.ALONE if same_as is None else Says.SAME
    records = joined([record_ref, same_as or record_ref])
    earlier = _held_decision(session, record_ref)
    if earlier is not None and (earlier["says"], earlier["records"]) == (says, records):
        return
    word = WordGiven(
        word_id=_new_word_id(),
        verb=WordVerb.REVIEW,
        says=says,
        records=records,
        about=record_ref,
        reason=reason or None,
        decided_by=reviewer,
        given_us=micros(clock.now()),
    )
    act = _Act(desk, clock)
    if earlier is not None:
        act.take_back(earlier, reviewer=reviewer, reason=None)
    act.give(word)
    act.decided(
        ReviewDecided(record_ref=record_ref, same_as=same_as, decided_by=reviewer, word_id=word.word_id)
    )
    act.finish(Cause(str(word.verb), word.word_id))


def take_back(
    session: Session, clock: Clock, record_ref: str, *, reviewer: str, reason: str | None = None
) -> None:
    """Forget the decision about a record: the evidence decides again. Raises `NothingDecided`."""
    desk = _sit_down(session, clock)
    earlier = _held_decision(session, record_ref)
    if earlier is None:
        raise NothingDecided
    _undo(desk, clock, earlier, reviewer=reviewer, reason=reason)


def merge(session: Session, clock: Clock, one: str, other: str, *, reviewer: str, reason: str) -> Done:
    """Two persons are one. Raises `UnknownPerson`, `NoReason`, `Invalid` where they are the same already."""
    desk = _sit_down(session, clock)
    if one == other:
        raise Invalid("Hai mã này là cùng một người rồi.")
    records = [*_records_of(session, one), *_records_of(session, other)]
    return _give(desk, clock, WordVerb.MERGE, Says.SAME, records, (), reviewer=reviewer, reason=reason)


def split(
    session: Session,
    clock: Clock,
    person_id: str,
    records: Collection[str],
    *,
    reviewer: str,
    reason: str,
) -> Done:
    """These records of the person are one other person. Raises `UnknownPerson`, `NotOfPerson`, `NoReason`."""
    desk = _sit_down(session, clock)
    everything = set(_records_of(session, person_id))
    apart = set(records)
    if not apart or not apart < everything:
        raise NotOfPerson
    return _give(
        desk,
        clock,
        WordVerb.SPLIT,
        Says.APART,
        sorted(apart),
        sorted(everything - apart),
        reviewer=reviewer,
        reason=reason,
    )


def give(
    session: Session,
    clock: Clock,
    verb: WordVerb,
    says: Says,
    records: Sequence[str],
    others: Sequence[str] = (),
    *,
    reviewer: str,
    reason: str,
) -> Done:
    """Any word about records in force. Raises `UnknownRecord`, `NoReason`."""
    desk = _sit_down(session, clock)
    _check_in_force(desk, sorted({*records, *others}))
    return _give(desk, clock, verb, says, records, others, reviewer=reviewer, reason=reason)


def unlink(session: Session, clock: Clock, record_ref: str, *, reviewer: str, reason: str) -> Done:
    """The record is none of the persons known; said again at once, it is the same word.

    Raises `UnknownRecord`, `NoReason`.
    """
    desk = _sit_down(session, clock)
    _check_in_force(desk, [record_ref])
    newest = _newest_word(session, about=record_ref)
    if newest is not None and newest["verb"] == WordVerb.UNLINK and reason.strip():
        return Done(newest["word_id"], {record_ref: read_states(session, [record_ref])[record_ref].person_id})
    return _give(desk, clock, WordVerb.UNLINK, Says.ALONE, [record_ref], (), reviewer=reviewer, reason=reason)


def undo(session: Session, clock: Clock, word_id: str, *, reviewer: str, reason: str | None = None) -> Done:
    """Take a word back (`LAST`: the newest that holds). Raises `NothingToUndo`."""
    desk = _sit_down(session, clock)
    row = _newest_word(session) if word_id == LAST else rows_of(session, [word_id]).get(word_id)
    if row is None or row["taken_back"]:
        raise NothingToUndo
    return _undo(desk, clock, row, reviewer=reviewer, reason=reason)


def decide_all(session: Session, clock: Clock) -> int:
    """Compute everything again under the live model and decide everybody anew; events said."""
    return decide_everything(take_turn(session), clock)


def _sit_down(session: Session, clock: Clock) -> Desk:
    """Hold the turn, with everything computed."""
    desk = take_turn(session)
    if not desk.is_derived:
        decide_everything(desk, clock)
    return desk


def _give(
    desk: Desk,
    clock: Clock,
    verb: WordVerb,
    says: Says,
    records: Sequence[str],
    others: Sequence[str],
    *,
    reviewer: str,
    reason: str,
) -> Done:
    if not reason.strip():
        raise NoReason
    if len(records) + len(others) > MOST_RECORDS:
        raise Invalid(f"Một lần chỉ gộp hoặc tách được nhiều nhất {MOST_RECORDS} hồ sơ.")
    word = WordGiven(
        word_id=_new_word_id(),
        verb=verb,
        says=says,
        records=joined(records),
        others=joined(others) or None,
        reason=reason.strip(),
        decided_by=reviewer,
        given_us=micros(clock.now()),
    )
    act = _Act(desk, clock)
    act.give(word)
    return act.finish(Cause(str(verb), word.word_id))


def _undo(desk: Desk, clock: Clock, row: dict[str, Any], *, reviewer: str, reason: str | None) -> Done:
    act = _Act(desk, clock)
    act.take_back(row, reviewer=reviewer, reason=reason)
    if row["about"] is not None:
        same_as = next((ref for ref in to_word(row).records if ref != row["about"]), None)
        act.decided(
            ReviewDecided(
                record_ref=row["about"],
                same_as=same_as,
                decided_by=reviewer,
                taken_back=True,
                word_id=row["word_id"],
            )
        )
    return act.finish(Cause(UNDO, row["word_id"]))


class _Act:
    """One act of a person: words and decisions written and published, then everybody concerned decided."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = _Later(clock)
        self._refs: set[str] = set()
        self._events: list[Pending] = []
        self._rows: list[dict[str, Any]] = []
        self._word_id = ""
        self._decided: list[ReviewDecided] = []

    def give(self, word: WordGiven, *, sequence: int = 1) -> None:
        """Write a word, or what became of it."""
        now = self._clock.now()
        row = word_row(word, sequence=sequence, said_us=micros(now))
        self._rows.append(row)
        self._events.append(Pending(word, sequence, _SOURCE, now))
        self._refs.update(mentioned(to_word(row)))
        self._word_id = word.word_id

    def take_back(self, row: dict[str, Any], *, reviewer: str, reason: str | None) -> None:
        """A word does not hold any more."""
        word = WordGiven(
            word_id=row["word_id"],
            verb=WordVerb(row["verb"]),
            says=Says(row["says"]),
            records=row["records"],
            others=row["others"],
            about=row["about"],
            reason=row["reason"],
            decided_by=row["decided_by"],
            given_us=row["given_us"],
            taken_back=True,
            taken_back_by=reviewer,
            taken_back_reason=(reason or "").strip() or None,
        )
        self.give(word, sequence=max(row["sequence"], 0) + 1)

    def decided(self, event: ReviewDecided) -> None:
        """Say on the record's own topic that its review was decided, or that this was taken back."""
        self._decided.append(event)

    def finish(self, cause: Cause) -> Done:
        """Decide everybody that the words speak of."""
        session = self._desk.session
        refs = sorted(self._refs)
        announcer = Announcer(session, self._clock, read_states(session, refs))
        for event in self._decided:
            announcer.went_on(event)
        announcer.finish()
        write_words(session, self._rows)
        publish(session, self._events)
        seeds = self._desk.records.ids(refs)
        decide_around(self._desk, self._clock, list(seeds.values()), cause=cause)
        found = read_states(session, refs)
        return Done(self._word_id, {ref: found.get(ref, State()).person_id for ref in refs})


class _Later:
    """A clock that gives every reading a millisecond more, so that what follows is recorded after it."""

    def __init__(self, clock: Clock) -> None:
        self._now = clock.now()

    def now(self) -> datetime:
        """The present instant, a millisecond after the last."""
        self._now += timedelta(milliseconds=1)
        return self._now


def _new_word_id() -> str:
    return uuid.uuid4().hex


def _check_in_force(desk: Desk, refs: list[str]) -> None:
    if len(desk.records.ids(refs)) != len(refs):
        raise UnknownRecord


def _records_of(session: Session, person_id: str) -> list[str]:
    found = session.scalars(sa.select(LINK.c.record_ref).where(LINK.c.person_id == person_id)).all()
    if not found:
        raise UnknownPerson
    return sorted(found)


def _held_decision(session: Session, record_ref: str) -> dict[str, Any] | None:
    """The row of the word by which a review of the record was decided, when it holds."""
    query = (
        sa.select(WORD)
        .where(WORD.c.about == record_ref, WORD.c.taken_back.is_(False))
        .order_by(WORD.c.given_us.desc(), WORD.c.word_id.desc())
        .limit(1)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else dict(row._mapping)


def _newest_word(session: Session, *, about: str | None = None) -> dict[str, Any] | None:
    """The row of the newest word that holds: of all, or of those that speak of a record."""
    query = (
        sa.select(WORD)
        .where(WORD.c.taken_back.is_(False))
        .order_by(WORD.c.given_us.desc(), WORD.c.word_id.desc())
        .limit(1)
    )
    if about is not None:
        query = query.join(WORD_RECORD, WORD_RECORD.c.word_id == WORD.c.word_id).where(
            WORD_RECORD.c.record_ref == about
        )
    row = session.execute(query).one_or_none()
    return None if row is None else dict(row._mapping)
