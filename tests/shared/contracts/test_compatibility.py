from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.contracts.compatibility import (
    breaking_changes,
    current_schemas,
    faults,
    released_schemas,
    unreleased,
)

OLD: dict[str, Any] = {
    "x-topic": "t",
    "x-key": ["a"],
    "x-partitions": 6,
    "required": ["a", "b"],
    "additionalProperties": False,
    "properties": {
        "a": {"type": "string", "description": "Key."},
        "b": {"type": "string", "enum": ["x", "y"]},
        "c": {"type": ["integer", "null"]},
    },
}


def changed(**at: Any) -> dict[str, Any]:
    """OLD with values replaced: `properties__b__enum=[...]`; None takes the place away."""
    schema = deepcopy(OLD)
    for path, value in at.items():
        *parents, last = path.replace("x_", "x-").split("__")
        node = schema
        for parent in parents:
            node = node[parent]
        if value is None:
            del node[last]
        else:
            node[last] = value
    return schema


def test_the_contracts_keep_every_promise_ever_released() -> None:
    assert faults(released_schemas(), current_schemas()) == []


def test_every_type_is_frozen_as_it_is() -> None:
    pending = unreleased(released_schemas(), current_schemas())
    assert pending == [], "run python -m shared.contracts.compatibility --release"


@pytest.mark.parametrize("name", sorted(released_schemas()))
def test_a_frozen_schema_is_a_schema(name: str) -> None:
    schema = released_schemas()[name]
    Draft202012Validator.check_schema(schema)
    assert schema["title"] == name


@pytest.mark.parametrize(
    "harmless",
    [
        changed(),
        changed(properties__a__description="Said better."),
        changed(properties__d={"type": ["string", "null"]}),
        changed(properties__d={"type": "boolean"}),
    ],
)
def test_words_and_optional_fields_may_change(harmless: dict[str, Any]) -> None:
    assert breaking_changes(OLD, harmless) == []


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (changed(properties__c=None), "field c was removed"),
        (changed(properties__a__type="integer"), "field a: type changed"),
        (changed(properties__c__type="integer"), "field c: type changed"),
        (changed(properties__a__type=["string", "null"]), "field a: type changed"),
        (changed(properties__b__enum=["x"]), "field b: enum changed"),
        (changed(properties__b__enum=["x", "y", "z"]), "field b: enum changed"),
        (changed(properties__a__format="date"), "field a: format changed"),
        (changed(properties__a__maxLength=9), "field a: maxLength changed"),
        (changed(required=["a", "b", "c"]), "field c: changed between"),
        (changed(required=["a"]), "field b: changed between"),
        (
            changed(required=["a", "b", "d"], properties__d={"type": "string"}),
            "field d was added as required",
        ),
        (changed(x_topic="u"), "x-topic changed"),
        (changed(x_key=["b"]), "x-key changed"),
        (changed(x_partitions=12), "x-partitions changed"),
        (changed(additionalProperties=True), "writers must stay closed"),
    ],
)
def test_everything_else_needs_a_new_type(broken: dict[str, Any], said: str) -> None:
    (found,) = breaking_changes(OLD, broken)
    assert said in found


def test_a_released_type_may_not_disappear() -> None:
    assert faults({"vn.noinghe.x.y.v1": OLD}, {}) == ["vn.noinghe.x.y.v1: released, but no longer declared"]


def test_a_new_or_reworded_type_waits_for_its_release() -> None:
    reworded = changed(properties__a__description="Said better.")
    assert unreleased({"t": OLD}, {"t": reworded, "u": OLD}) == ["t", "u"]
