"""Everything that the store knows, as the columns of a run: what bulk linkage starts from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.linkage.equipment import features_again, listing_of
from services.linkage.files.deciding import Said
from services.linkage.files.gathering import Wanted
from services.linkage.files.preparing import Prepared, prepared
from services.linkage.files.records import BESIDE, Collecting, Records
from services.linkage.models import LINK, RECORD, WORD
from services.linkage.wording import to_word
from services.linkage.words import standing
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
    """Read every record in force, its link, and the words that hold."""
    columns = tuple(dict.fromkeys((*wanted.columns, *BESIDE)))
    collecting = Collecting(wanted.group)
    sources: dict[tuple[str, str], int] = {}
    persons: dict[str, str | None] = {}
    rows = iter(session.execute(_RECORDS.execution_options(yield_per=_ROWS_AT_ONCE)))
    while taken := list(islice(rows, _ROWS_AT_ONCE)):
        persons.update((row.record_ref, row.person_id) for row in taken)
        for batch in _by_source(taken, sources, columns):
            collecting.add(batch)
    records = collecting.records()
    place = {ref: number for number, ref in enumerate(records.names)}
    kinds: list[RecordKind | None] = [RecordKind(kind) for _, kind in sources]
    return Known(records, kinds, persons, _said(session, place))


_RECORDS = (
    sa.select(
        RECORD.c.record_ref,
        RECORD.c.record_kind,
        RECORD.c.source,
        RECORD.c.listed_on,
        RECORD.c.identity,
        RECORD.c.number,
        LINK.c.person_id,
    )
    .select_from(RECORD.outerjoin(LINK, LINK.c.record_ref == RECORD.c.record_ref))
    .where(RECORD.c.identity.is_not(None))
    .order_by(RECORD.c.source, RECORD.c.record_kind, RECORD.c.record_ref)
)


def _by_source(
    rows: Sequence[sa.Row[*tuple[Any, ...]]],
    sources: dict[tuple[str, str], int],
    columns: Sequence[str],
) -> Iterator[Prepared]:
    """Batches of one source and kind each; `sources` numbers them as they come."""
    grouped: dict[tuple[str, str], list[sa.Row[*tuple[Any, ...]]]] = {}
    for row in rows:
        grouped.setdefault((row.source, row.record_kind), []).append(row)
    for (source, kind), own in grouped.items():
        yield prepared(
            sources.setdefault((source, kind), len(sources)),
            [row.record_ref for row in own],
            [features_again(row.identity, row.number) for row in own],
            columns,
            listings=[listing_of(kind, source, row.listed_on) for row in own],
            stages=[None] * len(own),
            happened_years=[int(row.listed_on[:4]) if row.listed_on else None for row in own],
        )


def _said(session: Session, place: dict[str, int]) -> Said:
    rows = session.execute(sa.select(WORD).where(WORD.c.taken_back.is_(False)))
    holds = standing((to_word(row._mapping) for row in rows), place.keys())
    return Said(
        same=_places(holds.same, place),
        different=_places(holds.different, place),
        alone=sorted(place[ref] for ref in holds.alone),
    )


def _places(pairs: Iterable[tuple[str, str]], place: dict[str, int]) -> list[tuple[int, int]]:
    return sorted((min(place[a], place[b]), max(place[a], place[b])) for a, b in pairs)
