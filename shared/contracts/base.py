"""How an event type is declared: one frozen dataclass, from which everything else is derived.

    @event(fact="completion_recorded", topic=SCHOOL_CONTENT, key=("record_ref",))
    class CompletionRecorded(Event):
        '''A school completion was recorded or corrected.'''
        record_ref: str = described("Random reference of the source row.")

The decorator freezes the class, gives it its CloudEvents type `vn.noinghe.<owner>.<fact>.v<version>`
and registers it. Allowed field types: str, int, bool, date, StrEnum, and each of them `| None`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar, dataclass_transform


@dataclass(frozen=True, slots=True)
class Topic:
    """A named, partitioned stream of the event log.

    `partitions` is fixed for ever (adding some would move keys). `retention_ms` -1 keeps history for ever.
    `identities` marks the nominal plane: only the services in `readers` may hear it.
    """

    name: str
    owner: str
    description: str
    readers: frozenset[str]
    identities: bool = False
    partitions: int = 6
    retention_ms: int = -1


class Event:
    """Base of all event payloads. Frozen, slotted, keyword-only."""

    __slots__ = ()

    TYPE: ClassVar[str]
    TOPIC: ClassVar[Topic]
    KEY: ClassVar[tuple[str, ...]]
    COMMUTATIVE: ClassVar[bool]

    @property
    def subject(self) -> str:
        """The aggregate that this event is about; the key by which order is kept."""
        return "/".join(str(getattr(self, name) or "") for name in self.KEY)


EVENT_TYPES: dict[str, type[Event]] = {}
"""Every declared event type by its CloudEvents `type`."""

TOPICS: dict[str, Topic] = {}
"""Every topic that some event type uses, by name."""

E = TypeVar("E", bound=Event)


def described(description: str, *, unit: str | None = None, default: Any = ...) -> Any:
    """A dataclass field with its meaning (and unit); optional fields pass `default=None`."""
    metadata = {"description": description, "unit": unit}
    if default is ...:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(described, field))
def event(
    *, fact: str, topic: Topic, key: tuple[str, ...], version: int = 1, commutative: bool = True
) -> Callable[[type[E]], type[E]]:
    """Declare an event type.

    `commutative`: handlers may apply later events of the same subject although this one failed, because
    each carries the full state and its sequence; false parks the later ones behind a dead letter.
    """

    def declare(cls: type[E]) -> type[E]:
        frozen = dataclass(frozen=True, slots=True, kw_only=True)(cls)
        frozen.TYPE = f"vn.noinghe.{topic.owner}.{fact}.v{version}"
        frozen.TOPIC = topic
        frozen.KEY = key
        frozen.COMMUTATIVE = commutative
        if frozen.TYPE in EVENT_TYPES:
            raise TypeError(f"event type declared twice: {frozen.TYPE}")
        if TOPICS.setdefault(topic.name, topic) != topic:
            raise TypeError(f"topic declared twice with different properties: {topic.name}")
        EVENT_TYPES[frozen.TYPE] = frozen
        return frozen

    return declare
