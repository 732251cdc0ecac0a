"""Named points of a worker's life, at which it is killed, stopped or held up.

They are wrapped around the engine from outside, in the worker under test alone: the engine holds
no code for tests. `FAULTS_POINT=after_commit:7:kill` kills at the seventh arrival.
"""

import asyncio
import functools
import os
import signal
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import aiokafka
from aiokafka.errors import KafkaError

from engine.lane import Lane
from engine.lanes import Lanes
from engine.processor import Processor
from engine.recovery import ChangelogReader
from engine.store import RocksStore

HELD_S = 2.0
"""How long `hold` holds a worker up at a point."""


@dataclass(slots=True)
class Point:
    """What happens at the `left`-th arrival from now."""

    left: int
    action: str

    def arrive(self) -> bool:
        """Do it when it is time; True when the caller has to hold or to refuse."""
        self.left -= 1
        if self.left != 0:
            return False
        if self.action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.action == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        return True

    async def reach(self) -> None:
        """Arrive, in a coroutine.

        Raises:
            KafkaError: what a broker says that refuses a commit.
        """
        if self.arrive():
            if self.action == "hold":
                await asyncio.sleep(HELD_S)
            if self.action == "refuse":
                raise KafkaError("as asked")


def _around(owner: type, name: str, *, point: Point, before: bool) -> None:
    """Have the point reached before or after a coroutine method."""
    original: Callable[..., Awaitable[Any]] = getattr(owner, name)

    @functools.wraps(original)
    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        if before:
            await point.reach()
        result = await original(*args, **kwargs)
        if not before:
            await point.reach()
        return result

    setattr(owner, name, wrapped)


def _after_call(owner: type, name: str, point: Point) -> None:
    """Have the point reached after a plain method."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        point.arrive()
        return result

    setattr(owner, name, wrapped)


def _within_recovery(point: Point) -> None:
    """Reach the point at each write to a store while it is brought up to date."""
    recover, write = ChangelogReader.recover, RocksStore.write
    recovering = False

    @functools.wraps(recover)
    async def recovered(*args: Any, **kwargs: Any) -> Any:
        nonlocal recovering
        recovering = True
        try:
            return await recover(*args, **kwargs)
        finally:
            recovering = False

    @functools.wraps(write)
    def written(*args: Any, **kwargs: Any) -> None:
        write(*args, **kwargs)
        if recovering:
            point.arrive()

    ChangelogReader.recover = recovered  # type: ignore[method-assign]  # the point of it
    RocksStore.write = written  # type: ignore[method-assign]  # as above


def _within_tick(point: Point) -> None:
    """Reach the point after the first transaction that a tick leads to."""
    ticked = ContextVar("ticked", default=False)
    tick, commit = Processor.tick, _PRODUCER.commit_transaction

    @functools.wraps(tick)
    def noted(*args: Any, **kwargs: Any) -> bool:
        ticked.set(True)
        return tick(*args, **kwargs)

    @functools.wraps(commit)
    async def committed(*args: Any, **kwargs: Any) -> None:
        await commit(*args, **kwargs)
        if ticked.get():
            ticked.set(False)
            await point.reach()

    Processor.tick = noted  # type: ignore[method-assign]  # the point of it
    _PRODUCER.commit_transaction = committed


_PRODUCER = aiokafka.AIOKafkaProducer
POINTS: dict[str, Callable[[Point], None]] = {
    # Some outputs are on their way, none is visible.
    "after_outputs": lambda p: _around(_PRODUCER, "send_batch", point=p, before=False),
    # Everything is written and acknowledged, nothing is decided.
    "before_commit": lambda p: _around(_PRODUCER, "commit_transaction", point=p, before=True),
    # The broker has decided, the store does not know it.
    "after_commit": lambda p: _around(_PRODUCER, "commit_transaction", point=p, before=False),
    # The store has it as well, the lane goes on.
    "after_store": lambda p: _around(Lane, "commit", point=p, before=False),
    "during_recovery": _within_recovery,
    # Lanes are closed, the next assignment is not there.
    "during_rebalance": lambda p: _around(Lanes, "close", point=p, before=False),
    # The forerunners are fenced, no store is up to date.
    "during_opening": lambda p: _around(Lanes, "_start_producers", point=p, before=False),
    # Timers have fired, nothing of it is written.
    "during_tick": lambda p: _after_call(Processor, "tick", p),
    # The broker has what the tick did, the store has not.
    "within_tick": _within_tick,
    # The store has it as well.
    "after_tick": lambda p: _around(Lane, "_run_tick", point=p, before=False),
}


def install(told: str) -> None:
    """Arm a point: `name:arrival:action`, with an action of kill, stop, hold or refuse."""
    name, arrival, action = told.split(":")
    POINTS[name](Point(int(arrival), action))
