"""Samples that measure: blind second reviews, and pairs drawn at random for the quality report.

Which reviews get a second reviewer is decided by a hash of the reference, itself random, so nobody can
choose. Neither a second answer nor the answer to a sampled pair decides anything; both are counted.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.linkage.announcing import micros
from services.linkage.clusters.policy import probability_of
from services.linkage.driver import driver_of
from services.linkage.equipment import equipment_of
from services.linkage.features import COLUMNS
from services.linkage.keeping import Records
from services.linkage.models import LINK, PAIR, QUALITY_ANSWER, QUALITY_SAMPLE, RECORD, REVIEW_ANSWER
from services.linkage.quality import Band, People, Pool
from shared.clock import Clock
from shared.contracts.linkage import DecidedBy
from shared.database import chunked, upsert_newer
from shared.errors import Conflict, NotFound

ONE_IN = 10
"""One review in so many is also given to a second reviewer."""

_KINH = "01"
_ETHNIC = COLUMNS.index("ethnic")
_LEAVER = "completion"
_ROWS_AT_ONCE = 2_000


class NoSecondReview(NotFound):
    """No second answer is asked of this reviewer about this record."""

    code = "no_second_review"

    def __init__(self) -> None:
        super().__init__("Hồ sơ này không chờ người xem xét thứ hai, hoặc bạn đã xem xét nó.")


class NotSampled(NotFound):
    """The pair is not in the sample."""

    code = "not_sampled"

    def __init__(self) -> None:
        super().__init__("Cặp hồ sơ này không nằm trong mẫu; hãy lấy lại danh sách mẫu.")


class AnsweredAlready(Conflict):
    """A reviewer answers a sampled pair once."""

    code = "answered_already"

    def __init__(self) -> None:
        super().__init__("Bạn đã trả lời cặp hồ sơ này.")


class Drawn(NamedTuple):
    """A pool member: the record, and whom it is compared with."""

    ref: str
    other: int | str
    probability: float


def is_for_two(record_ref: str) -> bool:
    """Whether a review of this record is also given to a second reviewer."""
    digest = blake2b(record_ref.encode(), digest_size=8, person=b"second").digest()
    return int.from_bytes(digest, "big") % ONE_IN == 0


def note_answer(
    session: Session,
    clock: Clock,
    record_ref: str,
    *,
    same_as: str | None,
    reviewer: str,
    reason: str | None,
    is_second: bool = False,
) -> None:
    """Keep what a reviewer says of a record; a later answer of the same reviewer replaces the earlier."""
    row = {
        "record_ref": record_ref,
        "reviewer": reviewer,
        "is_second": is_second,
        "same_as": same_as,
        "reason": reason,
        "answered_us": micros(clock.now()),
    }
    upsert_newer(session, REVIEW_ANSWER, [row], key=("record_ref", "reviewer"), newer="answered_us")


def awaits_second(session: Session, record_ref: str, reader: str) -> bool:
    """Whether this reader could be the second reviewer of a decided record, and so must not see the first."""
    if not is_for_two(record_ref):
        return False
    answers = session.execute(sa.select(REVIEW_ANSWER).where(REVIEW_ANSWER.c.record_ref == record_ref)).all()
    return bool(answers) and all(not a.is_second and a.reviewer != reader for a in answers)


def answer_second(
    session: Session,
    clock: Clock,
    record_ref: str,
    *,
    same_as: str | None,
    reviewer: str,
    reason: str | None = None,
) -> None:
    """A second, blind answer about a record. Raises `NoSecondReview`."""
    if not awaits_second(session, record_ref, reviewer):
        raise NoSecondReview
    note_answer(session, clock, record_ref, same_as=same_as, reviewer=reviewer, reason=reason, is_second=True)


def second_reviews(session: Session, reader: str, *, after: str | None, limit: int) -> list[str]:
    """References of the decided records that wait for this reader's second answer, after `after`."""
    found: list[str] = []
    last = after or ""
    while len(found) < limit:
        query = (
            sa.select(REVIEW_ANSWER.c.record_ref)
            .join(
                RECORD,
                sa.and_(RECORD.c.record_ref == REVIEW_ANSWER.c.record_ref, RECORD.c.identity.is_not(None)),
            )
            .where(REVIEW_ANSWER.c.record_ref > last)
            .distinct()
            .order_by(REVIEW_ANSWER.c.record_ref)
            .limit(_ROWS_AT_ONCE)
        )
        refs = list(session.scalars(query))
        if not refs:
            break
        last = refs[-1]
        found += [ref for ref in refs if awaits_second(session, ref, reader)]
    return found[:limit]


