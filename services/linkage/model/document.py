"""The settings document: one Splink 5 settings file that is the whole model, read, checked, hashed.

Online scoring, batch scoring, training and Splink itself read this one file. What a level weighs follows
Splink's own rule (`splink.internals.comparison_level`): log2(m/u) bits, and where the level has a term
frequency column `weight * (log2 u - log2 tf)` bits besides, with the greater tf of the two records and u of
the level itself (`disable_tf_exact_match_detection`) or of the comparison's exact match on that column.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from importlib import resources
from math import log2
from typing import Any, Literal

from services.linkage.features import COLUMNS
from services.linkage.model.blocking import KEY_COLUMNS
from services.linkage.model.conditions import Column, Compare, Condition, columns_of, for_spark, parse
from shared.errors import Invalid

COMPARISONS = ("number", "number_check", "name", "birth", "sex", "place", "parents", "phone", "student")
"""The comparisons in their fixed order: `Scored.levels` has this shape."""

_ELSE = "ELSE"
_KEY_RULE = "l.{key} = r.{key}"
_MOST_SURE = 1.0 + 1e-9


class BadDocument(Invalid):
    """The settings document cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class TermFrequency:
    """How a level weighs rarity: `weight * (log2_u - log2 tf)` bits, tf at least `minimum`."""

    column: str
    weight: float
    log2_u: float
    minimum: float


