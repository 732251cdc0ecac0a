"""`python -m benchmarks`: what is fast, measured in one run on one broker."""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.floors import missed
from benchmarks.kafka import BenchmarkError, running_broker
from benchmarks.pipeline.run import Pace, run_pipeline
from benchmarks.prepare import prepare_w1
from benchmarks.results import ResultFile, table
from benchmarks.runner import Place, run
from benchmarks.systems.flowmart.system import FLOWMART

EVENTS: Final = 1_000_000
STEADY: Final = Pace(rate=550, seconds=60)
"""A tenth above the floor, so that the floor itself is not decided by rounding."""
CALM: Final = Pace(rate=100, seconds=20)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; 1 when a floor was missed or a system did its job wrongly."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS, help="of W1, after warm-up")
    parser.add_argument("--rate", type=float, default=STEADY.rate, help="orders/s of the pipeline")
    parser.add_argument("--seconds", type=float, default=STEADY.seconds, help="of the pipeline")
    options = parser.parse_args(arguments)
    try:
        with place() as here:
            return quick(here, options.events, Pace(options.rate, options.seconds))
    except BenchmarkError as error:
        sys.stderr.write(f"{error}\n")
        return 1


@contextmanager
def place() -> Iterator[Place]:
    """Yield a broker and a folder; the folder goes, unless something went wrong."""
    folder = Path(tempfile.mkdtemp(prefix="flowmart-bench-"))
    try:
        with running_broker() as bootstrap:
            yield Place(bootstrap, folder)
    except BaseException:
        sys.stderr.write(f"Logs and data are in {folder}\n")
        raise
    shutil.rmtree(folder, ignore_errors=True)


def quick(here: Place, events: int, steady: Pace) -> int:
    """Our engine on W1 and the shop at a steady rate, in three minutes."""
    file, results = ResultFile("quick"), []
    results.append(run(here, prepare_w1(here, events), FLOWMART, 1))
    file.add(results[-1])
    for pace, floor in ((steady, True), (CALM, False)):
        result = run_pipeline(here.bootstrap, here.folder, pace)
        result.more["floor"] = floor
        results.append(result)
        file.add(result)
    sys.stdout.write(f"\n{table(results)}\n\nAlso in {file.path}\n")
    below = missed(results)
    for what in below:
        sys.stderr.write(f"FLOOR MISSED {what}\n")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
