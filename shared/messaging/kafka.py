"""The event log on Apache Kafka, through kafka-python.

What the client does not do by itself is done here: topics are created with the contract's partitions and
retention (the broker's default forgets after a week) and checked at start; a consumer that is not allowed
to see a topic fails loudly instead of reading nothing for ever; on assignment the consumer goes to the
position that the database holds; a producer that failed once is thrown away.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic
from kafka.consumer.subscription_state import ConsumerRebalanceListener
from kafka.errors import (
    AuthorizationError,
    IllegalStateError,
    KafkaConfigurationError,
    KafkaError,
    KafkaTimeoutError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from kafka.structs import OffsetAndMetadata

from shared.contracts import Topic
from shared.errors import Unavailable
from shared.messaging.kafka_reading import EVENT_ID_HEADER, SLICE_S, KafkaExcerpt, fields_of
from shared.messaging.log import LogMismatch, LogRecord, NewRecord, Place, StartingPoints
from shared.messaging.partitioning import hashes_of

_ASK_AGAIN_MS = 10
"""A new client that just asked for the brokers waits so long before it asks for topics (default: 100)."""


class KafkaLog:
    """An open event log on a Kafka cluster."""

    def __init__(
        self,
        servers: Sequence[str],
        *,
        user: str | None = None,
        password: str | None = None,
        tls: bool = False,
        cafile: str | None = None,
        replication_factor: int = -1,
        answer_timeout_s: float = 10.0,
        acknowledge_timeout_s: float = 30.0,
        session_timeout_s: float = 15.0,
    ) -> None:
        """Nothing is connected yet. `replication_factor` -1: the broker's default, for new topics.

        `acknowledge_timeout_s`: an append that is not acknowledged by then fails, and its producer goes.
        A consumer without partitions for that long after its session could have ended is taken for stuck.
        """
        self._where = ",".join(servers)
        self._user = user
        self._replication_factor = replication_factor
        self._answer_timeout_ms = round(answer_timeout_s * 1000)
        self._acknowledge_timeout_s = acknowledge_timeout_s
        self._session_timeout_ms = round(session_timeout_s * 1000)
        self._options: dict[str, Any] = {
            "bootstrap_servers": list(servers),
            "bootstrap_timeout_ms": self._answer_timeout_ms,
            "reconnect_backoff_max_ms": 1_000,
        }
        if user is not None:
            self._options |= {
                "security_protocol": "SASL_SSL" if tls else "SASL_PLAINTEXT",
                "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_plain_username": user,
                "sasl_plain_password": password or "",
            }
        elif tls:
            self._options["security_protocol"] = "SSL"
        if cafile is not None:
            self._options["ssl_cafile"] = cafile
        self._asking = threading.Lock()
        self._asker: Any = None
        self._wakes = 0

    @classmethod
    def from_url(cls, url: str) -> KafkaLog:
        """Read "kafka://[user:password@]host:port[,host:port][?tls=1&cafile=FILE]"."""
        parts = urlsplit(url)
        credentials, _, servers = parts.netloc.rpartition("@")
        user, _, password = credentials.partition(":")
        query = parse_qs(parts.query)
        return cls(
            servers.split(","),
            user=unquote(user) or None,
            password=unquote(password) or None,
            tls=query.get("tls", ["0"])[-1] == "1",
            cafile=query.get("cafile", [None])[-1],
        )

    def ensure_topics(self, topics: Sequence[Topic]) -> None:
        """Create what is missing; raise `LogMismatch` where partitions or retention differ."""
        if not topics:
            return
        with self.told():
            admin = KafkaAdminClient(**self._options)
            try:
                missing = [topic for topic in topics if self._partitions(admin, topic) == 0]
                if missing:
                    self._create(admin, missing)
                for topic in topics:
                    self._check(topic, self._partitions(admin, topic))
                self._check_retention(admin, topics)
            finally:
                admin.close()

    def producer(self) -> KafkaAppender:
        """A new idempotent producer. Raises `Unavailable`."""
        with self.told():
            producer = KafkaProducer(
                **self._options,
                metrics_enabled=False,
                acks="all",
                enable_idempotence=True,
                compression_type="lz4",
                linger_ms=20,
                batch_size=131_072,
                delivery_timeout_ms=3_600_000,
                max_block_ms=self._answer_timeout_ms,
                allow_auto_create_topics=False,
            )
        return KafkaAppender(self, producer, timeout_s=self._acknowledge_timeout_s)

    def consumer(
        self, group: str, topics: Sequence[Topic], *, instance: str | None, starting_points: StartingPoints
    ) -> KafkaGroupConsumer:
        """Join a consumer group as the static member `instance`. Raises `Unavailable`, `LogMismatch`."""
        with self.told():
            consumer = self._consumer(
                group_id=group,
                group_instance_id=None if instance is None else f"{group}-{instance}",
                session_timeout_ms=self._session_timeout_ms,
                heartbeat_interval_ms=self._session_timeout_ms // 5,
            )
            try:
                self._check_visible(consumer, topics)
            except BaseException:
                consumer.close()
                raise
        return KafkaGroupConsumer(
            self,
            consumer,
            [t.name for t in topics],
            starting_points=starting_points,
            join_timeout_s=self._session_timeout_ms / 1000 + self._acknowledge_timeout_s,
        )

    def ends(self, topics: Sequence[Topic]) -> dict[Place, int]:
        """The offset that the next record of each partition will get."""
        wanted = [TopicPartition(topic.name, p) for topic in topics for p in range(topic.partitions)]
        with self.told(), self._asking:
            try:
                if self._asker is None:
                    self._asker = self._consumer(retry_backoff_ms=_ASK_AGAIN_MS)
                self._check_visible(self._asker, topics)
                found = self._asker.end_offsets(wanted, timeout_ms=self._answer_timeout_ms)
            except Exception:
                asker, self._asker = self._asker, None
                if asker is not None:
                    asker.close()
                raise
        return {(at.topic, at.partition): offset for at, offset in found.items()}

    def excerpt(
        self, topics: Sequence[Topic], until: Mapping[Place, int], *, start: Mapping[Place, int], batch: int
    ) -> KafkaExcerpt:
        """Everything from `start` (default: the beginning) to the given ends. Reading it joins no group."""
        names = {topic.name for topic in topics}
        left = {at: end for at, end in until.items() if at[0] in names and start.get(at, 0) < end}
        if left:
            self.ends([topic for topic in topics if topic.name in {name for name, _ in left}])  # to be seen?
        return KafkaExcerpt(
            options=self._reading(max_partition_fetch_bytes=4 * 1024 * 1024),
            start=start,
            until=left,
            batch=batch,
            silence_s=self._acknowledge_timeout_s,
        )

    def wake(self) -> None:
        """End the waiting of this process's consumers early (within a fifth of a second)."""
        self._wakes += 1

    @property
    def wakes(self) -> int:
        """How often `wake` was called."""
        return self._wakes

    def close(self) -> None:
        """Close the connection that `ends` uses."""
        with self._asking:
            if self._asker is not None:
                self._asker.close()
                self._asker = None

    @contextmanager
    def told(self) -> Iterator[None]:
        """Say Kafka's errors in a sentence: what does not answer, what is not allowed."""
        try:
            yield
        except KafkaConfigurationError:
            raise
        except (KafkaError, OSError) as fault:
            if _is_forbidden(fault):
                raise LogMismatch(
                    f"Kafka ({self._where}) không cho phép người dùng {self._user or '(không tên)'}: "
                    f"{fault}. Hãy kiểm tra quyền (ACL) trên chủ đề và nhóm."
                ) from fault
            raise Unavailable(self._unavailable(fault)) from fault

    def _unavailable(self, fault: Exception) -> str:
        causes = "broker chưa chạy, sai địa chỉ hoặc cổng"
        if self._user is not None:
            causes += f", sai mật khẩu hoặc chưa có người dùng {self._user}"
        return f"Kafka ({self._where}) chưa phục vụ được ({type(fault).__name__}); có thể do {causes}."

    def _consumer(self, **options: Any) -> Any:
        return KafkaConsumer(**self._reading(**options))

    def _reading(self, **options: Any) -> dict[str, Any]:
        return {
            **self._options,
            "metrics_enabled": False,
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "allow_auto_create_topics": False,
            "fetch_max_wait_ms": 500,
            **options,
        }

    @staticmethod
    def _partitions(admin: Any, topic: Topic) -> int:
        """How many partitions the broker shows us; 0 when it shows no such topic."""
        try:
            (found,) = admin.describe_topics([topic.name])
        except UnknownTopicOrPartitionError:
            return 0
        if found.get("error_code") == TopicAuthorizationFailedError.errno:
            raise TopicAuthorizationFailedError
        return len(found.get("partitions") or ())

    def _create(self, admin: Any, topics: Sequence[Topic]) -> None:
        for topic in topics:
            configs = {"retention.ms": str(topic.retention_ms), "cleanup.policy": "delete"}
            new = NewTopic(topic.name, topic.partitions, self._replication_factor, topic_configs=configs)
            with suppress(TopicAlreadyExistsError):  # another process was quicker
                admin.create_topics([new])
        admin.wait_for_topics([topic.name for topic in topics])

    @staticmethod
    def _check(topic: Topic, partitions: int) -> None:
        if partitions != topic.partitions:
            raise LogMismatch(
                f"Chủ đề {topic.name} phải có {topic.partitions} phân vùng, Kafka cho thấy {partitions}: "
                "chủ đề khác hợp đồng, hoặc người dùng này không có quyền xem (DESCRIBE)."
            )

    @staticmethod
    def _check_retention(admin: Any, topics: Sequence[Topic]) -> None:
        resources = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in topics]
        found = admin.describe_configs(resources, config_filter="all").get("topic", {})
        for topic in topics:
            configs = {name: config["value"] for name, config in found.get(topic.name, {}).items()}
            kept = (
                configs.get("retention.ms"),
                configs.get("retention.bytes"),
                configs.get("cleanup.policy"),
            )
            wanted = (str(topic.retention_ms), "-1", "delete")
            if kept != wanted:
                raise LogMismatch(
                    f"Chủ đề {topic.name} có (retention.ms, retention.bytes, cleanup.policy) = {kept}, "
                    f"hợp đồng ghi {wanted}: Kafka sẽ xóa lịch sử, hoặc người dùng này "
                    "không có quyền xem cấu hình."
                )

    def _check_visible(self, consumer: Any, topics: Sequence[Topic]) -> None:
        """A topic that the user may not see is silent for ever: find it out now."""
        for topic in topics:
            self._check(topic, len(consumer.partitions_for_topic(topic.name)))


