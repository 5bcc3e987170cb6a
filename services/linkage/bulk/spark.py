"""The same settings on Spark, through Splink's own backend, for what one machine cannot hold.

Records and frequencies travel as Parquet files, which DuckDB writes and a cluster reads. `pyspark` is not
among the requirements: who has a cluster has it, and hands the session in. Only built-in functions of Spark
SQL are used (levenshtein, arrays_overlap), so Splink's Scala functions need not be installed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from splink import Linker
from splink.internals.database_api import DatabaseAPI

from services.linkage.bulk.tables import TABLE, frequencies_of, load
from services.linkage.files.records import Records
from services.linkage.model.batch import BatchScorer
from services.linkage.model.document import Document

if TYPE_CHECKING:
    from splink import SplinkDataFrame


def write_parquet(records: Records, scorer: BatchScorer, folder: Path) -> None:
    """Write `records.parquet` and, per column with frequencies, `tf_<column>.parquet` into the folder."""
    connection = duckdb.connect()
    try:
        load(connection, records, scorer.columns)
        connection.execute(f"COPY {TABLE} TO '{_quoted(folder / _RECORDS)}' (FORMAT parquet)")
        for column in scorer.document.frequency_columns:
            connection.register("frequencies", frequencies_of(records, scorer.frequencies, column))
            path = _quoted(folder / _frequencies(column))
            connection.execute(f"COPY frequencies TO '{path}' (FORMAT parquet)")
            connection.unregister("frequencies")
    finally:
        connection.close()


def predict_on_spark(spark: Any, folder: Path, document: Document) -> SplinkDataFrame:
    """Splink's prediction over what `write_parquet` wrote; `spark` is an open `SparkSession`.

    The columns of the answer: `record_l`, `record_r` (places of records), `match_weight` in bits.
    """
    from splink.backends.spark import SparkAPI  # noqa: PLC0415 needs pyspark

    settings = document.for_splink("spark")
    settings["link_type"] = "dedupe_only"
    settings["retain_intermediate_calculation_columns"] = False
    settings["retain_matching_columns"] = False
    database: DatabaseAPI[Any] = SparkAPI(  # type: ignore[no-untyped-call]
        spark_session=spark, register_udfs_automatically=False
    )
    table = database.register(spark.read.parquet(str(folder / _RECORDS)))
    linker = Linker(table, settings, log_level=None)
    for column in document.frequency_columns:
        frequencies = database.register(spark.read.parquet(str(folder / _frequencies(column))))
        linker.table_management.register_term_frequency_lookup(frequencies, column)
    return linker.inference.predict()


_RECORDS = "records.parquet"


def _frequencies(column: str) -> str:
    return f"tf_{column}.parquet"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
