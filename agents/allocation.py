"""Allocation: an order's lines become commands to stock, by orderId.

Reads orders.events, payments.events, inventory.events and shipping.events. Publishes ReserveStock,
ReleaseStock, CommitStock, ExtendHold, ShipStock and AddInventory (for what comes back), keyed by
product. Keeps a row an order.
"""

from typing import Final

from agents.wiring import announce, cause_of, sales_channel
from engine.specs import AgentSpec, Context, Delivery, Handler, Source, Timer
from streams.allocation.commands import commands
from streams.allocation.deciding import decide, forgotten, order_id_of
from streams.allocation.evolution import fold
from streams.allocation.rules import AllocationRules
from tables.allocations import ALLOCATIONS
from topics import (
    INVENTORY_COMMANDS,
    INVENTORY_EVENTS,
    ORDERS_EVENTS,
    PAYMENTS_EVENTS,
    SHIPPING_EVENTS,
)

AGENT: Final = "allocation"

_READS: Final = (
    (ORDERS_EVENTS, ("OrderConfirmed", "OrderAmended", "OrderCancelled")),
    (
        PAYMENTS_EVENTS,
        ("PaymentProcessed", "PaymentFailed", "FraudCheckCompleted", "FraudDetected"),
    ),
    (INVENTORY_EVENTS, ("InventoryAdjusted", "OutOfStock")),
    (SHIPPING_EVENTS, ("ShipmentDispatched", "ReturnReceived", "ShipmentCancelled")),
)


def allocation_agent(rules: AllocationRules) -> AgentSpec:
    """Allocation as an agent."""
    handler = _handling(rules)
    return AgentSpec(
        name=AGENT,
        help="Asks for, keeps and lets go the stock of an order's lines.",
        sources=tuple(
            Source(topic, dict.fromkeys(names, handler), by="orderId") for topic, names in _READS
        ),
        tables=(ALLOCATIONS,),
        outputs=(INVENTORY_COMMANDS,),
        timers={"early": _forget},
    )


def _handling(rules: AllocationRules) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        message = delivery.value.data
        order_id = order_id_of(message)
        table = ctx.table(ALLOCATIONS)
        row = table.get(order_id)
        channel = sales_channel(delivery.value.metadata)
        facts = decide(row, message, delivery.record.timestamp, rules, channel=channel)
        if not facts:
            return
        after = fold(row, facts)
        table[order_id] = after
        if row is None and after.early_due_ms:
            ctx.set_timer("early", order_id, after.early_due_ms)
        elif row is not None and row.early_due_ms > after.early_due_ms:
            ctx.cancel_timer("early", order_id, row.early_due_ms)
        announce(ctx, AGENT, cause_of(delivery), commands(after, facts))

    return handler


def _forget(ctx: Context, timer: Timer, _now_ms: int) -> None:
    table = ctx.table(ALLOCATIONS)
    row = table.get(timer.key)
    if row is not None and forgotten(row, timer.due_ms):
        del table[timer.key]
