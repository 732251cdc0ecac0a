"""Inventory: commands of warehouse staff, queries, and facts about stock, keyed by productId."""

from datetime import date
from typing import Any

from events.base import Command, Event, Part, Query, Upcast, names
from events.moments import Moment
from events.money import Minor
from events.scalars import Change, Count, Id, JsonObject, Many, Map, Number, Quantity, Text
from events.vocabulary import (
    AdjustmentReason,
    AdjustmentType,
    CountConfidence,
    ReservationStatus,
)


class ReceivedItem(Part):
    """One product of a goods receipt."""

    model_config = names(
        quantity_received=("quantityReceived", "quantity"),
        location=("location", "warehouseLocation"),
    )

    product_id: Id | None = None
    sku: Id
    product_name: Text | None = None
    quantity_received: Quantity
    unit_cost_minor: Minor | None = None
    location: Text | None = None


class StockLevel(Part):
    """What the warehouse system counted of one product in one zone."""

    on_hand: Count
    reserved: Count
    damaged: Count | None = None
    in_transit_inbound: Count | None = None
    confidence: CountConfidence | None = None
    last_counted_at: Moment | None = None


class Zone(Part):
    """A part of a warehouse."""

    zone_id: Id
    description: Text | None = None
    utilisation_percent: Number | None = None
    stock_by_sku: Map[StockLevel]


