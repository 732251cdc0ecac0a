"""What is kept of a warehouse: snapshots that are told and heard, and goods receipts.

A product lies in its own partition, so a warehouse's stock lies in all of them. Every
`snapshot_every_ms` each partition tells what it has in which warehouse (`LevelsPart`); the
warehouse's own partition waits `snapshot_grace_ms` for all of them and tells the whole.
A partition that is late is missing from that snapshot, never in it twice, and the snapshot says so.

What warehouse systems count comes as the same event. Its sequence numbers must grow: what is
stale is dropped, a gap raises an alarm. Each product of it is handed to stock, which compares.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Final

import msgspec
from msgspec.structs import replace

from events.alerts import AlertRaised
from events.inventory import (
    AddInventory,
    CountStock,
    InventoryGenerated,
    StockLevel,
    WarehouseStockSnapshot,
    Zone,
)
from streams.alarms import alarm
from streams.inventory.rows import Stock
from streams.inventory.rules import InventoryRules
from streams.moments import moment_of, ms_of

ORIGIN: Final = "origin"
BOOKS: Final = "books"
"""The label of snapshots that tell our own books: they are not counts."""
LACKS: Final = "lacksPartitions"
"""The label of an incomplete snapshot: the partitions whose products are not in it, as `0,2`."""
RULE: Final = "snapshot_gap"
SKUS_A_ZONE: Final = 1_000
"""As many as a map of the contract may have."""
SKUS_A_SNAPSHOT: Final = 5_000
"""More are told in several snapshots, so that a record stays below half a megabyte."""
RECEIPTS_MAX: Final = 100
"""Goods receipts of a warehouse that are remembered, to know a repeat."""

Units = tuple[int, int, int]
"""On hand, reserved and in quarantine."""


class LevelsPart(msgspec.Struct, frozen=True, gc=False):
    """What one partition has in one warehouse; a large one is cut into parts."""

    warehouse_id: str
    slot_ms: int
    """The quarter of an hour that it is of."""
    at_ms: int
    partition: int
    number: int
    levels: dict[str, Units]


class Warehouse(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One warehouse's snapshots, ours and the counted ones."""

    warehouse_id: str
    sequence: int = 0
    """Of the newest snapshot that was told."""
    slot_ms: int = 0
    """Whose parts are gathered, or were last."""
    due_ms: int = 0
    """When the snapshot is told; 0: no parts wait."""
    counted_sequence: int = 0
    """Of the newest snapshot that was heard."""
    counted_at_ms: int = 0
    stale: int = 0
    """Snapshots that came too late and were dropped."""
    gaps: int = 0
    """Snapshots that never came."""
    partitions: tuple[int, ...] = ()
    """Those that told of goods in it, late or not: whose parts a snapshot should be made of."""
    is_over: bool = False
    """Whether the newest snapshot that was told had more than there is room for."""
    receipts: tuple[str, ...] = ()
    """Ids of goods receipts, the newest last."""


def slot_of(at_ms: int, rules: InventoryRules) -> int:
    """When the slot began that a moment lies in."""
    return at_ms - at_ms % rules.snapshot_every_ms


def parts_of(
    stocks: Iterable[Stock], partition: int, at_ms: int, rules: InventoryRules
) -> Iterator[LevelsPart]:
    """What the stocks have in which warehouse, one part or more a warehouse."""
    found: dict[str, dict[str, Units]] = {}
    for stock in stocks:
        for level in stock.levels:
            units = (level.on_hand, level.reserved, level.quarantined)
            found.setdefault(level.warehouse_id, {})[stock.product_id] = units
    slot_ms = slot_of(at_ms, rules)
    for warehouse_id, levels in found.items():
        for number, few in enumerate(_few(levels, SKUS_A_ZONE)):
            yield LevelsPart(warehouse_id, slot_ms, at_ms, partition, number, few)


def gathered(row: Warehouse, part: LevelsPart, at_ms: int, rules: InventoryRules) -> Warehouse:
    """Wait for the parts of a new slot; the same row when its slot and who tells are known."""
    if part.partition not in row.partitions:
        row = replace(row, partitions=tuple(sorted((*row.partitions, part.partition))))
    if part.slot_ms <= row.slot_ms:
        return row
    return replace(row, slot_ms=part.slot_ms, due_ms=at_ms + rules.snapshot_grace_ms)


def is_wanted(row: Warehouse, part: LevelsPart) -> bool:
    """Whether the part belongs to the snapshot that is gathered."""
    return row.due_ms > 0 and part.slot_ms == row.slot_ms


