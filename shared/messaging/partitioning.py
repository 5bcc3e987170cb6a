"""Key to partition, the same on every log: murmur2 as Kafka's own clients compute it.

So a house that moves from the embedded log to Kafka keeps each key on its partition number. The hash is
Austin Appleby's MurmurHash2 (public domain), with the seed that Kafka chose.
"""

from __future__ import annotations

from functools import lru_cache
from struct import unpack_from

_MASK = 0xFFFFFFFF
_M = 0x5BD1E995
_SEED = 0x9747B28C


def murmur2(data: bytes) -> int:
    """The hash as an unsigned 32-bit number."""
    length = len(data)
    words = length >> 2
    h = _SEED ^ length
    for k in unpack_from(f"<{words}I", data):
        k = (k * _M) & _MASK
        h = ((h * _M) & _MASK) ^ (((k ^ (k >> 24)) * _M) & _MASK)
    rest = data[words << 2 :]
    if rest:
        h = ((h ^ int.from_bytes(rest, "little")) * _M) & _MASK
    h = ((h ^ (h >> 13)) * _M) & _MASK
    return h ^ (h >> 15)


@lru_cache(maxsize=65_536)
def partition_of(key: str, partitions: int) -> int:
    """The partition of a key. Cached: most keys come again within moments."""
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions
