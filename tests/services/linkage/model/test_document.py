from __future__ import annotations

import json
from copy import deepcopy
from math import log2
from typing import Any

import pytest

from services.linkage.model import document as documents
from services.linkage.model.document import COMPARISONS, BadDocument


def settings() -> dict[str, Any]:
    return deepcopy(dict(documents.shipped().settings))


def level(made: dict[str, Any], comparison: str, place: int) -> dict[str, Any]:
    entry = next(c for c in made["comparisons"] if c["output_column_name"] == comparison)
    found: dict[str, Any] = entry["comparison_levels"][place]
    return found


def test_the_shipped_document_has_the_nine_comparisons_and_says_what_every_level_is() -> None:
    shipped = documents.shipped()
    assert tuple(comparison.name for comparison in shipped.comparisons) == COMPARISONS
    for comparison in shipped.comparisons:
        labels = [each.label for each in comparison.levels]
        assert len(set(labels)) == len(labels), comparison.name
        assert comparison.levels[0].value == -1
        assert comparison.levels[-1].value == 0


def test_the_weight_of_a_level_is_log2_of_m_over_u() -> None:
    made = settings()
    level(made, "sex", 1).update(m_probability=0.96, u_probability=0.48)
    made["probability_two_random_records_match"] = 1 / 1025
    read = documents.from_settings(made)
    assert read.comparison("sex").level(1).bits == pytest.approx(1.0)
    assert read.prior_bits == pytest.approx(-10.0)


def test_a_fuzzy_level_is_centred_on_the_exact_match_of_its_column() -> None:
    """As Splink does: for "same syllables, other order" that is "equal without marks"."""
    shipped = documents.shipped().comparison("name")
    exact = next(each for each in shipped.levels if each.label == "giống khi bỏ dấu")
    order = next(each for each in shipped.levels if each.label == "cùng âm tiết, khác thứ tự")
    assert exact.u is not None
    assert order.frequency is not None
    assert order.frequency.log2_u == pytest.approx(log2(exact.u))


def test_the_hash_is_of_the_content_not_of_the_writing() -> None:
    shipped = documents.shipped()
    compact = json.dumps(shipped.settings, sort_keys=True)
    assert documents.from_json(compact).hash == shipped.hash == documents.from_json(shipped.to_json()).hash
    made = settings()
    level(made, "sex", 1)["m_probability"] = 0.5
    assert documents.from_settings(made).hash != shipped.hash


def test_the_settings_for_spark_differ_in_the_overlap_alone() -> None:
    shipped = documents.shipped()
    duckdb, spark = shipped.for_splink(), shipped.for_splink("spark")
    assert "list_has_any" in json.dumps(duckdb)
    assert "list_has_any" not in json.dumps(spark)
    assert "arrays_overlap(number_masks_l, number_masks_r)" in json.dumps(spark)
    assert "linker_uid" not in spark


def _unknown_column(made: dict[str, Any]) -> None:
    level(made, "sex", 1)["sql_condition"] = "gender_l = gender_r"


def _no_label(made: dict[str, Any]) -> None:
    del level(made, "sex", 1)["label_for_charts"]


def _no_else(made: dict[str, Any]) -> None:
    level(made, "sex", 2)["sql_condition"] = "sex_l <> sex_r"


def _no_null(made: dict[str, Any]) -> None:
    del level(made, "sex", 0)["is_null_level"]


def _impossible(made: dict[str, Any]) -> None:
    level(made, "sex", 1)["m_probability"] = 0.0


def _other_order(made: dict[str, Any]) -> None:
    made["comparisons"].reverse()


def _other_rule(made: dict[str, Any]) -> None:
    made["blocking_rules_to_generate_predictions"][3]["blocking_rule"] = "l.name = r.name"


def _no_prior(made: dict[str, Any]) -> None:
    made["probability_two_random_records_match"] = 1.0


def _no_version(made: dict[str, Any]) -> None:
    del made["linker_uid"]


def _no_centre(made: dict[str, Any]) -> None:
    level(made, "place", 3)["disable_tf_exact_match_detection"] = False


def _other_frequency(made: dict[str, Any]) -> None:
    level(made, "name", 1)["tf_adjustment_column"] = "surname"


@pytest.mark.parametrize(
    "break_it",
    [
        _unknown_column,
        _no_label,
        _no_else,
        _no_null,
        _impossible,
        _other_order,
        _other_rule,
        _no_prior,
        _no_version,
        _no_centre,
        _other_frequency,
    ],
)
def test_a_document_that_would_not_work_is_refused(break_it: Any) -> None:
    made = settings()
    break_it(made)
    with pytest.raises(BadDocument):
        documents.from_settings(made)


def test_a_file_that_is_no_json_is_refused() -> None:
    with pytest.raises(BadDocument, match="không phải JSON"):
        documents.from_json("{")
