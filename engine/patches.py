"""What must be changed inside aiokafka 0.14, each with its reason. Applied once, at import.

Nothing else in the engine, but `unpacking`, changes what aiokafka does; a test tells when a patch
no longer takes.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

from aiokafka import partitioner
from aiokafka.client import AIOKafkaClient
from aiokafka.cluster import ClusterMetadata
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.consumer import fetcher
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    NodeNotReadyError,
    NoError,
    OperationNotAttempted,
    UnknownMemberIdError,
)
from aiokafka.producer import sender
from aiokafka.producer.message_accumulator import MessageBatch
from aiokafka.producer.transaction_manager import TransactionManager
from aiokafka.protocol.group import HeartbeatRequest
from aiokafka.protocol.metadata import MetadataRequest

from engine import unpacking
from engine.partitioning import murmur2

TRANSACTION_BACKOFF_S = 0.001
SILENT_S = 1.0
"""A node that does not answer for so long may be gone from the cluster without a word."""
METADATA_S_MAX = 2.0
"""How long a node may take to tell of the cluster before the next one is asked."""
CONNECT_S_MAX = 4.0
"""How long a new connection may take, with its first questions: a client makes one at a time."""
SEQUENCE_NUMBERS = 2**31
"""Of what a producer writes to a partition. The first one follows on the last."""


_send = AIOKafkaConnection.send


def _send_or_close(self: Any, request: Any, expect_response: bool = True) -> Any:  # noqa: FBT001, FBT002 - aiokafka's signature
    """As aiokafka's; a write that uvloop refuses is a connection that is lost."""
    try:
        answer = _send(self, request, expect_response)
    except RuntimeError as exc:
        self.close(reason=CloseReason.CONNECTION_BROKEN, exc=exc)
        raise KafkaConnectionError(str(exc)) from exc
    return answer if _passed_over.get() is None else asyncio.wait_for(answer, METADATA_S_MAX)


_connect = AIOKafkaConnection.connect


async def _connect_soon(self: Any) -> Any:
    """As aiokafka's, but not for the whole request timeout.

    Raises:
        TimeoutError: the connection is closed again.
    """
    async with asyncio.timeout(CONNECT_S_MAX):
        return await _connect(self)


_request = AIOKafkaClient.send


async def _request_wondering(self: Any, node_id: Any, request: Any, **more: Any) -> Any:
    """As aiokafka's; while the node is silent, ask others whether the cluster still counts it."""
    later = asyncio.get_running_loop().call_later
    silent: set[Any] = self.__dict__.setdefault("silent_nodes", set())
    timer: asyncio.TimerHandle

    def wonder() -> None:
        nonlocal timer
        silent.add(node_id)
        self.force_metadata_update()
        timer = later(SILENT_S, wonder)

    timer = later(SILENT_S, wonder)
    try:
        return await _request(self, node_id, request, **more)
    finally:
        timer.cancel()
        silent.discard(node_id)


_passed_over: ContextVar[set[Any] | None] = ContextVar("passed_over", default=None)
"""Set while metadata is asked for: who is silent, and not asked. Any node can tell of the cluster,
so none is waited for long."""
_connection = AIOKafkaClient._get_conn  # noqa: SLF001 - the patch itself


async def _connection_or_next(self: Any, node_id: Any, **more: Any) -> Any:
    """As aiokafka's; none to a node that is passed over."""
    if node_id in (_passed_over.get() or ()):
        return None
    return await _connection(self, node_id, **more)


_update = AIOKafkaClient._metadata_update  # noqa: SLF001 - the patch itself


async def _update_and_leave(self: Any, cluster_metadata: Any, topics: Any) -> bool:
    """As aiokafka's, asking nodes that speak; leaves those that the cluster counts no more."""
    silent: set[Any] = self.__dict__.get("silent_nodes", set())
    others = {node.nodeId for node in self.cluster.brokers()} - silent
    asks = _passed_over.set(set(silent) if others else set())
    try:
        updated: bool = await _update(self, cluster_metadata, topics)
    finally:
        _passed_over.reset(asks)
    # What the client does not know of itself would have it connect to the same node again.
    if updated and cluster_metadata is self.cluster:
        living = {node.nodeId for node in cluster_metadata.brokers()}
        gone = [c for (node, _), c in self._conns.items() if node not in {*living, "bootstrap"}]
        for connection in gone:
            connection.close()
    return updated


_told = ClusterMetadata.update_metadata


def _told_by_whom(self: Any, metadata: Any) -> None:
    """As aiokafka's; keeps the id of the cluster that tells."""
    self.cluster_id = getattr(metadata, "cluster_id", None)
    _told(self, metadata)


_fetch = fetcher.Fetcher._proc_fetch_request  # noqa: SLF001 - the patch itself


async def _fetch_until_closed(self: Any, *args: Any) -> bool:
    """As aiokafka's; one that is cancelled while it rests after a failure has nothing either."""
    try:
        found: bool = await _fetch(self, *args)
    except asyncio.CancelledError:
        return False
    return found


_fetched = fetcher.Fetcher.fetched_records


async def _fetched_or_failed(self: Any, *args: Any, **more: Any) -> Any:
    """As aiokafka's; raises what the routine that fetches has ended with."""
    records = await _fetched(self, *args, **more)
    routine = self.error_future
    if routine.done() and not routine.cancelled():
        routine.result()
    return records


_close_fetcher = fetcher.Fetcher.close


async def _close_failed_too(self: Any) -> None:
    """As aiokafka's; what the routine that fetches has ended with keeps nobody from going on."""
    with suppress(KafkaError):
        await _close_fetcher(self)


_lookup = AIOKafkaClient.coordinator_lookup