class KafkaAppender:
    """One idempotent producer; after an error it is of no use any more."""

    def __init__(self, log: KafkaLog, producer: Any, *, timeout_s: float) -> None:
        self._log = log
        self._producer = producer
        self._timeout_s = timeout_s
        self._closed = False
        self._counts: dict[str, int] = {}

    def append(self, records: Sequence[NewRecord]) -> None:
        """Append in order; returns when everything is acknowledged, raises `Unavailable` otherwise."""
        with self._log.told():
            send = self._producer.send
            hashes = hashes_of([record.key for record in records])
            futures = [
                send(
                    topic,
                    value=value,
                    key=key.encode(),
                    headers=[(EVENT_ID_HEADER, event_id.encode())],
                    partition=hashed % self._partitions(topic),
                )
                for (topic, key, value, event_id), hashed in zip(records, hashes, strict=True)
            ]
            self._acknowledged()
            for future in futures:
                if not future.succeeded():
                    raise future.exception or KafkaTimeoutError("no acknowledgement")

    def close(self) -> None:
        """Fail what is under way, and end the sending thread.

        The public `close` waits for what cannot be sent and gives up half-closed; hence the sender first.
        """
        if self._closed:
            return
        self._closed = True
        self._producer._sender.force_close()
        with suppress(KafkaError):
            self._producer.close(timeout=2)

    def _acknowledged(self) -> None:
        deadline = time.monotonic() + self._timeout_s
        while True:
            try:
                self._producer.flush(timeout=SLICE_S)
            except KafkaTimeoutError:
                if self._closed or time.monotonic() > deadline:
                    raise
            else:
                return

    def _partitions(self, topic: str) -> int:
        count = self._counts.get(topic)
        if count is None:
            count = self._counts[topic] = len(self._producer.partitions_for(topic))
        return count


