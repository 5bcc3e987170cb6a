"""Records by columns as a table that Splink reads on DuckDB, and the frequencies it is to use.

The table has `record` (the place of the record), the columns that the model compares and the blocking keys.
Seals and masks are numbers there, texts are texts; a key under which too many records stand is left empty,
so that Splink makes the pairs that `pairing.candidate_pairs` makes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from services.linkage.features import LISTS, NUMBERS
from services.linkage.files.preparing import MASKS, SEALS, Ints
from services.linkage.files.records import Records
from services.linkage.model.batch import NULL
from services.linkage.model.blocking import KEY_COLUMNS, OVERSIZE
from services.linkage.model.frequencies import Frequencies
from services.linkage.model.tables import Column, frequency_frame, load_frames

if TYPE_CHECKING:
    import duckdb

TABLE = "records"
_CHUNK = 100_000


def load(connection: duckdb.DuckDBPyConnection, records: Records, columns: Sequence[str]) -> None:
    """Create the table `records` with these columns of the features."""
    place = Column("record", "BIGINT", "record")
    features = [Column(name, _type(name), _reading(name)) for name in columns]
    load_frames(
        connection, TABLE, [place, *features], _frames(records, without_oversize(records.keys), columns)
    )


def without_oversize(keys: Ints) -> Ints:
    """The keys, 0 where more than `OVERSIZE` records stand under one."""
    kept = keys.copy()
    for rule in range(keys.shape[1]):
        _, places, counts = np.unique(keys[:, rule], return_inverse=True, return_counts=True)
        kept[counts[places] > OVERSIZE, rule] = 0
    return kept


def frequencies_of(records: Records, frequencies: Frequencies, column: str) -> pd.DataFrame:
    """The lookup table that Splink takes for a column: every value of the records with its frequency."""
    texts = records.texts[records.group[column]]
    used = np.unique(records.codes[column])
    return frequency_frame(frequencies, column, [texts[code] for code in used[used != NULL].tolist()])


def _frames(records: Records, keys: Ints, columns: Sequence[str]) -> Iterator[pd.DataFrame]:
    for start in range(0, len(records), _CHUNK):
        rows = slice(start, min(start + _CHUNK, len(records)))
        data: dict[str, Any] = {"record": np.arange(rows.start, rows.stop)}
        for column in columns:
            if column in LISTS:
                for place in range(MASKS):
                    data[f"{column}_{place}"] = records.codes[column][rows, place]
            elif column in NUMBERS or column in SEALS:
                data[column] = records.codes[column][rows]
            else:
                data[column] = np.array(records.values(column, rows), dtype=object)
        for key, values in zip(KEY_COLUMNS, keys[rows].T, strict=True):
            data[key] = values
        yield pd.DataFrame(data)


def _type(column: str) -> str:
    if column in LISTS:
        return "BIGINT[]"
    return "BIGINT" if column in NUMBERS or column in SEALS else "VARCHAR"


def _reading(column: str) -> str:
    if column in LISTS:
        masks = ", ".join(f"{column}_{place}" for place in range(MASKS))
        return f"CASE WHEN {column}_0 = {NULL} THEN NULL ELSE [{masks}] END"
    if column in NUMBERS or column in SEALS:
        return f"nullif({column}, {NULL})"
    return f"{column}::VARCHAR"