async def _coordinator_lookup(self: Any, kind: Any, key: str) -> Any:
    """As aiokafka's; a connection that is lost meanwhile is no reason to give the producer up."""
    try:
        return await _lookup(self, kind, key)
    except KafkaConnectionError as exc:
        raise NodeNotReadyError(str(exc)) from exc


_fail = MessageBatch.failure


def _fail_in_silence(self: Any, exception: BaseException) -> None:
    """As aiokafka's; asyncio does not complain when nobody has waited for the batch's turn."""
    _fail(self, exception)
    if not self._drain_waiter.cancelled():
        self._drain_waiter.exception()


def _count_on(self: Any, tp: Any, records: int) -> None:
    """As aiokafka's, which has the last number followed by one below zero."""
    numbers = self._sequence_numbers
    numbers[tp] = (numbers[tp] + records) % SEQUENCE_NUMBERS


_commit_offsets = GroupCoordinator._do_commit_offsets  # noqa: SLF001 - the patch itself


def _commit_looked_at(self: Any, assignment: Any, offsets: Any) -> "asyncio.Task[None]":
    """Commit a group's offsets; take note of a failure also when nobody waits for it any more."""
    task: asyncio.Task[None] = asyncio.ensure_future(_commit_offsets(self, assignment, offsets))
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


def apply() -> None:
    """Make the changes. Idempotent."""
    # Faust sets the root logger to DEBUG and filters in handlers, so that every log.debug of
    # aiokafka would build a LogRecord: 15 % of the CPU of small batches.
    logging.getLogger("aiokafka").setLevel(logging.WARNING)
    # aiokafka sleeps 20 ms when the markers of the previous transaction are not written yet;
    # they are after 1 to 2 ms.
    sender.BACKOFF_OVERRIDE = TRANSACTION_BACKOFF_S
    # Between a reset and aiokafka's hearing of it uvloop refuses writes with a RuntimeError, which
    # ends aiokafka's task for metadata: whoever waits for it then waits for ever.
    AIOKafkaConnection.send = _send_or_close
    # The kernel of a frozen node takes a connection that nobody then speaks on, and until it is
    # given up its client makes no other.
    AIOKafkaConnection.connect = _connect_soon
    # A node that freezes, or whose network does, closes no connection: whoever waits for its answer
    # would do so for the whole request timeout, although others have led its partitions for long,
    # and then ask it again.
    AIOKafkaClient.send = _request_wondering
    AIOKafkaClient._get_conn = _connection_or_next  # noqa: SLF001 - the patch itself
    AIOKafkaClient._metadata_update = _update_and_leave  # noqa: SLF001 - the patch itself
    # Brokers tell of their cluster's id each time, and nobody keeps it: recovery has to know whose
    # changelog it reads.
    ClusterMetadata.update_metadata = _told_by_whom
    # A consumer that is stopped just after a fetch failed takes the fetch's cancellation for its
    # own: whoever stops it is cancelled, and its connections stay.
    fetcher.Fetcher._proc_fetch_request = _fetch_until_closed  # noqa: SLF001 - the patch itself
    # A consumer whose fetching has failed for good would find nothing for ever, as if nothing were
    # new, and look alive.
    fetcher.Fetcher.fetched_records = _fetched_or_failed
    # Such a one raises that again when it is stopped, and keeps its connections.
    fetcher.Fetcher.close = _close_failed_too
    # A transactional producer ends for ever when the broker goes just while it is asked for the
    # coordinator. Of a node that is not ready it asks again, as everywhere else.
    AIOKafkaClient.coordinator_lookup = _coordinator_lookup
    # A broker that has lost one topic of a request answers this for its others. aiokafka tries the
    # lost one again and gives the others up: the worker would end, and not tell of what.
    OperationNotAttempted.retriable = True
    # A worker that is fenced, or refused by the broker, would end with tracebacks of asyncio's.
    MessageBatch.failure = _fail_in_silence
    # Brokers refuse it: at 10,000 records a second into a partition every worker would end after
    # 60 hours, and its successor again.
    TransactionManager.increment_sequence_number = _count_on
    # A worker that stops while its group's offsets are refused would end with one, too.
    GroupCoordinator._do_commit_offsets = _commit_looked_at  # noqa: SLF001 - the patch itself
    # Brokers that make topics by themselves, as Kafka does by default, would make one of a single
    # partition for whoever asks first, a gateway say, and workers refuse it.
    MetadataRequest.__init__.__defaults__ = None, False
    unpacking.apply()
    # 3.9 µs a key in pure Python, 0.2 µs in C.
    partitioner.murmur2 = murmur2


def watch_instance(
    coordinator: Any, session_s: float, replaced: Callable[[], Awaitable[None]]
) -> None:
    """Call `replaced` when another member joins with this one's instance id.

    aiokafka's heartbeats do not carry the instance id, so the broker cannot say «fenced»: it
    says that it does not know the member. Within a session of the last good heartbeat that
    has one reason only: counted from when it was sent, because a coordinator that was frozen
    answers when another has ended the session long ago. aiokafka would join again, and the two
    would take the partitions from each other for ever.
    """
    send = coordinator._send_req  # noqa: SLF001 - the patch itself
    heard = time.monotonic()

    async def watched(request: Any) -> Any:
        nonlocal heard
        sent = time.monotonic()
        response = await send(request)
        if isinstance(request, HeartbeatRequest):
            if response.error_code == NoError.errno:
                heard = sent
            elif (
                response.error_code == UnknownMemberIdError.errno
                and time.monotonic() - heard < session_s
            ):
                await replaced()
        return response

    coordinator._send_req = watched  # noqa: SLF001 - the patch itself
