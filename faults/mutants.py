"""`python -m faults.mutants [NAME ...]`: break one promise at a time; the checks have to turn red.

Each mutant has the check that should notice it: kills at named points, a zombie, an aborted log,
or deterministic tests. Every check is run on the whole engine first, where it has to be green.
"""

import argparse
import asyncio
import json
import logging
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from broker import Broker, BrokerError, fetch, progress_shown, warm_up
from faults.kills import kill_at
from faults.logs import aborted_tail
from faults.mutations import MUTATIONS
from faults.processes import NotSo
from faults.races import tests_pass
from faults.scene import PARTITIONS, Result, opened
from faults.zombies import freeze_and_thaw

RATE: Final = 400
WARM: Final = 500
SETTLE_S_MAX: Final = 15.0
SEEDS: Final = 1_000_000

Check = Callable[[str, Path, int, str], Awaitable[Result]]


def at_points(*points: str) -> Check:
    """A worker is killed at each of these points, under load."""

    async def check(bootstrap: str, home: Path, seed: int, mutant: str) -> Result:
        result = Result("mutant")
        async with opened(bootstrap, home, seed, result, settings=_told(mutant)) as scene:
            await scene.begin("one", rate=RATE)
            for point in points:
                await scene.loading.more(WARM)
                reached = await kill_at(scene, scene.fleet.every["one"], point)
                result.expect(f"{point} was not reached", so=reached)
                await scene.fleet.settled(PARTITIONS)
            await scene.loading.more(WARM)
            await scene.settle(SETTLE_S_MAX)
        return result

    return check


async def zombie(bootstrap: str, home: Path, seed: int, mutant: str) -> Result:
    """A worker frozen inside a transaction wakes up when another has its partitions."""
    result = Result("mutant")
    told = _told(mutant)
    async with opened(bootstrap, home, seed, result, static=False, settings=told) as scene:
        await scene.begin("one", "two", rate=RATE)
        await freeze_and_thaw(scene, scene.fleet.every["one"], at_point=True)
        await scene.settle(SETTLE_S_MAX)
    return result


async def aborted(bootstrap: str, home: Path, seed: int, mutant: str) -> Result:
    """Changelog and input end in an aborted transaction when a store is rebuilt."""
    result = Result("mutant")
    async with opened(bootstrap, home, seed, result, settings=_told(mutant)) as scene:
        await scene.begin("one", rate=RATE)
        await scene.loading.more(WARM)
        await aborted_tail(scene)
        await scene.loading.more(WARM)
        await scene.settle(SETTLE_S_MAX)
    return result


def by_tests(*paths: str) -> Check:
    """Deterministic tests, run against the mutant."""

    async def check(_bootstrap: str, _home: Path, _seed: int, mutant: str) -> Result:
        result = Result("mutant")
        passed = await tests_pass(paths, _told(mutant))
        result.expect(f"{', '.join(paths)} fails", so=passed)
        return result

    return check


