"""`python -m faults [ROW ...] [--dose small|full] [--seed N]`: rows of the list, then one verdict.

The last line printed is one JSON object; the exit code is 1 when any row is red.
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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from broker import Broker, BrokerError, fetch, progress_shown, warm_up
from faults.list import DOSES, ROWS, Dose
from faults.processes import NotSo
from faults.scene import Result

SEEDS = 1_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the rows asked for; 0 when every one is green."""
    asked = _parser().parse_args(arguments)
    seed = asked.seed if asked.seed is not None else random.randrange(SEEDS)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        with _broker() as broker:
            results = asyncio.run(_run(broker, asked.rows or list(ROWS), asked.dose, seed))
    except BrokerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    verdict = summary(results, asked.dose, seed)
    sys.stdout.write(json.dumps(verdict) + "\n")
    return 0 if verdict["ok"] else 1


def _row(name: str) -> str:
    if name not in ROWS:
        raise argparse.ArgumentTypeError(f"no such row: {name}; there are {', '.join(ROWS)}")
    return name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("rows", nargs="*", type=_row, metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--dose", choices=list(DOSES), default="small")
    parser.add_argument("--seed", type=int, help="a random one is chosen and printed")
    return parser


@contextmanager
def _broker() -> Iterator[str]:
    """Real Kafka of this run's own: rows leave topics in odd states."""
    with progress_shown() as progress:
        fetch(progress=progress)
    warm_up()
    with Broker() as broker:
        yield broker.bootstrap


async def _run(bootstrap: str, names: Sequence[str], dose: Dose, seed: int) -> list[Result]:
    """Each row after the other, shown while it runs."""
    console = Console(file=sys.stderr, highlight=False)
    console.print(f"dose {dose}, seed {seed}: make faults DOSE={dose} SEED={seed}")
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    results = []
    home = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("", total=len(names))
            for name in names:
                bar.update(task, description=name)
                results.append(await run_row(name, bootstrap, home, dose, seed))
                bar.advance(task)
                console.print(line(results[-1]))
    except asyncio.CancelledError:  # Ctrl-C.
        shutil.rmtree(home, ignore_errors=True)
        raise
    if all(result.is_green for result in results):
        shutil.rmtree(home, ignore_errors=True)
    else:
        console.print(f"logs of the workers are in {home}")
    return results


async def run_row(name: str, bootstrap: str, home: Path, dose: Dose, seed: int) -> Result:
    """One row in that dose; what it could not wait for makes it red."""
    began = time.monotonic()
    try:
        result = await ROWS[name](bootstrap, home, seed, **DOSES[dose][name])
    except NotSo as problem:
        result = Result(name, problems=[str(problem)])
    result.seconds = round(time.monotonic() - began, 1)
    return result


def line(result: Result) -> str:
    """A row's end in one line for people."""
    mark = "green" if result.is_green else "RED  "
    ready = "" if result.ready_s_max is None else f", ready within {result.ready_s_max} s"
    told = f"{mark} {result.row}: {result.records:,} records in {result.seconds} s{ready}"
    return "\n  ".join([told, *result.problems])


def summary(results: Sequence[Result], dose: Dose, seed: int) -> dict[str, object]:
    """Everything in one object."""
    waits = [r.ready_s_max for r in results if r.ready_s_max is not None]
    return {
        "ok": all(result.is_green for result in results),
        "dose": dose,
        "seed": seed,
        "rows_wrong": sum(result.rows_wrong for result in results),
        "outputs_lost": sum(result.outputs_lost for result in results),
        "outputs_twice": sum(result.outputs_twice for result in results),
        "conserved": all(result.conserved for result in results),
        "ready_s_max": max(waits, default=0.0),
        "results": [{"ok": result.is_green, **asdict(result)} for result in results],
    }


if __name__ == "__main__":
    sys.exit(main())
