"""The catalogue of events as a page for people: every topic, type and field, with units and readers.

`python -m shared.contracts.catalogue` writes `CATALOGUE.md` beside this module; a test keeps it current.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import MISSING, fields
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, get_type_hints

from shared.contracts import TOPICS, Event, Topic
from shared.contracts.asyncapi import types_of
from shared.contracts.identity import Identity
from shared.contracts.schema import unwrap

PAGE: Final = Path(__file__).parent / "CATALOGUE.md"

_DAY_MS: Final = 24 * 60 * 60 * 1000
_TYPE_NAMES: Final[dict[Any, str]] = {str: "text", int: "integer", bool: "boolean", date: "day"}


def page() -> str:
    """The catalogue in Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Catalogue of events"
    yield ""
    yield "Derived from the contracts: `python -m shared.contracts.catalogue` writes it. Do not edit."
    yield ""
    yield "| topic | publisher | heard by | plane | types | kept | partitions |"
    yield "|---|---|---|---|---|---|---|"
    topics = [TOPICS[name] for name in sorted(TOPICS)]
    for topic in topics:
        plane = "identities" if topic.identities else "no names"
        heard = ", ".join(sorted(topic.readers)) or "nobody"
        yield (
            f"| [`{topic.name}`](#{_anchor(topic.name)}) | {topic.owner} | {heard} | {plane} "
            f"| {len(types_of(topic))} | {_kept(topic)} | {topic.partitions} |"
        )
    for topic in topics:
        yield from _topic(topic)
    yield from _identity()


def _topic(topic: Topic) -> Iterator[str]:
    yield ""
    yield f"## {topic.name}"
    yield ""
    yield topic.description
    for event_type in types_of(topic):
        yield ""
        yield f"### {event_type.TYPE}"
        yield ""
        key = ", ".join(f"`{name}`" for name in event_type.KEY)
        yield f"{(event_type.__doc__ or '').strip()} Key: {key}."
        yield ""
        yield "| field | type | unit | needed | meaning |"
        yield "|---|---|---|---|---|"
        yield from _fields(event_type)


def _fields(event_type: type[Event]) -> Iterator[str]:
    hints = get_type_hints(event_type)
    for field in fields(event_type):  # type: ignore[arg-type]
        inner, _ = unwrap(hints[field.name])
        yield (
            f"| `{field.name}` | {_type_name(inner)} | {field.metadata['unit'] or ''} "
            f"| {'yes' if field.default is MISSING else 'no'} | {field.metadata['description']} |"
        )


def _identity() -> Iterator[str]:
    yield ""
    yield "## The `identity` field"
    yield ""
    yield "JSON text of `shared.contracts.identity.Identity`; every field may be missing:"
    yield ""
    yield ", ".join(f"`{field.name}`" for field in fields(Identity)) + "."


def _type_name(inner: Any) -> str:
    if isinstance(inner, type) and issubclass(inner, StrEnum):
        return " · ".join(f"`{member}`" for member in inner)
    return _TYPE_NAMES[inner]


def _kept(topic: Topic) -> str:
    return "for ever" if topic.retention_ms == -1 else f"{topic.retention_ms / _DAY_MS:g} days"


def _anchor(heading: str) -> str:
    """GitHub's anchor of a heading."""
    return heading.replace(".", "").lower()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