@dataclass(frozen=True, slots=True)
class Level:
    """One comparison level. `condition` None: everything else. `value`: Splink's gamma, -1 for a null level.

    `bits` is log2(m/u), 0 for a null level; `frequency` None: no term frequency adjustment. What is fixed is
    not trained: how often two people share a number is no matter of the file at hand.
    """

    label: str
    condition: Condition | None
    value: int
    m: float | None
    u: float | None
    bits: float
    frequency: TermFrequency | None
    fixed_m: bool = True
    fixed_u: bool = True


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison: its levels from the best to "else", the null levels first."""

    name: str
    description: str
    levels: tuple[Level, ...]

    def level(self, value: int) -> Level:
        """The level with this gamma; several null levels share -1, the first is given."""
        return next(level for level in self.levels if level.value == value)


@dataclass(frozen=True, slots=True)
class Document:
    """A checked settings document. `settings`: the JSON as read; `prior_bits`: the weight before evidence."""

    settings: Mapping[str, Any]
    version: str
    hash: str
    prior_bits: float
    comparisons: tuple[Comparison, ...]

    @property
    def frequency_columns(self) -> tuple[str, ...]:
        """The columns for which the model needs a frequency table, sorted."""
        found = {
            level.frequency.column
            for comparison in self.comparisons
            for level in comparison.levels
            if level.frequency
        }
        return tuple(sorted(found))

    def comparison(self, name: str) -> Comparison:
        """The comparison of that name; KeyError where there is none."""
        for comparison in self.comparisons:
            if comparison.name == name:
                return comparison
        raise KeyError(name)

    def for_splink(self, dialect: Literal["duckdb", "spark"] = "duckdb") -> dict[str, Any]:
        """A fresh settings dictionary for Splink; engines differ in how the overlap of lists is spelt."""
        settings: dict[str, Any] = deepcopy(dict(self.settings))
        settings.pop("linker_uid", None)  # Splink names cached tables after it: it must not repeat
        if dialect == "spark":
            for comparison in settings["comparisons"]:
                for level in comparison["comparison_levels"]:
                    if level["sql_condition"] != _ELSE:
                        level["sql_condition"] = for_spark(level["sql_condition"])
        return settings

    def to_json(self) -> str:
        """The document as a file: readable, ending with a line break."""
        return json.dumps(self.settings, ensure_ascii=False, indent=2) + "\n"


def shipped() -> Document:
    """The document that comes with the software."""
    text = resources.files(__package__).joinpath("settings.json").read_text(encoding="utf-8")
    return from_json(text)


def from_json(text: str) -> Document:
    """Read and check a document; `BadDocument` says what is wrong with it."""
    try:
        settings = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadDocument(f"Tệp mô hình không phải JSON: {error}") from error
    return from_settings(settings)


def from_settings(settings: Mapping[str, Any]) -> Document:
    """Check a settings dictionary and read it; `BadDocument` says what is wrong with it."""
    try:
        names = tuple(entry["output_column_name"] for entry in settings["comparisons"])
        if names != COMPARISONS:
            raise BadDocument(f"Các phép so sánh phải là {', '.join(COMPARISONS)}; tệp có {', '.join(names)}")
        comparisons = tuple(_comparison(entry) for entry in settings["comparisons"])
        prior = float(settings["probability_two_random_records_match"])
        rules = tuple(entry["blocking_rule"] for entry in settings["blocking_rules_to_generate_predictions"])
        version = str(settings["linker_uid"])
    except (KeyError, TypeError, AttributeError) as error:
        raise BadDocument(f"Tệp mô hình thiếu hoặc sai mục: {error}") from error
    if rules != tuple(_KEY_RULE.format(key=key) for key in KEY_COLUMNS):
        raise BadDocument(f"Cần đúng {len(KEY_COLUMNS)} luật chặn, từ l.key_01 = r.key_01")
    if not 0 < prior < 1:
        raise BadDocument("Xác suất hai bản ghi bất kỳ là một người phải nằm giữa 0 và 1")
    return Document(
        settings=deepcopy(dict(settings)),
        version=version,
        hash=hash_of(settings),
        prior_bits=log2(prior / (1 - prior)),
        comparisons=comparisons,
    )


def hash_of(content: Any) -> str:
    """SHA-256 (hex) of the canonical JSON of a value: keys sorted, no spaces, UTF-8."""
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _comparison(entry: Mapping[str, Any]) -> Comparison:
    name = entry["output_column_name"]
    raw = entry["comparison_levels"]
    nulls = [bool(level.get("is_null_level")) for level in raw]
    if not nulls or not nulls[0] or nulls != sorted(nulls, reverse=True):
        raise BadDocument(f"{name}: các mức thiếu dữ liệu phải đứng đầu")
    if [i for i, level in enumerate(raw) if level["sql_condition"] == _ELSE] != [len(raw) - 1]:
        raise BadDocument(f"{name}: mức cuối, và chỉ mức cuối, là ELSE")
    conditions = [_condition(name, level) for level in raw]
    value = len(raw) - sum(nulls)
    levels = []
    for level, condition in zip(raw, conditions, strict=True):
        is_null = bool(level.get("is_null_level"))
        value -= 0 if is_null else 1
        levels.append(_level(name, level, condition, value=-1 if is_null else value, all_levels=raw))
    return Comparison(name, entry.get("comparison_description", name), tuple(levels))


def _condition(name: str, level: Mapping[str, Any]) -> Condition | None:
    if level["sql_condition"] == _ELSE:
        return None
    condition = parse(level["sql_condition"])
    unknown = {column.name for column in columns_of(condition)} - set(COLUMNS)
    if unknown:
        raise BadDocument(f"{name}: không có cột {', '.join(sorted(unknown))}")
    return condition


def _level(
    name: str,
    level: Mapping[str, Any],
    condition: Condition | None,
    *,
    value: int,
    all_levels: list[Mapping[str, Any]],
) -> Level:
    label = level.get("label_for_charts")
    if not label:
        raise BadDocument(f"{name}: mức {level['sql_condition']} không có nhãn")
    if value == -1:
        return Level(label, condition, value, None, None, 0.0, None)
    m, u = level["m_probability"], level["u_probability"]
    if not (0 < m <= _MOST_SURE and 0 < u <= _MOST_SURE):
        raise BadDocument(f"{name}, {label}: m và u phải lớn hơn 0 và không quá 1")
    frequency = _frequency(name, level, all_levels) if condition else None
    fixed_m, fixed_u = bool(level.get("fix_m_probability")), bool(level.get("fix_u_probability"))
    return Level(label, condition, value, m, u, log2(m / u), frequency, fixed_m, fixed_u)


def _frequency(
    name: str, level: Mapping[str, Any], all_levels: list[Mapping[str, Any]]
) -> TermFrequency | None:
    column = level.get("tf_adjustment_column")
    weight = float(level.get("tf_adjustment_weight", 1.0))
    if column is None or weight == 0:
        return None
    if column not in COLUMNS:
        raise BadDocument(f"{name}: không có cột tần suất {column}")
    centre = level
    if not level.get("disable_tf_exact_match_detection"):
        centre = _exact_match_on(column, name, all_levels)
    minimum = float(level.get("tf_minimum_u_value", 0.0))
    return TermFrequency(column, weight, log2(centre["u_probability"]), minimum)


def _exact_match_on(column: str, name: str, all_levels: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The first level that says no more than `column_l = column_r`, as Splink looks for it."""
    exact = Compare("=", Column(column, "l"), Column(column, "r"))
    turned = Compare("=", Column(column, "r"), Column(column, "l"))
    for level in all_levels:
        if level["sql_condition"] != _ELSE and parse(level["sql_condition"]) in (exact, turned):
            return level
    raise BadDocument(f"{name}: không có mức bằng nhau theo cột {column} để hiệu chỉnh tần suất")
