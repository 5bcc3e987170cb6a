"""Records as tables that Splink reads, on DuckDB.

A table has `record` and `source`, the columns of `Features` and the blocking keys under the names that the
settings document uses. The frequency tables are registered as lookups, so that Splink weighs rarity by the
same numbers as the online scorer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from services.linkage.features import COLUMNS, LISTS, NUMBERS, Features, sql_type
from services.linkage.model.blocking import KEY_COLUMNS, key_table
from services.linkage.model.frequencies import Frequencies

if TYPE_CHECKING:
    import duckdb
    from splink import Linker

_BETWEEN = "\x1f"  # ASCII unit separator


class Column(NamedTuple):
    """A column of a table: its name, its SQL type, and how it is read from a frame."""

    name: str
    type: str
    reading: str


def load_frames(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[Column],
    frames: Iterable[pd.DataFrame],
) -> None:
    """Create a table and fill it frame by frame, so that the copy takes little memory beside it.

    A frame has what `columns` read, and the blocking keys, 0 where there is none (null in the table).
    """
    columns = [*columns, *(Column(key, "BIGINT", f"nullif({key}, 0)") for key in KEY_COLUMNS)]
    typed = ", ".join(f"{column.name} {column.type}" for column in columns)
    chosen = ", ".join(column.reading for column in columns)
    connection.execute(f"CREATE TABLE {table} ({typed})")
    for frame in frames:
        connection.register("records_to_load", frame)
        connection.execute(f"INSERT INTO {table} SELECT {chosen} FROM records_to_load")  # noqa: S608 our own names
        connection.unregister("records_to_load")


def load_records(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    *,
    records: Sequence[Features],
    ids: Sequence[str],
    sources: Sequence[str] | None = None,
    chunk: int = 100_000,
) -> None:
    """Create a table of these records; `ids` are unique, `sources` say where each is from.

    `chunk` bounds the memory that the copy takes beside the table.
    """

    def frame(start: int) -> pd.DataFrame:
        part = records[start : start + chunk]
        made = _frame(part)
        made["record"] = ids[start : start + chunk]
        made["source"] = sources[start : start + chunk] if sources is not None else "records"
        for key, values in zip(KEY_COLUMNS, key_table(part).T, strict=True):
            made[key] = values
        return made

    named = [Column(name, "VARCHAR", name) for name in ("record", "source")]
    columns = [Column(name, sql_type(name), _reading(name)) for name in COLUMNS]
    load_frames(connection, table, [*named, *columns], map(frame, range(0, len(records), chunk)))


def register_frequencies(linker: Linker, frequencies: Frequencies, records: Sequence[Features]) -> None:
    """Give Splink the frequency of every value that these records have."""
    database = linker._db_api
    for column in frequencies.tables:
        values = {getattr(record, column) for record in records} - {None}
        frame = frequency_frame(frequencies, column, values)
        linker.table_management.register_term_frequency_lookup(database.register(frame), column)


def frequency_frame(frequencies: Frequencies, column: str, values: Iterable[str]) -> pd.DataFrame:
    """The lookup table that Splink takes for a column: these values, each with its frequency."""
    rows = frequencies.lookup(column, values)
    return pd.DataFrame(
        {
            column: pd.Series([value for value, _ in rows], dtype="str"),
            f"tf_{column}": pd.Series([frequency for _, frequency in rows], dtype="float64"),
        }
    )


def _reading(column: str) -> str:
    if column in LISTS:
        return f"CASE WHEN {column} = '' THEN [] ELSE string_split({column}, chr({ord(_BETWEEN)})) END"
    return f"{column}::{sql_type(column)}"


def _frame(records: Sequence[Features]) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for column in COLUMNS:
        values = [getattr(record, column) for record in records]
        if column in NUMBERS:
            columns[column] = pd.array(values, dtype="Int64")
        elif column in LISTS:
            joined = [None if value is None else _BETWEEN.join(value) for value in values]
            columns[column] = np.array(joined, dtype=object)
        else:
            columns[column] = np.array(values, dtype=object)
    return pd.DataFrame(columns)
