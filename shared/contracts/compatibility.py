"""The release gate of the contracts: what is on the wire for ever may only gain optional fields.

A topic keeps its history, so a reader of today meets events of every released version, and a reader not yet
deployed meets events of tomorrow. `released/<type>.json` freezes what a type promised: its closed JSON
Schema with topic, key and partition count. The one change allowed is a new optional field; anything else is
a new type, `.v2` beside `.v1`. Because nothing once released may go or change, comparing with the latest
frozen schema compares with all earlier ones too (BACKWARD_TRANSITIVE), and because new fields are optional
and readers ignore what they do not know, old readers read new events as well. That is also why an
enumeration may not even grow: a reader that is already deployed would refuse the new member.

`python -m shared.contracts.compatibility` checks (exit status 1 on a fault); with `--release` it freezes
new types and added fields, and still refuses the rest.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from shared.contracts import EVENT_TYPES, Event
from shared.contracts.schema import json_schema

RELEASED: Final = Path(__file__).parent / "released"

Schema = Mapping[str, Any]

_ROUTING: Final = ("x-topic", "x-key", "x-partitions")
_WORDS: Final = frozenset({"description", "title"})


def frozen_schema(event_type: type[Event]) -> dict[str, Any]:
    """What is frozen of a type: the schema that its writer keeps, and where its events lie in the log."""
    schema = json_schema(event_type, closed=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": schema["title"],
        "description": schema["description"],
        "type": "object",
        "x-topic": event_type.TOPIC.name,
        "x-key": list(event_type.KEY),
        "x-partitions": event_type.TOPIC.partitions,
        "required": sorted(schema.get("required", ())),
        "additionalProperties": False,
        "properties": schema["properties"],
    }


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """Why events under `new` and events under `old` could not share a type; empty when they can."""
    return [*_routing_changes(old, new), *_field_changes(old, new), *_added_fields(old, new)]


def released_schemas(folder: Path = RELEASED) -> dict[str, Schema]:
    """Every frozen schema, by type."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def faults(released: Mapping[str, Schema], current: Mapping[str, Schema]) -> list[str]:
    """Everything that stands between the current contracts and a release, one sentence each."""
    gone = [f"{name}: released, but no longer declared" for name in sorted(released.keys() - current.keys())]
    broken = [
        f"{name}: {change}"
        for name in sorted(released.keys() & current.keys())
        for change in breaking_changes(released[name], current[name])
    ]
    return gone + broken


def unreleased(released: Mapping[str, Schema], current: Mapping[str, Schema]) -> list[str]:
    """Types that are new, or differ (even in a description) from what is frozen."""
    return sorted(name for name in current if released.get(name) != current[name])


def current_schemas() -> dict[str, Schema]:
    """The schema of every declared type."""
    return {name: frozen_schema(event_type) for name, event_type in EVENT_TYPES.items()}


def main(arguments: Sequence[str]) -> int:
    """Check, and with `--release` freeze; returns the exit status."""
    released, current = released_schemas(), current_schemas()
    found = faults(released, current)
    for fault in found:
        print(fault, file=sys.stderr)
    pending = unreleased(released, current)
    if found:
        return 1
    if "--release" not in arguments:
        for name in pending:
            print(f"{name}: not frozen yet; run python -m shared.contracts.compatibility --release")
        return 1 if pending else 0
    for name in pending:
        text = json.dumps(current[name], ensure_ascii=False, indent=2)
        (RELEASED / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        print(f"{name}: frozen")
    return 0


def _routing_changes(old: Schema, new: Schema) -> Iterator[str]:
    for name in _ROUTING:
        if old.get(name) != new.get(name):
            yield f"{name} changed from {old.get(name)} to {new.get(name)}"
    if new.get("additionalProperties") is not False:
        yield "writers must stay closed (additionalProperties: false)"


def _field_changes(old: Schema, new: Schema) -> Iterator[str]:
    for name, was in old["properties"].items():
        now = new["properties"].get(name)
        if now is None:
            yield f"field {name} was removed"
            continue
        for keyword in sorted((was.keys() | now.keys()) - _WORDS):
            if was.get(keyword) != now.get(keyword):
                yield f"field {name}: {keyword} changed from {was.get(keyword)} to {now.get(keyword)}"
        if (name in old["required"]) != (name in new["required"]):
            yield f"field {name}: changed between required and optional"


def _added_fields(old: Schema, new: Schema) -> Iterator[str]:
    for name in new["properties"].keys() - old["properties"].keys():
        if name in new["required"]:
            yield f"field {name} was added as required"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
