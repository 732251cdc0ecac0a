"""Row 3: a worker is frozen past its session and wakes up to find its partitions gone."""

import asyncio
import signal
from pathlib import Path

import psutil

from faults.processes import Worker, until
from faults.scene import PARTITIONS, Result, Scene, opened

RATE = 600
TAKEOVER_S_MAX = 120.0
FENCED_S_MAX = 120.0
POINT = "before_commit"
"""Where every second zombie is frozen: its transaction is written and not decided."""


async def zombies(bootstrap: str, home: Path, seed: int, *, freezes: int) -> Result:
    """Two dynamic workers; one is frozen until the other has all, then wakes up, and must end."""
    result = Result("zombies")
    async with opened(bootstrap, home, seed, result, static=False) as scene:
        await scene.begin("one", "two", rate=RATE)
        for number in range(freezes):
            zombie = scene.fleet.every["one" if number % 2 else "two"]
            await freeze_and_thaw(scene, zombie, at_point=number % 2 == 0)
            await scene.fleet.settled(PARTITIONS)
        await scene.settle()
        result.facts = {"freezes": freezes}
        result.expect("a traceback in a log", so=scene.fleet.tracebacks() == 0)
    return result


async def freeze_and_thaw(scene: Scene, zombie: Worker, *, at_point: bool) -> None:
    """Freeze it, let the other take over, let it go on: it has to end and to say why."""
    [other] = [w for w in scene.fleet.every.values() if w is not zombie]
    if at_point:
        await _freeze_itself(scene, zombie)
    else:
        await asyncio.sleep(scene.chance.uniform(0.2, 1.5))
        zombie.send(signal.SIGSTOP)
    await until("the other has all", lambda: len(other.partitions() or ()) == PARTITIONS,
                TAKEOVER_S_MAX)  # fmt: skip
    await scene.loading.more(RATE)
    log, ended = zombie.log, len(zombie.codes)
    zombie.send(signal.SIGCONT)
    await until("the zombie ends by itself", lambda: len(zombie.codes) > ended, FENCED_S_MAX)
    said = log.read_text(errors="replace")
    scene.result.expect(f"{log.name}: exit code {zombie.codes[ended]}", so=zombie.codes[ended] == 1)
    scene.result.expect(
        f"{log.name} does not say why in one line", so=said.count("] Fenced: ") == 1
    )


async def _freeze_itself(scene: Scene, zombie: Worker) -> None:
    """Start it anew so that it stops inside a transaction, after some."""
    arrival = scene.chance.randint(30, 60)
    zombie.next_start = {"FAULTS_POINT": f"{POINT}:{arrival}:stop"}
    starts = zombie.starts
    await zombie.kill()
    await until("it starts again", lambda: zombie.starts > starts)
    process = psutil.Process(zombie.pid)
    await until("it is frozen", lambda: process.status() == psutil.STATUS_STOPPED)
