"""Eraser: a customer's personal data goes from every table (G-55).

Reads EraseCustomer of registrations.commands by customer, and hands a Sweep to every partition;
each answers with Swept. Publishes CustomerErased once a round finds nothing more. Keeps how far
an erasure is. Amounts, ids and times stay as they are. Reads OrderConfirmed too, and keeps by
customer those of other systems: where Orders has no row, nothing else leads to them. And reads
LegacyOrderArchived: of such an order its payments stay, without the person, and nothing of what
other services kept of it.

It writes rows of other agents' tables, as nobody else does: all lie in the lane that it runs in,
so a sweep is one transaction with the records around it. What records on topics say of a customer
goes when their topic's time is over, 30 days at most.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from agents.erasing import Erasing
from agents.everywhere import keys_everywhere
from agents.wiring import Cause, announce, cause_of
from engine.specs import (
    AgentSpec,
    Context,
    Delivery,
    Handler,
    Source,
    TableSpec,
    Timer,
    TimerHandler,
)
from events.erasure import CustomerErased
from streams.erasure.rounds import (
    Erasure,
    Sweep,
    Swept,
    answered,
    asked,
    next_round,
    sweep_of,
)
from streams.erasure.rules import ErasureRules
from streams.moments import moment_of
from tables.erasure import ERASURES, OTHERS_ORDERS
from tables.orders import ORDERS
from tables.pairs import pair_key
from topics import ERASURE_STEPS, ORDERS_EVENTS, REGISTRATIONS_COMMANDS, REGISTRATIONS_EVENTS

AGENT: Final = "eraser"

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Sweep | Swept).decode


def eraser_agent(
    rules: ErasureRules, tables: Iterable[TableSpec[Any]], partitions: int
) -> AgentSpec:
    """The agent that erases, from all these tables in all these partitions."""
    keys, erasing = keys_everywhere(partitions), Erasing(tables)
    return AgentSpec(
        name=AGENT,
        help="Erases what is known of a customer.",
        sources=(
            Source(REGISTRATIONS_COMMANDS, {"EraseCustomer": _on_asked(keys)}, by="customerId"),
            Source(
                ORDERS_EVENTS,
                {"OrderConfirmed": _on_confirmed, "LegacyOrderArchived": _on_archived(erasing)},
                by="orderId",
            ),
            Source(ERASURE_STEPS, {"ErasureStep": _on_step(rules, erasing, partitions)}),
        ),
        tables=(ERASURES, OTHERS_ORDERS),
        outputs=(ERASURE_STEPS, REGISTRATIONS_EVENTS),
        timers={"next-round": _again(keys)},
    )


def _on_asked(keys: tuple[str, ...]) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        command, cause, table = delivery.value.data, cause_of(delivery), ctx.table(ERASURES)
        known = table.get(command.customer_id)
        after = asked(known, command, cause.event_id, cause.correlation_id, cause.at_ms)
        if after is not known:
            table[command.customer_id] = after
            _ask_all(ctx, keys, command.customer_id, after)

    return handler


def _on_confirmed(ctx: Context, delivery: Delivery) -> None:
    order = delivery.value.data
    if ctx.table(ORDERS).get(order.order_id) is None:
        key = pair_key(order.user_id, order.order_id)
        ctx.table(OTHERS_ORDERS)[key] = delivery.record.timestamp


def _ask_all(ctx: Context, keys: tuple[str, ...], customer_id: str, row: Erasure) -> None:
    step = _encode(sweep_of(customer_id, row))
    for key in keys:
        ctx.publish(ERASURE_STEPS, key, step, ())


def _on_step(rules: ErasureRules, erasing: Erasing, partitions: int) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        step = _decode(delivery.value)
        if isinstance(step, Sweep):
            told = erasing.sweep(ctx, step, rules)
            ctx.publish(ERASURE_STEPS, step.customer_id, _encode(told), ())
        else:
            _count(ctx, step, delivery.record.timestamp)

    def _count(ctx: Context, told: Swept, at_ms: int) -> None:
        table = ctx.table(ERASURES)
        before = table.get(told.customer_id)
        if before is None:
            return
        after = answered(before, told, partitions, at_ms, rules)
        if after is before:
            return
        table[told.customer_id] = after
        if after.next_ms:
            ctx.set_timer("next-round", told.customer_id, after.next_ms)
        if after.erased_at_ms:
            _tell(ctx, told.customer_id, after)

    return handler


def _on_archived(erasing: Erasing) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        order = delivery.value.data
        erasing.archive(ctx, order.customer_id, order.order_id)

    return handler


def _again(keys: tuple[str, ...]) -> TimerHandler:
    def handler(ctx: Context, timer: Timer, _now_ms: int) -> None:
        table = ctx.table(ERASURES)
        row = table.get(timer.key)
        if row is not None and row.next_ms == timer.due_ms:
            table[timer.key] = after = next_round(row)
            _ask_all(ctx, keys, timer.key, after)

    return handler


def _tell(ctx: Context, customer_id: str, row: Erasure) -> None:
    cause = Cause(row.cause_id, row.correlation_id, row.erased_at_ms, row.cause_id)
    erased = CustomerErased.made(
        customer_id=customer_id,
        requested_by=row.requested_by,
        rows=row.rows,
        requested_at=moment_of(row.requested_at_ms),
        erased_at=moment_of(row.erased_at_ms),
    )
    announce(ctx, AGENT, cause, (erased,))
