"""Key to partition."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2 as reference

from shared.messaging.partitioning import murmur2, partition_of


@given(st.binary(max_size=80))
def test_the_hash_is_the_one_that_kafka_clients_use(data: bytes) -> None:
    assert murmur2(data) == reference(data)


def test_a_key_keeps_its_partition_for_ever() -> None:
    # Computed with the Java client's Utils.murmur2: "21" -> -973932308, "foobar" -> -790332482.
    assert [murmur2(b"21"), murmur2(b"foobar")] == [2**32 - 973932308, 2**32 - 790332482]
    assert partition_of("foobar", 6) == (-790332482 & 0x7FFFFFFF) % 6
