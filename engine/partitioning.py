"""Which partition a key belongs to: Kafka's default partitioner, in C."""

from murmurhash2 import murmurhash2

_SEED = 0x9747B28C
"""Of Kafka's Utils.murmur2."""


def murmur2(key: bytes) -> int:
    """Kafka's murmur2 as an unsigned 32-bit number (0.2 µs; pure Python takes 4 µs)."""
    return int(murmurhash2(key, _SEED))


def partition_of(key: bytes, partitions: int) -> int:
    """The partition in [0, partitions) where a Java producer puts the key."""
    return (int(murmurhash2(key, _SEED)) & 0x7FFFFFFF) % partitions
