"""What reviewers read: the records at which a person must look, and who they could be.

Names are shown here, to holders of `linkage.review` and on the machine's own command line, and nowhere else.
Numbers are shown nowhere: they are kept as seals, and the comparison says whether they agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.linkage import quality, sampling
from services.linkage.clusters.policy import probability_of
from services.linkage.deriving import live_judge
from services.linkage.driver import driver_of
from services.linkage.equipment import Equipment, Kept, equipment_of
from services.linkage.judging import Judge, Match
from services.linkage.keeping import Records
from services.linkage.models import LINK, LINK_PAST, QUALITY_ANSWER, QUALITY_SAMPLE, RECORD, WORD, WORD_RECORD
from services.linkage.quality import Answer, Band, People, Pool
from services.linkage.repair import repair
from shared.contracts import Identity
from shared.errors import NotFound

MOST_CANDIDATES = 20
_MOST_RECORDS = 500
_DIGITS = 3


class UnknownReview(NotFound):
    """No record in force has this reference."""

    code = "unknown_review"

    def __init__(self) -> None:
        super().__init__("Không có hồ sơ nào còn hiệu lực với mã này.")


class UnknownHistory(NotFound):
    """Nothing was ever said of a person or record of this name."""

    code = "unknown_history"

    def __init__(self) -> None:
        super().__init__("Không có người hay hồ sơ nào mang mã này.")


def open_reviews(session: Session, *, after: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """Records at which a person must look, by reference, after `after`; without their candidates."""
    query = _records().where(LINK.c.review_reason.is_not(None)).order_by(RECORD.c.record_ref).limit(limit)
    if after is not None:
        query = query.where(RECORD.c.record_ref > after)
    return [_review(row, _decision(session, row.record_ref)) for row in session.execute(query).all()]


def review(session: Session, record_ref: str, *, reader: str | None = None) -> dict[str, Any]:
    """One record with its decision and, best first, the records that it could be one person with.

    Who may still have to give a second, blind answer (`reader`) sees neither the first one nor what followed
    from it. Raises `UnknownReview`.
    """
    row = session.execute(_records().where(RECORD.c.record_ref == record_ref)).one_or_none()
    if row is None:
        raise UnknownReview
    is_blind = reader is not None and sampling.awaits_second(session, record_ref, reader)
    found = {**_review(row, _decision(session, record_ref)), "candidates": _candidates(session, row)}
    return _blinded(found) if is_blind else {**found, "blind": False}


def second_reviews(
    session: Session, reader: str, *, after: str | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """The decided records that wait for a second answer of this reader, without sight of the first."""
    refs = sampling.second_reviews(session, reader, after=after, limit=limit)
    return [review(session, ref, reader=reader) for ref in refs]


def person(session: Session, person_id: str) -> dict[str, Any]:
    """Everything known as one person: its records, what each pair weighs. Raises `UnknownReview`."""
    query = _records().where(LINK.c.person_id == person_id).order_by(RECORD.c.record_ref).limit(_MOST_RECORDS)
    rows = session.execute(query).all()
    if not rows:
        raise UnknownReview
    refs = {row.id: row.record_ref for row in rows}
    records = _fresh(session)
    judge = live_judge(session)
    kept = records.kept(refs.keys())
    pairs = [
        {"record_refs": [refs[one], refs[other]], **_weighed(judge, kept[one], kept[other], match)}
        for one, other, match in records.pairs(refs.keys())
        if one < other and other in kept
    ]
    return {
        "person_id": person_id,
        "records": [_summary(row) for row in rows],
        "pairs": pairs,
        "words": _words(session, refs.values()),
    }


def history(session: Session, subject: str) -> dict[str, Any]:
    """What was said of a record, or of every record that ever was of a person, and by whose word; no names.

    Raises `UnknownHistory`.
    """
    refs = set(session.scalars(sa.select(LINK.c.record_ref).where(LINK.c.record_ref == subject)))
    if not refs:
        for table in (LINK, LINK_PAST):
            found = sa.select(table.c.record_ref).where(table.c.person_id == subject).limit(_MOST_RECORDS)
            refs.update(session.scalars(found))
    if not refs:
        raise UnknownHistory
    past = session.execute(sa.select(LINK_PAST).where(LINK_PAST.c.record_ref.in_(refs))).all()
    now = session.execute(sa.select(LINK).where(LINK.c.record_ref.in_(refs))).all()
    said = [_said(row, row.sequence, is_now=False) for row in past]
    said += [_said(row, row.link_sequence or row.sequence, is_now=True) for row in now]
    said.sort(key=lambda item: (item["said_at"] or "", item["record_ref"], item["sequence"]))
    return {"subject": subject, "said": said, "words": _words(session, refs)}


def quality_report(session: Session) -> dict[str, Any]:
    """Precision, recall and bounds from reviewed samples, by source, people and year (`quality`).

    `link_from`: the probability from which pairs are linked now.
    """
    counts: Counter[Pool] = Counter(pool for pool, *_ in sampling.pools(session))
    query = (
        sa.select(QUALITY_SAMPLE, QUALITY_ANSWER.c.is_same)
        .join(
            QUALITY_ANSWER,
            sa.and_(
                QUALITY_ANSWER.c.record_ref == QUALITY_SAMPLE.c.record_ref,
                QUALITY_ANSWER.c.other_ref == QUALITY_SAMPLE.c.other_ref,
            ),
        )
        .order_by(QUALITY_ANSWER.c.answered_us.desc())
    )
    first: dict[tuple[str, str], Answer] = {}
    for row in session.execute(query):  # the earliest answer to a pair comes last, and counts
        pool = Pool(Band(row.band), row.source, People(row.people), row.year)
        first[row.record_ref, row.other_ref] = Answer(pool, row.is_same)
    both, disagree = sampling.agreement(session)
    found = quality.report(counts, first.values(), both=both, disagree=disagree)
    return {"link_from": round(live_judge(session).policy.link, 4), **found}


def samples(session: Session, reader: str, *, limit: int) -> list[dict[str, Any]]:
    """Sampled pairs for this reader to look at: both records, without what the machine made of them."""
    found = []
    for record_ref, other_ref in sampling.unanswered(session, reader, limit=limit):
        rows = {
            row.record_ref: row
            for row in session.execute(_records().where(RECORD.c.record_ref.in_((record_ref, other_ref))))
        }
        if len(rows) == 2:
            both = [{**_summary(rows[ref]), "person_id": None} for ref in (record_ref, other_ref)]
            found.append({"records": both})
    return found


def _fresh(session: Session) -> Records:
    """Reads rows as this transaction sees them, whatever a turn remembers."""
    return Records(driver_of(session), Equipment(equipment_of(session).seal))


def _records() -> sa.Select[Any]:
    return (
        sa.select(
            RECORD.c.id,
            RECORD.c.record_ref,
            RECORD.c.record_kind,
            RECORD.c.source,
            RECORD.c.identity,
            RECORD.c.number,
            LINK.c.person_id,
            LINK.c.review_reason,
            LINK.c.review_opened_us,
        )
        .join(LINK, LINK.c.record_ref == RECORD.c.record_ref)
        .where(RECORD.c.identity.is_not(None))
    )


def _decision(session: Session, record_ref: str) -> Any:
    """The review decision about a record that holds."""
    return session.execute(
        sa.select(WORD)
        .where(WORD.c.about == record_ref, WORD.c.taken_back.is_(False))
        .order_by(WORD.c.given_us.desc(), WORD.c.word_id.desc())
        .limit(1)
    ).one_or_none()


def _candidates(session: Session, row: Any) -> list[dict[str, Any]]:
    """The records with which it makes a pair, the best evidence first, leavers before others."""
    records, judge = _fresh(session), live_judge(session)
    pairs = sorted(records.pairs([row.id]), key=lambda pair: (-pair[2].evidence_bits, pair[1]))
    kept = records.kept([row.id, *(other for _, other, _ in pairs)])
    near = [(kept[other], match) for _, other, match in pairs if other in kept]
    near.sort(key=lambda found: (-found[1].evidence_bits, not found[0].is_leaver, found[0].ref))
    near = near[:MOST_CANDIDATES]
    found = {
        other.record_ref: other
        for other in session.execute(
            _records().where(RECORD.c.record_ref.in_([record.ref for record, _ in near]))
        )
    }
    return [
        {**_summary(found[record.ref]), **_weighed(judge, kept[row.id], record, match)}
        for record, match in near
        if record.ref in found and row.id in kept
    ]


def _weighed(judge: Judge, one: Kept, other: Kept, match: Match) -> dict[str, Any]:
    """What every comparison of a pair weighs in bits, and what stage 2 makes of it."""
    comparisons = []
    rest = match.weight_bits - judge.document.prior_bits
    for comparison, value in zip(judge.document.comparisons, match.levels, strict=True):
        level = comparison.level(value)
        bits = level.bits + (match.name_tf_bits if comparison.name == "name" else 0.0)
        rest -= bits
        comparisons.append(
            {"comparison": comparison.name, "level_vi": level.label, "weight_bits": round(bits, _DIGITS)}
        )
    return {
        "weight_bits": round(match.weight_bits, _DIGITS),
        "probability": round(probability_of(match.evidence_bits), 6),
        "prior_bits": round(judge.document.prior_bits, _DIGITS),
        "rarity_bits": round(rest, _DIGITS),
        "comparisons": comparisons,
        "evidence": [
            {"of": list(share.of), "bits": round(share.bits, _DIGITS)}
            for share in judge.explain(one, other, match)
        ],
    }


def _review(row: Any, word: Any) -> dict[str, Any]:
    decision = None
    if word is not None:
        others = [ref for ref in word.records.split(" ") if ref != row.record_ref]
        decision = {
            "same_as": others[0] if others else None,
            "decided_by": word.decided_by,
            "decided_at": _instant(word.given_us),
            "reason": word.reason,
        }
    return {
        **_summary(row),
        "reason": row.review_reason,
        "opened_at": _instant(row.review_opened_us),
        "decision": decision,
    }


def _blinded(found: dict[str, Any]) -> dict[str, Any]:
    """Without the decision, and without the pseudonyms that would tell it."""
    candidates = [{**candidate, "person_id": None} for candidate in found["candidates"]]
    return {
        **found,
        "person_id": None,
        "decision": None,
        "reason": None,
        "candidates": candidates,
        "blind": True,
    }


def _summary(row: Any) -> dict[str, Any]:
    identity = Identity.from_json(row.identity)
    filled: Iterable[tuple[str, Any]] = asdict(identity).items()
    number: Mapping[str, Any] = orjson.loads(row.number) if row.number else {}
    return {
        "record_ref": row.record_ref,
        "record_kind": row.record_kind,
        "source": row.source,
        "person_id": row.person_id,
        "identity": {name: str(value) for name, value in filled if value is not None},
        "has_number": "seal" in number,
        "repairs": [*repair(identity).repairs, *number.get("repairs", ())],
    }


def _said(row: Any, sequence: int, *, is_now: bool) -> dict[str, Any]:
    return {
        "record_ref": row.record_ref,
        "sequence": sequence,
        "person_id": row.person_id,
        "decided_by": row.decided_by,
        "unlinked_reason": row.unlinked_reason,
        "cause": row.cause,
        "word_id": row.word_id,
        "said_at": _instant(row.said_us),
        "holds": is_now,
    }


def _words(session: Session, refs: Iterable[str]) -> list[dict[str, Any]]:
    """What persons said of the records, the oldest first, taken back or not."""
    query = (
        sa.select(WORD)
        .where(
            WORD.c.word_id.in_(
                sa.select(WORD_RECORD.c.word_id).where(WORD_RECORD.c.record_ref.in_(set(refs)))
            )
        )
        .order_by(WORD.c.given_us, WORD.c.word_id)
    )
    return [
        {
            "word_id": row.word_id,
            "verb": row.verb,
            "says": row.says,
            "records": row.records.split(" "),
            "others": row.others.split(" ") if row.others else [],
            "reason": row.reason,
            "decided_by": row.decided_by,
            "decided_at": _instant(row.given_us),
            "taken_back": row.taken_back,
            "taken_back_by": row.taken_back_by,
            "taken_back_at": _instant(row.taken_back_us),
            "taken_back_reason": row.taken_back_reason,
        }
        for row in session.execute(query)
    ]


def _instant(us: int | None) -> str | None:
    return None if us is None else datetime.fromtimestamp(us / 1_000_000, UTC).isoformat()