def _told(mutant: str) -> dict[str, str]:
    return {"FAULTS_MUTANT": mutant} if mutant else {}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A broken promise and the check that has to notice."""

    promise: str
    check: Check
    by: str


_TORN: Final = at_points("before_commit", "after_commit", "before_commit")
_TICKS: Final = at_points("within_tick", "within_tick")
_CALLS: Final = at_points("after_store", "after_store", "after_store")
_STORE: Final = at_points("before_commit", "after_commit")
_PLAIN: Final = at_points("after_store")
_READER: Final = by_tests("tests/engine/test_consumer.py")
_PROCESSOR: Final = by_tests("tests/engine/test_processor.py")
_FILES: Final = by_tests("tests/engine/test_stores.py")

MUTANTS: Final[dict[str, Mutant]] = {
    "no_marker": Mutant("what was applied is skipped", _PLAIN, "kills"),
    "rows_before_outputs": Mutant("rows and outputs are one transaction", _TORN, "kills"),
    "outputs_before_rows": Mutant("outputs and rows are one transaction", _TORN, "kills"),
    "no_fencing": Mutant("a former owner is fenced", zombie, "zombies"),
    "no_seek_lock": Mutant("a seek waits for the fetch under way", _READER, "test_consumer"),
    "store_before_changelog": Mutant("the store comes after the transaction", _STORE, "kills"),
    "tick_outside": Mutant("a tick is one transaction", _TICKS, "kills"),
    "letter_dropped": Mutant("what cannot be processed is a dead letter", _PLAIN, "kills"),
    "gap_accepted": Mutant("a gap stops the worker", _PROCESSOR, "test_processor"),
    "flow_goes_on": Mutant("the flow stops before lanes close", _READER, "test_consumer"),
    "undo_forgotten": Mutant("a handler that raises changes nothing", _PLAIN, "kills"),
    "recovery_uncommitted": Mutant("recovery reads committed rows", aborted, "logs"),
    "recovery_skipped": Mutant("a store is brought up to date", _STORE, "kills"),
    "source_uncommitted": Mutant("input is read committed", aborted, "logs"),
    "effect_forgotten": Mutant("a marker waits for calls under way", _CALLS, "kills"),
    "settled_forgotten": Mutant("a call that is done is not made again", _CALLS, "kills"),
    "damage_believed": Mutant("damaged files are never believed", _FILES, "test_stores"),
    "cut_manifest_believed": Mutant("nor are files that are gone", _FILES, "test_stores"),
}


async def _run(bootstrap: str, names: Sequence[str], seed: int, home: Path) -> list[str]:
    """The mutants that survive, and the checks that are red without one."""
    checks = dict.fromkeys(MUTANTS[name].check for name in names)
    wrong = []
    for check in checks:
        by = next(m.by for m in MUTANTS.values() if m.check is check)
        result, seconds = await _try(check, bootstrap, home, seed, "")
        _say("no mutant", by, "green" if result.is_green else f"RED {result.problems}", seconds)
        wrong += [] if result.is_green else [f"{by} without a mutant"]
    for name in names:
        mutant = MUTANTS[name]
        result, seconds = await _try(mutant.check, bootstrap, home, seed, name)
        _say(name, mutant.by, "SURVIVED" if result.is_green else _killed(result), seconds)
        wrong += [name] if result.is_green else []
    return wrong


async def _try(
    check: Check, bootstrap: str, home: Path, seed: int, mutant: str
) -> tuple[Result, float]:
    began = time.monotonic()
    try:
        result = await check(bootstrap, home, seed, mutant)
    except NotSo as problem:
        result = Result("mutant", problems=[str(problem)])
    return result, time.monotonic() - began


def _killed(result: Result) -> str:
    figures = f"{result.rows_wrong} rows wrong, {result.outputs_lost} outputs lost,"
    told = f"{figures} {result.outputs_twice} twice"
    return f"killed: {told if result.records else '; '.join(result.problems)}"


def _say(name: str, by: str, how: str, seconds: float) -> None:
    sys.stderr.write(f"{name:24} {by:16} {how} ({seconds:.0f} s)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the mutants asked for; 0 when every one is killed and no check is red without."""
    parser = argparse.ArgumentParser(prog="python -m faults.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MUTANTS))
    parser.add_argument("--seed", type=int)
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - set(MUTATIONS):
        parser.error(f"no such mutant: {', '.join(sorted(unknown))}")
    seed = asked.seed if asked.seed is not None else random.randrange(SEEDS)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    names = asked.names or list(MUTANTS)
    home = Path(tempfile.mkdtemp(prefix="mutants-"))
    try:
        with progress_shown() as progress:
            fetch(progress=progress)
        warm_up()
        with Broker() as broker:
            wrong = asyncio.run(_run(broker.bootstrap, names, seed, home))
    except BrokerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        shutil.rmtree(home, ignore_errors=True)
    told = {"ok": not wrong, "mutants": len(names), "wrong": wrong, "seed": seed}
    sys.stdout.write(json.dumps(told) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