def told(
    row: Warehouse, parts: Iterable[LevelsPart]
) -> tuple[Warehouse, list[WarehouseStockSnapshot]]:
    """The snapshots of the slot, with the next sequence numbers.

    One that lacks a partition which told of the warehouse before has a label that names it.
    """
    levels: dict[str, Units] = {}
    at_ms, there = [], set()
    for part in parts:
        levels.update(part.levels)
        at_ms.append(part.at_ms)
        there.add(part.partition)
    lacking = sorted(set(row.partitions) - there)
    labels = {ORIGIN: BOOKS}
    if lacking:
        labels[LACKS] = ",".join(map(str, lacking))
    snapshots = []
    sequence = row.sequence
    for few in _few(levels, SKUS_A_SNAPSHOT):
        sequence += 1
        snapshots.append(_snapshot(row.warehouse_id, sequence, min(at_ms), few, labels))
    return replace(row, sequence=sequence, due_ms=0), snapshots


def counted(
    row: Warehouse, event: WarehouseStockSnapshot, at_ms: int
) -> tuple[Warehouse, list[CountStock | AlertRaised]]:
    """Hand what a warehouse counted to stock, unless it is stale or of our own books."""
    if (event.labels or {}).get(ORIGIN) == BOOKS:
        return row, []
    if event.sequence_number <= row.counted_sequence:
        return replace(row, stale=row.stale + 1), []
    missing = event.sequence_number - row.counted_sequence - 1 if row.counted_sequence else 0
    after = replace(
        row,
        counted_sequence=event.sequence_number,
        counted_at_ms=ms_of(event.captured_at),
        gaps=row.gaps + missing,
    )
    alarms: list[CountStock | AlertRaised] = [_gap(event, missing, at_ms)] if missing else []
    return after, [*alarms, *_counts(event)]


def received(row: Warehouse, event: InventoryGenerated) -> tuple[Warehouse, list[AddInventory]]:
    """Fan a goods receipt out by product, once a receipt."""
    if event.inventory_id in row.receipts:
        return row, []
    after = replace(row, receipts=(*row.receipts, event.inventory_id)[-RECEIPTS_MAX:])
    source = {
        "type": "purchase_order",
        "purchaseOrderId": event.purchase_order_id or event.inventory_id,
        "supplierId": event.supplier_id or "",
    }
    return after, [
        AddInventory(
            product_id=item.product_id or item.sku,
            quantity=item.quantity_received,
            warehouse_id=event.warehouse_id,
            stock_source=source,
        )
        for item in event.items
    ]


def _few(levels: dict[str, Units], size: int) -> Iterator[dict[str, Units]]:
    items = iter(sorted(levels.items()))
    while few := dict(islice(items, size)):
        yield few


def _snapshot(
    warehouse_id: str,
    sequence: int,
    at_ms: int,
    levels: dict[str, Units],
    labels: dict[str, str],
) -> WarehouseStockSnapshot:
    zones = [
        Zone(
            zone_id=f"zone_{number}",
            stock_by_sku={sku: _level(units) for sku, units in few.items()},
        )
        for number, few in enumerate(_few(levels, SKUS_A_ZONE), 1)
    ]
    totals = {sku: units[0] for sku, units in levels.items()}
    return WarehouseStockSnapshot(
        snapshot_id=f"snap_{warehouse_id[-100:]}_{sequence}",
        warehouse_id=warehouse_id,
        zones=tuple(zones),
        totals_by_sku=totals if len(totals) <= SKUS_A_ZONE else None,
        labels=labels,
        sequence_number=sequence,
        captured_at=moment_of(at_ms),
    )


@lru_cache(maxsize=SKUS_A_SNAPSHOT)
def _level(units: Units) -> StockLevel:
    """Products with the same figures share one: making them all is most of a snapshot's time."""
    on_hand, reserved, quarantined = units
    return StockLevel(on_hand=on_hand, reserved=reserved, damaged=quarantined)


def _counts(event: WarehouseStockSnapshot) -> Iterator[CountStock]:
    units: dict[str, int] = {}
    for zone in event.zones:
        for sku, level in zone.stock_by_sku.items():
            units[sku] = units.get(sku, 0) + level.on_hand
    for sku, on_hand in units.items():
        yield CountStock(
            product_id=sku,
            warehouse_id=event.warehouse_id,
            on_hand=on_hand,
            counted_at=event.captured_at,
            snapshot_id=event.snapshot_id,
        )


def _gap(event: WarehouseStockSnapshot, missing: int, at_ms: int) -> AlertRaised:
    name = str(event.sequence_number)
    return alarm(RULE, (event.warehouse_id, name), event.warehouse_id, missing, "snapshots", at_ms)
