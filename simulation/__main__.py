"""`python -m simulation`: run seeds, or break rules on purpose and see who notices.

Exit code: 0 all laws held (every mutant was caught), 1 one did not.
"""

import argparse
import sys
import time
from collections.abc import Iterable

from simulation.run import failures


def main() -> int:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(prog="simulation", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run seeds, and check every law after every commit")
    run.add_argument("--seeds", type=int, default=2_000, help="how many (default 2000)")
    run.add_argument("--first", type=int, default=0, help="the first of them (default 0)")
    run.add_argument("--seed", type=int, help="this one alone")
    asked = parser.parse_args()
    if asked.seed is not None:
        return seeds([asked.seed])
    return seeds(range(asked.first, asked.first + asked.seeds))


def seeds(chosen: Iterable[int]) -> int:
    """Run them one after the other; print what broke, and a summary."""
    begun_s, count, failed = time.perf_counter(), 0, []
    for seed, told in failures(chosen):
        count += 1
        if told is not None:
            failed.append(seed)
            print(told, flush=True)
    took_s = time.perf_counter() - begun_s
    verdict = f"{len(failed)} failed: {failed}" if failed else "every law held"
    print(
        f"{count} seeds in {took_s:.1f} s, {1000 * took_s / max(1, count):.0f} ms each: {verdict}"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
