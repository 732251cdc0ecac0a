"""Stock: holds, releases, receives and corrects a product's units, by productId.

In: every command of inventory.commands. Out: InventoryAdjusted, OutOfStock, LowStockAlert,
AlertRaised of units that a count did not find and that orders hold.
Every quarter of an hour it tells what it has in which warehouse.
Kept: `stock`, `reservations`, `movements`, `seen_stock`. Timers: `hold` ends a hold, `purge`
removes an ended reservation, `forget` an event id. A command that is refused goes to the
dead letters with the reason; replayed from there, it is tried again.
"""

from collections.abc import Callable
from typing import Any, Final

from agents.stock_levels import telling_levels
from agents.wiring import Cause, announce, cause_of, move_timers, requester, timer_cause
from engine.errors import BadRecord
from engine.specs import AgentSpec, Context, Delivery, Handler, Source, Timer
from events.inventory import DeleteInventory
from streams.inventory.corrections import (
    correct,
    discontinue,
    moved_since,
    product_of,
    recount,
)
from streams.inventory.facts import Decision, Refusal, signed
from streams.inventory.holds import commit, expire, extend, is_over, reserve
from streams.inventory.leaving import ship
from streams.inventory.posting import HOLD, PURGE, Posting, post, timers_of
from streams.inventory.receipts import receive
from streams.inventory.releases import release
from streams.inventory.rows import Reservation, Seen, Stock, movement_key
from streams.inventory.rules import InventoryRules
from tables.inventory import MOVEMENTS, RESERVATIONS, SEEN_STOCK, STOCK, TOLD_SLOTS
from topics import ALERTS_EVENTS, INVENTORY_COMMANDS, INVENTORY_EVENTS, LEVELS

AGENT: Final = "stock"
FORGET: Final = "forget"

OfHold = Callable[[Stock, Reservation | None, Any, int, InventoryRules], Decision]
OfGoods = Callable[[Stock, Any, int, InventoryRules], Decision]


class CommandRefused(BadRecord):
    """Inventory will not carry out a command; the text says why.

    Operator: look at it with `faust -A app dead-letters list`; when the stock is as the
    command needs it, replay it, else tell its sender.
    """


def stock_agent(rules: InventoryRules) -> AgentSpec:
    """Inventory's stock, under these rules."""
    desk = _Desk(rules)
    handlers = {
        "ReserveStock": desk.reserve,
        "ReleaseStock": desk.holding(release),
        "CommitStock": desk.holding(commit),
        "ExtendHold": desk.holding(lambda _, row, command, __, rules: extend(row, command, rules)),
        "ShipStock": desk.holding(ship),
        "AddInventory": desk.bringing(receive),
        "UpdateInventory": desk.bringing(correct),
        "DeleteInventory": desk.discontinue,
        "CountStock": desk.recount,
    }
    return AgentSpec(
        name=AGENT,
        help="Keeps every product's stock, the holds on it and the queue for it.",
        sources=(Source(INVENTORY_COMMANDS, handlers, by="productId"),),
        tables=(STOCK, RESERVATIONS, MOVEMENTS, SEEN_STOCK, TOLD_SLOTS),
        outputs=(INVENTORY_EVENTS, LEVELS, ALERTS_EVENTS),
        tick=telling_levels(rules),
        timers={HOLD: desk.hold_is_due, PURGE: desk.purge_is_due, FORGET: _forget},
    )


