"""Shipping: from a paid order to its door, and back, by orderId.

Reads orders.events, payments.events, inventory.events, its own commands and the carriers'
answers. Publishes shipping.events, commands to itself and to the carriers, and AlertRaised. Keeps
a row an order and a row a shipment; shipments are named after their order, so both lie together.
"""

from functools import partial
from typing import Final

from agents.wiring import Cause, announce, cause_of, move_timers, timer_cause
from engine.errors import BadRecord
from engine.specs import AgentSpec, Context, Delivery, Handler, Source, Timer, TimerHandler
from events.shipment_ids import order_of_shipment
from streams.shipping import fulfilment
from streams.shipping.asking import shipments_asked
from streams.shipping.deciding import TIMERS, TimerRule, decide, due_times, repeated
from streams.shipping.evolution import fold
from streams.shipping.facts import Facts
from streams.shipping.fulfilment_facts import ShipmentBegan
from streams.shipping.messages import following
from streams.shipping.opening import Refusal, again, begun, named
from streams.shipping.return_facts import ReturnAsked
from streams.shipping.rows import Fulfilment, Shipment, Status
from streams.shipping.rules import ShippingRules
from tables.shipping import FULFILMENTS, SHIPMENTS
from topics import (
    ALERTS_EVENTS,
    INVENTORY_EVENTS,
    ORDERS_EVENTS,
    PAYMENTS_EVENTS,
    SHIPPING_COMMANDS,
    SHIPPING_EVENTS,
)

AGENT: Final = "shipping"
EARLY: Final = "fulfilment"

_OF_ORDERS: Final = (
    (ORDERS_EVENTS, ("OrderConfirmed", "OrderAmended", "OrderCancelled")),
    (
        PAYMENTS_EVENTS,
        (
            "PaymentProcessed",
            "PaymentComplete",
            "FraudDetected",
            "FraudCheckCompleted",
            "ChargebackOpened",
            "ChargebackClosed",
        ),
    ),
    (INVENTORY_EVENTS, ("InventoryAdjusted",)),
)
_OF_SHIPMENTS: Final = (
    (
        SHIPPING_COMMANDS,
        ("UpdateShipmentStatus", "CancelShipment", "CreateReturnLabel", "ConfirmReturnReceived"),
    ),
    (
        SHIPPING_EVENTS,
        ("CarrierBooked", "CarrierBookingFailed", "ClaimSettled", "ShipmentRouteUpdated"),
    ),
)


class ShippingRefused(BadRecord):
    """Shipping will not carry out a command; the text says why.

    Operator: look at it with `faust -A app dead-letters list`; when the order or the shipment
    is as the command needs it, replay it, else tell its sender.
    """


def shipping_agent(rules: ShippingRules) -> AgentSpec:
    """Shipping under these rules."""
    of_order = partial(_of_order, rules)
    of_shipment = partial(_of_shipment, rules)
    by_order = [
        Source(topic, dict.fromkeys(names, of_order), by="orderId") for topic, names in _OF_ORDERS
    ]
    by_shipment = [
        Source(topic, dict.fromkeys(names, of_shipment), by="shipmentId")
        for topic, names in _OF_SHIPMENTS
    ]
    creating: dict[str, Handler] = {"CreateShipment": partial(_create, rules)}
    timers: dict[str, TimerHandler] = {
        kind: partial(_time_up, rules, rule) for kind, rule in TIMERS.items()
    }
    return AgentSpec(
        name=AGENT,
        help="Sends what is paid for, follows it to the door, and takes it back.",
        sources=(*by_order, *by_shipment, Source(SHIPPING_COMMANDS, creating, by="orderId")),
        tables=(SHIPMENTS, FULFILMENTS),
        outputs=(SHIPPING_COMMANDS, SHIPPING_EVENTS, ALERTS_EVENTS),
        timers={**timers, EARLY: _forget},
    )


def _of_order(rules: ShippingRules, ctx: Context, delivery: Delivery) -> None:
    """An order's news: first for its fulfilment, then for each of its shipments."""
    message, cause = delivery.value.data, cause_of(delivery)
    order_id = message.order_id
    if order_id is None:
        return
    table = ctx.table(FULFILMENTS)
    row = table.get(order_id)
    facts = fulfilment.decide(row, message, cause.at_ms, rules)
    if facts:
        after = fulfilment.fold(row, facts)
        table[order_id] = after
        _watch(ctx, row, after)
        announce(ctx, AGENT, cause, shipments_asked(after, facts))
    for shipment_id in () if row is None else row.shipments:
        shipment = ctx.table(SHIPMENTS).get(shipment_id)
        if shipment is not None:
            found = decide(shipment, message, cause.at_ms, rules)
            _carry_out(ctx, cause, shipment, found, rules)


