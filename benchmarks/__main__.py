"""`python -m benchmarks`: what is fast, measured in one run on one broker."""

import argparse
import math
import os
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from benchmarks.compare import SYSTEMS, WORKLOADS, Plan, compare
from benchmarks.floors import judged, missed
from benchmarks.kafka import LONG_RUN, BenchmarkError, delete_topics, running_broker
from benchmarks.measures.throughput import run
from benchmarks.pipeline.driver import run_driver
from benchmarks.pipeline.run import Pace, run_pipeline, run_shop
from benchmarks.prepare import prepare_w1
from benchmarks.results import Result, ResultFile, medians, table
from benchmarks.systems.flowmart.system import FLOWMART
from benchmarks.task import Place
from benchmarks.wanted import verdicts
from broker import BrokerError

KINDS: Final = ("quick", "driver", "pipeline", "shop", "compare")
EVENTS: Final = 1_000_000
STEADY: Final = Pace(rate=550, seconds=60)
"""A tenth above the floor, so that the floor itself is not decided by rounding."""
CALM: Final = Pace(rate=100, seconds=20, workers=1)
"""One worker carries it with ease; a second would only wait on the same cores."""
WHOLE: Final = Pace(rate=250, seconds=60, warm_up_s=10)
"""Every service at a twentieth above the floor."""
PROMISED: Final = Pace(rate=50, seconds=60, warm_up_s=10)
"""At which the shop's promises are held."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; 1 when a floor was missed or a system did its job wrongly."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        return _asked_for(options)
    except (BenchmarkError, BrokerError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _asked_for(options: argparse.Namespace) -> int:
    if options.what == "driver":
        return driver(options.events, whole=options.whole)
    compares, plan = options.compare or options.what == "compare", _plan(options)
    with place(LONG_RUN if compares else ()) as here:
        if compares:
            return comparison(here, plan)
        if options.what == "pipeline":
            return pipeline(here, _pace(options, STEADY))
        if options.what == "shop":
            return shop(here, _pace(options, WHOLE))
        return quick(here, options.events)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("what", nargs="?", choices=KINDS, default="quick")
    add("--compare", action="store_true", help="the same as: compare")
    add("--whole", action="store_true", help="every agent in the driver, not only the core")
    add("--events", type=int, default=EVENTS, help="after warm-up; rows of R; orders of the driver")
    add("--rate", type=float, help="orders/s of the pipeline or the shop")
    add("--seconds", type=float, help="of the pipeline or the shop")
    add("--workers", type=int, help="of the pipeline or the shop")
    add("--rounds", type=int, default=3, help="of the comparison")
    add("--slow-events", type=int, help="the events of stock Faust (default: as many)")
    add("--workloads", default=",".join(WORKLOADS), help="of the comparison (%(default)s)")
    add("--systems", default=",".join(SYSTEMS), help="of the comparison (%(default)s)")
    asked = parser.parse_args(arguments)
    for name in ("events", "rate", "seconds", "workers", "rounds", "slow_events"):
        number = getattr(asked, name)
        if number is not None and not 0 < number < math.inf:
            parser.error(f"--{name.replace('_', '-')}: expected a number above 0, got {number}")
    return asked


def _pace(options: argparse.Namespace, usual: Pace) -> Pace:
    """The usual pace, but for what was asked for."""
    asked = {name: getattr(options, name) for name in ("rate", "seconds", "workers")}
    return replace(usual, **{name: value for name, value in asked.items() if value is not None})


def _plan(options: argparse.Namespace) -> Plan:
    workloads, systems = options.workloads.split(","), options.systems.split(",")
    unknown = [name for name in workloads if name not in WORKLOADS]
    unknown += [name for name in systems if name not in SYSTEMS]
    if unknown:
        raise BenchmarkError(f"there is no {', '.join(unknown)}: see --help")
    slow_events = options.slow_events or options.events
    return Plan(workloads, systems, options.events, slow_events, options.rounds)


@contextmanager
def place(jvm_options: Sequence[str] = ()) -> Iterator[Place]:
    """Yield a broker and a folder; the folder goes, unless something went wrong in it."""
    folder = Path(tempfile.mkdtemp(prefix="flowmart-bench-"))
    prefix = f"bench-{secrets.token_hex(3)}"
    try:
        with running_broker(jvm_options) as bootstrap:
            yield Place(bootstrap, folder, prefix)
            if "FLOWMART_BROKER" in os.environ:
                delete_topics(bootstrap, prefix)
    except Exception:
        sys.stderr.write(f"Logs and data are in {folder}\n")
        raise
    except BaseException:  # Ctrl-C: nobody will look into it.
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def quick(here: Place, events: int) -> int:
    """Our engine on W1, the pipeline and the whole shop at steady rates, in six minutes."""
    file = ResultFile("quick")
    results = [run(here, prepare_w1(here, events), FLOWMART, 1)]
    file.add(results[0])
    for pace in (STEADY, CALM):
        result = run_pipeline(here.bootstrap, here.folder, pace)
        result.more["floor"] = pace is STEADY
        results.append(result)
        file.add(result)
    for pace in (WHOLE, PROMISED):
        results.append(run_shop(here.bootstrap, here.folder, pace))
        file.add(results[-1])
    return _judged(results, file)


def driver(orders: int, *, whole: bool) -> int:
    """The shop's agents in memory: CPU an order, which a busy machine hardly changes."""
    file = ResultFile("driver")
    file.add(run_driver(orders, whole=whole))
    return 0


def pipeline(here: Place, pace: Pace) -> int:
    """The shop's core alone."""
    file = ResultFile("pipeline")
    result = run_pipeline(here.bootstrap, here.folder, pace)
    file.add(result)
    sys.stdout.write(f"\n{table([result])}\n\nAlso in {file.path}\n")
    return 0


def shop(here: Place, pace: Pace) -> int:
    """The whole shop alone: every service, and what it promises."""
    file = ResultFile("shop")
    result = run_shop(here.bootstrap, here.folder, pace)
    file.add(result)
    return _judged([result], file)


def comparison(here: Place, plan: Plan) -> int:
    """Every system in turn; wrong work fails, falling short of what is wanted is told."""
    file = ResultFile("compare")
    results, problems = compare(here, plan, file)
    middle = medians(results)
    lines = "\n".join(verdicts(middle))
    sys.stdout.write(f"\n{table(middle)}\n\n{lines}\n\nAlso in {file.path}\n")
    return _told(problems, "FAILED")


def _judged(results: list[Result], file: ResultFile) -> int:
    """Show the results, and say of each floor whether it holds; 1 when one does not."""
    lines = "\n".join([f"{'holds' if v.holds else 'MISSED'} {v.text}" for v in judged(results)])
    sys.stdout.write(f"\n{table(results)}\n\n{lines}\n\nAlso in {file.path}\n")
    return _told(missed(results), "FLOOR MISSED")


def _told(problems: list[str], what: str) -> int:
    for problem in problems:
        sys.stderr.write(f"{what} {problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
