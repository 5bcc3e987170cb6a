"""Versions of the model: learnt anew from what the store knows, proposed, accepted, rejected.

A version is a settings document, its frequencies and the evidence table of the version that it was learnt
from. It changes nothing until a person accepts it; then everything is computed and decided again under it, in
one transaction, and only differences are published. Going back is accepting an earlier version; the one that
comes with the software is always there, under the version of its document, and stands in no row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.linkage.announcing import micros
from services.linkage.deciding import decide_everything
from services.linkage.deriving import live_judge, take_turn
from services.linkage.equipment import features_again
from services.linkage.features import Features
from services.linkage.model import document as documents
from services.linkage.model import frequencies
from services.linkage.models import MODEL_VERSION, RECORD
from shared.database import insert_rows
from shared.errors import Conflict, NotFound
from shared.service.service import Context

if TYPE_CHECKING:
    from services.linkage.model.training import Trained

PROPOSED, LIVE, PAST, REJECTED = "proposed", "live", "past", "rejected"

LOCAL = "local"
"""Who accepts on the machine itself, without a key."""

_ROWS_AT_ONCE = 10_000


class NoVersion(NotFound):
    """There is no such version of the model."""

    code = "no_model_version"

    def __init__(self, version: str) -> None:
        super().__init__(f"Không có phiên bản mô hình {version}; xem noinghe link model list.")


class VersionState(Conflict):
    """The version is live already, or was rejected, or is not waiting."""

    code = "model_version_state"


def train(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Learn m, u and frequencies from all records in force and keep them as a proposed version; its report.

    Raises `TooFew`, `TooFewPairs`.
    """
    from services.linkage.model import training  # noqa: PLC0415 Splink takes a second to import

    with context.database.read() as session:
        live = live_judge(session)
        records = _records(session)
    now = context.clock.now()
    version = f"{now:%Y%m%d}-{uuid4().hex[:6]}"
    trained = training.train(live.document, records, version=version)
    report = _report(trained)
    row = {
        "version": version,
        "state": PROPOSED,
        "document": trained.document.to_json(),
        "frequencies": json.dumps(frequencies.from_records(trained.document, records).to_data()),
        "evidence": json.dumps(live.evidence.table.content),
        "report": json.dumps(report, ensure_ascii=False),
        "proposed_us": micros(now),
        "adopted_us": None,
        "adopted_by": None,
        "reason": None,
    }
    with context.database.write() as session:
        insert_rows(session, MODEL_VERSION, [row])
    return {"version": version, "state": PROPOSED, **report}


def versions(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Every version, the shipped one first, then as they were proposed; reports without their levels."""
    with context.database.read() as session:
        rows = session.execute(
            sa.select(MODEL_VERSION).order_by(MODEL_VERSION.c.proposed_us, MODEL_VERSION.c.version)
        ).all()
    shipped = documents.shipped()
    is_shipped_live = all(row.state != LIVE for row in rows)
    first = {"version": shipped.version, "state": LIVE if is_shipped_live else PAST, "hash": shipped.hash}
    nothing = dict.fromkeys(("records", "expected_matches", "proposed_at", "adopted_at", "adopted_by"))
    return {"items": [{**first, **nothing}, *(_listed(row) for row in rows)]}


def accept(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Make a version live and decide everybody under it. Parameters: version, reason (or None).

    Raises `NoVersion`, and `VersionState` where it is live already or was rejected.
    """
    version = str(parameters["version"])
    with context.database.write() as session:
        desk = take_turn(session)
        state = _state(session, version)
        if state == LIVE:
            raise VersionState(f"Mô hình {version} đang được dùng.")
        if state == REJECTED:
            raise VersionState(f"Mô hình {version} đã bị bỏ; hãy huấn luyện lại bằng noinghe link train.")
        session.execute(sa.update(MODEL_VERSION).where(MODEL_VERSION.c.state == LIVE).values(state=PAST))
        session.execute(
            sa.update(MODEL_VERSION)
            .where(MODEL_VERSION.c.version == version)
            .values(
                state=LIVE,
                adopted_us=micros(context.clock.now()),
                adopted_by=str(parameters.get("reviewer") or LOCAL),
                reason=parameters.get("reason"),
            )
        )
        return {"version": version, "state": LIVE, "events": decide_everything(desk, context.clock)}


def reject(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Put a proposed version aside. Parameter: version. Raises `NoVersion`, `VersionState`."""
    version = str(parameters["version"])
    with context.database.write() as session:
        take_turn(session)
        if _state(session, version) != PROPOSED:
            raise VersionState(f"Mô hình {version} không phải đang chờ quyết định.")
        session.execute(
            sa.update(MODEL_VERSION).where(MODEL_VERSION.c.version == version).values(state=REJECTED)
        )
    return {"version": version, "state": REJECTED}


def _records(session: Session) -> list[Features]:
    """The features of all records in force, in the order in which they were first stored."""
    query = sa.select(RECORD.c.identity, RECORD.c.number).where(RECORD.c.identity.is_not(None))
    rows = session.execute(query.order_by(RECORD.c.id).execution_options(yield_per=_ROWS_AT_ONCE))
    return [features_again(row.identity, row.number) for row in rows]


def _state(session: Session, version: str) -> str:
    """The state of a version; the shipped one is live where no row is. Raises `NoVersion`."""
    states = {row.version: row.state for row in session.execute(_STATES)}
    if version in states:
        return str(states[version])
    if version == documents.shipped().version:
        return PAST if LIVE in states.values() else LIVE
    raise NoVersion(version)


_STATES = sa.select(MODEL_VERSION.c.version, MODEL_VERSION.c.state)


def _report(trained: Trained) -> dict[str, Any]:
    return {
        "hash": trained.document.hash,
        "live": trained.live.version,
        "records": trained.records,
        "candidate_pairs": trained.candidate_pairs,
        "expected_matches": round(trained.expected_matches, 1),
        "sessions": [asdict(session) for session in trained.sessions],
        "levels": [asdict(change) for change in trained.changes],
    }


def _listed(row: sa.Row[*tuple[Any, ...]]) -> dict[str, Any]:
    report = json.loads(row.report) if row.report else {}
    return {
        "version": row.version,
        "state": row.state,
        "hash": report.get("hash"),
        "records": report.get("records"),
        "expected_matches": report.get("expected_matches"),
        "proposed_at": _moment(row.proposed_us),
        "adopted_at": _moment(row.adopted_us),
        "adopted_by": row.adopted_by,
    }


def _moment(at_us: int | None) -> str | None:
    return None if at_us is None else datetime.fromtimestamp(at_us / 1_000_000, UTC).isoformat()


OPERATIONS = {
    "linkage.train": train,
    "linkage.model.list": versions,
    "linkage.model.accept": accept,
    "linkage.model.reject": reject,
}
