"""Row 5: what races within one worker, in a deterministic order; and commits that are refused."""

import asyncio
import sys
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaProducer

from faults.processes import ROOT, Worker, until
from faults.scene import PARTITIONS, Result, Scene, opened

RATE: Final = 500
TESTS: Final = ("tests/engine/test_consumer.py", "tests/engine/test_fetch_races.py",
                "tests/engine/test_lane.py")  # fmt: skip
ENDS_S_MAX: Final = 120.0


async def races(
    bootstrap: str, home: Path, seed: int, *, rounds: int, tests: bool = True
) -> Result:
    """The deterministic tests; a partition revoked inside a transaction; refused commits."""
    result = Result("races")
    if tests:
        result.expect("a deterministic test fails", so=await tests_pass(TESTS, {}))
    async with opened(bootstrap, home, seed, result, static=False) as scene:
        await scene.begin("one", rate=RATE)
        for _ in range(rounds):
            await revoked_under_way(scene)
            await refused_by_fencing(scene)
            await refused_by_error(scene)
        await scene.settle()
        result.facts = {"rounds": rounds}
        result.expect("a traceback in a log", so=scene.fleet.tracebacks() == 0)
    return result


async def tests_pass(paths: tuple[str, ...], settings: dict[str, str]) -> bool:
    """Whether these tests pass in a process with these settings."""
    told = [f"{name}={value}" for name, value in {**settings, "PYTHONPATH": str(ROOT)}.items()]
    process = await asyncio.create_subprocess_exec(
        "/usr/bin/env", *told, sys.executable, "-m", "pytest", "-q", "-x",
        "-p", "no:cacheprovider", "-p", "faults.mutated", *paths,
        cwd=ROOT, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    return await process.wait() == 0


async def revoked_under_way(scene: Scene) -> None:
    """A second worker joins while every transaction of the first is held up for two seconds."""
    one = scene.fleet.every["one"]
    await _armed(scene, one, f"before_commit:{scene.chance.randint(30, 60)}:hold")
    scene.fleet.start("two")
    await scene.fleet.settled(PARTITIONS)
    await scene.loading.more(RATE)
    await scene.fleet.every["two"].stop()
    await scene.fleet.settled(PARTITIONS)


async def refused_by_fencing(scene: Scene) -> None:
    """A stranger takes a partition's transactional id: the broker refuses the next commit."""
    one = scene.fleet.every["one"]
    log, ended = one.log, len(one.codes)
    stranger = AIOKafkaProducer(
        bootstrap_servers=scene.bootstrap, transactional_id=f"{scene.app}-0"
    )
    await stranger.start()
    await stranger.stop()
    await _ended_saying(scene, one, log, ended, "Fenced: ")


async def refused_by_error(scene: Scene) -> None:
    """A commit fails in the client."""
    one = scene.fleet.every["one"]
    await _armed(scene, one, f"before_commit:{scene.chance.randint(30, 60)}:refuse")
    await _ended_saying(scene, one, one.log, len(one.codes), "CommitFailed: ")


async def _armed(scene: Scene, worker: Worker, point: str) -> None:
    worker.next_start = {"FAULTS_POINT": point}
    starts = worker.starts
    await worker.kill()
    await until("it starts again", lambda: worker.starts > starts)


async def _ended_saying(scene: Scene, worker: Worker, log: Path, ended: int, words: str) -> None:
    await until(f"the worker ends, {words}", lambda: len(worker.codes) > ended, ENDS_S_MAX)
    said = log.read_text(errors="replace")
    scene.result.expect(f"{log.name} does not say {words!r}", so=said.count(f"] {words}") == 1)
    await scene.fleet.settled(PARTITIONS)
