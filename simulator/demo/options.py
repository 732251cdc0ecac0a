"""What a person may ask of the demonstration."""

import argparse
from dataclasses import dataclass
from typing import Final, Self

RATE_COUNTED: Final = 40.0
"""Orders a second when a number of orders was asked for: few enough for one worker that follows
whole lives to keep its promises on a slow machine."""
RATE_ENDLESS: Final = 5.0
"""Orders a second when it runs until Ctrl-C."""


@dataclass(frozen=True, slots=True)
class Options:
    """One run of the demonstration."""

    orders: int | None = None
    """None: until Ctrl-C."""
    rate: float = RATE_ENDLESS
    seed: int = 1
    workers: int = 1
    only_json: bool = False
    kill_every_s: float = 0.0
    """Kill a worker with SIGKILL so often; 0: never."""

    @classmethod
    def parsed(cls, arguments: list[str] | None = None) -> Self:
        """Read the command line."""
        found = _parser().parse_args(arguments)
        default = RATE_ENDLESS if found.orders is None else RATE_COUNTED
        return cls(
            orders=found.orders,
            rate=found.rate or default,
            seed=found.seed,
            workers=found.workers,
            only_json=found.json,
            kill_every_s=found.kill_every,
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulator.demo",
        description="Run broker, workers and a simulated shop here, and judge what comes of it.",
        epilog="Exit codes: 0 as promised, 1 a promise broke or nothing could run, 130 Ctrl-C"
        " before the end.",
    )
    parser.add_argument("--orders", type=_count, help="place so many, wait for their ends, judge")
    parser.add_argument("--rate", type=_rate, help="orders a second (40; without --orders 5)")
    parser.add_argument("--seed", type=int, default=1, help="another seed is another shop (1)")
    parser.add_argument("--workers", type=_count, default=1, help="how many workers (1)")
    parser.add_argument("--json", action="store_true", help="print the JSON object and no table")
    parser.add_argument(
        "--kill-every", type=_rate, default=0.0, metavar="SECONDS", help="kill -9 a worker so often"
    )
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return int(text)


def _rate(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return number
