"""Row 4, on three nodes: one is killed, frozen or renewed; leaders and coordinators move."""

import asyncio
import time
from pathlib import Path
from typing import Final

from broker import Broker
from faults.broker_gone import back
from faults.leaders import Leaders
from faults.scene import PARTITIONS, Result, Scene, opened

NODES: Final = 3
ROLES: Final = ("leader", "transactions", "group", "controller")
RATE: Final = 200
WARM_S: Final = 2.0
"""Of steady load before the next fault, once every partition has committed since the last one."""
MOVED_ON_S, PAID_S = 10.0, 3.0
"""By then producers, too, write to the new leaders; after it every partition pays all the time."""
PROPERTIES: Final = {"request.timeout.ms": "3000"}
"""Nodes wait so long for each other. A transaction whose marker is on its way to a node that froze
ends only then, whatever a client does: by default after 30 s."""
DOWN_S: Final = (2.0, 6.0)
"""How long a killed node stays away once others lead, drawn between these."""


async def nodes(_bootstrap: str, home: Path, seed: int, *, steps: tuple[str, ...]) -> Result:
    """Two static workers on a cluster with replication 3, two in sync.

    Each step is one of `kill ROLE`, `freeze ROLE SECONDS`, `roll` and `elect`.
    """
    result = Result("nodes")
    data_dir = home / "nodes-kafka"
    own = Broker(nodes=NODES, data_dir=data_dir, properties=PROPERTIES)
    await asyncio.to_thread(own.start)
    try:
        async with opened(own.bootstrap, home, seed, result, replicas=NODES) as scene:
            await scene.begin("one", "two", rate=RATE)
            hurt = Hurt(scene, own, Leaders(own, data_dir, scene.app))
            for step in steps:
                await asyncio.sleep(WARM_S)
                await hurt.step(step)
            await scene.settle()
            result.facts |= {"steps": len(steps), **scene.ends()}
            result.expect("a traceback in a log", so=scene.fleet.tracebacks() == 0)
    finally:
        await asyncio.to_thread(own.stop)
    return result


class Hurt:
    """What is done to the nodes, and the wait until the work goes on."""

    def __init__(self, scene: Scene, own: Broker, leaders: Leaders) -> None:
        self._scene, self._own, self._leaders = scene, own, leaders

    async def step(self, told: str) -> None:
        """One fault; on return all replicas are in sync, and every partition commits."""
        what, *more = told.split()
        if what == "kill":
            await self._kill(*more)
        elif what == "freeze":
            await self._freeze(more[0], float(more[1]))
        elif what == "roll":
            for node in range(1, NODES + 1):
                await back(self._scene, f"roll: node {node}")
                await asyncio.to_thread(self._own.restart, node)
                await self._leaders.whole()
        else:
            await self._leaders.elect()
            await back(self._scene, "elect")

    async def _kill(self, role: str) -> None:
        """SIGKILL; once others lead and it was away for a while it starts over its disk."""
        node = await self._leaders.find(role)
        self._leaders.gone = {node}
        await asyncio.to_thread(self._own.kill, node)
        await self._leaders.moved()
        await back(self._scene, f"kill {role}")
        await asyncio.sleep(self._scene.chance.uniform(*DOWN_S))
        await asyncio.to_thread(self._own.restart, node)
        self._leaders.gone = set()
        await self._leaders.whole()

    async def _freeze(self, role: str, seconds: float) -> None:
        """SIGSTOP: its connections stay open and nothing answers, but others lead soon."""
        node = await self._leaders.find(role)
        self._leaders.gone = {node}
        ends = asyncio.get_running_loop().time() + seconds
        await asyncio.to_thread(self._own.freeze, node)
        try:
            await self._leaders.moved()
            struck_s = time.time()
            self._scene.struck(struck_s, list(range(PARTITIONS)), f"freeze {role} {seconds:g} s")
            await asyncio.sleep(ends - asyncio.get_running_loop().time())
        finally:
            thawed_s = time.time()
            await asyncio.to_thread(self._own.thaw, node)
        self._leaders.gone = set()
        await self._leaders.whole()
        await back(self._scene, "thaw")
        if thawed_s - struck_s > MOVED_ON_S + PAID_S:
            self._expect_paid(role, thawed_s)

    def _expect_paid(self, role: str, thawed_s: float) -> None:
        """Long before the thaw records were read again, too: ticks alone need no reading."""
        every = self._scene.oracle.found.spent_ms
        paid = [
            p
            for p in range(PARTITIONS)
            if any(thawed_s - PAID_S < ms / 1000 < thawed_s for ms in every[p])
        ]
        self._scene.result.expect(
            f"freeze {role}: only {paid} paid before the thaw", so=len(paid) == PARTITIONS
        )
