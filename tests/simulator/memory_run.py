"""Runs the shop against all agents in memory: no broker, no waiting, the same every time."""

from dataclasses import replace
from heapq import heappop, heappush
from random import Random

from app import agents_of
from engine.driver import Driver
from engine.records import Record
from settings import Settings
from simulator.book import Book
from simulator.catalogue import final_products
from simulator.memory import Spot
from simulator.oracle import Oracle
from simulator.quarrels import Quarrels
from simulator.script import Script
from simulator.sending import Sent
from simulator.settings import Mix, ShopSettings
from simulator.staff import Staff
from topics import ALL

START_MS = 1_750_000_000_000
SPECS = {spec.name: spec for spec in ALL}
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
YEAR_MS = 365 * 24 * HOUR_MS

HEAVY = Mix(
    invalid=0.05,
    declined=0.08,
    retried=0.1,
    flaky=0.05,
    stolen=0.03,
    doubtful=0.12,
    cancelled=0.3,
    meddled=0.05,
    scarce=0.3,
    discounted=0.1,
    repeated=0.2,
    renamed=0.05,
    misplaced=0.2,
    unnamed=0.05,
    malformed=0.15,
    returned=0.15,
    refunded=0.06,
    disputed=0.08,
)
"""Much of everything that can go wrong."""


def driver_of(shop: ShopSettings, *, time_scale: float = 1.0, chunk_max: int = 50) -> Driver:
    """Every agent of the application, in memory.

    The gateway's waits are real ones, so they are cut; its breaker stays shut, because cards
    that make calls fail must not end the payments of others.
    """
    usual = Settings()
    settings = Settings(
        time_scale=time_scale,
        inventory=replace(usual.inventory, no_backorder=frozenset(final_products(shop))),
        payments=replace(
            usual.payments,
            gateway_backoff_s=0.0001,
            breaker_errors_max=1_000_000,
            breaker_calls_min=1_000_000,
        ),
        shipping=usual.shipping if shop.sent else replace(usual.shipping, poll_ms=YEAR_MS),
    )
    agents, effects = agents_of(settings, lambda: driver.now_ms)
    driver = Driver(agents, effects, partitions=3, start_ms=START_MS, chunk_max=chunk_max)
    return driver


def finished(
    *,
    seed: int,
    orders: int,
    mix: Mix,
    rate: float = 100.0,
    time_scale: float = 1.0,
    racing: bool = False,
    sent: bool = True,
) -> "MemoryRun":
    """A run in which everything that will end has ended."""
    shop = ShopSettings(seed=seed, mix=mix, products=20, scarce_products=4)
    shop = shop if sent else shop.booked()
    run = MemoryRun(driver_of(shop, time_scale=time_scale), shop)
    chance = Random(seed) if racing else None
    run.run(orders, rate, chance=chance)
    run.pass_time(MINUTE_MS, 45)
    run.pass_time(HOUR_MS, 140)
    return run


class MemoryRun:
    """One shop, its staff and its judge, around a driver."""

    def __init__(self, driver: Driver, settings: ShopSettings) -> None:
        self.driver = driver
        self.script = Script(settings, driver.now_ms)
        self.book = Book()
        self.staff = Staff(settings, self.script.memory)
        self.quarrels = Quarrels(self.script.memory, self.book)
        self.oracle = Oracle(self.script.memory, self.book)
        self.waiting: list[tuple[int, int, Sent]] = []
        self.records: list[Record] = []
        self._read: dict[tuple[str, int], int] = {}
        self._tie = 0

    def later(self, at_ms: int, sent: Sent) -> None:
        self._tie += 1
        heappush(self.waiting, (at_ms, self._tie, sent))

    def send(self, sent: Sent) -> None:
        """A record without a key goes where its time points."""
        spec = SPECS[sent.topic]
        partition = None
        if sent.stem is None:
            partition = self.driver.now_ms % self.driver.topology.partitions
        record = self.driver.send(
            spec, sent.value, sent.key, headers=sent.headers, partition=partition
        )
        spot = Spot(record.topic, record.partition, record.offset)
        self.script.memory.lies(sent, spot)

    def listen(self) -> None:
        """Read what is new; the staff answers."""
        for topic, parts in self.driver.log.items():
            if topic.startswith(self.driver.topology.app_id):
                continue
            for partition, log in enumerate(parts):
                start = self._read.get((topic, partition), 0)
                self._read[topic, partition] = len(log)
                for record in log[start:]:
                    self.records.append(record)
                    said = self.book.read(record)
                    if said is None:
                        continue
                    for people in (self.staff, self.quarrels):
                        for answer in people.answers(said, record.timestamp):
                            self.later(self.driver.now_ms + answer.after_ms, answer.sent)

    def run(
        self, orders: int, rate: float, *, every_ms: int = 20, chance: Random | None = None
    ) -> None:
        """Send everything, processing at most every `every_ms`, so that records race."""
        for step in self.script.opening():
            self.send(step.sent)
        self.driver.run()
        self.listen()
        start_ms = self.driver.now_ms
        for step in self.script.orders(orders, rate):
            self.later(start_ms + step.due_ms, step.sent)
        if chance is not None:
            self.drain_racing(chance)
        self.drain(every_ms)
        self.driver.run()
        self.listen()

    def drain(self, every_ms: int) -> None:
        """Send what is due in its time until nothing waits."""
        while self.waiting:
            due_ms = max(self.driver.now_ms, self.waiting[0][0]) + every_ms
            while self.waiting and self.waiting[0][0] <= due_ms:
                self.send(heappop(self.waiting)[2])
            self.driver.advance(due_ms - self.driver.now_ms)
            self.driver.run()
            self.listen()

    def drain_racing(self, chance: Random, steps_max: int = 60) -> None:
        """The same, but topics run ahead of each other and fall behind as chance has it.

        Between two moments at most `steps_max` chunks are processed, each of any partition of
        any topic, and one topic in four is not read at all for a while.
        """
        while self.waiting:
            due_ms = max(self.driver.now_ms, self.waiting[0][0])
            while self.waiting and self.waiting[0][0] <= due_ms:
                self.send(heappop(self.waiting)[2])
            self.driver.now_ms = due_ms
            self.stumble(chance, chance.randint(0, steps_max))
            if chance.random() < 0.1:
                self.tick_lanes()
            self.listen()

    def stumble(self, chance: Random, steps: int) -> None:
        """Process some chunks of some topics."""
        sources = self.driver._sources()
        stuck = {name for _, name in sources if chance.random() < 0.25}
        moving = [source for source in sources if source[1] not in stuck]
        for _ in range(steps if moving else 0):
            self.driver.chunk_max = chance.choice((1, 1, 2, 7))
            self.driver._step(*chance.choice(moving))
            self.driver.now_ms += chance.choice((0, 0, 1, 5))

    def tick_lanes(self) -> None:
        """Fire what is due, and leave what follows unread."""
        for lane in self.driver._lanes:
            lane.processor.tick(self.driver.now_ms)
            self.driver._write(lane)

    def pass_time(self, step_ms: int, steps: int) -> None:
        """Let time pass until nothing is open, at most so many steps."""
        for _ in range(steps):
            self.driver.advance(step_ms)
            self.listen()
            self.drain(1_000)
            if not self.oracle.open_orders() and not self.oracle.letters_missing():
                return
