"""Row 4: Kafka itself is killed, restarted and frozen under load, on a cluster of its own."""

import asyncio
import time
from pathlib import Path
from typing import Final

from broker import Broker
from faults.processes import until
from faults.scene import PARTITIONS, Result, Scene, opened

RATE: Final = 300
WARM: Final = 600
DOWN_S: Final = 1.0
BACK_S_MAX: Final = 120.0
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
                await scene.loading.more(WARM)
                await kill_broker(scene, own)
            for seconds in freezes_s:
                await scene.loading.more(WARM)
                await freeze_broker(scene, own, seconds)
            await scene.settle()
            result.facts |= {"kills": kills, "freezes_s": list(freezes_s), **_ends(scene)}
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
    """Wait until the load flows, and note how long after the broker's return work went on."""
    scene.struck(time.time(), list(range(PARTITIONS)), what)
    sent = scene.loading.sent
    await until("the load goes on", lambda: scene.loading.sent > sent + WARM, BACK_S_MAX)
    await scene.fleet.settled(PARTITIONS)


def _ends(scene: Scene) -> dict[str, int]:
    """How often workers ended by themselves (their supervisor started them again)."""
    return {"worker_ends": sum(len(w.codes) for w in scene.fleet.every.values())}
