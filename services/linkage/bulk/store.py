"""Everything that the store knows, as the columns of a run: what bulk linkage starts from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.linkage.files.deciding import Said
from services.linkage.files.gathering import Wanted
from services.linkage.files.preparing import Prepared, prepared, sealed_features
from services.linkage.files.records import BESIDE, Collecting, Records
from services.linkage.known import listing_of
from services.linkage.models import DECISION, LINK, RECORD
from services.linkage.sealing import Seal
from shared.contracts import Identity
from shared.contracts.codes import RecordKind

_ROWS_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Known:
    """The records in force, sorted by source, kind and reference (`records.names`).

    `kinds` per source of `records`. `persons`: per record its person, None where it is linked to nobody.
    """

    records: Records
    kinds: list[RecordKind | None]
    persons: dict[str, str | None]
    said: Said


def read_known(session: Session, wanted: Wanted) -> Known:
    """Read every record in force, its link, and the decisions of reviewers that hold."""
    columns = tuple(dict.fromkeys((*wanted.columns, *BESIDE)))
    collecting = Collecting(wanted.group)
    sources: dict[tuple[str, str], int] = {}
    persons: dict[str, str | None] = {}
    seal = Seal.random()
    rows = iter(session.execute(_RECORDS.execution_options(yield_per=_ROWS_AT_ONCE)))
    while taken := list(islice(rows, _ROWS_AT_ONCE)):
        persons.update((row.record_ref, row.person_id) for row in taken)
        for batch in _by_source(taken, sources, columns, seal=seal):
            collecting.add(batch)
    records = collecting.records()
    place = {ref: number for number, ref in enumerate(records.names)}
    kinds: list[RecordKind | None] = [RecordKind(kind) for _, kind in sources]
    return Known(records, kinds, persons, _said(session, place))


_RECORDS = (
    sa.select(RECORD.c.record_ref, RECORD.c.record_kind, RECORD.c.source, RECORD.c.identity, LINK.c.person_id)
    .select_from(RECORD.outerjoin(LINK, LINK.c.record_ref == RECORD.c.record_ref))
    .where(RECORD.c.identity.is_not(None))
    .order_by(RECORD.c.source, RECORD.c.record_kind, RECORD.c.record_ref)
)


def _by_source(
    rows: Sequence[sa.Row[*tuple[Any, ...]]],
    sources: dict[tuple[str, str], int],
    columns: Sequence[str],
    *,
    seal: Seal,
) -> Iterator[Prepared]:
    """Batches of one source and kind each; `sources` numbers them as they come."""
    grouped: dict[tuple[str, str], list[sa.Row[*tuple[Any, ...]]]] = {}
    for row in rows:
        grouped.setdefault((row.source, row.record_kind), []).append(row)
    for (source, kind), own in grouped.items():
        identities = [Identity.from_json(row.identity) for row in own]
        is_list = kind == RecordKind.COMPLETION
        yield prepared(
            sources.setdefault((source, kind), len(sources)),
            [row.record_ref for row in own],
            [sealed_features(identity, seal) for identity in identities],
            columns,
            listings=[listing_of(identity, source) if is_list else None for identity in identities],
            stages=[None] * len(own),
            happened_years=[i.residence_on.year if i.residence_on else None for i in identities],
        )


def _said(session: Session, place: dict[str, int]) -> Said:
    same, alone = [], []
    decided = sa.select(DECISION.c.record_ref, DECISION.c.same_as).where(DECISION.c.taken_back.is_(False))
    for ref, other in session.execute(decided.order_by(DECISION.c.record_ref)):
        if ref in place and other is None:
            alone.append(place[ref])
        elif ref in place and other in place:
            same.append((min(place[ref], place[other]), max(place[ref], place[other])))
    return Said(same=sorted(set(same)), alone=alone)
