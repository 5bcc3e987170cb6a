"""Statements over thousands of rows, written for each database so that they stay one round trip.

PostgreSQL takes one array per column (`unnest`): one statement text, one plan, whatever the number of rows.
SQLite takes blocks of rows (`blocks`); its statements are texts, because compiling parameters row by row
costs more than the insert itself. Values pass through the column types of SQLAlchemy in both. Python-side
column defaults do not apply.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any, TypeVar

import orjson
from sqlalchemy import (
    ColumnElement,
    Dialect,
    FromClause,
    Select,
    String,
    Table,
    Text,
    any_,
    bindparam,
    cast,
    column,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from shared.database.blocks import in_blocks

T = TypeVar("T")
Row = Mapping[str, Any]

ROWS_AT_ONCE = 5_000
"""Rows of one PostgreSQL statement."""

_NUL = "\0"
_BESIDE = "beside"


def chunked(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most `size` items, in order."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def insert_rows(session: Session, table: Table, rows: Sequence[Row]) -> None:
    """Insert all rows; generated ids grow in the order of `rows`. All rows have the same columns."""
    if not rows:
        return
    names = tuple(rows[0])
    if _is_postgresql(session):
        statement = postgresql_insert(table).from_select(list(names), _unnest(table, names))
        for chunk in chunked(rows, ROWS_AT_ONCE):
            session.execute(statement, _arrays(table, names, chunk))
    else:
        connection = session.connection()
        for size, values in in_blocks(_tuples(session, table, names, rows)):
            connection.exec_driver_sql(_sqlite_insert(table.name, names, size), values)


def insert_ignore(session: Session, table: Table, rows: Sequence[Row]) -> set[Any]:
    """Insert the rows whose key is not there yet; return the primary keys of those inserted.

    A key is the bare value where the primary key has one column, else a tuple. Of rows with the same key
    the first is inserted.
    """
    inserted: set[Any] = set()
    if not rows:
        return inserted
    names = tuple(rows[0])
    key = list(table.primary_key.columns)
    if _is_postgresql(session):
        insert = postgresql_insert(table).from_select(list(names), _unnest(table, names))
        statement = insert.on_conflict_do_nothing().returning(*key)
        for chunk in chunked(rows, ROWS_AT_ONCE):
            _collect(inserted, session.execute(statement, _arrays(table, names, chunk)).all())
        return inserted
    connection = session.connection()
    for size, values in in_blocks(_tuples(session, table, names, rows)):
        sql = _sqlite_ignore(table.name, names, tuple(part.name for part in key), size)
        _collect(inserted, connection.exec_driver_sql(sql, values).all())
    return inserted


def upsert_newer(
    session: Session,
    table: Table,
    rows: Sequence[Row],
    *,
    key: Sequence[str] = ("record_ref",),
    newer: str = "sequence",
) -> None:
    """Insert the rows, or overwrite those there where the given `newer` column is greater.

    `key` must be the primary key or a unique constraint. Of several rows with the same key the one with
    the greatest `newer` counts. Columns that are not given stay as they are.
    """
    if not rows:
        return
    names = tuple(rows[0])
    rows = _newest(rows, key, newer)
    changed = [name for name in names if name not in key]
    if not _is_postgresql(session):
        connection = session.connection()
        for size, values in in_blocks(_tuples(session, table, names, rows)):
            connection.exec_driver_sql(_sqlite_upsert(table.name, names, tuple(key), newer, size), values)
        return
    insert = postgresql_insert(table).from_select(list(names), _unnest(table, names))
    statement = insert.on_conflict_do_update(
        index_elements=list(key),
        set_={name: insert.excluded[name] for name in changed},
        where=insert.excluded[newer] > table.c[newer],
    )
    for chunk in chunked(rows, ROWS_AT_ONCE):
        session.execute(statement, _arrays(table, names, chunk))


def copy_rows(
    source: Session, target: Session, table: Table, *, names: Sequence[str] = (), ignore: bool = False
) -> None:
    """Insert all rows that `source` has committed into `target`: another schema or folder of the same url.

    `names`: the columns to copy, all by default. `ignore`: leave out rows whose key is there. One statement,
    no row passes through Python: PostgreSQL copies between its schemas, SQLite from an attached file. (What
    spans attached files is not atomic in SQLite, but the other file is only read.)
    """
    theirs, into = _theirs(source, target, table), _quote(table.name)
    columns = _listed(names or table.c.keys())
    rows = f"SELECT {columns} FROM {theirs} WHERE true"  # noqa: S608 - our own names
    if ignore and _is_postgresql(target):  # equal rows are found by hashing: cheaper than a look-up of each
        rows += f" EXCEPT SELECT {columns} FROM {into}"  # noqa: S608
    if ignore:
        rows += " ON CONFLICT DO NOTHING"
    target.connection().exec_driver_sql(f"INSERT INTO {into} ({columns}) {rows}")


def match_rows(source: Session, target: Session, table: Table) -> bool:
    """Make the table of `target` equal to the one that `source` has committed; whether it was not.

    Rows that are equal already are not touched: nothing is logged for them, and no index grows. Otherwise
    like `copy_rows`. The table has a primary key, and no table refers to it.
    """
    theirs, ours, columns = _theirs(source, target, table), _quote(table.name), _listed(table.c.keys())
    same = "IS NOT DISTINCT FROM" if _is_postgresql(target) else "IS"
    keys = [_quote(column.name) for column in table.primary_key]
    rest = [_quote(column.name) for column in table.c if not column.primary_key]
    same_key = " AND ".join(f"s.{name} = t.{name}" for name in keys)
    same_row = " AND ".join([same_key, *(f"s.{name} {same} t.{name}" for name in rest)])
    connection = target.connection()
    removed = connection.exec_driver_sql(
        f"DELETE FROM {ours} AS t WHERE NOT EXISTS (SELECT 1 FROM {theirs} AS s WHERE {same_row})"  # noqa: S608
    )
    added = connection.exec_driver_sql(
        f"INSERT INTO {ours} ({columns}) SELECT {columns} FROM {theirs} AS s "  # noqa: S608
        f"WHERE NOT EXISTS (SELECT 1 FROM {ours} AS t WHERE {same_key})"
    )
    return bool(removed.rowcount or added.rowcount)


def _theirs(source: Session, target: Session, table: Table) -> str:
    """The table of `source` as `target` calls it."""
    on_server = _is_postgresql(target)
    schema = str(source.scalar(select(func.current_schema()))) if on_server else _attached(source, target)
    return f"{_quote(schema)}.{_quote(table.name)}"


def _attached(source: Session, target: Session) -> str:
    """The name by which `target` sees the file of `source`; its connection ends with the transaction."""
    connection = target.connection()
    file = str(source.get_bind().engine.url.database)
    if _BESIDE not in {row[1] for row in connection.exec_driver_sql("PRAGMA database_list")}:
        connection.detach()
        connection.exec_driver_sql(f"ATTACH DATABASE ? AS {_BESIDE}", (file,))
    return _BESIDE


def one_of(session: Session, place: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """Condition: the text column has one of these values, however many, looked up in its index.

    PostgreSQL gets one array: joined with a list whose size it does not know, it would read whole tables
    that were filled a moment ago.
    """
    wanted = sorted(set(values))
    if _is_postgresql(session):
        return place == any_(bindparam(None, wanted, type_=ARRAY(Text())))
    given = values_list(session, "given", {"value": (Text(), wanted)})
    return place.in_(select(given.c.value))


def values_list(
    session: Session, name: str, columns: Mapping[str, tuple[TypeEngine[Any], Sequence[Any]]]
) -> FromClause:
    """A table of given values to join with, in one parameter per column: {column: (type, values)}.

    All value lists have the same length. For keys: text, numbers, dates; no bytes.
    """
    typed = [column(label, kind) for label, (kind, _) in columns.items()]
    if _is_postgresql(session):
        arrays = [bindparam(None, list(values), type_=ARRAY(kind)) for kind, values in columns.values()]
        return func.unnest(*arrays).table_valued(*typed, name=name).render_derived()
    dialect = session.get_bind().dialect
    processors = [kind.dialect_impl(dialect).bind_processor(dialect) for kind, _ in columns.values()]
    lists = [
        [process(value) for value in values] if process else list(values)
        for process, (_, values) in zip(processors, columns.values(), strict=True)
    ]
    document = orjson.dumps(list(zip(*lists, strict=True))).decode()
    each = func.json_each(document).table_valued("value")
    parts: list[ColumnElement[Any]] = [
        func.json_extract(each.c.value, f"$[{position}]", type_=kind).label(label)
        for position, (label, (kind, _)) in enumerate(columns.items())
    ]
    return select(*parts).subquery(name)


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


@lru_cache(maxsize=256)
def _unnest(table: Table, names: tuple[str, ...]) -> Select[Any]:
    arrays = [
        cast(bindparam(name, type_=Text()), ARRAY(Text()))
        if _is_text(table.c[name].type)
        else bindparam(name, type_=ARRAY(table.c[name].type))
        for name in names
    ]
    typed = [column(name, table.c[name].type) for name in names]
    source = func.unnest(*arrays).table_valued(*typed, with_ordinality="place_in_batch", name="given")
    source = source.render_derived()
    return select(*(source.c[name] for name in names)).order_by(source.c.place_in_batch)


def _arrays(table: Table, names: tuple[str, ...], rows: Sequence[Row]) -> dict[str, Any]:
    """A parameter per column. Text, which most columns are, costs the driver more than all the rest."""
    arrays: dict[str, Any] = {}
    for name in names:
        values = [row[name] for row in rows]
        arrays[name] = _text_array(values) if _is_text(table.c[name].type) else values
    return arrays


def _is_text(kind: TypeEngine[Any]) -> bool:
    return type(kind) in (String, Text)


def _text_array(values: Sequence[str | None]) -> str:
    """An array as PostgreSQL writes it: every text quoted, NULL bare.

    The texts are escaped all at once, parted by the one character that no text of PostgreSQL has.
    """
    joined = _NUL.join("" if value is None else value for value in values)
    if joined.count(_NUL) != len(values) - 1:
        raise ValueError("a text for PostgreSQL has no character 0")
    if '"' in joined or "\\" in joined:
        joined = joined.replace("\\", "\\\\").replace('"', '\\"')
    if None in values:
        quoted = (f'"{text}"' for text in joined.split(_NUL))
        pairs = zip(values, quoted, strict=True)
        return "{" + ",".join("NULL" if value is None else text for value, text in pairs) + "}"
    return '{"' + joined.replace(_NUL, '","') + '"}'


def _collect(into: set[Any], keys: Sequence[Any]) -> None:
    if keys and len(keys[0]) == 1:
        into.update(key[0] for key in keys)
    else:
        into.update(tuple(key) for key in keys)


def _tuples(
    session: Session, table: Table, names: tuple[str, ...], rows: Sequence[Row]
) -> list[tuple[Any, ...]]:
    """The rows as the driver wants them: values in the order of `names`, bound as the column types say."""
    processors = _processors(table, names, session.get_bind().dialect)
    if len(names) > 1 and not any(processors):
        return list(map(itemgetter(*names), rows))
    columns: list[Iterable[Any]] = []
    for name, process in zip(names, processors, strict=True):
        values = map(itemgetter(name), rows)
        columns.append(map(process, values) if process else values)
    return list(zip(*columns, strict=True))


@lru_cache(maxsize=256)
def _processors(table: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[Any, ...]:
    """What turns a value of each column into the driver's; None where that is the value itself."""
    return tuple(table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names)


