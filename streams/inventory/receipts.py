"""Goods that arrive: bought, sent by another warehouse, or returned by a customer.

Not idempotent: the caller drops repeats by event id.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from events.inventory import AddInventory
from events.vocabulary import AdjustmentReason
from streams.inventory.backorders import serve_after
from streams.inventory.entry import closed, overfull
from streams.inventory.facts import Decision, Moved, Refusal
from streams.inventory.rows import Level, MovementType, Stock, available, level_of
from streams.inventory.rules import InventoryRules

_Kind = Literal["purchase_order", "transfer", "return"]
_BOOKED_AS: Final[Mapping[_Kind, tuple[MovementType, AdjustmentReason]]] = {
    "purchase_order": ("INBOUND", "restock"),
    "transfer": ("TRANSFER", "transfer"),
    "return": ("RETURN", "customer_return"),
}


class Origin(NamedTuple):
    """Where received goods come from."""

    kind: _Kind = "purchase_order"
    reference: str = ""
    warehouse_id: str = ""
    """Of a transfer: the one that the goods left."""
    damaged: bool = False
    """Of a return: it goes to quarantine."""


def origin_of(source: Mapping[str, Any] | None) -> Origin:
    """Read AddInventory.source: named by `type`, wrapped in its name, or known by its fields."""
    if not source:
        return Origin()
    kind = _kind_of(source)
    inner = source.get(kind)
    body = inner if isinstance(inner, Mapping) else source
    if kind == "transfer":
        sender = str(body.get("sourceWarehouseId") or "")
        return Origin(kind, str(body.get("transferId") or ""), sender)
    if kind == "return":
        reference = str(body.get("returnId") or body.get("orderId") or "")
        return Origin(kind, reference, damaged=body.get("condition") == "damaged")
    return Origin(kind, str(body.get("purchaseOrderId") or ""))


def receive(stock: Stock, command: AddInventory, at_ms: int, rules: InventoryRules) -> Decision:
    """Put goods into a warehouse and serve those who wait.

    A damaged return goes to quarantine; one of a discontinued product is counted and stays out of
    sale. A transfer takes the goods out of the warehouse that
    it names, unless the product was never there: then they come from outside.
    """
    level = level_of(stock, command.warehouse_id)
    origin = origin_of(command.stock_source)
    sound = 0 if origin.damaged else command.quantity
    refusal = (
        _closed(stock, level, origin, rules)
        or _inactive(command, origin, rules)
        or _no_transfer(stock, command, origin)
        or overfull(level, sound, command.quantity - sound, rules)
    )
    if refusal is not None:
        return refusal
    return serve_after(stock, _arrivals(stock, command, origin, at_ms, rules), at_ms, rules)


def _kind_of(source: Mapping[str, Any]) -> _Kind:
    for kind in _BOOKED_AS:
        if kind in source or source.get("type") == kind:
            return kind
    if "sourceWarehouseId" in source or "transferId" in source:
        return "transfer"
    return "return" if "returnId" in source or "condition" in source else "purchase_order"


def _closed(
    stock: Stock, level: Level | None, origin: Origin, rules: InventoryRules
) -> Refusal | None:
    """What a customer returned is there all the same, though it is sold no longer."""
    refusal = closed(stock, level, rules)
    is_back = refusal is Refusal.DISCONTINUED and origin.kind == "return"
    return None if is_back else refusal


def _inactive(command: AddInventory, origin: Origin, rules: InventoryRules) -> Refusal | None:
    """What a customer returned is there all the same."""
    if origin.kind == "return" or rules.takes_goods(command.warehouse_id):
        return None
    return Refusal.INACTIVE


def _no_transfer(stock: Stock, command: AddInventory, origin: Origin) -> Refusal | None:
    if origin.kind != "transfer":
        return None
    if origin.warehouse_id in {"", command.warehouse_id}:
        return Refusal.TRANSFER_TO_ITSELF
    sender = level_of(stock, origin.warehouse_id)
    if sender is not None and available(sender) < command.quantity:
        return Refusal.TRANSFER_SHORT
    return None


def _arrivals(
    stock: Stock, command: AddInventory, origin: Origin, at_ms: int, rules: InventoryRules
) -> tuple[Moved, ...]:
    arrived = _arrived(stock, command, origin, at_ms, rules)
    sender = level_of(stock, origin.warehouse_id)
    if sender is None:
        return (arrived,)
    left = Moved(
        sender.warehouse_id,
        arrived.type,
        arrived.reason,
        sender.policy,
        at_ms,
        on_hand=-command.quantity,
        status=sender.status,
        counterpart=command.warehouse_id,
        reference=origin.reference,
    )
    return (left, arrived)


def _arrived(
    stock: Stock, command: AddInventory, origin: Origin, at_ms: int, rules: InventoryRules
) -> Moved:
    level = level_of(stock, command.warehouse_id)
    sound = 0 if origin.damaged else command.quantity
    kind, reason = _BOOKED_AS[origin.kind]
    return Moved(
        command.warehouse_id,
        kind,
        reason,
        rules.policy_of(stock.product_id, command.warehouse_id),
        at_ms,
        on_hand=sound,
        quarantined=command.quantity - sound,
        status=level.status if level else "ACTIVE",
        counterpart=origin.warehouse_id,
        reference=origin.reference,
        notes=f"{command.quantity} damaged, in quarantine" if origin.damaged else None,
    )
