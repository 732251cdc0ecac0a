"""Each piece that reaches into aiokafka or Faust: that it takes, and that it is still needed."""

import asyncio
import gc
import inspect
import logging
from contextlib import suppress
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import cluster, partitioner
from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType
from aiokafka.cluster import ClusterMetadata
from aiokafka.conn import AIOKafkaConnection
from aiokafka.consumer import fetcher
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import KafkaConnectionError, UnknownTopicOrPartitionError
from aiokafka.producer import sender
from aiokafka.protocol.group import HeartbeatRequest
from aiokafka.protocol.metadata import MetadataRequest, MetadataRequest_v5, MetadataResponse_v5
from aiokafka.structs import BrokerMetadata
from faust.tables.recovery import Recovery
from faust.transport.consumer import Consumer
from faust.worker import Worker

from engine import patches

patches.apply()

WAIT_S_MAX = 30.0
"""Less than the 40 s after which aiokafka gives a request up by itself."""


def test_aiokafkas_pause_between_transactions_is_cut() -> None:
    source = inspect.getsource(sender)
    assert sender.BACKOFF_OVERRIDE == patches.TRANSACTION_BACKOFF_S
    assert source.count("BACKOFF_OVERRIDE") > 1, "nobody reads it any more"


def test_a_client_keeps_the_id_of_the_cluster_that_told_it_of_itself() -> None:
    made = ClusterMetadata()
    nodes = [(1, "127.0.0.1", 9092, None)]

    made.update_metadata(MetadataResponse_v5(0, nodes, "which", 1, []))

    assert made.cluster_id == "which"
    assert "cluster_id" not in inspect.getsource(cluster), "aiokafka keeps it by itself"


async def test_a_fetch_that_rests_after_a_failure_can_be_cancelled_without_anybody_else() -> None:
    async def send(_node: int, _request: Any) -> Any:
        raise KafkaConnectionError("Connection at 127.0.0.1:9092 closed")

    consumer = SimpleNamespace(
        _client=SimpleNamespace(send=send),
        _invalidate_preferred_read_replica_for_node=lambda *_: None,
        _retry_backoff=60.0,
    )
    fetch = asyncio.create_task(fetcher.Fetcher._proc_fetch_request(consumer, None, 1, None))
    await asyncio.sleep(0.01)

    fetch.cancel()

    assert await fetch is False


async def test_a_commit_that_nobody_waits_for_any_more_fails_in_silence(
    monkeypatch, caplog
) -> None:
    """Of a topic that was deleted, while the worker stops."""
    refusal = asyncio.Event()

    async def refused(*_about: Any) -> None:
        await refusal.wait()
        raise UnknownTopicOrPartitionError

    async def known() -> None:
        pass

    monkeypatch.setattr(patches, "_commit_offsets", refused)
    group = SimpleNamespace(ensure_coordinator_known=known, _commit_lock=asyncio.Lock())
    group._do_commit_offsets = partial(GroupCoordinator._do_commit_offsets, group)
    committing = asyncio.create_task(GroupCoordinator.commit_offsets(group, None, {}))
    await asyncio.sleep(0.01)

    committing.cancel()
    with suppress(asyncio.CancelledError):
        await committing
    refusal.set()
    await asyncio.sleep(0.01)
    del group, committing
    gc.collect()

    assert "never retrieved" not in caplog.text


class Client:
    """A client whose first request meets a broker that goes."""

    coordinator_lookup = AIOKafkaClient.coordinator_lookup
    asked = 0

    def get_random_node(self) -> int:
        return 1

    async def send(self, _node: int, _request: Any) -> Any:
        self.asked += 1
        if self.asked == 1:
            raise KafkaConnectionError("Connection at 127.0.0.1:9092 closed")
        return SimpleNamespace(error_code=0, coordinator_id=1)

    async def force_metadata_update(self) -> None:
        pass

    async def ready(self, _node: int, group: Any) -> bool:
        return True


async def test_a_broker_that_goes_while_it_is_asked_for_a_coordinator_is_asked_again() -> None:
    client, manager = Client(), SimpleNamespace(transactional_id="t")
    made = sender.Sender(
        client, acks=-1, txn_manager=manager, message_accumulator=None,
        retry_backoff_ms=1, request_timeout_ms=1,
    )  # fmt: skip

    found = await made._find_coordinator(CoordinationType.TRANSACTION, "t")

    assert (found, client.asked) == (1, 2)


class Reset:
    """A writer of uvloop's whose peer is gone, before aiokafka has heard of it."""

    def write(self, _raw: bytes) -> None:
        raise RuntimeError("unable to perform operation on <TCPTransport>; the handler is closed")

    def close(self) -> None:
        pass


def reset_connection() -> AIOKafkaConnection:
    made = AIOKafkaConnection("127.0.0.1", 9092)
    made._reader, made._writer = asyncio.StreamReader(), Reset()
    made._read_task = asyncio.create_task(asyncio.sleep(0))
    made._versions = {MetadataRequest.API_KEY: (0, 1)}
    return made


