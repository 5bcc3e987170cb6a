"""Reading records back: the pages and single rows of a publisher, in the words of its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from shared.contracts import Identity
from shared.service.records import SourceTable, Stored

Item: TypeAlias = Mapping[str, Any]

_IDENTITY_NAMES = {"personal_number": "person_id", "personal_number_as_written": "person_id_as_written"}
"""What a file calls the identity fields that have another name inside."""


def pages_of(source: SourceTable) -> Callable[[Session, str, str | None, int], Sequence[tuple[str, Item]]]:
    """A reader (session, publisher, after, limit): rows in force with their keys, in the order of keys."""
    table = source.table

    def read_page(
        session: Session, publisher: str, after: str | None, limit: int
    ) -> Sequence[tuple[str, Item]]:
        query = sa.select(table).where(source.of_publisher(publisher), table.c.withdrawn_at.is_(None))
        if after is not None:
            query = query.where(table.c.key > after)
        found = session.execute(query.order_by(table.c.key).limit(limit)).mappings()
        return [(record["key"], item_of(source, dict(record))) for record in found]

    return read_page


def rows_of(source: SourceTable) -> Callable[[Session, str, str], Item | None]:
    """A reader (session, publisher, key): the row in force, or None."""
    table = source.table

    def read_one(session: Session, publisher: str, key: str) -> Item | None:
        query = sa.select(table).where(
            source.of_publisher(publisher), table.c.key == key, table.c.withdrawn_at.is_(None)
        )
        record = session.execute(query).mappings().one_or_none()
        return None if record is None else item_of(source, dict(record))

    return read_one


def item_of(source: SourceTable, record: Stored) -> Item:
    """A record as its publisher may see it: facts, the identity it gave, and since when it holds."""
    item = {"key": record["key"], **{name: record[name] for name in source.facts}}
    if source.identities is not None:
        identity = Identity.from_json(record["identity"])
        for name in Identity.__dataclass_fields__:
            item[_IDENTITY_NAMES.get(name, name)] = getattr(identity, name)
    return {**item, "version": record["version"], "recorded_at": record["recorded_at"]}
