"""Splink's comparisons for Vietnamese people, as a careful user of Splink would write them.

Each comparison is independent of the others, as Fellegi and Sunter have it: what Splink's own documentation
advises, over the columns that our repair gives (so the peer has the same normaliser, the same units of the
reform, the same parts of names). m and u are learnt on the set itself.
"""

from __future__ import annotations

from typing import Any

from services.linkage.model.blocking import KEY_COLUMNS

Level = tuple[str, str | None]
"""A condition, and the column whose term frequency adjusts it."""

COMPARISONS: dict[str, tuple[str, tuple[Level, ...]]] = {
    "number": (
        "number_l IS NULL OR number_r IS NULL",
        (
            ("number_l = number_r", None),
            ("list_has_any(number_masks_l, number_masks_r)", None),
            ("number_sorted_l = number_sorted_r", None),
        ),
    ),
    "name": (
        "name_l IS NULL OR name_r IS NULL",
        (
            ("name_marked_l = name_marked_r", "name"),
            ("name_l = name_r", "name"),
            ("name_sorted_l = name_sorted_r", None),
            ("levenshtein(name_l, name_r) <= 1", None),
            ("family_l = family_r AND given_l = given_r", "given"),
            ("initials_l = initials_r AND given_l = given_r", "given"),
            ("levenshtein(name_l, name_r) <= 3", None),
            ("given_l = given_r", "given"),
            ("family_l = family_r", "family"),
        ),
    ),
    "dob": (
        "birth_year_l IS NULL OR birth_year_r IS NULL",
        (
            ("dob_l = dob_r AND nominal_l = 0", None),
            ("dob_l = dob_r", None),
            ("dob_l = dob_swapped_r OR dob_swapped_l = dob_r", None),
            ("levenshtein(dob_l, dob_r) <= 1", None),
            ("birth_year_l = birth_year_r AND (nominal_l = 1 OR nominal_r = 1)", None),
            ("birth_monthday_l = birth_monthday_r AND nominal_l = 0", None),
            ("birth_year_l = birth_year_r", None),
            ("levenshtein(dob_l, dob_r) <= 2", None),
            ("abs(birth_year_l - birth_year_r) <= 1", None),
        ),
    ),
    "sex": ("sex_l IS NULL OR sex_r IS NULL", (("sex_l = sex_r", None),)),
    "people": ("ethnic_l IS NULL OR ethnic_r IS NULL", (("ethnic_l = ethnic_r", "ethnic"),)),
    "place": (
        "province_l IS NULL OR province_r IS NULL",
        (
            ("home_l = home_r", "home"),
            ("commune_l = commune_r OR split_l = split_r", "commune"),
            ("village_l = village_r AND province_l = province_r", None),
            ("district_l = district_r", None),
            ("province_l = province_r", None),
        ),
    ),
    "parents": (
        "(mother_l IS NULL OR mother_r IS NULL) AND (father_l IS NULL OR father_r IS NULL)",
        (
            ("parents_l = parents_r", None),
            ("mother_l = mother_r AND levenshtein(father_l, father_r) <= 2", "mother"),
            ("father_l = father_r AND levenshtein(mother_l, mother_r) <= 2", "father"),
            ("mother_l = mother_r AND (father_l IS NULL OR father_r IS NULL)", "mother"),
            ("father_l = father_r AND (mother_l IS NULL OR mother_r IS NULL)", "father"),
            ("mother_l = mother_r OR father_l = father_r", None),
            ("levenshtein(mother_l, mother_r) <= 2 OR levenshtein(father_l, father_r) <= 2", None),
        ),
    ),
    "phone": (
        "phone_l IS NULL OR phone_r IS NULL",
        (("phone_l = phone_r", None), ("levenshtein(phone_l, phone_r) <= 1", None)),
    ),
    "student": (
        "student_l IS NULL OR student_r IS NULL",
        (("student_l = student_r", None), ("levenshtein(student_l, student_r) <= 1", None)),
    ),
}

TRAINING_RULES = (
    "l.number = r.number",
    "l.name = r.name AND l.birth_year = r.birth_year",
    "l.dob = r.dob AND l.commune = r.commune",
    "l.mother = r.mother AND l.father = r.father AND l.given = r.given",
)
"""Rules of the sessions of expectation maximisation; together they leave every comparison free."""

DETERMINISTIC_RULES = (
    "l.number = r.number",
    "l.student = r.student AND l.given = r.given",
    "l.name = r.name AND l.dob = r.dob AND l.sex = r.sex",
)
"""Rules whose pairs are nearly all true: from their number Splink estimates how rare a match is."""

LEAST_M = 0.002
"""EM gives a level that its sessions hardly saw an m near 0, hundreds of bits against a pair; a careful
user sees that in the chart and sets such an m by hand."""

DETERMINISTIC_RECALL = 0.85

COLUMNS = (
    "number", "number_masks", "number_sorted", "name", "name_marked", "name_sorted", "family", "given",
    "initials", "dob", "dob_swapped", "birth_year", "birth_monthday", "nominal", "sex", "ethnic", "home",
    "village", "commune", "split", "district", "province", "mother", "father", "parents", "phone", "student",
)  # fmt: skip
"""The columns of the features that these comparisons and rules read."""


def settings() -> dict[str, Any]:
    """The settings for Splink; the blocking keys are those of our own document."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record",
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
        "comparisons": [_comparison(name, null, levels) for name, (null, levels) in COMPARISONS.items()],
        "blocking_rules_to_generate_predictions": [f"l.{key} = r.{key}" for key in KEY_COLUMNS],
    }


def _comparison(name: str, null: str, levels: tuple[Level, ...]) -> dict[str, Any]:
    found: list[dict[str, Any]] = [{"sql_condition": null, "label_for_charts": "null", "is_null_level": True}]
    for condition, column in levels:
        level: dict[str, Any] = {"sql_condition": condition, "label_for_charts": condition}
        if column is not None:
            level |= {"tf_adjustment_column": column, "disable_tf_exact_match_detection": True}
        found.append(level)
    found.append({"sql_condition": "ELSE", "label_for_charts": "else"})
    return {"output_column_name": name, "comparison_levels": found}