@lru_cache(maxsize=256)
def _sqlite_insert(table: str, names: tuple[str, ...], rows: int = 1) -> str:
    row = "(" + ",".join("?" * len(names)) + ")"
    values = ",".join([row] * rows)
    return f"INSERT INTO {_quote(table)} ({_listed(names)}) VALUES {values}"  # noqa: S608 - our own names


@lru_cache(maxsize=256)
def _sqlite_ignore(table: str, names: tuple[str, ...], key: tuple[str, ...], rows: int) -> str:
    return f"{_sqlite_insert(table, names, rows)} ON CONFLICT DO NOTHING RETURNING {_listed(key)}"


@lru_cache(maxsize=256)
def _sqlite_upsert(table: str, names: tuple[str, ...], key: tuple[str, ...], newer: str, rows: int) -> str:
    changed = ",".join(f"{_quote(name)}=excluded.{_quote(name)}" for name in names if name not in key)
    return (
        f"{_sqlite_insert(table, names, rows)} ON CONFLICT ({_listed(key)}) DO UPDATE SET {changed} "
        f"WHERE excluded.{_quote(newer)} > {_quote(table)}.{_quote(newer)}"
    )


def _listed(names: Iterable[str]) -> str:
    return ",".join(map(_quote, names))


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _newest(rows: Sequence[Row], key: Sequence[str], newer: str) -> list[Row]:
    """The rows with the greatest `newer` per key, sorted by key: locks are taken in one order everywhere."""
    identities = list(map(itemgetter(*key), rows))
    best = dict(zip(identities, rows, strict=True))
    if len(best) < len(rows):
        best = {}
        for identity, row in zip(identities, rows, strict=True):
            if identity not in best or row[newer] > best[identity][newer]:
                best[identity] = row
    try:
        return [best[identity] for identity in sorted(best)]
    except TypeError:  # keys with None do not compare; their order is then the order of arrival
        return list(best.values())
