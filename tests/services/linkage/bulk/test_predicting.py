from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.linkage.bulk.predicting import predict
from services.linkage.bulk.spark import predict_on_spark, write_parquet
from services.linkage.bulk.tables import without_oversize
from services.linkage.model.blocking import OVERSIZE
from tests.services.linkage.bulk.crowd import gathered, weighed, write_lists
from tests.services.linkage.files.offices import Office

EQUAL_BITS = 1e-6


def test_splink_finds_the_same_pairs_and_weighs_them_alike(tmp_path: Path) -> None:
    records, scorer = gathered(write_lists(tmp_path, people=300))
    ours = weighed(records, scorer)
    left, right, weight_bits = predict(records, scorer, progress=lambda step: None)
    assert len(ours) > 1_000
    assert np.array_equal(left, ours.left)
    assert np.array_equal(right, ours.right)
    assert np.max(np.abs(weight_bits - ours.scored.weight_bits)) < EQUAL_BITS
    seen = [set(ours.scored.levels[:, number].tolist()) for number in range(ours.scored.levels.shape[1])]
    assert sum(map(len, seen)) > 40  # many levels came up, so that their equality says something


def test_a_key_of_a_crowd_is_left_out_and_others_stay() -> None:
    keys = np.zeros((OVERSIZE + 2, 2), dtype=np.int64)
    keys[: OVERSIZE + 1, 0] = 7
    keys[:OVERSIZE, 1] = 8
    kept = without_oversize(keys)
    assert not kept[:, 0].any()
    assert np.array_equal(kept[:, 1], keys[:, 1])


def test_bulk_writes_what_the_engine_writes_and_tells_how_far_splink_is(office: Office) -> None:
    files = write_lists(office.folder, people=120)
    ours = office.link(*files)
    bulk = office.link(*files, more=("--bulk",))
    assert ours.report["splink_difference"] is None
    assert bulk.report["splink_difference"] < EQUAL_BITS
    assert [row["person_id"] for row in bulk.rows] == [row["person_id"] for row in ours.rows]
    assert len(ours.persons()) > 40
    for one, other in zip(ours.rows, bulk.rows, strict=True):
        assert abs(float(one["weight_bits"] or 0) - float(other["weight_bits"] or 0)) < 0.0002  # four places


@pytest.fixture
def spark(tmp_path: Path) -> Any:
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not among the requirements")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session = (
            sql.SparkSession.builder.master("local[1]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "1")
            .config("spark.default.parallelism", "1")
            .config("spark.sql.warehouse.dir", str(tmp_path / "warehouse"))
            .getOrCreate()
        )
        session.sparkContext.setCheckpointDir(str(tmp_path / "checkpoints"))
        yield session
        session.stop()


@pytest.mark.filterwarnings("default")
@pytest.mark.timeout(600)
def test_the_same_settings_give_the_same_weights_on_spark(spark: Any, tmp_path: Path) -> None:
    records, scorer = gathered(write_lists(tmp_path, people=60))
    write_parquet(records, scorer, tmp_path)
    predicted = predict_on_spark(spark, tmp_path, scorer.document).as_pandas_dataframe()
    ours = weighed(records, scorer)
    by_pair = {
        (min(row.record_l, row.record_r), max(row.record_l, row.record_r)): row.match_weight
        for row in predicted.itertuples()
    }
    assert len(by_pair) == len(ours) > 50
    for left, right, weight in zip(ours.left, ours.right, ours.scored.weight_bits, strict=True):
        assert abs(by_pair[int(left), int(right)] - weight) < EQUAL_BITS
