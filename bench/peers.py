"""The bare peers: kafka-python by itself, set as somebody would who wants it fast and safe.

No database, no validation, no positions, no group: records from memory to the broker, and from there to
nowhere. Same records (key, value, header), same guarantees on the wire (idempotent, all acknowledgements),
lz4, the same batches as our log uses.
"""

from __future__ import annotations

from multiprocessing.connection import Connection
from time import monotonic

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from bench import flow

POLL = 500


def new_topic(address: str, name: str) -> None:
    """A topic with as many partitions as ours."""
    admin = KafkaAdminClient(bootstrap_servers=address)
    try:
        admin.create_topics([NewTopic(name, flow.TOPIC.partitions, 1)])
        admin.wait_for_topics([name])
    finally:
        admin.close()


def produce(pipe: Connection, address: str, topic: str, *, warm: int, count: int) -> None:
    """Send the warming up; after `go` send `count` records, and tell how many a second were acknowledged."""
    producer = KafkaProducer(
        bootstrap_servers=address,
        acks="all",
        enable_idempotence=True,
        compression_type="lz4",
        linger_ms=20,
        batch_size=131_072,
    )
    records = flow.encoded(warm + count)

    def send(first: int, last: int) -> None:
        futures = [
            producer.send(topic, value=value, key=key.encode(), headers=[("ce_id", event_id.encode())])
            for key, value, event_id in records[first:last]
        ]
        producer.flush()
        if not all(future.succeeded() for future in futures):
            raise RuntimeError("the broker did not acknowledge everything")

    send(0, warm)
    pipe.send(None)
    pipe.recv()
    since = monotonic()
    send(warm, warm + count)
    pipe.send(count / (monotonic() - since))
    pipe.recv()
    producer.close()


def consume(pipe: Connection, address: str, topic: str, *, warm: int, count: int) -> None:
    """Read everything in polls of 500; tell when the warming up is through, then the rate of the rest."""
    consumer = KafkaConsumer(
        bootstrap_servers=address,
        group_id=None,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_poll_records=POLL,
    )
    consumer.assign([TopicPartition(topic, partition) for partition in range(flow.TOPIC.partitions)])
    done = False

    def tell(rate: float | None) -> None:
        nonlocal done
        done = rate is not None
        pipe.send(rate)

    meter = flow.Meter(warm=warm, total=warm + count, tell=tell)
    while not done:
        for records in consumer.poll(timeout_ms=200).values():
            meter.add(len(records))
        meter.committed()
    pipe.recv()
    consumer.close()
