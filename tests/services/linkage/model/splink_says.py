"""What Splink itself gives for pairs of records: the reference that our scorers must agree with."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
from splink import DuckDBAPI, Linker

from services.linkage.features import Features
from services.linkage.model.document import COMPARISONS, Document
from services.linkage.model.frequencies import Frequencies
from services.linkage.model.tables import load_records, register_frequencies


def predicted(
    document: Document, frequencies: Frequencies, pairs: Sequence[tuple[Features, Features]]
) -> list[tuple[float, tuple[int, ...], float]]:
    """Weight, gamma levels and name rarity of each pair, by `linker.inference.predict` on DuckDB."""
    settings = document.for_splink()
    settings["link_type"] = "link_only"
    settings["retain_intermediate_calculation_columns"] = True
    settings["blocking_rules_to_generate_predictions"] = [{"blocking_rule": "l.record = r.record"}]
    settings["retain_matching_columns"] = True
    connection = duckdb.connect()
    database = DuckDBAPI(connection)
    ids = [str(number) for number in range(len(pairs))]
    tables = []
    for side, name in enumerate(("a", "b")):
        records = [pair[side] for pair in pairs]
        load_records(connection, name, records=records, ids=ids, sources=[name] * len(ids))
        tables.append(database.register(name, dataset_display_name=name))
    linker = Linker(tables, settings, log_level=None)
    register_frequencies(linker, frequencies, [record for pair in pairs for record in pair])
    found = linker.inference.predict().as_record_list()
    connection.close()
    gammas = [f"gamma_{name}" for name in COMPARISONS]
    by_pair = {
        int(entry["record_l"]): (
            float(entry["match_weight"]),
            tuple(int(entry[gamma]) for gamma in gammas),
            float(entry["mw_tf_adj_name"]),
        )
        for entry in found
    }
    return [by_pair[number] for number in range(len(pairs))]
