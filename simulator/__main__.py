"""`python -m simulator place`: orders for a cluster that runs already, see `--help`."""

import argparse
import asyncio
import json
import logging
import sys
import time

from simulator.load import broker, place, shop_for_load
from simulator.session import NobodyAnswers
from simulator.wire import KafkaConnectionError, KafkaError, TopicsMissing


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks and return the exit code."""
    options = _parser().parse_args(arguments)
    # It retries by itself and would say so; what it cannot mend it raises.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    # Another seed is another run: orders placed under the same ids would change nothing.
    seed = time.time_ns() if options.seed is None else options.seed
    shop = shop_for_load(seed, clean=options.mix == "clean")
    placing = place(options.orders, options.rate, shop, measured=options.wait)
    try:
        figures = asyncio.run(placing)
    except KafkaConnectionError:
        return _fail(
            f"no Kafka broker answers at {broker()}:"
            " start one (`make broker`) or set FLOWMART_BROKER"
        )
    except (NobodyAnswers, TopicsMissing, KafkaError) as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return 130
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("place", help="place orders at FLOWMART_BROKER")
    command.add_argument("--orders", type=int, required=True)
    command.add_argument("--rate", type=float, default=100.0, help="orders a second (100)")
    command.add_argument("--seed", type=int, help="repeats a shop; without it every run differs")
    command.add_argument(
        "--mix", choices=("clean", "full"), default="clean", help="whether things go wrong (clean)"
    )
    command.add_argument("--wait", action="store_true", help="wait for the ends and measure")
    return parser


def _fail(message: str) -> int:
    sys.stderr.write(f"error: {message}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
