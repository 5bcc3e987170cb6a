"""Verbs of linkage for the command line: JSON in, JSON out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from services.linkage import commands, exporting, learning, queries, sampling
from services.linkage.bulk import proposing
from services.linkage.commands import Done
from shared.clock import Clock
from shared.errors import Invalid
from shared.service.service import Context, Operation

LOCAL_REVIEWER = "local"
"""Who decides on the machine itself, without a key."""

_MOST_SAMPLED = 1_000


def list_reviews(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Open reviews with candidates. Parameters: limit, after, reviewer, second (for a second answer)."""
    limit = int(parameters.get("limit") or 100)
    reviewer = _reviewer(parameters)
    with context.database.read() as session:
        after = parameters.get("after")
        if parameters.get("second"):
            return {"items": queries.second_reviews(session, reviewer, after=after, limit=limit)}
        found = queries.open_reviews(session, after=after, limit=limit)
        return {"items": [queries.review(session, item["record_ref"], reader=reviewer) for item in found]}


def decide(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Decide about a record, or undo. Parameters: record_ref, one of same_as, another_person, take_back; and
    reason, reviewer, second (a blind second answer, which decides nothing).

    Raises `Invalid`, `UnknownRecord`, `NothingDecided`, `NoSecondReview`.
    """
    ref, same_as = str(parameters["record_ref"]), parameters.get("same_as")
    answers = (same_as is not None, bool(parameters.get("another_person")), bool(parameters.get("take_back")))
    if sum(answers) != 1:
        raise Invalid("Chọn đúng một: --same-as, --another-person hoặc --take-back.")
    reviewer, reason = _reviewer(parameters), parameters.get("reason")
    with context.database.write() as session:
        if parameters.get("take_back"):
            commands.take_back(session, context.clock, ref, reviewer=reviewer, reason=reason)
        elif parameters.get("second"):
            sampling.answer_second(
                session, context.clock, ref, same_as=same_as, reviewer=reviewer, reason=reason
            )
        else:
            commands.decide_review(
                session, context.clock, ref, same_as=same_as, reviewer=reviewer, reason=reason
            )
        return queries.review(session, ref, reader=reviewer)


def unlink(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Take a record out of its person. Parameters: record_ref, reason. Raises `UnknownRecord`, `NoReason`."""

    def act(session: Session, clock: Clock) -> Done:
        return commands.unlink(session, clock, parameters["record_ref"], **_who(parameters))

    return _done(context, act)


def merge(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Two persons are one. Parameters: person_ids (two), reason. Raises `UnknownPerson`, `NoReason`."""
    one, other = parameters["person_ids"]

    def act(session: Session, clock: Clock) -> Done:
        return commands.merge(session, clock, one, other, **_who(parameters))

    return _done(context, act)


def split(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Some records of a person are another. Parameters: person_id, records, reason. Raises `NotOfPerson`."""

    def act(session: Session, clock: Clock) -> Done:
        person_id, records = parameters["person_id"], parameters["records"]
        return commands.split(session, clock, person_id, records, **_who(parameters))

    return _done(context, act)


def undo(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Take a word back. Parameters: word_id (or "last"), reason. Raises `NothingToUndo`."""

    def act(session: Session, clock: Clock) -> Done:
        return commands.undo(session, clock, parameters["word_id"], **_who(parameters))

    return _done(context, act)


def history(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What was said of a person or a record. Parameter: subject. Raises `UnknownHistory`."""
    with context.database.read() as session:
        return queries.history(session, parameters["subject"])


def quality(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The quality report. Parameter: draw, how many records a group are to be looked at besides."""
    if parameters.get("draw"):
        most = int(parameters["draw"])
        if not 1 <= most <= _MOST_SAMPLED:
            raise Invalid(f"Mỗi nhóm lấy từ 1 đến {_MOST_SAMPLED} hồ sơ.")
        with context.database.write() as session:
            drawn = sampling.draw(session, context.clock, most=most)
    else:
        drawn = 0
    with context.database.read() as session:
        return {**queries.quality_report(session), "drawn": drawn}


def recompute(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Compute everything again under the live model and decide everybody anew."""
    with context.database.write() as session:
        return {"events": commands.decide_all(session, context.clock)}


def list_samples(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Sampled pairs to be looked at. Parameters: limit, reviewer."""
    with context.database.read() as session:
        limit = int(parameters.get("limit") or 100)
        return {"items": queries.samples(session, _reviewer(parameters), limit=limit)}


def answer_sample(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Say whether a sampled pair is one person. Parameters: record_ref, other_ref, is_same, reviewer.

    Raises `NotSampled`, `AnsweredAlready`.
    """
    with context.database.write() as session:
        sampling.answer_sample(
            session,
            context.clock,
            parameters["record_ref"],
            parameters["other_ref"],
            is_same=bool(parameters["is_same"]),
            reviewer=_reviewer(parameters),
        )
    return {"answered": 1}


def _done(context: Context, act: Callable[[Session, Clock], Done]) -> dict[str, Any]:
    with context.database.write() as session:
        done = act(session, context.clock)
        return {"word_id": done.word_id, "records": done.person_ids}


def _who(parameters: Mapping[str, Any]) -> dict[str, str]:
    return {"reviewer": _reviewer(parameters), "reason": str(parameters.get("reason") or "")}


def _reviewer(parameters: Mapping[str, Any]) -> str:
    return str(parameters.get("reviewer") or LOCAL_REVIEWER)


OPERATIONS: dict[str, Operation] = {
    "linkage.reviews": list_reviews,
    "linkage.decide": decide,
    "linkage.unlink": unlink,
    "linkage.merge": merge,
    "linkage.split": split,
    "linkage.undo": undo,
    "linkage.history": history,
    "linkage.quality": quality,
    "linkage.samples": list_samples,
    "linkage.answer": answer_sample,
    "linkage.recompute": recompute,
    **exporting.OPERATIONS,
    **learning.OPERATIONS,
    **proposing.OPERATIONS,
}
