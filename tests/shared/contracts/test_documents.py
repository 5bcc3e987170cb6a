"""The derived documents: AsyncAPI and the catalogue."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from shared.contracts import EVENT_TYPES, TOPICS, asyncapi, catalogue, school

DOCUMENT = asyncapi.document()


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def at(reference: str) -> Any:
    node: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def test_every_reference_leads_somewhere() -> None:
    found = list(references(DOCUMENT))
    assert len(found) > 100
    for reference in found:
        assert at(reference)


def test_every_topic_is_a_channel_with_its_retention_and_partitions() -> None:
    assert set(DOCUMENT["channels"]) == set(TOPICS)
    for name, channel in DOCUMENT["channels"].items():
        kafka = channel["bindings"]["kafka"]
        assert kafka["topic"] == channel["address"] == name
        assert kafka["partitions"] == TOPICS[name].partitions
        assert kafka["topicConfiguration"]["retention.ms"] == TOPICS[name].retention_ms
        assert channel["messages"]


def test_every_type_is_a_message_of_exactly_one_channel() -> None:
    used = [ref["$ref"] for channel in DOCUMENT["channels"].values() for ref in channel["messages"].values()]
    assert sorted(used) == sorted(f"#/components/messages/{name}" for name in EVENT_TYPES)


def test_one_owner_sends_and_the_readers_receive() -> None:
    operations = DOCUMENT["operations"]
    channel = {"$ref": "#/channels/noinghe.school.identity"}
    here = {name: one["action"] for name, one in operations.items() if one["channel"] == channel}
    assert here == {
        "school.sends.noinghe.school.identity": "send",
        "linkage.receives.noinghe.school.identity": "receive",
    }
    for operation in operations.values():
        prefix = operation["channel"]["$ref"] + "/messages/"
        assert all(message["$ref"].startswith(prefix) for message in operation["messages"])


def test_payloads_and_schemas_are_json_schemas() -> None:
    for message in DOCUMENT["components"]["messages"].values():
        Draft202012Validator.check_schema(message["payload"])
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_the_catalogue_is_current() -> None:
    current = catalogue.PAGE.read_text(encoding="utf-8")
    assert current == catalogue.page(), "run python -m shared.contracts.catalogue"


def test_the_catalogue_names_every_topic_type_field_and_unit() -> None:
    page = catalogue.page()
    for name in (*TOPICS, *EVENT_TYPES):
        assert name in page
    assert "| `wage_vnd_month` | integer | VND/month | no | Wage. |" in page
    assert f"`{school.IDENTITY.name}`](#noingheschoolidentity) | school | linkage | identities |" in page


def test_the_documents_are_written_where_asked(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "shared.contracts", str(tmp_path)], check=True, capture_output=True)
    assert json.loads((tmp_path / "asyncapi.json").read_text(encoding="utf-8")) == json.loads(
        json.dumps(DOCUMENT)
    )
    assert (tmp_path / "CATALOGUE.md").read_text(encoding="utf-8") == catalogue.page()
