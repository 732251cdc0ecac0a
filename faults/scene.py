"""One run: an application's topics, its workers, its load, and the judgement at the end."""

import asyncio
import os
import random
import time
import zlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from faults.load import Load
from faults.oracle import Oracle, Verdict
from faults.processes import Fleet, NotSo

PARTITIONS: Final = 4
SETTLE_S_MAX: Final = 90.0
BACK_S_MAX: Final = 120.0
"""Within it every partition commits again after any fault, or the row gives up."""
QUIET_S: Final = 1.2
"""After the first green look: time for anything twice to show."""
LOOK_S: Final = 0.4
LAG_S_MAX: Final = 15.0
STOPPED_AT_S: Final = 0.02
READY_S_MAX: Final = float(os.environ.get("FAULTS_READY_S", "5"))
"""After a fault, until the partitions that it hit commit again. A slow machine may need more."""


@dataclass
class Result:
    """How a row of the list ended."""

    row: str
    rows_wrong: int = 0
    outputs_lost: int = 0
    outputs_twice: int = 0
    conserved: bool = True
    records: int = 0
    ready_s_max: float | None = None
    """The longest wait from a fault to the first commit of each partition hit; None: not asked."""
    problems: list[str] = field(default_factory=list)
    """Everything else that should not be."""
    facts: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def is_green(self) -> bool:
        """Whether nothing is wrong."""
        wrong = self.rows_wrong + self.outputs_lost + self.outputs_twice
        return wrong == 0 and self.conserved and not self.problems

    def add(self, verdict: Verdict) -> None:
        """Take in what an oracle says."""
        self.rows_wrong += verdict.rows_wrong
        self.outputs_lost += verdict.outputs_lost
        self.outputs_twice += verdict.outputs_twice
        self.conserved = self.conserved and verdict.conserved
        self.records += verdict.records
        self.problems += [] if verdict.is_green else verdict.words

    def expect(self, what: str, *, so: bool) -> None:
        """Note a problem unless it is so."""
        if not so:
            self.problems.append(what)


