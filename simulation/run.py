"""One seed: who takes part, how unruly it is, how long it lasts, and whether the laws held."""

import asyncio
import atexit
import gc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Final

from app import agents_of
from engine.errors import TopologyError
from engine.specs import AgentSpec
from events.memo import Memo
from settings import Settings
from simulation import replay
from simulation.clerk import Clerk
from simulation.laws import Broken, Laws
from simulation.outside import Outside
from simulation.people import Habits, Post
from simulation.recipients import Recipients
from simulation.shoppers import Shoppers
from simulation.staff import Staff
from simulation.stockroom import Stockroom
from simulation.story import report
from simulation.subscribers import Subscribers
from simulation.temper import Temper
from simulation.webhooks import Webhooks
from simulation.world import World
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS
from wire.contract import CONTRACT

EPOCH_MS: Final = 1_735_732_800_000
"""2025-01-01T12:00Z: runs begin at any hour of the year that follows."""
FIGURES: Final = frozenset({"pulse", "totals", "metrics", "reports"})
"""Agents that count and decide nothing: they take part in every tenth seed."""


COLLECT_EVERY: Final = 10
"""Lives whose garbage is collected together."""
REPLAY_EVERY: Final = 10
"""One seed in so many is lived again in other batches."""

CROWDS_EVERY: Final = 11
"""In one life of so many there are more orders, close together."""
SWAPS_EVERY: Final = 4
"""One seed in so many is about exchanges: elsewhere few orders get as far."""


def failure_of(seed: int) -> str | None:
    """Run a seed; None when every law held, else what is to be known about it."""
    run = Run(seed)
    try:
        run.live()
    except Broken as broken:
        return report(run.world, seed, broken)
    return None


def failed(seeds: Iterable[int]) -> list[str]:
    """What is to be known of every life in which a law did not hold."""
    return [told for _, told in failures(seeds) if told is not None]


def failures(seeds: Iterable[int]) -> Iterator[tuple[int, str | None]]:
    """Run seeds one after the other: each with what is to be known of its failure, or None."""
    gc.freeze()
    gc.disable()  # A life is a few megabytes: collecting after some of them is a fifth faster.
    try:
        for count, seed in enumerate(seeds, 1):
            yield seed, failure_of(seed)
            if count % COLLECT_EVERY == 0:
                gc.collect()
    finally:
        gc.enable()
        gc.unfreeze()


def _settings() -> Settings:
    """The application's settings, with fewer steps.

    Parcels are asked for, stock is listed and channels that are down are tried rarely. Of one
    product nobody waits for more, and others may take the place of two.
    """
    usual = Settings()
    return usual.model_copy(
        update={
            "inventory": replace(
                usual.inventory,
                snapshot_every_ms=10 * DAY_MS,
                no_backorder=frozenset({"prd_c"}),
            ),
            "orders": replace(
                usual.orders, substitutes={"prd_a": ("prd_c", "prd_b"), "prd_c": ("prd_a",)}
            ),
            "shipping": replace(usual.shipping, poll_ms=20 * HOUR_MS),
            "payments": replace(usual.payments, gateway_backoff_s=0.0),
            "notifications": replace(usual.notifications, breaker_pause_ms=HOUR_MS),
        }
    )


SETTINGS: Final = _settings()
LOOP: Final = asyncio.SelectorEventLoop()
"""A life is one task of it: the calls of effects never wait, so none gives way to another task."""
atexit.register(LOOP.close)


@dataclass(frozen=True, slots=True)
class Script:
    """What a seed stands for."""

    seed: int
    partitions: int
    orders: int
    subscribers: int
    days: int
    span_ms: int
    temper: Temper
    figures: bool


def script_of(seed: int) -> Script:
    """The same for the same seed."""
    chance = Random(f"script {seed}")
    subscribers = chance.choice((0, 0, 0, 0, 1, 2))
    unruly = chance.random()
    fewest, most = (6, 12) if seed % CROWDS_EVERY == 1 else (1, 5)
    return Script(
        seed=seed,
        partitions=chance.choice((1, 1, 2, 3)),
        orders=chance.randint(fewest, most) if not subscribers else chance.randint(0, 3),
        subscribers=subscribers,
        days=chance.randint(50, 110) if subscribers else chance.choice((12, 30, 60)),
        span_ms=chance.choice((1_000, 30 * MINUTE_MS, 3 * DAY_MS)),
        temper=Temper(
            crash=chance.choice((0.0, 0.005, 0.02)) * unruly,
            stall=chance.choice((0.0, 0.02, 0.1)) * unruly,
            stall_ms_max=chance.choice((2_000, 60_000, 900_000, 2 * HOUR_MS)),
            chunk_max=chance.choice((1, 4, 50)),
            commit=chance.choice((1.0, 0.5, 0.1)),
        ),
        figures=seed % 10 == 0,
    )


