"""What reviewers read: the records at which a person must look, and who they could be.

Names are shown here, to holders of `linkage.review` and on the machine's own command line, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.linkage.blocks import to_known
from services.linkage.known import Known
from services.linkage.models import DECISION, LINK, RECORD
from services.linkage.places import compare
from shared.contracts import Identity
from shared.errors import NotFound

MOST_CANDIDATES = 20
_READ_AT_MOST = 400


class UnknownReview(NotFound):
    """No record in force has this reference."""

    code = "unknown_review"

    def __init__(self) -> None:
        super().__init__("Không có hồ sơ nào còn hiệu lực với mã này.")


def open_reviews(session: Session, *, after: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """Records at which a person must look, by reference, after `after`; without their candidates."""
    query = _records().where(LINK.c.review_reason.is_not(None)).order_by(RECORD.c.record_ref).limit(limit)
    if after is not None:
        query = query.where(RECORD.c.record_ref > after)
    return [_review(row) for row in session.execute(query)]


def review(session: Session, record_ref: str) -> dict[str, Any]:
    """One record with its decision and, best first, the records that it could be one person with.

    Raises `UnknownReview`.
    """
    row = session.execute(_records().where(RECORD.c.record_ref == record_ref)).one_or_none()
    if row is None:
        raise UnknownReview
    return {**_review(row), "candidates": _candidates(session, row)}


def _records() -> sa.Select[Any]:
    return (
        sa.select(
            RECORD.c.record_ref,
            RECORD.c.record_kind,
            RECORD.c.source,
            RECORD.c.identity,
            LINK.c.person_id,
            LINK.c.review_reason,
            LINK.c.review_opened_us,
            DECISION.c.same_as,
            DECISION.c.decided_by,
            DECISION.c.decided_us,
        )
        .join(LINK, LINK.c.record_ref == RECORD.c.record_ref)
        .outerjoin(
            DECISION,
            sa.and_(DECISION.c.record_ref == RECORD.c.record_ref, DECISION.c.taken_back.is_(False)),
        )
        .where(RECORD.c.identity.is_not(None))
    )


def _candidates(session: Session, row: Any) -> list[dict[str, Any]]:
    record = to_known(row)
    conditions = [
        RECORD.c[column] == key
        for column, key in (
            ("personal_number", record.number or record.hint),
            ("number_hint", record.number),
            ("bucket", record.bucket),
            ("name_key", record.name),
        )
        if key is not None
    ]
    if not conditions:
        return []
    query = _records().where(sa.or_(*conditions), RECORD.c.record_ref != record.ref).limit(_READ_AT_MOST)
    near = [(to_known(other), other) for other in session.execute(query)]
    possible = [(other, found) for other, found in near if _is_possible(record, other)]
    possible.sort(key=lambda pair: _distance(record, pair[0]))
    return [_summary(found) for _, found in possible[:MOST_CANDIDATES]]


def _is_possible(record: Known, other: Known) -> bool:
    if record.number is not None and record.number == other.number:
        return True
    years = {record.year, other.year} - {None}
    dates = {record.whole_dob, other.whole_dob} - {None}
    return len(years) < 2 and len(dates) < 2


def _distance(record: Known, other: Known) -> tuple[object, ...]:
    """Sorts candidates: leavers first, then who agrees in more."""
    agreeing: Sequence[bool] = (
        record.number is not None and record.number == other.number,
        record.bucket is not None and record.bucket == other.bucket,
        record.sex is not None and record.sex == other.sex,
    )
    return (not other.completion, -sum(agreeing), -compare(record.place, other.place), other.ref)


def _review(row: Any) -> dict[str, Any]:
    decision = None
    if row.decided_by is not None:
        decision = {
            "same_as": row.same_as,
            "decided_by": row.decided_by,
            "decided_at": _instant(row.decided_us),
        }
    return {
        **_summary(row),
        "reason": row.review_reason,
        "opened_at": _instant(row.review_opened_us),
        "decision": decision,
    }


def _summary(row: Any) -> dict[str, Any]:
    identity = Identity.from_json(row.identity)
    filled: Iterable[tuple[str, Any]] = asdict(identity).items()
    return {
        "record_ref": row.record_ref,
        "record_kind": row.record_kind,
        "source": row.source,
        "person_id": row.person_id,
        "identity": {name: str(value) for name, value in filled if value is not None},
    }


def _instant(us: int | None) -> str | None:
    return None if us is None else datetime.fromtimestamp(us / 1_000_000, UTC).isoformat()
