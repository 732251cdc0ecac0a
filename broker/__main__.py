"""`python -m broker`: fetch Kafka, or run it in the foreground.

Standard output has the bootstrap address, in one line, once the broker serves; everything else
goes to standard error. Exit codes: 0 after Ctrl-C or SIGTERM, 1 when Kafka cannot run, with one
line that says what to do.
"""

import argparse
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Final

from broker import Broker, BrokerError, fetch, progress_shown, warm_up
from broker.jars import LOCK_FILE, lock
from broker.ports import given_ports

KAFKA: Final = "org.apache.kafka:kafka_2.13:4.1.1+org.slf4j:slf4j-simple:1.7.36"
DEFAULT_PORT: Final = 9092
PORT_MAX: Final = 65_533
"""Three nodes listen on this port and the two after it."""
WATCH_S: Final = 0.5


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        match options.command:
            case "start":
                _start(options)
            case "fetch":
                _fetch()
                warm_up()
            case "lock":
                Path(__file__).with_name(LOCK_FILE).write_text(lock(KAFKA), encoding="utf-8")
    except BrokerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m broker", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", help="run Kafka until Ctrl-C")
    start.add_argument("--port", type=_port, default=DEFAULT_PORT, help="0 for any free one")
    start.add_argument("--data-dir", type=Path, help="keep the data here; without it nothing stays")
    start.add_argument("--nodes", type=int, choices=(1, 3), default=1)
    commands.add_parser("fetch", help="only download Kafka and prepare quick starts")
    commands.add_parser("lock", help="resolve Kafka's jars anew (for developers of this package)")
    return parser


def _port(text: str) -> int:
    """A port, or 0 for any."""
    if not text.isdecimal() or int(text) > PORT_MAX:
        raise argparse.ArgumentTypeError(f"expected 0 to {PORT_MAX}, got {text!r}")
    return int(text)


def _fetch() -> Path:
    with progress_shown() as progress:
        return fetch(progress=progress)


def _start(options: argparse.Namespace) -> None:
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    if options.port:
        given_ports(options.port, options.nodes)  # Who waited for a download wants no refusal.
    _fetch()
    broker = Broker(data_dir=options.data_dir, nodes=options.nodes, port=options.port or None)
    with broker:
        sys.stdout.write(f"{broker.bootstrap}\n")
        sys.stdout.flush()
        while broker.alive == frozenset(range(1, broker.nodes + 1)):
            time.sleep(WATCH_S)
        log = broker.logs[0].parent
    raise BrokerError(f"A Kafka node died; its log is in {log}")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
