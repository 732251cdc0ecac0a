"""`python -m simulator.demo`: see `--help`.

Standard output has the figures of a run with `--orders`: a table, then one JSON object on the
last line. Everything else goes to standard error.
"""

import asyncio
import signal
import sys

from broker import BrokerError
from simulator.demo.options import Options
from simulator.demo.run import demonstrate
from simulator.demo.workers import WorkerFailed
from simulator.session import NobodyAnswers
from simulator.wire import TopicsMissing

INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks and return the exit code."""
    options = Options.parsed(arguments)
    try:
        return asyncio.run(_interruptible(options))
    except asyncio.CancelledError:
        return 0 if options.orders is None else INTERRUPTED
    except (BrokerError, NobodyAnswers, TopicsMissing, WorkerFailed) as error:
        sys.stderr.write(f"{error}\n")
        return 1


async def _interruptible(options: Options) -> int:
    """Ctrl-C or SIGTERM stops all in good order; impatience does not make it faster."""
    loop = asyncio.get_running_loop()
    running = asyncio.create_task(demonstrate(options))
    stopping = False

    def stop() -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            sys.stderr.write("\nStopping\n")
            running.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    return await running


if __name__ == "__main__":
    sys.exit(main())
