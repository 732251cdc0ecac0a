"""The application under test: a bank whose books an outsider can work out from its input alone.

Every payment moves money between two accounts that lie in different partitions and takes a unit
of stock in a third, so it needs re-keying, an inner topic, timers, ticks and a call to the
outside. Sums do not depend on the order in which partitions are read, so the input decides them.
"""

import asyncio
from collections.abc import Iterable

import msgspec

from engine.errors import BadRecord
from engine.records import Record
from engine.specs import (
    AgentSpec,
    Context,
    Delivery,
    EffectSpec,
    Published,
    Source,
    TableSpec,
    Timer,
    TopicSpec,
)
from engine.topology import Topology

VERSION = 1
BONUS_EVERY, BONUS_AFTER_MS = 10, 300
"""Payments whose amount divides by it have a timer, due so long after the broker had them."""
COPY_EVERY = 5
"""Payments whose amount divides by it are copied, and every copy is a call to the outside."""
SLOW_EVERY, SLOW_S = 100, 0.4
"""Calls for such amounts take so long that others overtake them."""
HUGE_ROW, LARGE_ROW = 950_000, 40_000
"""Characters of a note that no record holds; of one of which a few fill a record batch."""


class Pay(msgspec.Struct, gc=False, rename="camel"):
    """Move `amount` between accounts for one unit of a product."""

    id: int
    payer: str
    payee: str
    product: str
    amount: int
    do: str = ""


class Account(msgspec.Struct, frozen=True, gc=False):
    """What a payer did: payments read, those that were no repeats, their sum, timers fired."""

    read: int = 0
    unique: int = 0
    spent: int = 0
    bonuses: int = 0
    note: str = ""


class Wallet(msgspec.Struct, frozen=True, gc=False):
    """What a payee got."""

    moves: int = 0
    received: int = 0


class Shelf(msgspec.Struct, frozen=True, gc=False):
    """Units of a product that are gone."""

    sold: int = 0


class Beats(msgspec.Struct, frozen=True, gc=False):
    """Ticks of one partition."""

    count: int = 0


class Envelopes:
    """`{"type", "version", "data"}`: other types are skipped, other versions refused."""

    def route(self, record: Record) -> str | None:
        """Only decoding tells."""
        return None

    def decode(self, record: Record, name: str | None) -> tuple[str, Pay | None]:
        """The payment of an envelope."""
        try:
            told = msgspec.json.decode(record.value or b"", type=Envelope)
            if told.type != "Pay":
                return told.type, None
            if told.version != VERSION:
                raise BadRecord(f"version {told.version} of Pay is not known here")
            return told.type, msgspec.json.decode(told.data, type=Pay)
        except (msgspec.DecodeError, RecursionError) as exc:
            raise BadRecord(str(exc)) from exc

    def field(self, value: Pay | None, field: str) -> str | None:
        """The account or product that decides the partition."""
        return None if value is None else str(getattr(value, field))


class Envelope(msgspec.Struct, gc=False):
    """What every record is wrapped in."""

    type: str
    version: int
    data: msgspec.Raw


ACCOUNTS = TableSpec("accounts", Account, "payer", "What payers did.")
WALLETS = TableSpec("wallets", Wallet, "payee", "What payees got.")
SHELVES = TableSpec("shelves", Shelf, "product", "What is gone.")
BEATS = TableSpec("beats", Beats, "partition", "Ticks.")
SEEN = TableSpec("seen", bool, "id", "Payments that were made.", hidden=True)
SOLD = TableSpec("sold", bool, "id", "Payments for which stock was taken.", hidden=True)


