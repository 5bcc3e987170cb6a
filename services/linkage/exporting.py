"""The links of a store as rows of the links file: the same columns as `noinghe link files` writes.

`source` says who published a record and what kind of row it is ("school/S1/completion"), `record_id` is the
publisher's own key, or the record's reference where it told none. Nothing else of an identity is read.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.linkage.files.outputs import (
    BY_NOTHING,
    BY_REVIEW,
    LINKS,
    check_writable,
    weighed,
    whole_file,
)
from services.linkage.models import LINK, RECORD
from shared.files.writing import safe_text
from shared.service.service import Context

_ROWS_AT_ONCE = 10_000


def linked_records(session: Session) -> Iterator[sa.Row[*tuple[Any, ...]]]:
    """Every record in force, by source and key: source, record_kind, record_key, record_ref, and its link."""
    query = (
        sa.select(
            RECORD.c.record_ref,
            RECORD.c.record_kind,
            RECORD.c.source,
            RECORD.c.record_key,
            LINK.c.person_id,
            LINK.c.decided_by,
            LINK.c.review_reason,
            LINK.c.weight_bits,
            LINK.c.probability,
        )
        .select_from(RECORD.outerjoin(LINK, LINK.c.record_ref == RECORD.c.record_ref))
        .where(RECORD.c.identity.is_not(None))
        .order_by(RECORD.c.source, RECORD.c.record_kind, RECORD.c.record_key, RECORD.c.record_ref)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    yield from session.execute(query)


def source_of(row: sa.Row[*tuple[Any, ...]]) -> str:
    """The name of a record's source in files."""
    return f"{row.source.strip('/')}/{row.record_kind}"


def export(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Write all links to a file, whole or not at all. Parameter: path (absolute). Raises `CannotWrite`."""
    path = Path(parameters["path"])
    check_writable(path)
    count = 0
    with context.database.read() as session, whole_file(path) as file:
        writer = csv.writer(file)
        writer.writerow(LINKS)
        for row in linked_records(session):
            decided_by = row.decided_by or (BY_REVIEW if row.review_reason else BY_NOTHING)
            source, name = safe_text(source_of(row)), safe_text(row.record_key or row.record_ref)
            tie = weighed(row.weight_bits, row.probability)
            writer.writerow((source, name, row.person_id or "", *tie, decided_by))
            count += 1
    return {"records": count, "path": str(path)}


def evaluate_store(context: Context, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Measure the links of the store. Parameter: truth (absolute path).

    Raises `UnreadableFile`, `NothingInCommon`.
    """
    from services.linkage.evaluating import Named, evaluate, read_truth  # noqa: PLC0415 numpy

    truth = read_truth(Path(parameters["truth"]))
    with context.database.read() as session:
        links = [
            Named(source_of(row), row.record_key or row.record_ref, row.person_id)
            for row in linked_records(session)
        ]
    return evaluate(truth, links).to_json()


OPERATIONS = {"linkage.export": export, "linkage.evaluate": evaluate_store}