def agreement(session: Session) -> tuple[int, int]:
    """How many records two reviewers answered independently, and on how many of them they disagree.

    Two answers agree that name records of one person, or both somebody else.
    """
    first, second = REVIEW_ANSWER.alias("first"), REVIEW_ANSWER.alias("second")
    of_first, of_second = LINK.alias("of_first"), LINK.alias("of_second")
    query = (
        sa.select(first.c.same_as, second.c.same_as, of_first.c.person_id, of_second.c.person_id)
        .join(second, sa.and_(second.c.record_ref == first.c.record_ref, second.c.is_second))
        .outerjoin(of_first, of_first.c.record_ref == first.c.same_as)
        .outerjoin(of_second, of_second.c.record_ref == second.c.same_as)
        .where(first.c.is_second.is_(False))
    )
    both = disagree = 0
    for one, other, person, another in session.execute(query):
        both += 1
        is_one = one == other or (None not in (one, other, person) and person == another)
        disagree += not is_one
    return both, disagree


def pools(session: Session) -> Iterator[tuple[Pool, str, int]]:
    """Every record that should be of a person known by another: where it counts, its reference and number.

    A leaver is a person of its own, so only the other kinds are counted.
    """
    has_pair = sa.exists().where(PAIR.c.record == RECORD.c.id)
    query = (
        sa.select(
            RECORD.c.id,
            RECORD.c.record_ref,
            RECORD.c.source,
            RECORD.c.listed_on,
            RECORD.c.features,
            LINK.c.person_id,
            LINK.c.decided_by,
            LINK.c.unlinked_reason,
            has_pair.label("has_pair"),
        )
        .join(LINK, LINK.c.record_ref == RECORD.c.record_ref)
        .where(RECORD.c.features.is_not(None), RECORD.c.record_kind != _LEAVER)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    for row in session.execute(query):
        ethnic = orjson.loads(row.features)[_ETHNIC]
        yield (
            Pool(
                band=_band(row),
                source=row.source,
                people=People.UNKNOWN if ethnic is None else People.KINH if ethnic == _KINH else People.DTTS,
                year=int(row.listed_on[:4]) if row.listed_on else None,
            ),
            row.record_ref,
            row.id,
        )


def _band(row: Any) -> Band:
    if row.person_id is not None:
        return Band.REVIEWED if row.decided_by == DecidedBy.REVIEWER else Band.LINKED
    if row.unlinked_reason == "review":
        return Band.REVIEW
    return Band.NEAR if row.has_pair else Band.ALONE


def draw(session: Session, clock: Clock, *, most: int, seed: int | None = None) -> int:
    """Draw at most `most` records a pool for reviewers to look at, beside those drawn before; how many.

    Only records that the machine linked, and those with a pair that was not enough, are drawn. `seed`: for
    tests; a fresh one otherwise.
    """
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    chosen: dict[Pool, list[tuple[str, int]]] = {}
    seen: dict[Pool, int] = {}
    for pool, ref, number in pools(session):
        if pool.band not in (Band.LINKED, Band.NEAR, Band.REVIEW):
            continue
        count = seen[pool] = seen.get(pool, 0) + 1
        kept = chosen.setdefault(pool, [])
        if len(kept) < most:
            kept.append((ref, number))
        elif (place := chance.randrange(count)) < most:
            kept[place] = (ref, number)
    rows = []
    for pool, members in chosen.items():
        for chunk in chunked(members, _ROWS_AT_ONCE):
            rows += [_sample(pool, drawn, clock) for drawn in _partners(session, pool, chunk)]
    upsert_newer(session, QUALITY_SAMPLE, rows, key=("record_ref", "other_ref"), newer="drawn_us")
    return len(rows)


def _partners(session: Session, pool: Pool, members: list[tuple[str, int]]) -> list[Drawn]:
    """Each record with the one it is to be compared with: its best pair, in its person where it is linked."""
    records = Records(driver_of(session), equipment_of(session))
    best: dict[int, tuple[float, int]] = {}
    pairs = records.pairs([number for _, number in members])
    kept = records.kept({number for one, other, _ in pairs for number in (one, other)})
    refs = {record.ref for record in kept.values()}
    persons = dict(
        session.execute(
            sa.select(LINK.c.record_ref, LINK.c.person_id).where(LINK.c.record_ref.in_(refs))
        ).all()
    )
    for one, other, match in pairs:
        if one not in kept or other not in kept:
            continue
        is_own = pool.band is not Band.LINKED or persons.get(kept[one].ref) == persons.get(kept[other].ref)
        if is_own:
            best[one] = max(best.get(one, (-1e9, 0)), (match.evidence_bits, other))
    return [
        Drawn(ref, kept[best[number][1]].ref, probability_of(best[number][0]))
        for ref, number in members
        if number in best
    ]


def _sample(pool: Pool, drawn: Drawn, clock: Clock) -> dict[str, Any]:
    return {
        "record_ref": drawn.ref,
        "other_ref": drawn.other,
        "band": str(pool.band),
        "source": pool.source,
        "people": str(pool.people),
        "year": pool.year,
        "probability": drawn.probability,
        "drawn_us": micros(clock.now()),
    }


def answer_sample(
    session: Session, clock: Clock, record_ref: str, other_ref: str, *, is_same: bool, reviewer: str
) -> None:
    """Keep what a reviewer says of a sampled pair. Raises `NotSampled`, `AnsweredAlready`."""
    key = {"record_ref": record_ref, "other_ref": other_ref}
    drawn = sa.select(sa.func.count()).select_from(QUALITY_SAMPLE).filter_by(**key)
    if not session.scalar(drawn):
        raise NotSampled
    given = sa.select(sa.func.count()).select_from(QUALITY_ANSWER).filter_by(**key, reviewer=reviewer)
    if session.scalar(given):
        raise AnsweredAlready
    session.execute(
        sa.insert(QUALITY_ANSWER).values(
            **key, reviewer=reviewer, is_same=is_same, answered_us=micros(clock.now())
        )
    )


def unanswered(session: Session, reader: str, *, limit: int) -> list[tuple[str, str]]:
    """Sampled pairs that this reader has not answered and fewer than two others have, the oldest first."""
    mine = sa.exists().where(
        QUALITY_ANSWER.c.record_ref == QUALITY_SAMPLE.c.record_ref,
        QUALITY_ANSWER.c.other_ref == QUALITY_SAMPLE.c.other_ref,
        QUALITY_ANSWER.c.reviewer == reader,
    )
    given = (
        sa.select(sa.func.count())
        .select_from(QUALITY_ANSWER)
        .where(
            QUALITY_ANSWER.c.record_ref == QUALITY_SAMPLE.c.record_ref,
            QUALITY_ANSWER.c.other_ref == QUALITY_SAMPLE.c.other_ref,
        )
        .scalar_subquery()
    )
    query = (
        sa.select(QUALITY_SAMPLE.c.record_ref, QUALITY_SAMPLE.c.other_ref)
        .where(~mine)
        .order_by(QUALITY_SAMPLE.c.drawn_us, QUALITY_SAMPLE.c.record_ref)
    )
    found = []
    for row in session.execute(query.add_columns(given.label("given"))):
        wanted = 2 if is_for_two(row.record_ref) else 1
        if row.given < wanted:
            found.append((row.record_ref, row.other_ref))
        if len(found) == limit:
            break
    return found
