"""Words in their tables: written as their events say, and read for the records that they speak of."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.linkage.announcing import micros
from services.linkage.driver import Statement, driver_of
from services.linkage.models import WORD, WORD_RECORD
from services.linkage.words import Word, joined, legacy_sequence, legacy_word_id, mentioned, parted
from shared.contracts import Envelope
from shared.contracts.linkage import ReviewDecided, Says, WordGiven, WordVerb
from shared.database import chunked, insert_ignore, one_of, upsert_newer

_KEYS_AT_ONCE = 4_000
_ANY_WORDS = Statement("SELECT EXISTS (SELECT 1 FROM word)", "SELECT EXISTS (SELECT 1 FROM word)")


def store_words(session: Session, envelopes: Sequence[Envelope]) -> None:
    """Keep what `WordGiven` events say; an event not newer than what is kept changes nothing."""
    rows: dict[str, dict[str, Any]] = {}
    kept = rows_of(session, [envelope.subject for envelope in envelopes])
    for envelope in envelopes:
        data = envelope.data
        if not isinstance(data, WordGiven):
            raise TypeError(f"not a word: {data.TYPE}")
        earlier = rows.get(data.word_id) or kept.get(data.word_id)
        if earlier is None or envelope.sequence > earlier["sequence"]:
            rows[data.word_id] = word_row(data, sequence=envelope.sequence, said_us=micros(envelope.time))
    write_words(session, list(rows.values()))


def write_words(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows of `word`, and which records each speaks of."""
    upsert_newer(session, WORD, rows, key=("word_id",))
    ties = {(ref, row["word_id"]) for row in rows for ref in mentioned(to_word(row))}
    insert_ignore(session, WORD_RECORD, [{"record_ref": r, "word_id": w} for r, w in sorted(ties)])


def word_row(data: WordGiven, *, sequence: int, said_us: int) -> dict[str, Any]:
    """The row of a word after one of its events, which was recorded at `said_us`."""
    return {
        "word_id": data.word_id,
        "sequence": sequence,
        "verb": str(data.verb),
        "says": str(data.says),
        "records": data.records,
        "others": data.others,
        "about": data.about,
        "reason": data.reason,
        "decided_by": data.decided_by,
        "given_us": data.given_us,
        "taken_back": data.taken_back,
        "taken_back_by": data.taken_back_by,
        "taken_back_reason": data.taken_back_reason,
        "taken_back_us": said_us if data.taken_back else None,
    }


def rows_of(session: Session, word_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """The rows of `word` with these ids."""
    found: dict[str, dict[str, Any]] = {}
    for chunk in chunked(sorted(set(word_ids)), _KEYS_AT_ONCE):
        for row in session.execute(sa.select(WORD).where(one_of(session, WORD.c.word_id, chunk))):
            found[row.word_id] = dict(row._mapping)
    return found


def words_about(session: Session, refs: Collection[str]) -> list[Word]:
    """The words, not taken back, that speak of one of the records."""
    found: dict[str, Word] = {}
    for chunk in chunked(sorted(set(refs)), _KEYS_AT_ONCE):
        query = (
            sa.select(WORD)
            .join(WORD_RECORD, WORD_RECORD.c.word_id == WORD.c.word_id)
            .where(one_of(session, WORD_RECORD.c.record_ref, chunk), WORD.c.taken_back.is_(False))
        )
        for row in session.execute(query):
            found[row.word_id] = to_word(row._mapping)
    return list(found.values())


def to_word(row: Mapping[Any, Any]) -> Word:
    """The word of a row."""
    return Word(
        word_id=row["word_id"],
        says=Says(row["says"]),
        records=parted(row["records"]),
        others=parted(row["others"]),
        given_us=row["given_us"],
    )


def any_words(session: Session) -> bool:
    """Whether anybody said anything that holds."""
    return bool(driver_of(session).rows(_ANY_WORDS)[0][0])


def legacy_row(data: ReviewDecided, *, sequence: int, time: datetime) -> dict[str, Any]:
    """The row of the word that a review decision is which was made before words had ids."""
    given_us = micros(time)
    return {
        "word_id": legacy_word_id(data.record_ref),
        "sequence": legacy_sequence(sequence),
        "verb": str(WordVerb.REVIEW),
        "says": str(Says.ALONE if data.same_as is None else Says.SAME),
        "records": joined([data.record_ref, data.same_as or data.record_ref]),
        "others": None,
        "about": data.record_ref,
        "reason": None,
        "decided_by": data.decided_by,
        "given_us": given_us,
        "taken_back": data.taken_back,
        "taken_back_by": data.decided_by if data.taken_back else None,
        "taken_back_reason": None,
        "taken_back_us": given_us if data.taken_back else None,
    }
