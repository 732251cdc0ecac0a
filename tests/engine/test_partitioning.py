"""Keys lie where Kafka's own clients put them."""

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from engine import partitioning
from engine.partitioning import murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "hashed"),
    [
        # Of Kafka's own UtilsTest.testMurmur2.
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_is_that_of_kafka(key, hashed) -> None:
    assert murmur2(key) == hashed % 2**32


def test_long_keys_are_not_kept() -> None:
    with_long_keys = [b"%d" % n + b"x" * 1000 for n in range(3)]
    partition_of(b"a-short-key-that-nobody-else-has", 7)
    before = partitioning._partition_of.cache_info().currsize

    places = [partition_of(key, 7) for key in with_long_keys]

    assert partitioning._partition_of.cache_info().currsize == before
    assert places == [(murmur2(key) & 0x7FFFFFFF) % 7 for key in with_long_keys]


@given(st.binary(min_size=1), st.integers(1, 64))
def test_a_partition_is_that_of_other_clients(key, partitions) -> None:
    every = list(range(partitions))

    assert partition_of(key, partitions) == DefaultPartitioner()(key, every, every)
