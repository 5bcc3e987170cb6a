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


ReadPage: TypeAlias = Callable[[Session, str, str | None, int], Sequence[tuple[str, Item]]]
ReadOne: TypeAlias = Callable[[Session, str, str], Item | None]
Words: TypeAlias = Callable[[Session, Sequence[Stored]], Sequence[Mapping[str, Any]]]
"""What else to say of some records, one mapping each: for example the key of what a reference points to."""


def no_words(session: Session, records: Sequence[Stored]) -> Sequence[Mapping[str, Any]]:
    """Nothing else to say."""
    return [{} for _ in records]


def pages_of(source: SourceTable, words: Words = no_words) -> ReadPage:
    """A reader (session, publisher, after, limit): rows in force with their keys, in the order of keys."""
    table = source.table

    def read_page(
        session: Session, publisher: str, after: str | None, limit: int
    ) -> Sequence[tuple[str, Item]]:
        query = sa.select(table).where(source.of_publisher(publisher), table.c.withdrawn_at.is_(None))
        if after is not None:
            query = query.where(table.c.key > after)
        found = session.execute(query.order_by(table.c.key).limit(limit)).mappings()
        records = [dict(record) for record in found]
        said = words(session, records)
        return [
            (record["key"], {**item_of(source, record), **more})
            for record, more in zip(records, said, strict=True)
        ]

    return read_page


def rows_of(source: SourceTable, words: Words = no_words) -> ReadOne:
    """A reader (session, publisher, key): the row in force, or None."""
    table = source.table

    def read_one(session: Session, publisher: str, key: str) -> Item | None:
        query = sa.select(table).where(
            source.of_publisher(publisher), table.c.key == key, table.c.withdrawn_at.is_(None)
        )
        found = session.execute(query).mappings().one_or_none()
        if found is None:
            return None
        record = dict(found)
        (more,) = words(session, [record])
        return {**item_of(source, record), **more}

    return read_one


def item_of(source: SourceTable, record: Stored) -> Item:
    """A record as its publisher may see it: facts, the identity it gave, and since when it holds."""
    item = {"key": record["key"], **{name: record[name] for name in source.facts}}
    if source.identities is not None:
        identity = Identity.from_json(record["identity"])
        for name in Identity.__dataclass_fields__:
            item[_IDENTITY_NAMES.get(name, name)] = getattr(identity, name)
    return {**item, "version": record["version"], "recorded_at": record["recorded_at"]}
