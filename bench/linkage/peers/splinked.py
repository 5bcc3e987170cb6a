"""Splink 5 on DuckDB, well tuned, and greedy assignment over its scores."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from splink import DuckDBAPI, Linker

from bench.linkage.answers import Answer, Deployed, components
from bench.linkage.judging import Floats, Ints
from bench.linkage.peers.assignment import assign
from bench.linkage.peers.splink_settings import (
    COLUMNS,
    DETERMINISTIC_RECALL,
    DETERMINISTIC_RULES,
    LEAST_M,
    TRAINING_RULES,
    settings,
)
from services.linkage.bulk.tables import TABLE, load
from services.linkage.files.records import Records

RANDOM_PAIRS = 5_000_000
DECLARED = 0.99
"""The probability at which a careful office would link automatically."""

DOUBLE_BITS = 12.0
"""From this weight on two records of one source look like one person entered twice (assignment)."""

_SEED = 20_261
_THRESHOLDS = tuple(float(bits) for bits in range(-4, 27))


def link(records: Records) -> dict[str, Answer]:
    """Train, predict and cluster; then assign over the same scores."""
    size = len(records)
    clock = _Clock()
    with tempfile.TemporaryDirectory(prefix="noinghe-splink-") as folder:
        connection = duckdb.connect(str(Path(folder) / "splink.duckdb"))
        try:
            connection.execute("SET preserve_insertion_order = false")
            connection.execute("SET enable_progress_bar = false")
            load(connection, records, COLUMNS)
            database = DuckDBAPI(connection)
            learnt = trained(database, TABLE)
            clock.lap("train")
            linker = Linker(database.register(TABLE), learnt, log_level=None)
            predicted = linker.inference.predict().physical_name
            left, right, weight = pairs_of(connection, str(predicted))
        finally:
            connection.close()
    sure = np.flatnonzero(_probability(weight) >= DECLARED)
    components(size, left[sure], right[sure])
    clock.lap("link")
    plain = Answer(
        left,
        right,
        weight,
        persons=lambda bits: components(size, left[weight >= bits], right[weight >= bits]),
        thresholds=_THRESHOLDS,
        deployed=Deployed(f"p ≥ {DECLARED}", left[sure], right[sure], _probability(weight[sure])),
        seconds=dict(clock.seconds),
    )
    assigned = _assigned(records, left, right, weight)
    clock.lap("assign")
    l_kept, r_kept, w_kept = left[assigned], right[assigned], weight[assigned]
    sure = np.flatnonzero(_probability(w_kept) >= DECLARED)
    return {
        "splink": plain,
        "splink + assignment": Answer(
            l_kept,
            r_kept,
            w_kept,
            persons=lambda bits: components(size, l_kept[w_kept >= bits], r_kept[w_kept >= bits]),
            thresholds=_THRESHOLDS,
            deployed=Deployed(f"p ≥ {DECLARED}", l_kept[sure], r_kept[sure], _probability(w_kept[sure])),
            seconds=dict(clock.seconds),
        ),
    }


def trained(database: DuckDBAPI, table: str) -> dict[str, Any]:
    """Settings learnt on the table: prior by deterministic rules, u by random sampling, m by EM."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    linker = Linker(database.register(table), settings(), log_level=None)
    linker.training.estimate_probability_two_random_records_match(
        list(DETERMINISTIC_RULES), recall=DETERMINISTIC_RECALL
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=RANDOM_PAIRS, seed=_SEED)
    for rule in TRAINING_RULES:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    return with_least_m(linker.misc.save_model_to_json())


def with_least_m(model: Mapping[str, Any]) -> dict[str, Any]:
    """The model with every m at least `LEAST_M`, and without an identifier (Splink names tables after it)."""
    found: dict[str, Any] = deepcopy(dict(model))
    found.pop("linker_uid", None)
    for comparison in found["comparisons"]:
        for level in comparison["comparison_levels"]:
            if not level.get("is_null_level"):
                level["m_probability"] = max(level.get("m_probability") or 0.0, LEAST_M)
    return found


def pairs_of(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[Ints, Ints, Floats]:
    """What Splink predicted: positions (left < right) and match weights in bits."""
    found = connection.execute(
        "SELECT least(record_l, record_r) AS l, greatest(record_l, record_r) AS r, match_weight AS w "
        f"FROM {table} ORDER BY l, r"
    ).fetchnumpy()
    return (
        np.asarray(found["l"], dtype=np.int64),
        np.asarray(found["r"], dtype=np.int64),
        np.asarray(found["w"], dtype=np.float64),
    )


class _Clock:
    """Seconds between laps."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.seconds[name] = now - self._last
        self._last = now


def _assigned(records: Records, left: Ints, right: Ints, weight: Floats) -> Ints:
    return assign(records.source.astype(np.int64), left, right, weight=weight, double=DOUBLE_BITS)


def _probability(bits: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp2(-bits))