def _of_shipment(rules: ShippingRules, ctx: Context, delivery: Delivery) -> None:
    """A shipment's news. Of a shipment that is not ours, others may make something.

    Raises:
        ShippingRefused: a command names no shipment of ours.
    """
    message, cause = delivery.value.data, cause_of(delivery)
    shipment = ctx.table(SHIPMENTS).get(message.shipment_id)
    if shipment is None and message.kind == "event":
        return
    if shipment is None:
        raise ShippingRefused(
            f"shipment {message.shipment_id} of order {order_of_shipment(message.shipment_id)}:"
            " nobody has created it"
        )
    _carry_out(ctx, cause, shipment, decide(shipment, message, cause.at_ms, rules), rules)


def _create(rules: ShippingRules, ctx: Context, delivery: Delivery) -> None:
    """Begin a shipment, or have it look for a carrier again.

    Raises:
        ShippingRefused: the order does not allow it.
    """
    command, cause = delivery.value.data, cause_of(delivery)
    row = ctx.table(FULFILMENTS).get(command.order_id)
    shipment_id = named(row, command, _begun(ctx, row), rules)
    if isinstance(shipment_id, Refusal) or row is None:
        raise ShippingRefused(f"order {command.order_id}: {shipment_id}")
    shipment = ctx.table(SHIPMENTS).get(shipment_id)
    if shipment is not None:
        _carry_out(ctx, cause, shipment, again(shipment, cause.at_ms, rules), rules)
        return
    ctx.table(FULFILMENTS)[row.order_id] = fulfilment.fold(row, (ShipmentBegan(shipment_id),))
    facts = begun(row, shipment_id, command, cause.at_ms, cause.correlation_id, rules)
    _carry_out(ctx, cause, None, facts, rules)


def _begun(ctx: Context, row: Fulfilment | None) -> dict[str, Status]:
    """Where those of an order's shipments stand that have begun."""
    table = ctx.table(SHIPMENTS)
    known = [(name, table.get(name)) for name in (() if row is None else row.shipments)]
    return {name: one.status for name, one in known if one is not None}


def _carry_out(
    ctx: Context, cause: Cause, before: Shipment | None, facts: Facts, rules: ShippingRules
) -> None:
    """Keep the row that follows from facts, and have its messages and timers run."""
    if not facts:
        return
    after = fold(before, facts)
    if after is not before:
        ctx.table(SHIPMENTS)[after.shipment_id] = after
        was, now = due_times(before).items(), due_times(after).items()
        move_timers(ctx, after.shipment_id, was, now)
    for kind, due_ms in repeated(facts):
        ctx.set_timer(kind, after.shipment_id, due_ms)
    # One cause may move several shipments of an order, and may come again once a return that it
    # asked for has lapsed: ids must differ between them.
    asked = [fact.returning.return_id for fact in facts if isinstance(fact, ReturnAsked)]
    [about] = asked or [after.shipment_id]
    announce(ctx, f"{AGENT} {about}", cause, following(after, facts, rules))


def _time_up(
    rules: ShippingRules, rule: TimerRule, ctx: Context, timer: Timer, now_ms: int
) -> None:
    shipment = ctx.table(SHIPMENTS).get(timer.key)
    if shipment is None:
        return
    cause = timer_cause(AGENT, timer, now_ms, shipment.correlation_id)
    _carry_out(ctx, cause, shipment, rule(shipment, timer.due_ms, now_ms, rules), rules)


def _watch(ctx: Context, before: Fulfilment | None, after: Fulfilment) -> None:
    """Have a row without lines forgotten in time, unless its lines come."""
    if before is None and after.early_due_ms:
        ctx.set_timer(EARLY, after.order_id, after.early_due_ms)
    elif before is not None and before.early_due_ms > after.early_due_ms:
        ctx.cancel_timer(EARLY, after.order_id, before.early_due_ms)


def _forget(ctx: Context, timer: Timer, _now_ms: int) -> None:
    table = ctx.table(FULFILMENTS)
    row = table.get(timer.key)
    if row is not None and fulfilment.forgotten(row, timer.due_ms):
        del table[timer.key]