async def test_a_request_over_a_connection_that_was_just_reset_fails_as_over_a_lost_one() -> None:
    made = reset_connection()

    with pytest.raises(KafkaConnectionError, match="the handler is closed"):
        made.send(MetadataRequest([]))

    assert not made.connected()


async def test_a_client_asks_for_metadata_again_after_its_connection_was_reset() -> None:
    """Else aiokafka's task for it ends without a word, and whoever waits for it waits for ever."""
    client, made = AIOKafkaClient(bootstrap_servers="127.0.0.1:1"), reset_connection()
    client.cluster._brokers = {1: BrokerMetadata(1, "127.0.0.1", 1, None)}

    async def connection(_node: int) -> AIOKafkaConnection:
        return made

    client._get_conn = connection

    assert await client._metadata_update(client.cluster, []) is False


class SilentNode:
    """A connection over which nothing comes back."""

    def __init__(self) -> None:
        self.asked: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def connected(self) -> bool:
        return True

    async def send(self, _request: Any, expect_response: bool = True) -> Any:  # noqa: FBT001, FBT002 - aiokafka's signature
        return await self.asked

    def close(self, reason: Any = None) -> None:
        if not self.asked.done():
            self.asked.set_exception(KafkaConnectionError("Connection at 127.0.0.1:1 closed"))


def a_client_of(*nodes: int) -> Any:
    client = AIOKafkaClient(bootstrap_servers="127.0.0.1:1")
    client.cluster._brokers = {n: BrokerMetadata(n, "127.0.0.1", n, None) for n in nodes}
    return client


async def test_nobody_waits_for_a_node_that_the_cluster_counts_no_more(monkeypatch) -> None:
    """A frozen node closes no connection: the request would wait for its whole timeout."""
    monkeypatch.setattr(patches, "SILENT_S", 0.01)
    client = a_client_of(1, 2)
    client._conns[1, ConnectionGroup.DEFAULT] = SilentNode()

    async def two_alone(cluster: Any, _topics: Any) -> bool:
        cluster._brokers.pop(1, None)
        return True

    monkeypatch.setattr(patches, "_update", lambda _client, *told: two_alone(*told))
    updates = asyncio.create_task(client._md_synchronizer())

    async with asyncio.timeout(WAIT_S_MAX):
        with pytest.raises(KafkaConnectionError, match="closed"):
            await client.send(1, MetadataRequest([]))
    updates.cancel()

    assert [node for node, _ in client._conns] == [1]


async def test_a_silent_node_that_the_cluster_counts_is_waited_for(monkeypatch) -> None:
    monkeypatch.setattr(patches, "SILENT_S", 0.01)
    client, node = a_client_of(1), SilentNode()
    client._conns[1, ConnectionGroup.DEFAULT] = node
    updates: list[int] = []

    async def unchanged(*_told: Any) -> bool:
        updates.append(1)
        if len(updates) > 2:
            node.asked.set_result("late")
        return True

    monkeypatch.setattr(patches, "_update", unchanged)
    synchronizer = asyncio.create_task(client._md_synchronizer())

    async with asyncio.timeout(WAIT_S_MAX):
        answer = await client.send(1, MetadataRequest([]))
    synchronizer.cancel()

    assert answer == "late"


async def test_who_wonders_about_a_silent_node_asks_the_others(monkeypatch) -> None:
    """Asked itself it would be waited for once more, while its partitions stand still."""
    monkeypatch.setattr(patches, "SILENT_S", 0.01)
    monkeypatch.setattr("random.shuffle", list.sort)  # The silent one would be the first.
    client, two = a_client_of(1, 2), SilentNode()
    two.asked.set_result(
        SimpleNamespace(
            API_VERSION=1, brokers=[(2, "127.0.0.1", 2, None)], controller_id=2, topics=[]
        )
    )
    client._conns[1, ConnectionGroup.DEFAULT] = SilentNode()
    client._conns[2, ConnectionGroup.DEFAULT] = two
    updates = asyncio.create_task(client._md_synchronizer())

    async with asyncio.timeout(WAIT_S_MAX):
        with pytest.raises(KafkaConnectionError, match="closed"):
            await client.send(1, MetadataRequest([]))
    updates.cancel()

    assert client.silent_nodes == set()


async def test_what_a_client_does_not_know_of_itself_ends_no_connection(monkeypatch) -> None:
    """It would make the same one again, and wait for the frozen node as long as for any other."""
    client, node = a_client_of(1, 2), SilentNode()
    client._conns[1, ConnectionGroup.DEFAULT] = node
    seen = a_client_of(2).cluster

    async def looked(*_told: Any) -> bool:
        return True

    monkeypatch.setattr(patches, "_update", looked)
    await client._metadata_update(seen, None)
    after_a_look = node.asked.done()
    client.cluster._brokers = seen._brokers
    await client._metadata_update(client.cluster, None)

    assert not after_a_look
    assert node.asked.exception() is not None


