"""Key to partition."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2 as reference

from shared.messaging.partitioning import hashes_of, murmur2, murmur2_of_all, partition_of


@given(st.binary(max_size=80))
def test_the_hash_is_the_one_that_kafka_clients_use(data: bytes) -> None:
    assert murmur2(data) == reference(data)


def test_a_key_keeps_its_partition_for_ever() -> None:
    # Computed with the Java client's Utils.murmur2: "21" -> -973932308, "foobar" -> -790332482.
    assert [murmur2(b"21"), murmur2(b"foobar")] == [2**32 - 973932308, 2**32 - 790332482]
    assert partition_of("foobar", 6) == (-790332482 & 0x7FFFFFFF) % 6


@given(st.integers(1, 45).flatmap(lambda n: st.lists(st.binary(min_size=n, max_size=n), min_size=1)))
def test_keys_of_one_length_hash_together_as_they_do_alone(keys: list[bytes]) -> None:
    assert murmur2_of_all(keys) == [murmur2(key) for key in keys]


@given(st.lists(st.text(max_size=4) | st.text("0123456789abcdef", min_size=32, max_size=32), max_size=80))
def test_a_batch_of_keys_goes_where_each_key_goes(keys: list[str]) -> None:
    assert [hashed % 6 for hashed in hashes_of(keys)] == [partition_of(key, 6) for key in keys]


def test_many_keys_keep_their_partitions_too() -> None:
    keys = ["foobar", "", *(f"{place:06d}" for place in range(20)), "Vàng A Tủa"]
    assert [hashed % 6 for hashed in hashes_of(keys)] == [partition_of(key, 6) for key in keys]
    assert hashes_of(keys)[0] == -790332482 & 0x7FFFFFFF
