"""A shop and a cluster: stocks it, places orders in time, answers what it hears, waits for ends."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final

from simulator.book import DEAD, Book
from simulator.heard import Readable, Said
from simulator.latency import Stopwatch
from simulator.members import Members
from simulator.oracle import Oracle
from simulator.quarrels import Quarrels
from simulator.script import Script
from simulator.sending import Answer
from simulator.settings import ShopSettings
from simulator.staff import Staff
from simulator.subscribers import subscribers
from simulator.wire import Reader, Sender

_DOMAINS: Final = ("orders", "inventory", "payments")
_JUDGED: Final = (*_DOMAINS, "shipping", "subscriptions")
_TIMED: Final = ("notifications.{env}.queue", "notifications.{env}.events")
"""Letters are timed; the judge waits for none and reads none."""
_DAILY: Final = "OrderMetricsCalculated"
"""Told every day whether anything happens or not."""
_LOOK_S: Final = 0.25
_STOCK_S_MAX: Final = 60.0
_QUIET_S: Final = 1.5
"""Nothing may come for so long before a run counts as over: time for anything twice to show."""
_EARLY_S: Final = 0.0005
"""Waits shorter than this are not worth waiting."""
REMEMBERED_MAX: Final = 20_000
"""Orders that a run without end keeps in mind."""


def topics_read(env: str, *, judged: bool = True) -> list[str]:
    """Every topic that the judge reads, or who only takes times."""
    domains = _JUDGED if judged else _DOMAINS
    commands = [f"{name}.{env}.commands" for name in domains]
    events = [f"{name}.{env}.events" for name in domains]
    timed = [name.format(env=env) for name in _TIMED] if judged else []
    return [*commands, *events, *timed, *(name + DEAD for name in (*commands, *events))]


class NobodyAnswers(Exception):
    """Records are taken, but nothing comes of them. Operator: start a worker."""


@dataclass(slots=True)
class Session:
    """One run. Use it through `opened`."""

    script: Script
    sender: Sender
    reader: Reader
    judged: bool = True
    """False: times are taken and nothing else, so that thousands of orders a second can be
    followed; nobody reviews and nobody restocks."""
    book: Book = field(default_factory=Book)
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    placing_s: float = 0.0
    """How long it took until the newest order was placed."""
    staff: Staff = field(init=False)
    quarrels: Quarrels = field(init=False)
    members: Members = field(init=False)
    oracle: Oracle = field(init=False)
    listening: asyncio.Task[None] | None = None
    _answers: list[tuple[float, int, Answer]] = field(default_factory=list)
    _tie: int = 0
    heard_at_s: float = 0.0
    """When the last record came, on the monotonic clock."""

    def __post_init__(self) -> None:
        """Hire the staff and appoint the judge."""
        memory = self.script.memory
        self.staff = Staff(self.script.settings, memory)
        self.quarrels = Quarrels(memory, self.book)
        self.members = Members(self.script.settings.seed, self.script.start_ms, memory.members)
        self.oracle = Oracle(memory, self.book)
        self.heard_at_s = time.monotonic()

    async def stock(self) -> None:
        """Fill the warehouses; a session that listens returns once the goods are there.

        Raises:
            NobodyAnswers: they are not, after a while.
        """
        for step in self.script.opening():
            await self.sender.send(step.sent)
        await self.sender.flush()
        deadline_s = time.monotonic() + _STOCK_S_MAX
        while self.listening is not None and not self._is_stocked():
            self.check()
            if time.monotonic() > deadline_s:
                raise NobodyAnswers("nobody takes the goods in: does a worker run, is it ready?")
            await asyncio.sleep(_LOOK_S)

    async def subscribe(self) -> None:
        """Have a few people subscribe."""
        for each in subscribers(self.script.settings.seed, round(time.time() * 1000)):
            await self.sender.send(each)
        await self.sender.flush()

    async def join(self, orders: int) -> None:
        """Have the subscribers of a judged run of so many orders subscribe."""
        for each in self.members.join(orders):
            await self.sender.send(each)
        await self.sender.flush()

    def _is_stocked(self) -> bool:
        if not self.judged:
            return self.reader.records > 0 and self._quiet_s() > _QUIET_S
        return self.script.memory.units.keys() <= self.book.shelves.shelves.keys()

    async def place(self, orders: int | None, rate: float) -> None:
        """Place orders at a rate; what goes with them comes in its time."""
        begin_s, placed = time.monotonic(), 0
        for step in self.script.orders(orders, rate):
            wait_s = begin_s + step.due_ms / 1000 - time.monotonic()
            if wait_s > _EARLY_S:
                await asyncio.sleep(wait_s)
            await self.sender.send(step.sent)
            if placed != self.script.memory.placed:
                placed = self.script.memory.placed
                self.placing_s = time.monotonic() - begin_s
        await self.sender.flush()

    async def listen(self) -> None:
        """Read and answer, until cancelled."""
        while True:
            await self.reader.read(self._hear)
            await self._answer()
            # A full house must not keep orders from being placed.
            await asyncio.sleep(0)

    def _hear(self, record: Readable) -> None:
        self.stopwatch.read(record)
        if ".notifications." in f".{record.topic}":
            return
        message = self.book.read(record) if self.judged else None
        if message is None or message.event_type != _DAILY:
            self.heard_at_s = time.monotonic()
        if message is None:
            return
        for answer in self._answers_to(message, record.timestamp):
            due_s = time.monotonic() + answer.after_ms / 1000
            self._tie += 1
            heappush(self._answers, (due_s, self._tie, answer))

    def _answers_to(self, message: Said, at_ms: int) -> Iterator[Answer]:
        yield from self.staff.answers(message, at_ms)
        yield from self.quarrels.answers(message, at_ms)
        yield from self.members.answers(message, at_ms)

    async def _answer(self) -> None:
        while self._answers and self._answers[0][0] <= time.monotonic():
            answer = heappop(self._answers)[2]
            if not _is_moot(answer):
                await self.sender.send(answer.sent)

    async def settle(self, patience_s: float, still: Callable[[], None]) -> None:
        """Return once everything has ended and nothing more comes, or patience has run out.

        `still` is called every quarter of a second. Patience is counted from the last record.
        """
        while True:
            await asyncio.sleep(_LOOK_S)
            self.check()
            still()
            quiet_s = self._quiet_s()
            if quiet_s > patience_s and not self._owes_answers():
                return
            if quiet_s > _QUIET_S and self._is_over():
                return

    def _owes_answers(self) -> bool:
        return not all(_is_moot(answer) for _, _, answer in self._answers)

    def check(self) -> None:
        """Raise what ended the listening, if it ended."""
        if self.listening is not None and self.listening.done():
            self.listening.result()

    def _quiet_s(self) -> float:
        return time.monotonic() - self.heard_at_s

    def _is_over(self) -> bool:
        if not self.judged:
            return self.stopwatch.decided >= self.script.memory.placed
        if self._owes_answers() or self.oracle.letters_missing():
            return False
        return not (self.oracle.open_subscriptions() or self.oracle.has_open_orders())

    def forget(self) -> None:
        """Keep the newest orders in mind only: for a run without end."""
        memory = self.script.memory
        for plan in list(memory.plans.values())[:-REMEMBERED_MAX]:
            memory.forget(plan)
        self.book.forget(REMEMBERED_MAX)
        self.quarrels.forget()
        self.stopwatch.forget()


def _is_moot(answer: Answer) -> bool:
    return answer.is_moot is not None and answer.is_moot()


@asynccontextmanager
async def opened(
    bootstrap: str,
    env: str,
    settings: ShopSettings,
    *,
    hears: bool = True,
    judged: bool = True,
) -> AsyncIterator[Session]:
    """A session, connected, listening from now on if it hears; disconnected at the end."""
    script = Script(settings, round(time.time() * 1000))
    sender = Sender(bootstrap, env, script.memory)
    reader = Reader(bootstrap, topics_read(env, judged=judged))
    session = Session(script, sender, reader, judged)
    try:
        await sender.start()
        if hears:
            await reader.start()
            session.listening = asyncio.create_task(session.listen())
        yield session
    finally:
        if session.listening is not None:
            session.listening.cancel()
            with suppress(asyncio.CancelledError):
                await session.listening
        await reader.stop()
        await sender.stop()