class Bank:
    """The handlers, over topics that carry the application's name."""

    def __init__(self, app_id: str) -> None:
        self.source = _topic(app_id, "in", "payer")
        self.moves = _topic(app_id, "moves", "payee", internal=True)
        self.copies = _topic(app_id, "copies", "payer", internal=True)
        self.bonuses = _topic(app_id, "bonuses", "payer")
        self.beats = _topic(app_id, "beats", "partition")
        self.calls = _topic(app_id, "calls", "payer")

    def topology(self, app_id: str, partitions: int) -> Topology:
        """All of it as data."""
        till = AgentSpec(
            "till",
            "Pays.",
            (Source(self.source, {"Pay": self.pay}, by="payer"),),
            (ACCOUNTS, SEEN, BEATS),
            (self.moves, self.copies, self.bonuses, self.beats),
            timers={"bonus": self.bonus},
            tick=self.beat,
        )
        purse = AgentSpec(
            "purse", "Gets.", (Source(self.moves, {"Pay": receive}, by="payee"),), (WALLETS,)
        )
        shelf = AgentSpec(
            "shelf", "Sells.", (Source(self.source, {"Pay": take}, by="product"),), (SHELVES, SOLD)
        )
        peer = EffectSpec(
            "peer", "Calls.", self.copies, {"Pay": self.call}, by="payer", outputs=(self.calls,)
        )
        agents = (till, purse, shelf)
        return Topology(agents, (peer,), app_id=app_id, env="dev", partitions=partitions)

    def pay(self, ctx: Context, delivery: Delivery) -> None:
        """Take from the payer and send what the payee gets; a repeat is only counted."""
        found: Pay = delivery.value
        rows, made = ctx.table(ACCOUNTS), ctx.table(SEEN)
        row = rows.get(found.payer) or Account()
        if made.get(str(found.id)):
            rows[found.payer] = msgspec.structs.replace(row, read=row.read + 1)
            return
        made[str(found.id)] = True
        spent = row.spent + found.amount
        rows[found.payer] = Account(row.read + 1, row.unique + 1, spent, row.bonuses, _note(found))
        self._tell(ctx, delivery)
        if found.do == "raise":
            raise ValueError("as asked, after everything was written")

    def _tell(self, ctx: Context, delivery: Delivery) -> None:
        found, raw = delivery.value, delivery.record.value or b""
        ctx.publish(self.moves, found.payee, raw, ())
        if found.amount % COPY_EVERY == 0:
            ctx.publish(self.copies, found.payer, raw, ())
        if found.amount % BONUS_EVERY == 0:
            due_ms = delivery.record.timestamp + BONUS_AFTER_MS
            ctx.set_timer("bonus", f"{found.payer}/{found.id}", due_ms)

    def bonus(self, ctx: Context, timer: Timer, now_ms: int) -> None:
        """Count a timer that came due, once."""
        payer, rows = timer.key.partition("/")[0], ctx.table(ACCOUNTS)
        row = rows.get(payer) or Account()
        rows[payer] = msgspec.structs.replace(row, bonuses=row.bonuses + 1)
        ctx.publish(self.bonuses, payer, timer.key.encode(), ())

    def beat(self, ctx: Context, now_ms: int) -> None:
        """Number this partition's ticks."""
        rows, key = ctx.table(BEATS), str(ctx.partition)
        count = (rows.get(key) or Beats()).count + 1
        rows[key] = Beats(count)
        ctx.publish(self.beats, key, f"{key}/{count}".encode(), ())

    async def call(self, delivery: Delivery) -> Iterable[Published]:
        """Ask the outside; some answers take long."""
        found: Pay = delivery.value
        await asyncio.sleep(SLOW_S if found.amount % SLOW_EVERY == 0 else 0)
        return [Published(self.calls, found.payer, delivery.record.value or b"", ())]


def receive(ctx: Context, delivery: Delivery) -> None:
    """Give the payee what the payer sent."""
    found: Pay = delivery.value
    rows = ctx.table(WALLETS)
    row = rows.get(found.payee) or Wallet()
    rows[found.payee] = Wallet(row.moves + 1, row.received + found.amount)


def take(ctx: Context, delivery: Delivery) -> None:
    """Take a unit of stock, once a payment, where nothing special is asked for."""
    found: Pay = delivery.value
    rows, made = ctx.table(SHELVES), ctx.table(SOLD)
    if found.do or made.get(str(found.id)):
        return
    made[str(found.id)] = True
    rows[found.product] = Shelf((rows.get(found.product) or Shelf()).sold + 1)


def _topic(app_id: str, name: str, key: str, *, internal: bool = False) -> TopicSpec:
    return TopicSpec(f"{app_id}-{name}", key, Envelopes(), internal=internal)


def _note(found: Pay) -> str:
    sizes = {"huge row": HUGE_ROW, "large row": LARGE_ROW}
    return "x" * sizes.get(found.do, 0)