def habits_of(seed: int) -> Habits:
    """What people do in that life: in one they change their minds, in another they quarrel.

    In one in so many all goes well until goods arrive, and most of those are exchanged.
    """
    chance = Random(f"habits {seed}")
    habits = Habits(
        cancels=chance.choice((0.1, 0.2, 0.5)),
        amends=chance.choice((0.1, 0.2, 0.8)),
        exchanges=chance.choice((0.3, 0.6)),
        disputes=chance.choice((0.05, 0.1, 0.5)),
        asks_money_back=chance.choice((0.1, 0.1, 0.6)),
        restocks=chance.choice((0.3, 0.9)),
        leaves=chance.choice((0.2, 0.3, 0.8)),
        echoes=chance.choice((0.0, 0.2, 0.6)),
        scans=chance.choice((0.0, 0.5, 1.0)),
        erases=chance.choice((0.0, 0.0, 0.3)),
        settles=chance.choice((0.0, 0.5, 0.9)),
        samples=chance.choice((*[False] * 8, True)),
    )
    if seed % SWAPS_EVERY:
        return habits
    return replace(
        habits,
        luck=0.9,
        cancels=0.0,
        amends=0.0,
        disputes=0.0,
        asks_money_back=0.0,
        restocks=0.9,
        returns=1.0,
        exchanges=0.9,
        sends_parcel=1.0,
    )


class Run:
    """One seed's run."""

    def __init__(self, seed: int) -> None:
        CONTRACT.memo = Memo()  # What other lives wrote is only in the way.
        self.script = script = script_of(seed)
        chance = Random(seed)
        start_ms = EPOCH_MS + chance.randrange(365 * DAY_MS)
        self.world = World(chance, script.temper, start_ms)
        self.outside = Outside(SETTINGS, seed, lambda: self.world.now_ms)
        agents, known = _application(script.partitions)
        effects = self.outside.effects(script.partitions)
        unknown = known ^ {one.name for one in effects}
        if unknown:
            raise TopologyError(f"simulation.outside does not make these effects: {unknown}")
        chosen = [one for one in agents if script.figures or one.name not in FIGURES]
        self.world.open(chosen, effects, script.partitions)
        self.post = Post(self.world, Random(f"people {seed}"), habits_of(seed))
        self.laws = Laws(
            lambda: self.world.now_ms, self.outside.books, self.world.stats, script.partitions
        )
        webhooks, clerk = Webhooks(self.post, self.outside), Clerk(self.post, self.outside)
        self.world.witnesses += [self.laws, self.post, webhooks, clerk]

    def live(self) -> "Run":
        """Let it all happen."""
        LOOP.run_until_complete(self._live())
        return self

    async def _live(self) -> None:
        script, world = self.script, self.world
        shoppers = Shoppers(self.post)
        Staff(self.post, shoppers).begin(script.span_ms)
        shoppers.begin(script.orders, script.span_ms)
        Stockroom(self.post, script.span_ms).begin()
        Recipients(self.post, script.span_ms).begin(shoppers.users)
        Subscribers(self.post, script.days * DAY_MS).begin(script.subscribers)
        self._outages()
        await world.run(world.now_ms + script.days * DAY_MS)
        self.outside.weather.calm()
        await world.drain()
        self.laws.ended()
        if script.seed % REPLAY_EVERY == 1:
            for lane in world.lanes:
                replay.check(lane, world.topology, Random(f"replay {script.seed}"))

    def _outages(self) -> None:
        chance, weather = self.post.chance, self.outside.weather
        for _ in range(chance.choice((0, 0, 1, 3))):
            begins_ms = chance.randint(0, 2 * self.script.span_ms)
            ends_ms = begins_ms + chance.choice((MINUTE_MS, HOUR_MS, 12 * HOUR_MS))
            self.world.later(begins_ms, lambda: setattr(weather, "outage", True))
            self.world.later(ends_ms, lambda: setattr(weather, "outage", False))


@cache
def _application(partitions: int) -> tuple[tuple[AgentSpec, ...], frozenset[str]]:
    """The application's agents, and the names of its effects."""
    agents, effects = agents_of(SETTINGS.model_copy(update={"partitions": partitions}))
    return agents, frozenset(effect.name for effect in effects)
