"""Applies each point and mutant in a process of its own and tells what it changed."""

import inspect
import os
import sys
from typing import Any

import aiokafka

import engine.recovery
import engine.seal
from engine.consumer import Consumer
from engine.effect_queue import EffectQueue
from engine.lane import Lane
from engine.lanes import Lanes
from engine.processor import Processor
from engine.producer import LaneProducer
from engine.recovery import ChangelogReader
from engine.store import RocksStore
from faults import mutations, points

OWNERS = (
    Consumer, EffectQueue, Lane, Lanes, Processor, LaneProducer, ChangelogReader, RocksStore,
    aiokafka.AIOKafkaProducer, engine.recovery, engine.seal,
)  # fmt: skip


def _state() -> dict[str, Any]:
    return {f"{o.__name__}.{name}": value for o in OWNERS for name, value in vars(o).items()}


def _try(name: str) -> None:
    before = _state()
    if name in points.POINTS:
        points.install(f"{name}:1:kill")
    else:
        mutations.apply(name)
    after = _state()
    changed = sorted(key for key, value in after.items() if before.get(key) is not value)
    for key in changed:
        _takes_its_place(after[key], before[key])
    sys.stdout.write(f"{name}={','.join(changed)}\n")
    sys.stdout.flush()


def _takes_its_place(now: Any, was: Any) -> None:
    """Raise TypeError where the engine's own call would: a worker that ends of it shows nothing."""
    needed = [one for one in inspect.signature(was).parameters.values() if one.default is one.empty]
    inspect.signature(now).bind(
        *[one for one in needed if one.kind is one.POSITIONAL_OR_KEYWORD],
        **{one.name: one for one in needed if one.kind is one.KEYWORD_ONLY},
    )


def main() -> None:
    """Fork for each: a patch cannot be taken back."""
    for name in (*points.POINTS, *mutations.MUTATIONS):
        child = os.fork()
        if child == 0:
            try:
                _try(name)
                os._exit(0)
            except BaseException as error:  # noqa: BLE001 - told, by the exit code and in words
                sys.stderr.write(f"{name}: {error!r}\n")
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, name