class KafkaGroupConsumer:
    """A member of a consumer group.

    kafka-python was seen waiting for ever for its partitions on a busy machine; hence `join_timeout_s`, after
    which a member that never got any fails, so that its owner joins anew.
    """

    def __init__(
        self,
        log: KafkaLog,
        consumer: Any,
        topics: Sequence[str],
        *,
        starting_points: StartingPoints,
        join_timeout_s: float,
    ) -> None:
        self._log = log
        self._consumer = consumer
        self._starting_points = starting_points
        self._assigned = False
        self._has_joined = False
        self._join_by = time.monotonic() + join_timeout_s
        consumer.subscribe(topics, listener=_Assigned(self._note_assignment))

    def poll(self, max_records: int, *, timeout_s: float) -> list[LogRecord]:
        """The next records of the partitions assigned, in order per partition; empty when time ran out."""
        deadline = time.monotonic() + timeout_s
        wakes = self._log.wakes
        while True:
            left = max(0.0, min(SLICE_S, deadline - time.monotonic()))
            with self._log.told():
                polled = self._consumer.poll(timeout_ms=round(left * 1000), max_records=max_records)
                if self._assigned:  # what was fetched before the seek does not count
                    self._go_to_stored_positions()
                    continue
            if not self._has_joined and time.monotonic() > self._join_by:
                raise Unavailable("Kafka không giao phân vùng nào cho nhóm; đang tham gia lại.")
            if polled or time.monotonic() >= deadline or self._log.wakes != wakes:
                return _records(polled)

    def seek(self, positions: Mapping[Place, int]) -> None:
        """Read on from these offsets; places that are not assigned are ignored."""
        assigned = self._consumer.assignment()
        for place, offset in positions.items():
            at = TopicPartition(*place)
            if at in assigned:
                self._consumer.seek(at, offset)

    def commit_hint(self, positions: Mapping[Place, int]) -> None:
        """Commit the offsets to the group, without waiting for the answer."""
        offsets = {TopicPartition(*at): OffsetAndMetadata(offset, "", -1) for at, offset in positions.items()}
        with suppress(KafkaError):
            self._consumer.commit_async(offsets, callback=lambda _offsets, _answer: None)

    def close(self) -> None:
        """Stop; a static member keeps its partitions until the session runs out or it is back."""
        with suppress(KafkaError):
            self._consumer.close(autocommit=False, timeout_ms=2_000)

    def _note_assignment(self) -> None:
        self._assigned = self._has_joined = True

    def _go_to_stored_positions(self) -> None:
        """Not in the listener: there it would block heartbeats, and its errors would be lost."""
        assigned = sorted((at.topic, at.partition) for at in self._consumer.assignment())
        with suppress(IllegalStateError):  # reassigned meanwhile: the listener tells us again
            self.seek(self._starting_points(assigned))
        self._assigned = False


class _Assigned(ConsumerRebalanceListener):  # type: ignore[misc]
    """Tells that partitions were assigned."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell

    def on_partitions_revoked(self, revoked: Any) -> None:
        """Nothing: the position in the database guards what is under way."""

    def on_partitions_assigned(self, assigned: Any) -> None:
        """Remember to seek before anything is handed out."""
        self._tell()


def _is_forbidden(fault: Exception) -> bool:
    """A refusal of the broker; the client wraps that of the first request of a producer in plain text."""
    return isinstance(fault, AuthorizationError) or "AuthorizationFailed" in str(fault)


def _records(polled: Mapping[Any, Sequence[Any]]) -> list[LogRecord]:
    return list(map(LogRecord._make, fields_of(polled)))