class _Desk:
    """The handlers: get rows, have the stream decide, keep and announce what follows."""

    def __init__(self, rules: InventoryRules) -> None:
        self._rules = rules

    def reserve(self, ctx: Context, delivery: Delivery) -> None:
        command, cause = delivery.value.data, cause_of(delivery)
        stock, row = self._rows(ctx, command.product_id, command.reservation_id)
        name = command.takes_over
        other = None if name is None else ctx.table(RESERVATIONS).get(name)
        decision = reserve(stock, row, command, cause.at_ms, self._rules, other=other)
        self._carry_out(ctx, cause, stock, decision)

    def holding(self, decide: OfHold) -> Handler:
        """What is asked of a hold is decided by its row and the product's."""

        def handler(ctx: Context, delivery: Delivery) -> None:
            command, cause = delivery.value.data, cause_of(delivery)
            stock, row = self._rows(ctx, command.product_id, command.reservation_id)
            self._carry_out(
                ctx, cause, stock, decide(stock, row, command, cause.at_ms, self._rules)
            )

        return handler

    def bringing(self, decide: OfGoods) -> Handler:
        """What people and other systems say of goods counts once, and is signed."""

        def handler(ctx: Context, delivery: Delivery) -> None:
            command, cause = delivery.value.data, cause_of(delivery)
            if _was_seen(ctx, cause):
                return
            stock = self._stock(ctx, command.product_id)
            decision = decide(stock, command, cause.at_ms, self._rules)
            self._carry_out(ctx, cause, stock, signed(decision, _who(delivery)))
            self._see(ctx, cause)

        return handler

    def discontinue(self, ctx: Context, delivery: Delivery) -> None:
        command: DeleteInventory = delivery.value.data
        cause = cause_of(delivery)
        stock = self._stock(ctx, product_of(command))
        decision = discontinue(stock, command, cause.at_ms)
        self._carry_out(ctx, cause, stock, signed(decision, _who(delivery)))

    def recount(self, ctx: Context, delivery: Delivery) -> None:
        command, cause = delivery.value.data, cause_of(delivery)
        stock = self._stock(ctx, command.product_id)
        since = moved_since(stock, command, ctx.table(MOVEMENTS).get, self._rules)
        decision = recount(stock, command, since, cause.at_ms, self._rules)
        self._carry_out(ctx, cause, stock, decision)

    def hold_is_due(self, ctx: Context, timer: Timer, now_ms: int) -> None:
        row = ctx.table(RESERVATIONS).get(timer.key)
        if row is None:
            return
        stock = self._stock(ctx, row.product_id)
        cause = timer_cause(AGENT, timer, now_ms)
        self._carry_out(ctx, cause, stock, expire(stock, row, now_ms, self._rules))

    def purge_is_due(self, ctx: Context, timer: Timer, now_ms: int) -> None:
        reservations = ctx.table(RESERVATIONS)
        if is_over(reservations.get(timer.key), now_ms):
            del reservations[timer.key]

    def _stock(self, ctx: Context, product_id: str) -> Stock:
        kept = ctx.table(STOCK).get(product_id)
        may_wait = product_id not in self._rules.no_backorder
        return kept or Stock(product_id=product_id, backorder_allowed=may_wait)

    def _rows(
        self, ctx: Context, product_id: str, reservation_id: str
    ) -> tuple[Stock, Reservation | None]:
        return self._stock(ctx, product_id), ctx.table(RESERVATIONS).get(reservation_id)

    def _carry_out(self, ctx: Context, cause: Cause, stock: Stock, decision: Decision) -> None:
        """Keep and announce what follows.

        Raises:
            CommandRefused: nothing follows but this.
        """
        if isinstance(decision, Refusal):
            raise CommandRefused(f"{decision.name}: {decision.value}")
        if not decision:
            return
        posting = post(stock, decision, ctx.table(RESERVATIONS).get, cause.at_ms, self._rules)
        if posting.stock is not stock:
            ctx.table(STOCK)[stock.product_id] = posting.stock
        _keep_reservations(ctx, posting)
        if posting.movements:
            self._keep_movements(ctx, posting)
        announce(ctx, AGENT, cause, posting.messages)

    def _keep_movements(self, ctx: Context, posting: Posting) -> None:
        movements = ctx.table(MOVEMENTS)
        for movement in posting.movements:
            movements[movement.key] = movement
            oldest = movement.sequence - self._rules.movements_max
            if oldest > 0:
                del movements[movement_key(movement.product_id, oldest)]

    def _see(self, ctx: Context, cause: Cause) -> None:
        until_ms = cause.at_ms + self._rules.dedupe_ms
        ctx.table(SEEN_STOCK)[cause.event_id] = Seen(until_ms)
        ctx.set_timer(FORGET, cause.event_id, until_ms)


def _who(delivery: Delivery) -> str | None:
    return requester(delivery.value.metadata)


def _was_seen(ctx: Context, cause: Cause) -> bool:
    return ctx.table(SEEN_STOCK).get(cause.event_id) is not None


def _forget(ctx: Context, timer: Timer, _now_ms: int) -> None:
    del ctx.table(SEEN_STOCK)[timer.key]


def _keep_reservations(ctx: Context, posting: Posting) -> None:
    """Keep changed reservations, each with the one timer that its row asks for."""
    reservations = ctx.table(RESERVATIONS)
    for key, (before, row) in posting.reservations.items():
        reservations[key] = row
        move_timers(ctx, key, timers_of(before), timers_of(row))
