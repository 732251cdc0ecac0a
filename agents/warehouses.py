"""Warehouses: goods receipts fanned out by product, and stock as whole warehouses see it.

Reads inventory.events (InventoryGenerated, WarehouseStockSnapshot) and, from every partition's
stock, what it has in the warehouse. Publishes AddInventory and CountStock to stock,
WarehouseStockSnapshot every quarter of an hour, and AlertRaised for snapshots that never came and
for a warehouse that is too full.
Keeps a row a warehouse, and the parts of a snapshot until it is told.
"""

from typing import Final

import msgspec

from agents.wiring import announce, cause_of, timer_cause
from engine.specs import AgentSpec, Context, Delivery, Handler, Source, Timer, TimerHandler
from streams.inventory.capacity import crowded
from streams.inventory.rules import InventoryRules
from streams.inventory.warehouses import (
    LevelsPart,
    Warehouse,
    counted,
    gathered,
    is_wanted,
    received,
    told,
)
from tables.inventory import LEVELS_PARTS, WAREHOUSES, part_key
from tables.pairs import pairs_range
from topics import ALERTS_EVENTS, INVENTORY_COMMANDS, INVENTORY_EVENTS, LEVELS

AGENT: Final = "warehouses"
SNAPSHOT: Final = "snapshot"


def warehouses_agent(rules: InventoryRules) -> AgentSpec:
    """Inventory's warehouses under these rules."""
    told_by_others = {"InventoryGenerated": _receive, "WarehouseStockSnapshot": _count}
    return AgentSpec(
        name=AGENT,
        help="Books goods receipts, tells each warehouse's stock, and hears what it counts.",
        sources=(
            Source(INVENTORY_EVENTS, told_by_others, by="warehouseId"),
            Source(LEVELS, {"Levels": _gathering(rules)}),
        ),
        tables=(WAREHOUSES, LEVELS_PARTS),
        outputs=(INVENTORY_COMMANDS, INVENTORY_EVENTS, ALERTS_EVENTS),
        timers={SNAPSHOT: _telling(rules)},
    )


def _row(ctx: Context, warehouse_id: str) -> Warehouse:
    return ctx.table(WAREHOUSES).get(warehouse_id) or Warehouse(warehouse_id)


def _receive(ctx: Context, delivery: Delivery) -> None:
    event = delivery.value.data
    row = _row(ctx, event.warehouse_id)
    after, commands = received(row, event)
    if after is not row:
        ctx.table(WAREHOUSES)[row.warehouse_id] = after
        by = {"requestedBy": event.received_by} if event.received_by else None
        announce(ctx, AGENT, cause_of(delivery), commands, by)


def _count(ctx: Context, delivery: Delivery) -> None:
    event, cause = delivery.value.data, cause_of(delivery)
    row = _row(ctx, event.warehouse_id)
    after, messages = counted(row, event, cause.at_ms)
    if after is not row:
        ctx.table(WAREHOUSES)[row.warehouse_id] = after
        announce(ctx, AGENT, cause, messages)


def _gathering(rules: InventoryRules) -> Handler:
    def handler(ctx: Context, delivery: Delivery) -> None:
        part = msgspec.json.decode(delivery.value, type=LevelsPart)
        row = _row(ctx, part.warehouse_id)
        after = gathered(row, part, delivery.record.timestamp, rules)
        if after.slot_ms != row.slot_ms:
            if row.due_ms:
                ctx.cancel_timer(SNAPSHOT, row.warehouse_id, row.due_ms)
            ctx.set_timer(SNAPSHOT, row.warehouse_id, after.due_ms)
        if after is not row:
            ctx.table(WAREHOUSES)[row.warehouse_id] = after
        if is_wanted(after, part):
            ctx.table(LEVELS_PARTS)[part_key(part)] = part

    return handler


def _telling(rules: InventoryRules) -> TimerHandler:
    def handler(ctx: Context, timer: Timer, now_ms: int) -> None:
        table, parts = ctx.table(WAREHOUSES), ctx.table(LEVELS_PARTS)
        row = table.get(timer.key)
        if row is None or row.due_ms != timer.due_ms:
            return
        found = list(parts.scan(*pairs_range(row.warehouse_id)))
        for key, _ in found:
            del parts[key]
        wanted = [part for _, part in found if is_wanted(row, part)]
        after, snapshots = told(row, wanted)
        after, alarms = crowded(after, wanted, now_ms, rules)
        table[row.warehouse_id] = after
        announce(ctx, AGENT, timer_cause(AGENT, timer, now_ms), (*snapshots, *alarms))

    return handler
