"""One demonstration from the first process to the last: nothing is left behind."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console

from simulator.demo.options import Options
from simulator.demo.progress import Progress
from simulator.demo.report import report_of, show
from simulator.demo.settings import (
    CALENDAR_RATE,
    CALENDAR_RATE_COUNTED,
    TIME_SCALE,
    calendar_settings,
    worker_settings,
)
from simulator.demo.workers import Workers
from simulator.session import Session, opened
from simulator.settings import ShopSettings

PATIENCE_S: Final = 25.0
"""How long nothing at all may come before open orders are given up."""
FORGET_EVERY_S: Final = 10.0
OPEN_TOLD_MAX: Final = 10
_SHOW_EVERY_S: Final = 0.25


async def demonstrate(options: Options, bootstrap: str, home: Path, progress: Progress) -> int:
    """Run it against a broker and give the exit code; workers keep what they have in `home`.

    Raises:
        WorkerFailed, TopicsMissing, NobodyAnswers: something could not be started.
    """
    shop = ShopSettings(seed=options.seed)
    rate = CALENDAR_RATE if options.orders is None else CALENDAR_RATE_COUNTED
    calendar = calendar_settings(datetime.now(UTC), rate)
    environment = {**worker_settings(shop), **calendar, "FLOWMART_BROKER": bootstrap}
    workers = Workers(options.workers, home, environment, options.kill_every_s)
    env = os.environ.get("FLOWMART_ENV", "dev")
    async with _running(workers, progress), opened(bootstrap, env, shop) as session:
        _introduce(progress, bootstrap, workers)
        progress.say(f"  calendar {rate} times as fast for subscriptions and daily reports")
        await session.stock()
        if options.orders is None:
            await session.subscribe()
            await _without_end(session, workers, options, progress)
            return 0
        await session.join(options.orders)
        return await _counted(session, workers, options, progress)


@asynccontextmanager
async def _running(workers: Workers, progress: Progress) -> AsyncIterator[None]:
    progress.say(f"Starting {workers.count} worker{'s' * (workers.count > 1)}")
    try:
        await workers.start()
        yield
    finally:
        await workers.stop()


def _introduce(progress: Progress, bootstrap: str, workers: Workers) -> None:
    progress.say(f"  Kafka    {bootstrap}")
    for worker in workers.every:
        progress.say(f"  look at  {worker.address}/")
        progress.say(f"  tables   {worker.address}/room/tables.html")
        progress.say(f"  metrics  {worker.address}/metrics")
    progress.say(f"  time     {TIME_SCALE} times as fast for holds, retries and reviews")


async def _counted(session: Session, workers: Workers, options: Options, progress: Progress) -> int:
    """Place the orders, wait for their ends, judge, tell."""
    begin_s = time.monotonic()

    def still() -> None:
        workers.check()
        progress.update(session.book.heard, session.script.memory.placed, workers.restarts)

    with progress.shown():
        await _place(session, options, still)
        workers.spare()
        await session.settle(PATIENCE_S, still)
    still_open = session.oracle.open_orders() | session.oracle.open_subscriptions()
    for name, why in list(still_open.items())[:OPEN_TOLD_MAX]:
        progress.say(f"still open: {name}: {why}")
    verdict = session.oracle.judge()
    report = report_of(
        verdict,
        session.stopwatch,
        seconds=session.heard_at_s - begin_s,
        placing_s=session.placing_s,
        restarts=workers.restarts,
        seed=options.seed,
    )
    for words in verdict.words:
        progress.say(f"difference: {words}")
    if not options.only_json:
        show(report, verdict, Console(file=sys.stdout))
    broken = report.broken(timed=not options.kill_every_s)
    for words in broken:
        progress.say(f"promise broken: {words}")
    sys.stdout.write(report.line() + "\n")
    sys.stdout.flush()
    return 1 if broken else 0


async def _without_end(
    session: Session, workers: Workers, options: Options, progress: Progress
) -> None:
    """Place orders until cancelled."""
    forget_at_s = time.monotonic()

    def still() -> None:
        nonlocal forget_at_s
        workers.check()
        progress.update(session.book.heard, session.script.memory.placed, workers.restarts)
        if time.monotonic() >= forget_at_s:
            session.forget()
            forget_at_s = time.monotonic() + FORGET_EVERY_S

    progress.say("Ctrl-C stops all of it")
    with progress.shown():
        await _place(session, options, still)


async def _place(session: Session, options: Options, still: Callable[[], None]) -> None:
    """Place orders, calling `still` meanwhile; what it raises ends the placing."""
    placing = asyncio.create_task(session.place(options.orders, options.rate))
    try:
        while not placing.done():
            await asyncio.wait({placing}, timeout=_SHOW_EVERY_S)
            session.check()
            still()
        placing.result()
    finally:
        placing.cancel()
        with suppress(asyncio.CancelledError):
            await placing
