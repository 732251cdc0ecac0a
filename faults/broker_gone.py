"""Row 4: Kafka itself is killed, restarted and frozen under load, on a cluster of its own."""

import asyncio
import time
from pathlib import Path
from typing import Final

from broker import Broker
from faults.scene import PARTITIONS, Result, Scene, opened

RATE: Final = 300
WARM_S: Final = 2.0
"""Of steady load before the next fault, once every partition has committed since the last one."""
DOWN_S: Final = 1.0
TOLD_S_MAX: Final = 12.0
"""By then a worker has said that nobody answers."""
FAST_LEADERS: Final = {
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
}


async def broker_gone(
    _bootstrap: str, home: Path, seed: int, *, kills: int, freezes_s: tuple[float, ...]
) -> Result:
    """Two static workers; the broker dies and comes back, or does not answer for a while."""
    result = Result("broker_gone")
    own = Broker(data_dir=home / "broker-gone-kafka", properties=FAST_LEADERS)
    await asyncio.to_thread(own.start)
    try:
        async with opened(own.bootstrap, home, seed, result) as scene:
            await scene.begin("one", "two", rate=RATE)
            for _ in range(kills):
                await asyncio.sleep(WARM_S)
                await kill_broker(scene, own)
            for seconds in freezes_s:
                await asyncio.sleep(WARM_S)
                await freeze_broker(scene, own, seconds)
            await scene.settle()
            result.facts |= {"kills": kills, "freezes_s": list(freezes_s), **scene.ends()}
            result.expect("a traceback in a log", so=scene.fleet.tracebacks() == 0)
    finally:
        await asyncio.to_thread(own.stop)
    return result


async def kill_broker(scene: Scene, own: Broker) -> None:
    """SIGKILL, a second of silence, and a start over what is on the disk."""
    await asyncio.to_thread(own.kill)
    await asyncio.sleep(DOWN_S)
    await asyncio.to_thread(own.restart)
    await back(scene, "broker killed")


async def freeze_broker(scene: Scene, own: Broker, seconds: float) -> None:
    """Connections stay open and nothing answers."""
    await asyncio.to_thread(own.freeze)
    await asyncio.sleep(seconds)
    if seconds > TOLD_S_MAX:
        said = [text for worker in scene.fleet.every.values() for text in worker.all_said()]
        told = any("the broker does not answer" in text for text in said)
        scene.result.expect("nobody said that the broker is gone", so=told)
    await asyncio.to_thread(own.thaw)
    await back(scene, f"broker frozen {seconds:g} s")


async def back(scene: Scene, what: str) -> None:
    """Wait until every partition commits again, to see how long after the broker's return.

    Work goes on from there: a fault that follows sooner would be counted as part of this one.
    """
    at_s = time.time()
    scene.struck(at_s, list(range(PARTITIONS)), what)
    await scene.committed(at_s)
    await scene.fleet.settled(PARTITIONS)