async def test_metadata_is_asked_of_another_node_where_one_is_silent(monkeypatch) -> None:
    monkeypatch.setattr(patches, "METADATA_S_MAX", 0.01)
    client = a_client_of(1)
    made = reset_connection()
    made._writer = SimpleNamespace(write=lambda _raw: None, close=lambda: None)

    async def connection(_node: int) -> AIOKafkaConnection:
        return made

    client._get_conn = connection

    async with asyncio.timeout(WAIT_S_MAX):
        assert await client._metadata_update(client.cluster, []) is False
    made.close()


async def test_a_frozen_nodes_new_connection_holds_up_the_others_for_seconds_only(
    monkeypatch,
) -> None:
    """Its kernel takes the connection, and nobody speaks on it."""
    monkeypatch.setattr(patches, "CONNECT_S_MAX", 0.05)
    client, gone = a_client_of(1), asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        gone.set()

    silent = await asyncio.start_server(listen, "127.0.0.1", 0)
    host, port = silent.sockets[0].getsockname()
    client.cluster._brokers = {1: BrokerMetadata(1, host, port, None)}

    async with asyncio.timeout(WAIT_S_MAX), silent:
        assert await client.ready(1) is False
        await gone.wait()

    assert client._conns == {}


def test_who_asks_for_a_topic_does_not_make_it() -> None:
    """On brokers that make topics by themselves it would have one partition, and be refused."""
    asked = MetadataRequest(["orders.dev.commands"]).build(MetadataRequest_v5)

    assert asked.allow_auto_topic_creation is False


def test_keys_are_hashed_in_c() -> None:
    assert partitioner.murmur2(b"21") == 3321034988
    assert "murmur2(key)" in inspect.getsource(partitioner.DefaultPartitioner)


def test_aiokafka_does_not_build_debug_messages() -> None:
    assert not logging.getLogger("aiokafka.consumer.fetcher").isEnabledFor(logging.DEBUG)


def test_aiokafkas_heartbeats_still_hide_the_instance_id() -> None:
    source = inspect.getsource(GroupCoordinator._do_heartbeat)
    assert "HeartbeatRequest(self.group_id, self.generation, self.member_id)" in source, (
        "then the broker can say that the instance was fenced: watch_instance may go"
    )


class Coordinator:
    def __init__(self, *codes: int) -> None:
        self.codes = list(codes)

    async def _send_req(self, _request: Any) -> Any:
        return SimpleNamespace(error_code=self.codes.pop(0))


@pytest.mark.parametrize(
    ("codes", "session_s", "told"),
    [((0, 25), 10.0, 1), ((0, 25), 0.0, 0), ((0, 22, 27, 0), 10.0, 0)],
)
async def test_an_unknown_member_within_its_session_was_replaced(codes, session_s, told) -> None:
    calls: list[int] = []

    async def replaced() -> None:
        calls.append(1)

    coordinator = Coordinator(*codes)
    patches.watch_instance(coordinator, session_s, replaced)
    for _ in codes:
        await coordinator._send_req(HeartbeatRequest("g", 1, "m"))

    assert len(calls) == told


async def test_a_good_heartbeat_that_was_answered_late_says_nothing_of_the_session_since() -> None:
    """A coordinator that was frozen answers when another has ended the session long ago."""
    calls: list[int] = []

    class Thawed(Coordinator):
        async def _send_req(self, request: Any) -> Any:
            await asyncio.sleep(0.05 if self.codes[0] == 0 else 0)
            return await super()._send_req(request)

    async def replaced() -> None:
        calls.append(1)

    coordinator = Thawed(0, 25)
    patches.watch_instance(coordinator, 0.04, replaced)
    for _ in range(2):
        await coordinator._send_req(HeartbeatRequest("g", 1, "m"))

    assert calls == []


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Consumer, "_drain_messages"),
        (Consumer, "perform_seek"),
        (Consumer, "_commit_handler"),
        (Consumer, "_commit_livelock_detector"),
        (Recovery, "_restart_recovery"),
        (Recovery, "_set_recovery_ended"),
        (Worker, "on_setup_root_logger"),
        (Worker, "_sentinel_task"),
    ],
)
def test_what_the_engine_overrides_is_still_there(owner, name) -> None:
    assert hasattr(owner, name)


def test_faust_still_resumes_streams_as_the_engine_does_in_its_place() -> None:
    source = inspect.getsource(Recovery._resume_streams)
    for step in ("flow_control.resume()", "resume_flow()", "_fetcher.maybe_start()",
                 "on_actives_ready()", "on_standbys_ready()", "on_rebalance_end()"):  # fmt: skip
        assert step in source
