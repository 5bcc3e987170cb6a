"""What Splink itself gives for pairs of records: the reference that our scorers must agree with."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pandas as pd
from splink import DuckDBAPI, Linker

from services.linkage.features import COLUMNS, Features, row, sql_type
from services.linkage.model.document import COMPARISONS, Document
from services.linkage.model.frequencies import Frequencies


def predicted(
    document: Document, frequencies: Frequencies, pairs: Sequence[tuple[Features, Features]]
) -> list[tuple[float, tuple[int, ...], float]]:
    """Weight, gamma levels and name rarity of each pair, by `linker.inference.predict` on DuckDB."""
    settings = document.for_splink()
    settings["link_type"] = "link_only"
    settings["retain_intermediate_calculation_columns"] = True
    settings["retain_matching_columns"] = True
    settings["blocking_rules_to_generate_predictions"] = [{"blocking_rule": "l.pair = r.pair"}]
    connection = duckdb.connect()
    database = DuckDBAPI(connection)
    types = ", ".join(f"{column} {sql_type(column)}" for column in COLUMNS)
    marks = ", ".join("?" for _ in range(len(COLUMNS) + 3))
    tables = []
    for side in (0, 1):
        connection.execute(f"CREATE TABLE side{side} (record INTEGER, source VARCHAR, pair INTEGER, {types})")
        rows = [
            (number, "ab"[side], number, *(list(v) if isinstance(v, tuple) else v for v in row(pair[side])))
            for number, pair in enumerate(pairs)
        ]
        connection.executemany(f"INSERT INTO side{side} VALUES ({marks})", rows)  # noqa: S608 fixed names
        tables.append(database.register(f"side{side}", dataset_display_name="ab"[side]))
    linker = Linker(tables, settings, log_level=None)
    for column in document.frequency_columns:
        values = {getattr(record, column) for pair in pairs for record in pair} - {None}
        frequent = frequencies.lookup(column, values) or [("", 1.0)]
        frame = pd.DataFrame(frequent, columns=[column, f"tf_{column}"])
        linker.table_management.register_term_frequency_lookup(database.register(frame), column)
    found = linker.inference.predict().as_record_list()
    gammas = [f"gamma_{name}" for name in COMPARISONS]
    by_pair = {
        entry["record_l"]: (
            float(entry["match_weight"]),
            tuple(int(entry[gamma]) for gamma in gammas),
            float(entry["mw_tf_adj_name"]),
        )
        for entry in found
    }
    return [by_pair[number] for number in range(len(pairs))]
