"""Row 2: workers come and go all the time; the partitions move and nothing is lost."""

import asyncio
import time
from pathlib import Path
from typing import Final

from faults.processes import Worker
from faults.scene import PARTITIONS, Result, Scene, opened

RATE: Final = 500
NAMES: Final = ("one", "two", "three", "four")
STEP_S: Final = 5.0
SESSION_S: Final = 60.0
"""Of members that are restarted: more than a start takes on a machine that has much to do."""


async def members(
    bootstrap: str, home: Path, seed: int, *, cycles: int, restarts: int, step_s: float = STEP_S
) -> Result:
    """Dynamic members join and leave; then static members are restarted one after the other."""
    result = Result("members")
    async with opened(bootstrap, home, seed, result, static=False) as scene:
        await scene.begin("one", rate=RATE)
        for _ in range(cycles):
            await asyncio.sleep(step_s)
            await come_or_go(scene)
        await scene.fleet.settled(PARTITIONS)
        await scene.settle()
        result.facts["silent_s_max"] = round(scene.silent_s(), 2)
        _expect_good_ends(scene)
    session = {"FAULTS_SESSION_S": str(SESSION_S)}
    async with opened(bootstrap, home, seed, result, settings=session) as scene:
        await scene.begin(*NAMES[:3], rate=RATE)
        for number in range(restarts):
            await restart(scene, scene.fleet.every[NAMES[number % 3]])
        await scene.settle()
        _expect_good_ends(scene)
    result.facts |= {"cycles": cycles, "restarts": restarts}
    return result


async def come_or_go(scene: Scene) -> None:
    """One more worker, or one less: between one and four."""
    running = [w for w in scene.fleet.every.values() if w.wanted]
    idle = [name for name in NAMES if name not in {w.name for w in running}]
    if idle and (len(running) == 1 or scene.chance.random() < 1 / 2):
        scene.fleet.start(scene.chance.choice(idle))
    else:
        await scene.chance.choice(running).stop()


async def restart(scene: Scene, worker: Worker) -> None:
    """Stop a static member in good order and start it again; nobody else may notice."""
    partitions = worker.partitions()
    others = {w.name: w.said().count("READY") for w in scene.fleet.living if w is not worker}
    await worker.stop()
    scene.struck(time.time(), partitions, "restart")
    worker.start()
    await scene.fleet.settled(PARTITIONS)
    await asyncio.sleep(1)
    for name, before in others.items():
        after = scene.fleet.every[name].said().count("READY")
        scene.result.expect(f"{name} was disturbed by a restart", so=after == before)


def _expect_good_ends(scene: Scene) -> None:
    """Nobody crashed.

    (A signal while Python still imports ends it as it ends any program.)
    """
    for worker in scene.fleet.every.values():
        bad = [code for code in worker.codes if code not in (0, -15, -9)]
        scene.result.expect(f"{worker.name} ended with {bad}", so=not bad)
    scene.result.expect("a traceback in a log", so=scene.fleet.tracebacks() == 0)
