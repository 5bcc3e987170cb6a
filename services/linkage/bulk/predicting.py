"""Splink's own predict over all records: the same settings document, the same frequencies, the same weights.

Splink blocks and weighs; it tells a level only together with every text that it compared, which for millions
of pairs is too wide a table. So levels come from the batch scorer, which reads them off the same document,
and what the two weigh is compared on every pair: the difference is told, and a test holds it under 1e-6 bits.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
from splink import DuckDBAPI, Linker

from services.linkage.bulk.tables import TABLE, frequencies_of, load
from services.linkage.files.preparing import Ints
from services.linkage.files.records import Records
from services.linkage.model.batch import BatchScorer

STEPS = 3
_FILE = "bulk.duckdb"
_ROWS_AT_ONCE = 1_000_000


def predict(
    records: Records, scorer: BatchScorer, *, progress: Callable[[int], None]
) -> tuple[Ints, Ints, npt.NDArray[np.float64]]:
    """Positions of the pairs (left < right, sorted) and their match weights in bits.

    `progress` hears which of `STEPS` is done. Works in a temporary folder that is gone afterwards: what
    does not fit into memory goes to disk there.
    """
    with tempfile.TemporaryDirectory(prefix="noinghe-bulk-") as folder:
        connection = duckdb.connect(str(Path(folder) / _FILE))
        try:
            connection.execute("SET preserve_insertion_order = false")
            load(connection, records, scorer.columns)
            progress(1)
            predicted = _predicted(connection, records, scorer)
            progress(2)
            found = _sorted(connection, predicted, count=_count(connection, predicted))
            progress(3)
            return found
        finally:
            connection.close()


def linker_over(database: DuckDBAPI, records: Records, scorer: BatchScorer) -> Linker:
    """A linker over the loaded table, with the scorer's document and frequencies."""
    settings = scorer.document.for_splink()
    settings["link_type"] = "dedupe_only"  # one table: pairs inside a source count as those of two do
    settings["retain_intermediate_calculation_columns"] = False
    settings["retain_matching_columns"] = False
    linker = Linker(database.register(TABLE), settings, log_level=None)
    for column in scorer.document.frequency_columns:
        frame = frequencies_of(records, scorer.frequencies, column)
        linker.table_management.register_term_frequency_lookup(database.register(frame), column)
    return linker


def _predicted(connection: duckdb.DuckDBPyConnection, records: Records, scorer: BatchScorer) -> str:
    linker = linker_over(DuckDBAPI(connection), records, scorer)
    return str(linker.inference.predict().physical_name)


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    counted = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 Splink's own name
    return int(counted[0]) if counted else 0


def _sorted(
    connection: duckdb.DuckDBPyConnection, table: str, *, count: int
) -> tuple[Ints, Ints, npt.NDArray[np.float64]]:
    left, right, weight = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count)
    cursor = connection.execute(
        "SELECT least(record_l, record_r) AS l, greatest(record_l, record_r) AS r, match_weight AS w "  # noqa: S608
        f"FROM {table}"
    )
    start = 0
    while len(frame := cursor.fetch_df_chunk(_ROWS_AT_ONCE // 2048)):
        part = slice(start, start + len(frame))
        left[part], right[part], weight[part] = frame["l"], frame["r"], frame["w"]
        start += len(frame)
    order = np.lexsort((right, left))
    return left[order], right[order], weight[order]