def _received_item(receipt: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Read the one item of a flat receipt, the shape of the catalog's page."""
    fields = ("productId", "sku", "productName", "quantity", "unitCost", "warehouseLocation")
    item = {field: receipt[field] for field in fields if field in receipt}
    return [item] if "sku" in item else None


class StockCommand(Command):
    """A request to Inventory, from warehouse staff."""

    topic = "inventory.{env}.commands"
    key_field = "product_id"
    source = "api-gateway"


class StockEvent(Event):
    """A fact about stock."""

    topic = "inventory.{env}.events"
    key_field = "product_id"
    source = "inventory-service"


class AddInventory(StockCommand):
    """Puts received goods into stock. For warehouse staff, never for order flows (ADR-021).

    A return in condition damaged goes to quarantine, not to available stock.
    """

    model_config = names(stock_source=("source",))

    product_id: Id
    quantity: Quantity
    warehouse_id: Id
    # One of purchase_order {purchaseOrderId, supplierId, receivedDate},
    # transfer {sourceWarehouseId, transferId}, return {orderId, returnId, condition}.
    stock_source: JsonObject | None = None
    # Standard {expectedProcessingDays 1-7} or express {guaranteedByDate, rushFee}.
    priority: JsonObject | None = None
    quality_checks: Many[JsonObject] | None = None  # visual | automated_scan | weight
    timestamp: Moment | None = None


class UpdateInventory(StockCommand):
    """Corrects a stock figure. Reservations use ReserveStock instead (ADR-021)."""

    product_id: Id
    quantity_change: Change
    warehouse_id: Id
    reason: Text | None = None
    timestamp: Moment | None = None


class DeleteInventory(StockCommand):
    """Discontinues a stock item; refused while any of it is reserved.

    The id is `<productId>:<warehouseId>`.
    """

    inventory_id: Id
    product_id: Id | None = None
    warehouse_id: Id | None = None
    reason: Text | None = None

    def fallback_key(self) -> str | None:
        """Take the product from the item's id."""
        return self.inventory_id.partition(":")[0] or None


class CountStock(StockCommand):
    """Tells what a warehouse counted of one product, to be compared with the books. An extension.

    From WarehouseStockSnapshot, whose records are keyed by warehouse. A count that is older than
    the newest movement of the product says nothing.
    """

    source = "inventory-service"

    product_id: Id
    warehouse_id: Id
    on_hand: Count
    counted_at: Moment
    snapshot_id: Id | None = None


class GetInventoryStatus(Query):
    """One product's stock in all warehouses. Answered by `GET /v1/inventory/{productId}/status`."""

    source = "inventory-service"

    product_id: Id


class GetInventoryList(Query):
    """Many products' stock. Answered by `GET /v1/inventory`."""

    source = "inventory-service"

    filters: JsonObject | None = None  # category, location, minStockLevel, inStock
    pagination: JsonObject | None = None  # page>=1 (1), pageSize>=1 (10)


class InventoryAdjusted(StockEvent):
    """Available stock of one product in one warehouse changed, and why.

    `newQuantity` is `previousQuantity` plus `adjustedQuantity`. Order and reservation fields let
    Orders and Payment react to a hold. `order_shipped` leaves what is available unchanged and
    lowers on-hand and reserved together.
    """

    model_config = names(
        adjustment_id=("adjustmentId", "event_id"),
        product_id=("productId", "product_id", "sku"),
        adjusted_quantity=("adjustedQuantity", "adjusted_quantity", "quantityChanged"),
        new_quantity=("newQuantity", "new_quantity"),
        reason=("reason", "adjustment_reason"),
        adjusted_by=("adjustedBy", "adjusted_by"),
    )

    adjustment_id: Id
    product_id: Id
    sku: Id | None = None
    product_name: Text | None = None
    warehouse_id: Id
    adjustment_type: AdjustmentType
    previous_quantity: Count  # available, not on hand
    adjusted_quantity: Change
    new_quantity: Count
    reason: AdjustmentReason
    order_id: Id | None = None
    reservation_id: Id | None = None
    reservation_status: ReservationStatus | None = None
    reservation_expires_at: Moment | None = None
    lines_reserved: Count | None = None  # lines of this order held so far
    lines_total: Count | None = None
    # Both after the change.
    on_hand: Count | None = None
    reserved: Count | None = None
    notes: Text | None = None
    adjusted_by: Text | None = None
    payment_id: Id | None = None  # extension: the payment that waits for this hold
    committed: bool | None = None  # extension: a captured payment made the hold permanent
    spoken_for: bool | None = None  # extension: those who wait for the product took it at once
    discontinued: bool | None = None  # extension: the product is sold no more in this warehouse


class OutOfStock(StockEvent):
    """A product ran out, or an order's line cannot be filled (K17).

    Warehouse `ALL` means every one is exhausted.
    """

    product_id: Id
    sku: Id
    product_name: Text | None = None
    warehouse_id: Id
    warehouse_name: Text | None = None
    previous_quantity: Count
    current_quantity: Count
    last_sold_at: Moment | None = None
    triggered_by_order_id: Id | None = None
    pending_orders: Count | None = None
    requested_quantity: Count | None = None
    backorder_allowed: bool | None = None
    estimated_restock_date: date | None = None
    supplier_id: Id | None = None
    auto_reorder_triggered: bool | None = None
    reservation_id: Id | None = None  # extension: the line that cannot be filled


class LowStockAlert(StockEvent):
    """Available stock fell below the reorder point: sent once a crossing, not once a sale."""

    product_id: Id
    sku: Id | None = None
    warehouse_id: Id
    available_quantity: Count
    reorder_point: Count
    auto_reorder_enabled: bool | None = None
    suggested_reorder_quantity: Count | None = None


class InventoryGenerated(StockEvent):
    """Goods arrived at a warehouse; to be fanned out by product before stock changes."""

    upcast = Upcast(derive={"items": _received_item}, timestamp_from="receivedAt")
    key_field = "warehouse_id"

    inventory_id: Id
    warehouse_id: Id
    warehouse_name: Text | None = None
    items: Many[ReceivedItem]
    purchase_order_id: Id | None = None
    supplier_id: Id | None = None
    received_at: Moment
    total_items_received: Count | None = None
    batch_number: Text | None = None
    expiration_date: date | None = None
    received_by: Text | None = None


class WarehouseStockSnapshot(StockEvent):
    """What the warehouse system counted, every 15 minutes.

    A sequence number at or below the last one seen is stale; a gap raises an alarm.
    """

    upcast = Upcast(timestamp_from="capturedAt")
    key_field = "warehouse_id"

    snapshot_id: Id
    warehouse_id: Id
    region: Text | None = None
    zones: Many[Zone]
    totals_by_sku: Map[Count] | None = None
    labels: Map[Text] | None = None
    sequence_number: Count
    captured_at: Moment
