"""Row 1: a worker is killed under load, at random moments and at named points."""

import asyncio
from collections import Counter
from pathlib import Path

from faults.points import POINTS
from faults.processes import NotSo, Worker, until
from faults.scene import PARTITIONS, Result, Scene, opened

RATE = 600
WIPED_EVERY = 5
"""Of the kills at random moments: the data directory goes with the process."""
ARMED_S_MAX = 8.0
ARRIVALS = {
    "during_recovery": (1, 1),
    "during_rebalance": (1, 1),
    "during_opening": (1, 1),
    "during_tick": (1, 6),
    "within_tick": (1, 6),
    "after_tick": (1, 6),
}
"""Which arrival at a point kills; 3 to 40 at the others."""


async def kills(bootstrap: str, home: Path, seed: int, *, kills: int) -> Result:
    """Two static workers under load; one after the other dies, every second at a named point."""
    result = Result("kills")
    async with opened(bootstrap, home, seed, result) as scene:
        await scene.begin("one", "two", rate=RATE)
        reached: Counter[str] = Counter()
        for number in range(kills):
            victim = scene.fleet.every["one" if number % 2 else "two"]
            if number % 2:
                await asyncio.sleep(scene.chance.uniform(0.2, 1.5))
                await random_kill(scene, victim, wipe=number // 2 % WIPED_EVERY == 1)
            else:
                point = list(POINTS)[number // 2 % len(POINTS)]
                reached[point] += await kill_at(scene, victim, point)
            await scene.fleet.settled(PARTITIONS)
        await scene.settle()
        result.facts = {"kills": kills, "points_reached": dict(reached)}
        result.expect("a traceback in a log", so=scene.fleet.tracebacks() == 0)
    return result


async def random_kill(scene: Scene, victim: Worker, *, wipe: bool) -> None:
    """Kill a worker; its supervisor starts it again."""
    partitions = victim.partitions()
    scene.fleet.supervised = not wipe
    at_s = await victim.kill()
    if wipe:
        victim.wipe()
        scene.fleet.supervised = True
    scene.struck(at_s, partitions, "data deleted" if wipe else "random")


async def kill_at(scene: Scene, victim: Worker, point: str) -> bool:
    """Start a worker so that it kills itself at a point; False when it did not come by there."""
    partitions = victim.partitions()
    scene.fleet.supervised = False
    await victim.kill()
    if point == "during_recovery":
        victim.wipe()
    arrival = scene.chance.randint(*ARRIVALS.get(point, (3, 40)))
    victim.next_start = {"FAULTS_POINT": f"{point}:{arrival}:kill"}
    victim.start()
    starts = victim.starts
    scene.fleet.supervised = True
    try:
        await until(f"{point} is reached", lambda: victim.starts > starts, ARMED_S_MAX)
    except NotSo:
        return False
    scene.struck(victim.ended_at_s, partitions, point)
    return True
