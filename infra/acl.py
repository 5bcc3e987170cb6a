"""What each service may do on Kafka, derived from the contracts and from nothing else.

A service writes its own topics, and reads them again for a replay; it reads those topics of others whose
contract names it as a reader. It has its own consumer group, named like the service. Whatever is not
listed here is refused by the broker, so the statistical plane cannot hear an identity even by mistake.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
)

from shared.contracts import TOPICS, Topic

LOOK = (ACLOperation.DESCRIBE, ACLOperation.DESCRIBE_CONFIGS)
"""Needed to check partitions and retention at start."""


def services() -> tuple[str, ...]:
    """Every service that owns or reads a topic, by name."""
    return tuple(sorted({name for topic in TOPICS.values() for name in (topic.owner, *topic.readers)}))


def rights_of(service: str, topics: Iterable[Topic] | None = None) -> list[ACL]:
    """The ACLs of a service's user, which is named like the service; empty for one that no contract names."""
    return list(_rights(service, TOPICS.values() if topics is None else topics))


def _rights(service: str, topics: Iterable[Topic]) -> Iterator[ACL]:
    listens = False
    for topic in topics:
        if topic.owner == service:
            for operation in (ACLOperation.CREATE, ACLOperation.WRITE, ACLOperation.READ, *LOOK):
                yield _allow(service, operation, kind=ResourceType.TOPIC, name=topic.name)
        elif service in topic.readers:
            for operation in (ACLOperation.READ, *LOOK):
                yield _allow(service, operation, kind=ResourceType.TOPIC, name=topic.name)
        listens = listens or service in topic.readers
    if listens:
        yield _allow(service, ACLOperation.READ, kind=ResourceType.GROUP, name=service)


def _allow(service: str, operation: ACLOperation, *, kind: ResourceType, name: str) -> ACL:
    return ACL(
        principal=f"User:{service}",
        host="*",
        operation=operation,
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=ResourcePattern(kind, name, ACLResourcePatternType.LITERAL),
    )