@dataclass
class Scene:
    """Everything that one row plays with. Use it through `opened`."""

    bootstrap: str
    app: str
    home: Path
    seed: int
    result: Result
    static: bool = True
    replicas: int = 1
    settings: dict[str, str] = field(default_factory=dict)
    topic_configs: dict[str, str] = field(default_factory=dict)
    hits: list[tuple[float, tuple[int, ...], str]] = field(default_factory=list)
    """When a fault struck (wall clock, s), which partitions it took away, and what it was."""
    fleet: Fleet = field(init=False)
    load: Load | None = None
    oracle: Oracle = field(init=False)
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Nothing runs yet."""
        told = {
            "FAULTS_APP": self.app,
            "FAULTS_PARTITIONS": str(PARTITIONS),
            "FAULTS_REPLICAS": str(self.replicas),
            "FLOWMART_BROKER": self.bootstrap,
            **self.settings,
        }
        self.fleet = Fleet(self.home, told, static=self.static)
        self.chance = random.Random(f"{self.seed} {self.result.row}")
        self.oracle = Oracle(self.bootstrap, self.app)

    async def create_source(self) -> None:
        """Make the input topic, as the application would."""
        configs = {"message.timestamp.type": "LogAppendTime", **self.topic_configs}
        await create_topic(
            self.bootstrap, f"{self.app}-in", PARTITIONS, configs, replicas=self.replicas
        )

    async def begin(self, *workers: str, rate: int) -> None:
        """Start workers and, once they share the partitions, the load."""
        self.fleet.start(*workers)
        await self.fleet.settled(PARTITIONS)
        await self.start_load(rate)

    async def start_load(self, rate: int) -> Load:
        """Send from now on; a rate of 0 sends by hand only."""
        seed = zlib.crc32(f"{self.seed} {self.result.row}".encode())
        self.load = Load(self.bootstrap, f"{self.app}-in", PARTITIONS, rate, seed)
        return await self.load.start()

    @property
    def loading(self) -> Load:
        """The load, once it was started."""
        assert self.load is not None
        return self.load

    def struck(self, at_s: float, partitions: list[int] | None, what: str) -> None:
        """Remember a fault, to see later how long its partitions were silent."""
        self.hits.append((at_s, tuple(partitions or ()), what))

    async def committed(self, at_s: float) -> None:
        """Return once every partition has committed since that moment of the wall clock.

        Raises:
            NotSo: one has not in time.
        """
        deadline = time.monotonic() + BACK_S_MAX
        while silent := [p for p in range(PARTITIONS) if self._wait_of(p, at_s) is None]:
            if time.monotonic() > deadline:
                raise NotSo(f"partitions {silent} commit again: not within {BACK_S_MAX:g} s")
            await asyncio.sleep(LOOK_S)
            await self.oracle.look()

    async def settle(self, seconds: float = SETTLE_S_MAX) -> Verdict:
        """End the load, wait until all is processed and lag is 0, judge, judge again."""
        sent = await self.loading.stop()
        verdict = await self.oracle_settled(seconds)
        self.result.add(verdict)
        self.result.expect(f"the load lost records: {verdict.records} of {sent}",
                           so=verdict.records >= sent)  # fmt: skip
        self.result.expect("lag is not 0", so=await self._no_lag())
        if self.hits:
            self._judge_readiness()
        return verdict

    async def oracle_settled(self, seconds: float = SETTLE_S_MAX) -> Verdict:
        """The verdict once it is green and stays so, or when time is up."""
        deadline = time.monotonic() + seconds
        while not (verdict := await self.oracle.look()).is_green and time.monotonic() < deadline:
            await asyncio.sleep(LOOK_S)
        for _ in range(8):
            await asyncio.sleep(QUIET_S / 4)
            # Ticks go on, so a row may be read before its output: only a standstill is wrong.
            verdict = await self.oracle.look()
            if verdict.is_green:
                break
        return verdict

    def _judge_readiness(self) -> None:
        waits = self.ready_s()
        longest, what = max(waits, default=(0.0, ""))
        self.result.ready_s_max = round(max(longest, self.result.ready_s_max or 0.0), 2)
        middle = sorted(wait for wait, _ in waits)[len(waits) // 2] if waits else 0.0
        late = Counter(what for wait, what in waits if wait > READY_S_MAX)
        self.result.facts |= {"ready_s_median": round(middle, 2), "slowest": what}
        self.result.expect(f"not ready within {READY_S_MAX} s: {dict(late)}", so=not late)

    def ready_s(self) -> list[tuple[float, str]]:
        """For each fault: until the last of its partitions wrote its first commit."""
        found = []
        for at_s, partitions, what in self.hits:
            for partition in partitions:
                wait = self._wait_of(partition, at_s)
                found.append((float("inf") if wait is None else wait, what))
        return found

    def _wait_of(self, partition: int, at_s: float) -> float | None:
        """From that moment to the partition's next commit, in seconds; None: there was none yet."""
        commits = self.oracle.found.commits[partition]
        after = [ms for ms in commits if ms / 1000 > at_s + STOPPED_AT_S]
        return min(after) / 1000 - at_s if after else None

    def silent_s(self) -> float:
        """The longest time in which some partition committed nothing."""
        every = self.oracle.found.commits.values()
        gaps = [b - a for ms in every for a, b in pairwise(sorted(ms))]
        return max(gaps, default=0) / 1000

    async def _no_lag(self) -> bool:
        """Whether the group has told the broker that it is behind every record of the input."""
        deadline = time.monotonic() + LAG_S_MAX
        ends = {tp: end for tp, end in self.oracle.log.ends.items() if tp.topic == f"{self.app}-in"}
        while time.monotonic() < deadline:
            told = await group_offsets(self.bootstrap, self.app)
            if all(told.get(tp, 0) >= end for tp, end in ends.items()):
                return True
            await asyncio.sleep(LOOK_S)
        return False

    def ends(self) -> dict[str, int]:
        """How often workers ended by themselves (their supervisor started them again)."""
        return {"worker_ends": sum(len(w.codes) for w in self.fleet.every.values())}

    async def close(self) -> None:
        """End everything."""
        if self.load is not None:
            await self.load.stop()
        await self.fleet.close()


@asynccontextmanager
async def opened(
    bootstrap: str, home: Path, seed: int, result: Result, **more: Any
) -> AsyncIterator[Scene]:
    """A scene with topics of its own; at the end nothing of it runs."""
    app = f"{result.row}-{time.time_ns() // 1_000_000 % 10**8}"
    where = home / app
    where.mkdir(parents=True)
    scene = Scene(bootstrap, app, where, seed, result, **more)
    await scene.create_source()
    try:
        yield scene
    finally:
        await scene.close()


async def create_topic(
    bootstrap: str, name: str, partitions: int, configs: dict[str, str], *, replicas: int = 1
) -> None:
    """Make a topic that is not there.

    Raises:
        NotSo: the broker refuses.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        topic = NewTopic(name, partitions, replicas, topic_configs=configs)
        answer = await admin.create_topics([topic])
        if any(error[1] for error in answer.topic_errors):
            raise NotSo(f"topic {name}: {answer.topic_errors}")
    finally:
        await admin.close()


async def group_offsets(bootstrap: str, group: str) -> dict[TopicPartition, int]:
    """What a group has committed."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        found = await admin.list_consumer_group_offsets(group)
        return {tp: meta.offset for tp, meta in found.items()}
    finally:
        await admin.close()
