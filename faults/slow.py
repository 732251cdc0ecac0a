"""Row 8: something slow in one place leaves the rest its speed, and fills no memory."""

import asyncio
import time
from pathlib import Path
from typing import Final

import psutil

from faults.load import envelope, payment
from faults.processes import until
from faults.scene import PARTITIONS, Result, Scene, opened
from faults.topics import Log

KEPT: Final = 0.90
TRIES_MAX: Final = 3
"""A machine with other work to do is measured again."""
CALL_S, COMMIT_S = 1.0, 1.0
SLOW_LANE: Final = 0
MEMORY_MB_MAX: Final = 40
"""By how much memory may grow more than with nothing slow, which takes 50 to 80 MB of caches."""
DRAIN_S_MAX: Final = 180.0
LIVE_RATE, LIVE_S = 500, 8.0
LIVE_MS_MAX: Final = 400
"""95 of 100 payments beside a partition whose transactions take a second are done in this time."""


async def slow(bootstrap: str, home: Path, seed: int, *, backlog: int) -> Result:
    """The same backlog with nothing slow, with calls of a second, with one slow partition."""
    result = Result("slow")
    for what in (f"call:{CALL_S}", f"commit:{SLOW_LANE}:{COMMIT_S}"):
        kept = 0.0
        for _ in range(TRIES_MAX):
            fast = await speed(bootstrap, home, seed, result, backlog, {})
            slowed = await speed(bootstrap, home, seed, result, backlog, {"FAULTS_SLOW": what})
            kept = max(kept, slowed / fast)
            if kept >= KEPT:
                break
        result.facts[f"speed_kept {what}"] = round(kept, 2)
        result.expect(f"{what} leaves others {kept:.0%} of their speed", so=kept >= KEPT)
    await beside_a_slow_lane(bootstrap, home, seed, result)
    return result


async def beside_a_slow_lane(bootstrap: str, home: Path, seed: int, result: Result) -> None:
    """Payments that trickle in are as quick as ever where the partition is not the slow one."""
    slow_lane = {"FAULTS_SLOW": f"commit:{SLOW_LANE}:{COMMIT_S}"}
    async with opened(bootstrap, home, seed, result, settings=slow_lane) as scene:
        await scene.begin("one", rate=LIVE_RATE)
        scene.loading.misplaced = 0.0
        await asyncio.sleep(LIVE_S)
        await scene.settle()
        waits_ms = await _waits_ms(scene)
        late = waits_ms[len(waits_ms) * 95 // 100]
        result.facts["ms_p95_beside_a_slow_lane"] = late
        result.expect(f"beside a slow lane payments take {late} ms", so=late <= LIVE_MS_MAX)


async def _waits_ms(scene: Scene) -> list[int]:
    """From a payment's arrival to the move it led to, outside of the slow partition; sorted."""
    log = Log(scene.bootstrap, [f"{scene.app}-in", f"{scene.app}-moves"])
    came: dict[bytes, int] = {}
    waits = []
    for record in sorted(await log.more(), key=lambda record: record.topic):
        if record.topic.endswith("-in") and record.partition != SLOW_LANE:
            came.setdefault(record.value, record.timestamp)
        elif record.value in came:
            waits.append(record.timestamp - came[record.value])
    return sorted(waits)


async def speed(
    bootstrap: str, home: Path, seed: int, result: Result, backlog: int, settings: dict[str, str]
) -> float:
    """Payments a second in the partitions that are not slow, from the worker's start to the end.

    The start counts in both: a backlog may fit one commit, so there is no first change to count
    from, and what stands in the way of others does so for a second at least.
    """
    async with opened(bootstrap, home, seed, result, settings=settings) as scene:
        await fill(scene, backlog)
        began_s = time.time()
        [worker] = scene.fleet.start("one")
        await scene.fleet.settled(PARTITIONS)
        memory = psutil.Process(worker.pid).memory_info().rss
        peak = asyncio.create_task(_peak_memory(worker.pid))
        await scene.settle(DRAIN_S_MAX)
        peak.cancel()
        grown_mb = (await _last(peak) - memory) >> 20
        key = f"memory_mb {settings.get('FAULTS_SLOW', 'nothing slow')}"
        result.facts[key] = max(grown_mb, result.facts.get(key, 0))
        if settings:
            more_mb = grown_mb - result.facts["memory_mb nothing slow"]
            result.expect(f"memory grew by {more_mb} MB more", so=more_mb <= MEMORY_MB_MAX)
        return backlog / (_done_s(scene) - began_s)


async def fill(scene: Scene, backlog: int) -> None:
    """Write the backlog before any worker runs, each record where its payer belongs.

    What lies elsewhere would have to come through the partition that is slow.
    """
    (await scene.start_load(0)).misplaced = 0.0
    for number in range(backlog):
        made = payment(number, scene.chance)
        await scene.loading.send(made["payer"].encode(), envelope(made))


async def _peak_memory(pid: int) -> int:
    process, peak = psutil.Process(pid), 0
    while True:
        try:
            peak = max(peak, process.memory_info().rss)
            await asyncio.sleep(0.2)
        except asyncio.CancelledError:
            return peak


async def _last(task: "asyncio.Task[int]") -> int:
    await until("the memory is known", task.done)
    return task.result()


def _done_s(scene: Scene) -> float:
    """When the last account outside of the slow partition changed, in seconds of the epoch."""
    found = scene.oracle.found.spent_ms
    return max(at for lane, times in found.items() if lane != SLOW_LANE for at in times) / 1000
