"""Applies each point and mutant in a process of its own and tells what it changed."""

import os
import sys

import aiokafka

import engine.recovery
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
    aiokafka.AIOKafkaProducer, engine.recovery,
)  # fmt: skip


def _state() -> dict[str, object]:
    return {f"{o.__name__}.{name}": value for o in OWNERS for name, value in vars(o).items()}


def _try(name: str) -> None:
    before = _state()
    if name in points.POINTS:
        points.install(f"{name}:1:kill")
    else:
        mutations.apply(name)
    changed = sorted(key for key, value in _state().items() if before.get(key) is not value)
    sys.stdout.write(f"{name}={','.join(changed)}\n")
    sys.stdout.flush()


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
