"""`python -m simulation`: run seeds, or break rules on purpose and see which law notices.

Exit code: 0 every law held (every mutant was noticed), 1 one did not, 130 Ctrl-C before the end.
"""

import argparse
import logging
import sys
import time
from collections.abc import Iterable
from typing import Final

from simulation import mutants
from simulation.broken_rules import MUTANTS

INTERRUPTED: Final = 130


def main() -> int:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m simulation", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run seeds, and check every law after every commit")
    run.add_argument("--seeds", type=int, default=2_000, help="how many (default 2000)")
    run.add_argument("--first", type=int, default=0, help="the first of them (default 0)")
    run.add_argument("--seed", type=int, help="this one alone")
    run.add_argument("--until-failure", action="store_true", help="stop at the first failure")
    run.add_argument(
        "--mutant", metavar="RULE", choices=sorted(one.name for one in MUTANTS),
        help="with this rule broken",
    )  # fmt: skip
    broken = commands.add_parser("mutants", help="break one rule after the other")
    broken.add_argument("--seeds", type=int, default=mutants.SEEDS_MAX, help="lives of each")
    asked = parser.parse_args()
    if asked.seeds < 1:
        parser.error("--seeds: expected 1 or more")
    for said in ("engine.dead_letters", "providers.health"):  # The laws judge what they say.
        logging.getLogger(said).setLevel(logging.ERROR)
    try:
        return _asked_for(asked)
    except KeyboardInterrupt:
        return INTERRUPTED


def _asked_for(asked: argparse.Namespace) -> int:
    if asked.command == "mutants":
        return mutants.report(asked.seeds)
    if asked.mutant:
        mutants.break_rule(asked.mutant)
    chosen = range(asked.first, asked.first + asked.seeds)
    if asked.seed is not None:
        chosen = range(asked.seed, asked.seed + 1)
    return seeds(chosen, until_failure=asked.until_failure)


def seeds(chosen: Iterable[int], *, until_failure: bool = False) -> int:
    """Run them one after the other; print what broke, and a summary, also where Ctrl-C ends it."""
    from simulation.run import failures  # noqa: PLC0415 - a rule is broken while it is imported

    begun_s, count, failed, is_ended = time.perf_counter(), 0, [], False
    try:
        for seed, told in failures(chosen):
            count += 1
            if told is not None:
                failed.append(seed)
                print(told, flush=True)
                if until_failure:
                    break
    except KeyboardInterrupt:
        is_ended = True
    took_s = time.perf_counter() - begun_s
    verdict = f"{len(failed)} failed: {failed}" if failed else "every law held"
    print(
        f"{count} seeds in {took_s:.1f} s, {1000 * took_s / max(1, count):.0f} ms each: {verdict}"
    )
    if failed:
        return 1
    return INTERRUPTED if is_ended else 0


if __name__ == "__main__":
    sys.exit(main())
