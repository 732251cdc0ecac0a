"""Row 10: the whole shop for half an hour, a kill every minute: nothing wrong, nothing grows."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from faults.growth import Samples
from faults.processes import Fleet
from faults.scene import READY_S_MAX, Result
from simulator.demo.settings import worker_settings
from simulator.session import opened
from simulator.settings import ShopSettings

PARTITIONS: Final = 3
"""One a worker: with two, the worker that has both is the first to fall behind."""
ELDER, VICTIMS = "elder", ("one", "two")
"""The elder is never killed, so what leaks shows in it."""
SAMPLE_S: Final = 5.0
TIME_SCALE: Final = 30
"""A hold of 15 minutes lasts 30 s, a retry comes after 20 s. At the demonstration's scale a hold
would last 7.5 s: the seconds of a kill and the work that waits behind it would cost most orders
theirs, and a shop that only cancels is not the one to be watched."""
PATIENCE_S: Final = 90.0
SETTLE_S_MAX: Final = 600.0
"""It is judged then, whatever still comes: a shop at rest goes on telling its levels and snapshots,
so silence alone would never come to a run in which one order does not end."""
KEPT: Final = {
    "FLOWMART_PULSE__KEPT_MS": "180000",
    "FLOWMART_PULSE__FIGURES_KEPT_MS": "300000",
    "FLOWMART_ROWS_CACHED_MAX": "200",
}
"""Windows expire and caches are full within the run, so that it can be seen that both end.

Caches of 2,000 rows went on filling for the whole half hour: few orders come back, each table of
what happens to those has its own, and a lane that comes begins with none."""

POLL_MS: Final = 24 * 3_600_000
"""When carriers are first asked, where parcels are not to be sent: after the run, at its time
scale. An order takes two and a half times the CPU until it has come home."""


@dataclass(frozen=True)
class Dose:
    """How long, how fast, how often a worker is killed, and whether parcels come home."""

    seconds: int
    rate: float
    kill_every_s: float
    sent: bool = True


async def soak(bootstrap: str, home: Path, seed: int, **dose: Any) -> Result:
    """Three static workers run the shop; the simulator places orders and judges every topic."""
    result, asked, shop = Result("soak"), Dose(**dose), ShopSettings(seed=seed)
    shop = shop if asked.sent else shop.booked()
    where = home / "soak"
    where.mkdir()
    fleet = Fleet(where, _settings(bootstrap, shop))
    try:
        fleet.start(ELDER, *VICTIMS)
        await fleet.settled(PARTITIONS)
        await _play(bootstrap, fleet, shop, result, asked)
        result.expect("a traceback in a log", so=fleet.tracebacks() == 0)
    finally:
        await fleet.close()
    return result


def _settings(bootstrap: str, shop: ShopSettings) -> dict[str, str]:
    return {
        **worker_settings(shop, TIME_SCALE),
        "FAULTS_SUBJECT": "shop",
        "FLOWMART_BROKER": bootstrap,
        "FLOWMART_ENV": "dev",
        "FLOWMART_PARTITIONS": str(PARTITIONS),
        "FLOWMART_SESSION_TIMEOUT_S": "6",
        **KEPT,
        **({} if shop.sent else {"FLOWMART_SHIPPING__POLL_MS": str(POLL_MS)}),
    }


async def _play(
    bootstrap: str, fleet: Fleet, shop: ShopSettings, result: Result, dose: Dose
) -> None:
    samples = Samples()
    async with opened(bootstrap, "dev", shop) as session:
        await session.stock()
        orders = int(dose.seconds * dose.rate)
        placing = asyncio.create_task(session.place(orders, dose.rate))
        kills = await _hurt(fleet, placing, samples, result, dose.kill_every_s)
        await placing
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S_MAX):
                await session.settle(PATIENCE_S, lambda: None)
        verdict = session.oracle.judge()
    result.rows_wrong += verdict.differences
    result.problems += verdict.words[:5]
    result.expect("the judge of the shop says no", so=verdict.is_green)
    result.records = verdict.placed
    ready_s = result.ready_s_max or 0.0
    result.expect(f"not ready within {READY_S_MAX} s: {ready_s}", so=ready_s <= READY_S_MAX)
    _judge_growth(result, samples, dose.rate * 60)
    result.facts |= {"orders": verdict.placed, "kills": kills, "ends": dict(verdict.ends)}


async def _hurt(
    fleet: Fleet, placing: "asyncio.Task[Any]", samples: Samples, result: Result, every_s: float
) -> int:
    """Kill one victim after the other until all is placed; gives how many kills that were."""
    began = time.monotonic()
    kills, next_s = 0, began + every_s
    while not placing.done():
        await asyncio.sleep(min(SAMPLE_S, every_s))
        samples.take(fleet.every[ELDER], (time.monotonic() - began) / 60)
        if time.monotonic() >= next_s and not placing.done():
            at_s = await fleet.every[VICTIMS[kills % len(VICTIMS)]].kill()
            await fleet.settled(PARTITIONS)
            ready_s = round(time.time() - at_s, 2)
            result.ready_s_max = max(ready_s, result.ready_s_max or 0.0)
            kills, next_s = kills + 1, time.monotonic() + every_s
    return kills


def _judge_growth(result: Result, samples: Samples, orders_a_min: float) -> None:
    """Memory, files, tasks and windows have to be flat; the store grows with its orders."""
    result.facts["growth_a_min"] = samples.growth()
    if samples.taken:
        _, last = samples.taken[-1]
        result.facts |= {"store_mb": round(last["store_bytes"] / 2**20, 1),
                         "memory_mb": round(last["memory_mb"], 1),
                         "rows_cached": last["rows"]}  # fmt: skip
    result.problems += samples.problems(orders_a_min)
