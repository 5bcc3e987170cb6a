"""Verbs of linkage for the command line: JSON in, JSON out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.linkage import commands, exporting, queries
from services.linkage.bulk import proposing
from shared.errors import Invalid
from shared.service.service import Context

LOCAL_REVIEWER = "local"
"""Who decides on the machine itself, without a key."""


def list_reviews(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Open reviews with their candidates. Parameters: limit, after."""
    limit = int(parameters.get("limit") or 100)
    with context.database.read() as session:
        found = queries.open_reviews(session, after=parameters.get("after"), limit=limit)
        return {"items": [queries.review(session, item["record_ref"]) for item in found]}


def decide(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Decide about a record, or undo. Parameters: record_ref, and one of same_as, another_person, take_back.

    Raises `Invalid`, `UnknownRecord`, `NothingDecided`.
    """
    ref, same_as = str(parameters["record_ref"]), parameters.get("same_as")
    answers = (same_as is not None, bool(parameters.get("another_person")), bool(parameters.get("take_back")))
    if sum(answers) != 1:
        raise Invalid("Chọn đúng một: --same-as, --another-person hoặc --take-back.")
    with context.database.write() as session:
        if parameters.get("take_back"):
            commands.take_back(session, context.clock, ref, reviewer=LOCAL_REVIEWER)
        else:
            commands.decide_review(session, context.clock, ref, same_as=same_as, reviewer=LOCAL_REVIEWER)
        return queries.review(session, ref)


OPERATIONS = {
    "linkage.reviews": list_reviews,
    "linkage.decide": decide,
    **exporting.OPERATIONS,
    **proposing.OPERATIONS,
}
