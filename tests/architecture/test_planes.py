"""Two planes: identities travel to linkage only, facts travel without names, and no store holds both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

import pytest
import sqlalchemy as sa

from services.__main__ import SERVICES
from shared.contracts import EVENT_TYPES, TOPICS, Identity, Topic, school, vocational
from shared.contracts.base import Event
from shared.service.service import Service

STATISTICAL = ("sex", "ethnic_code", "residence_code", "village")
"""What a fact may say of a person."""

IDENTIFYING = (
    {field.name for field in fields(Identity)} | {"identity", "key_id", "name", "address", "email"}
) - {*STATISTICAL}
ON_IDENTITY_TOPICS = {"record_ref", "record_kind", "identity", "key_id", "record_key"}

HEARS_IDENTITIES = {"linkage", "guidance"}
"""The only services that may hear who a record belongs to."""

BY_NAME: dict[str, Service] = {service.name: service for service in SERVICES}


@dataclass(frozen=True)
class Hearing:
    """What a service hears and says, by name."""

    consumes: tuple[Topic, ...]
    publishes: tuple[Topic, ...]


def wrong_hearings(services: Mapping[str, Hearing]) -> list[str]:
    """Who hears or says what it may not."""
    found = []
    for name, hearing in services.items():
        for topic in hearing.consumes:
            if topic.identities and name not in HEARS_IDENTITIES:
                found.append(f"{name} hears identities on {topic.name}")
            if name not in topic.readers:
                found.append(f"{name} hears {topic.name}, whose readers do not name it")
        found += [
            f"{name} publishes {topic.name} of {topic.owner}"
            for topic in hearing.publishes
            if topic.owner != name
        ]
    return found


def names_in(columns: Iterable[str]) -> set[str]:
    """Those of the columns or fields that would identify a person."""
    return set(columns) & IDENTIFYING


def field_names(event_type: type[Event]) -> set[str]:
    return {field.name for field in fields(event_type)}  # type: ignore[arg-type]


def test_only_linkage_hears_identities_and_everybody_only_what_the_topic_names() -> None:
    heard = {name: Hearing((*one.consumes, *one.replays), one.publishes) for name, one in BY_NAME.items()}
    assert wrong_hearings(heard) == []


def test_every_topic_is_published_by_its_owner_and_heard_by_its_readers() -> None:
    published = {topic.name for service in SERVICES for topic in service.publishes}
    assert published == set(TOPICS)
    for topic in TOPICS.values():
        hearing = {
            name for name, service in BY_NAME.items() if topic in (*service.consumes, *service.replays)
        }
        assert hearing == topic.readers & set(BY_NAME), topic.name


def test_a_service_that_hears_what_it_may_not_is_seen() -> None:
    curious = {"indicators": Hearing((school.IDENTITY,), ())}
    assert wrong_hearings(curious) == [
        "indicators hears identities on noinghe.school.identity",
        "indicators hears noinghe.school.identity, whose readers do not name it",
    ]
    assert wrong_hearings({"school": Hearing((), (vocational.CONTENT,))}) == [
        "school publishes noinghe.vocational.content of vocational"
    ]


def test_identity_topics_are_readable_by_no_other_service_by_contract() -> None:
    for topic in TOPICS.values():
        assert topic.identities == topic.name.endswith(".identity")
        if topic.identities:
            assert topic.readers <= HEARS_IDENTITIES


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_content_carries_no_identity_and_identity_carries_no_content(name: str) -> None:
    event_type = EVENT_TYPES[name]
    if event_type.TOPIC.identities:
        assert field_names(event_type) <= ON_IDENTITY_TOPICS
    elif event_type.TOPIC.name.endswith(".register"):
        # The name of an institution or of a trade, never of a person: employers have none.
        allowed = {"name"} if event_type.TOPIC.owner in ("school", "vocational") else set()
        assert names_in(field_names(event_type)) <= allowed
    else:
        assert names_in(field_names(event_type)) == set()


@pytest.mark.parametrize("field", ["personal_number", "full_name", "dob", "phone", "identity", "student_id"])
def test_an_identifying_field_on_content_would_be_seen(field: str) -> None:
    assert names_in({"record_ref", "sex", field}) == {field}


def test_the_statistical_store_has_no_column_for_a_name() -> None:
    for table in BY_NAME["indicators"].metadata.tables.values():
        allowed = {"name"} if table.name in ("institution", "programme", "relay_lease") else set()
        assert names_in(table.columns.keys()) <= allowed, table.name


def test_the_store_of_identities_has_no_facts() -> None:
    facts = {
        name
        for event_type in EVENT_TYPES.values()
        if event_type.TOPIC.name.endswith((".content", ".register"))
        for name in field_names(event_type)
    } - {*STATISTICAL, "record_ref", "code", "name", "kind"}
    for table in BY_NAME["linkage"].metadata.tables.values():
        assert set(table.columns.keys()) & facts == set(), table.name


def test_every_service_keeps_messaging_and_web_tables_of_its_own() -> None:
    for service in SERVICES:
        assert {"outbox", "inbox", "consumer_position", "dead_letter", "api_key", "idempotency"} <= set(
            service.metadata.tables
        )
        assert isinstance(service.metadata, sa.MetaData)
    assert len({id(service.metadata) for service in SERVICES}) == len(SERVICES)
