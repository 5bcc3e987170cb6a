"""What only Kafka can do wrong: rights, passwords, retention, a broker that is away."""

from __future__ import annotations

import gc
import threading
import uuid
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    NewTopic,
    ResourcePattern,
    ResourceType,
)

from infra.kafka import KafkaBroker
from shared.contracts import Topic
from shared.contracts.school import CONTENT
from shared.errors import Unavailable
from shared.messaging.kafka import KafkaLog
from shared.messaging.log import LogMismatch, NewRecord, Producer, open_event_log
from tests.shared.messaging.house import completion, pending, records


@pytest.fixture
def topic() -> Topic:
    """A topic that no other test uses."""
    return replace(CONTENT, name=f"noinghe.test.{uuid.uuid4().hex}", partitions=3)


@pytest.fixture
def admin_log(secured_kafka: KafkaBroker) -> Iterator[KafkaLog]:
    """The secured log for the user who may do everything."""
    log = KafkaLog.from_url(secured_kafka.url)
    yield log
    log.close()


@pytest.fixture
def abandoned_clients() -> Iterator[None]:
    """kafka-python leaves two sockets to the garbage collector when it cannot connect."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def allow(user: str, operation: ACLOperation, kind: ResourceType, name: str) -> ACL:
    pattern = ResourcePattern(kind, name, ACLResourcePatternType.LITERAL)
    return ACL(
        principal=f"User:{user}",
        host="*",
        operation=operation,
        permission_type=ACLPermissionType.ALLOW,
        resource_pattern=pattern,
    )


def append_until_it_fails(producer: Producer, made: Sequence[NewRecord]) -> None:
    """A process told to stop may answer one more request."""
    while True:
        producer.append(made)


def test_a_consumer_that_may_not_see_the_topic_fails_loudly(
    secured_kafka: KafkaBroker, admin_log: KafkaLog, topic: Topic
) -> None:
    admin_log.ensure_topics([topic])
    url = secured_kafka.create_user(f"u{uuid.uuid4().hex[:8]}")
    log = open_event_log(url)
    with pytest.raises(LogMismatch, match=topic.name):
        log.consumer("group", [topic], instance="one", starting_points=lambda places: {})
    with pytest.raises(LogMismatch, match=topic.name):
        log.ends([topic])
    with pytest.raises(LogMismatch, match="quyền"):
        log.ensure_topics([topic])
    log.close()


def test_a_producer_that_may_not_write_fails_loudly(
    secured_kafka: KafkaBroker, admin_log: KafkaLog, topic: Topic
) -> None:
    admin_log.ensure_topics([topic])
    user = f"u{uuid.uuid4().hex[:8]}"
    url = secured_kafka.create_user(user)
    secured_kafka.grant([allow(user, ACLOperation.READ, ResourceType.TOPIC, topic.name)])
    log = open_event_log(url)
    producer = log.producer()
    (record,) = records(pending(completion("a")))
    with pytest.raises(LogMismatch, match="ACL"):
        producer.append([record._replace(topic=topic.name)])
    producer.close()
    log.close()


def test_a_group_that_may_not_be_joined_fails_loudly(
    secured_kafka: KafkaBroker, admin_log: KafkaLog, topic: Topic
) -> None:
    admin_log.ensure_topics([topic])
    user = f"u{uuid.uuid4().hex[:8]}"
    url = secured_kafka.create_user(user)
    secured_kafka.grant([allow(user, ACLOperation.READ, ResourceType.TOPIC, topic.name)])
    log = open_event_log(url)
    consumer = log.consumer("foreign", [topic], instance="one", starting_points=lambda places: {})
    with pytest.raises(LogMismatch, match="nhóm"):
        consumer.poll(10, timeout_s=10)
    consumer.close()
    log.close()


@pytest.mark.usefixtures("abandoned_clients")
def test_a_wrong_password_is_a_sentence_without_the_password(secured_kafka: KafkaBroker) -> None:
    log = KafkaLog([secured_kafka.address], user="admin", password="geheim", answer_timeout_s=2)
    with pytest.raises(Unavailable) as told:
        log.producer()
    assert "sai mật khẩu" in told.value.message
    assert "geheim" not in told.value.message


@pytest.mark.usefixtures("abandoned_clients")
def test_a_broker_that_is_away_is_a_sentence() -> None:
    log = KafkaLog(["127.0.0.1:9"], answer_timeout_s=1)
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9"):
        log.ensure_topics([CONTENT])


def test_a_topic_that_forgets_is_refused(kafka: KafkaBroker, topic: Topic) -> None:
    with kafka.admin() as admin:
        admin.create_topics([NewTopic(topic.name, 3, 1, topic_configs={"retention.ms": "604800000"})])
    log = open_event_log(kafka.url)
    with pytest.raises(LogMismatch, match="xóa lịch sử"):
        log.ensure_topics([topic])
    log.close()


def test_an_append_is_given_up_when_the_broker_hangs_and_the_next_producer_works(
    kafka: KafkaBroker, topic: Topic
) -> None:
    log = KafkaLog([kafka.address], acknowledge_timeout_s=1)
    log.ensure_topics([topic])
    made = [record._replace(topic=topic.name) for record in records(pending(completion("a")))]
    producer = log.producer()
    producer.append(made)
    kafka.pause()
    try:
        with pytest.raises(Unavailable):
            append_until_it_fails(producer, made)
        producer.close()
    finally:
        kafka.resume()
    again = log.producer()
    again.append(made)
    again.close()
    assert sum(log.ends([topic]).values()) >= 2
    log.close()


def test_closing_a_producer_ends_an_append_of_another_thread(kafka: KafkaBroker, topic: Topic) -> None:
    log = KafkaLog([kafka.address], acknowledge_timeout_s=60)
    log.ensure_topics([topic])
    made = [record._replace(topic=topic.name) for record in records(pending(completion("a")))]
    producer = log.producer()
    producer.append(made)
    failed: list[Exception] = []

    def append() -> None:
        try:
            append_until_it_fails(producer, made)
        except Unavailable as fault:
            failed.append(fault)

    kafka.pause()
    try:
        appending = threading.Thread(target=append)
        appending.start()
        appending.join(0.5)
        assert appending.is_alive()
        producer.close()
        appending.join(10)
        assert not appending.is_alive()
    finally:
        kafka.resume()
    assert len(failed) == 1
    log.close()


def test_the_address_may_carry_user_password_and_several_hosts() -> None:
    log = KafkaLog.from_url("kafka://ch%E1%BB%A3:m%40t@a:1,b:2?tls=1")
    assert log._options["bootstrap_servers"] == ["a:1", "b:2"]
    assert (log._options["sasl_plain_username"], log._options["sasl_plain_password"]) == ("chợ", "m@t")
    assert log._options["security_protocol"] == "SASL_SSL"
