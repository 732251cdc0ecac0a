"""What a fetch does when a rebalance overtakes it, or when nothing fetches any more."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.errors import KafkaError, NoOffsetForPartitionError

from engine.consumer import Consumer

ASSIGNED = TopicPartition("orders", 2)


class UnsoughtKafka:
    """A client that was given a partition and knows no position for it yet."""

    def __init__(self, consumer: Any, *, is_rebalancing: bool) -> None:
        self._consumer = consumer
        self._is_rebalancing = is_rebalancing

    async def getmany(self, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        if self._is_rebalancing:
            self._consumer.flow_active = False
        raise NoOffsetForPartitionError(ASSIGNED)


def consumer(*, is_rebalancing: bool) -> Any:
    made: Any = object.__new__(Consumer)
    made._fetch_lock = asyncio.Lock()
    made._ends, made._held = {}, set()
    made.app = SimpleNamespace(lanes=SimpleNamespace(full_sources=set, crowded=set))
    made.flow_active = True
    made._kafka = UnsoughtKafka(made, is_rebalancing=is_rebalancing)
    return made


async def test_a_partition_given_while_a_fetch_waits_is_read_once_it_is_sought() -> None:
    assert await consumer(is_rebalancing=True)._fetch() == []


async def test_a_partition_without_a_position_is_an_error_at_any_other_time() -> None:
    with pytest.raises(NoOffsetForPartitionError):
        await consumer(is_rebalancing=False)._fetch()


class Broken:
    """What aiokafka's fetcher asks for its assignment, with a flaw that nobody thought of."""

    reassignment_in_progress = False

    def register_fetch_waiters(self, waiters: Any) -> None:
        """Nobody waits."""

    @property
    def subscription(self) -> Any:
        raise RuntimeError("as asked")


async def test_a_client_that_fetches_no_more_does_not_pass_for_one_with_nothing_new() -> None:
    client = SimpleNamespace(_loop=asyncio.get_running_loop(), _metadata_max_age_ms=1)
    fetcher = Fetcher(client, Broken())

    with pytest.raises(KafkaError, match="Unexpected error during data retrieval"):
        await fetcher.fetched_records(set(), timeout=0.01)
    await fetcher.close()  # And so its connections are closed.
