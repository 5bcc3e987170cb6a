"""On a secured broker identities reach only whom the contract names, and nobody writes for another."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import psycopg
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError

from infra import access
from infra.acl import rights_of, services
from infra.kafka import ADMIN, KafkaBroker
from infra.postgres import PostgresServer
from shared.contracts import TOPICS

IDENTITIES = sorted(topic.name for topic in TOPICS.values() if topic.identities)


@pytest.fixture(scope="module")
def broker(secured_kafka: KafkaBroker) -> Iterator[KafkaBroker]:
    """The secured broker with the contracts' topics, and each service's user with its rights."""
    secured_kafka.clear()
    with secured_kafka.admin() as admin:
        admin.create_topics([NewTopic(name, num_partitions=1, replication_factor=1) for name in TOPICS])
    for name in TOPICS:
        _write(secured_kafka, ADMIN, name)
    for service in services():
        secured_kafka.create_user(service)
        secured_kafka.grant(rights_of(service))
    secured_kafka.create_user("stranger")
    yield secured_kafka
    secured_kafka.clear()


def test_the_contracts_name_identity_topics_and_let_only_linkage_hear_them() -> None:
    assert len(IDENTITIES) == 3
    assert {reader for name in IDENTITIES for reader in TOPICS[name].readers} == {"linkage"}


def test_the_statistical_plane_hears_no_identity_on_a_real_broker(broker: KafkaBroker) -> None:
    assert _heard(broker, "indicators", IDENTITIES, wait_s=3.0) == set()


@pytest.mark.parametrize("service", [*services(), "stranger"])
def test_a_service_hears_its_own_topics_and_those_whose_contract_names_it(
    broker: KafkaBroker, service: str
) -> None:
    allowed = {name for name, topic in TOPICS.items() if service in {topic.owner, *topic.readers}}
    assert _heard(broker, service, sorted(TOPICS), wait_s=2.0) == allowed


@pytest.mark.parametrize("service", [*services(), "stranger"])
def test_a_service_writes_its_own_topics_and_no_other(broker: KafkaBroker, service: str) -> None:
    for topic in TOPICS.values():
        if topic.owner == service:
            _write(broker, service, topic.name)
        else:
            with pytest.raises(KafkaError, match="AuthorizationFailed"):
                _write(broker, service, topic.name)


def test_a_service_cannot_create_a_topic_of_another(broker: KafkaBroker) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker.address, **broker.client_options("school"))
    try:
        with pytest.raises(KafkaError, match="Authorization"):
            admin.create_topics([NewTopic("noinghe.linkage.other", num_partitions=1, replication_factor=1)])
    finally:
        admin.close()


def test_a_service_without_contract_has_no_rights() -> None:
    assert rights_of("stranger") == []


def test_a_role_of_the_database_sees_its_own_schema_only(postgres: PostgresServer) -> None:
    admin_url = postgres.create_database()
    name = admin_url.rsplit("/", 1)[1]
    users = {
        service: f"postgresql://{service}:secret{service}@{postgres.address}/{name}"
        for service in ("school", "indicators")
    }
    for _ in range(2):  # a job that may be repeated
        access.grant_postgres(admin_url, users)
    with psycopg.connect(users["school"]) as connection:
        connection.execute("CREATE SCHEMA school")
        connection.execute("CREATE TABLE school.completion (full_name text)")
    with psycopg.connect(users["indicators"]) as connection:
        connection.execute("CREATE SCHEMA indicators")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for schema school"):
            connection.execute("SELECT * FROM school.completion")
    postgres.drop_database(admin_url)
    other = postgres.create_database()
    with psycopg.connect(other, autocommit=True) as connection:
        for service in users:
            connection.execute(f"DROP ROLE {service}")
    postgres.drop_database(other)


def _heard(broker: KafkaBroker, user: str, topics: Sequence[str], *, wait_s: float) -> set[str]:
    """Topics of which the user gets the record that lies in each; the broker just keeps silent on others."""
    consumer = KafkaConsumer(
        bootstrap_servers=broker.address, enable_auto_commit=False, **broker.client_options(user)
    )
    try:
        places = [TopicPartition(topic, 0) for topic in topics]
        consumer.assign(places)
        for place in places:
            consumer.seek(place, 0)
        heard: set[str] = set()
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline:
            heard.update(place.topic for place in consumer.poll(timeout_ms=200))
        return heard
    finally:
        consumer.close()


def _write(broker: KafkaBroker, user: str, topic: str) -> None:
    producer = KafkaProducer(
        bootstrap_servers=broker.address,
        enable_idempotence=True,
        max_block_ms=2_000,
        **broker.client_options(user),
    )
    try:
        producer.send(topic, b"{}", partition=0).get(timeout=5)
    finally:
        producer.close(timeout=2)
