"""Telling all partitions: one record to each, where everybody must know what one of them learns."""

from engine.partitioning import partition_of


def keys_everywhere(partitions: int) -> tuple[str, ...]:
    """A key in each partition, from the first on."""
    return tuple([_key_in(partition, partitions) for partition in range(partitions)])


def _key_in(partition: int, partitions: int) -> str:
    number = 0
    while partition_of(str(number).encode(), partitions) != partition:
        number += 1
    return str(number)
