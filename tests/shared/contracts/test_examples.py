"""Golden examples: what was once on the wire loads for ever."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from shared import contracts
from shared.contracts import EVENT_TYPES, ContractViolation, Identity, decode, encode
from shared.contracts.compatibility import released_schemas

EXAMPLES = Path(contracts.__file__).parent / "examples"
BY_TYPE: dict[str, list[dict[str, Any]]] = {
    path.stem: orjson.loads(path.read_bytes()) for path in sorted(EXAMPLES.glob("*.json"))
}
ALL = [(name, place) for name, documents in BY_TYPE.items() for place in range(len(documents))]


def test_every_released_type_has_examples_and_no_example_is_an_orphan() -> None:
    assert set(BY_TYPE) == set(released_schemas()) == set(EVENT_TYPES)
    assert [name for name, documents in BY_TYPE.items() if not documents] == []


@pytest.mark.parametrize(("name", "place"), ALL)
def test_an_example_loads_and_is_written_the_same_again(name: str, place: int) -> None:
    document = BY_TYPE[name][place]
    envelope = decode(orjson.dumps(document))
    assert document["type"] == name
    assert envelope.subject == envelope.data.subject
    assert envelope.sequence == int(document["sequence"])
    written = orjson.loads(encode(envelope))
    known = {field.name for field in fields(envelope.data)}  # type: ignore[arg-type]
    assert {key: value for key, value in written.items() if key != "data"} == {
        key: value for key, value in document.items() if key != "data"
    }
    assert written["data"].keys() == known
    assert {key: written["data"][key] for key in document["data"]} == document["data"]


@pytest.mark.parametrize(("name", "place"), ALL)
def test_an_example_keeps_the_frozen_schema(name: str, place: int) -> None:
    Draft202012Validator(released_schemas()[name]).validate(BY_TYPE[name][place]["data"])


@pytest.mark.parametrize("name", sorted(BY_TYPE))
def test_some_example_fills_every_field(name: str) -> None:
    filled = {
        field for document in BY_TYPE[name] for field, value in document["data"].items() if value is not None
    }
    assert filled == set(released_schemas()[name]["properties"])


@pytest.mark.parametrize("name", sorted(BY_TYPE))
def test_an_event_loads_without_the_fields_that_later_versions_added(name: str) -> None:
    document = BY_TYPE[name][0]
    needed = released_schemas()[name]["required"]
    older = {**document, "data": {field: document["data"][field] for field in needed}}
    assert name == decode(orjson.dumps(older)).data.TYPE


@pytest.mark.parametrize("name", sorted(BY_TYPE))
def test_a_field_of_a_later_version_is_ignored_and_a_missing_one_is_refused(name: str) -> None:
    document = BY_TYPE[name][0]
    later = {**document, "data": {**document["data"], "added_later": 1}}
    assert decode(orjson.dumps(later)) == decode(orjson.dumps(document))
    first = released_schemas()[name]["required"][0]
    broken = {**document, "data": {k: v for k, v in document["data"].items() if k != first}}
    with pytest.raises(ContractViolation):
        decode(orjson.dumps(broken))


def test_people_in_examples_are_synthetic() -> None:
    for documents in BY_TYPE.values():
        for document in documents:
            text = document["data"].get("identity")
            if text and document["data"].get("key_id") is None:
                number = Identity.from_json(text).personal_number
                assert number is None or number.startswith("000")
