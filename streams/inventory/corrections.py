"""Stock as warehouse staff change it: receive, correct, discontinue.

None of them is idempotent but the last, so the caller drops repeats by event id.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from events.inventory import AddInventory, DeleteInventory, UpdateInventory
from events.vocabulary import AdjustmentReason
from streams.inventory.backorders import serve_after
from streams.inventory.facts import Decision, Moved, Refusal
from streams.inventory.rows import Level, MovementType, Stock, available, level_of
from streams.inventory.rules import InventoryRules

QUALITY_FAILURE: Final = "quality_failure"
QUALITY_RELEASED: Final = "quality_released"

_Kind = Literal["purchase_order", "transfer", "return"]
_KINDS: Final[tuple[_Kind, ...]] = ("purchase_order", "transfer", "return")
_REASONS: Final[Mapping[str, AdjustmentReason]] = {
    "stock_count": "stock_count",
    "manual_correction": "manual_correction",
    "wms_reconciliation": "wms_reconciliation",
    "damaged_goods": "damaged_goods",
}
"""What a correction may give as its reason; anything else is a manual correction, noted."""


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

    A damaged return goes to quarantine. A transfer takes the goods out of the warehouse that
    it names, unless the product was never there: then they come from outside.
    """
    level = level_of(stock, command.warehouse_id)
    origin = origin_of(command.stock_source)
    refusal = _no_entry(stock, level, rules) or _no_transfer(stock, command, origin)
    if refusal is None and not _fits(level, command.quantity, rules, quarantine=origin.damaged):
        refusal = Refusal.LEVEL_FULL
    if refusal is not None:
        return refusal
    return serve_after(stock, _arrivals(stock, command, origin, at_ms, rules), at_ms, rules)


def correct(stock: Stock, command: UpdateInventory, at_ms: int, rules: InventoryRules) -> Decision:
    """Change what is on hand by a signed number of units, and serve those who wait.

    Reason quality_failure moves units from on hand into quarantine, quality_released moves
    them back; either with a change of 0 withdraws the whole level from sale, or restores it.
    """
    level = level_of(stock, command.warehouse_id)
    refusal = _no_entry(stock, level, rules)
    if refusal is not None:
        return refusal
    policy = rules.policy_of(stock.product_id, command.warehouse_id)
    level = level or Level(command.warehouse_id, policy)
    if command.reason in {QUALITY_FAILURE, QUALITY_RELEASED}:
        move = _quality(level, command, at_ms)
    else:
        move = _count(level, command, at_ms)
    if isinstance(move, Refusal):
        return move
    if not _fits(level, max(0, move.on_hand), rules) or not _fits(
        level, max(0, move.quarantined), rules, quarantine=True
    ):
        return Refusal.LEVEL_FULL
    if move.on_hand == move.quarantined == 0 and move.status == level.status:
        return ()
    return serve_after(stock, (move,), at_ms, rules)


def discontinue(stock: Stock, command: DeleteInventory, at_ms: int) -> Decision:
    """Take a level out of sale for good. What is on hand stays in the books."""
    warehouse_id = _warehouse_of(stock.product_id, command)
    if isinstance(warehouse_id, Refusal):
        return warehouse_id
    level = level_of(stock, warehouse_id)
    if level is None:
        return Refusal.UNKNOWN_LEVEL
    if level.status == "DISCONTINUED":
        return ()
    if level.reserved > 0:
        return Refusal.STILL_RESERVED
    return (
        Moved(
            warehouse_id,
            "ADJUSTMENT",
            "manual_correction",
            level.policy,
            at_ms,
            status="DISCONTINUED",
            notes=command.reason or "discontinued",
        ),
    )


def product_of(command: DeleteInventory) -> str:
    """The product a DeleteInventory is about: named, or taken from its inventoryId."""
    return command.product_id or command.inventory_id.partition(":")[0]


def _kind_of(source: Mapping[str, Any]) -> _Kind:
    for kind in _KINDS:
        if kind in source or source.get("type") == kind:
            return kind
    if "sourceWarehouseId" in source or "transferId" in source:
        return "transfer"
    return "return" if "returnId" in source or "condition" in source else "purchase_order"


def _warehouse_of(product_id: str, command: DeleteInventory) -> str | Refusal:
    """The id is taken apart from the product's side, since either part may hold a colon."""
    if not command.inventory_id.startswith(f"{product_id}:"):
        named = ":" in command.inventory_id
        return Refusal.INVENTORY_ID_DIFFERS if named else Refusal.MALFORMED_INVENTORY_ID
    warehouse_id = command.inventory_id[len(product_id) + 1 :]
    if not warehouse_id:
        return Refusal.MALFORMED_INVENTORY_ID
    if command.warehouse_id not in {None, warehouse_id}:
        return Refusal.INVENTORY_ID_DIFFERS
    return warehouse_id


def _no_entry(stock: Stock, level: Level | None, rules: InventoryRules) -> Refusal | None:
    if level is None:
        full = len(stock.levels) >= rules.warehouses_max
        return Refusal.TOO_MANY_WAREHOUSES if full else None
    return Refusal.DISCONTINUED if level.status == "DISCONTINUED" else None


def _no_transfer(stock: Stock, command: AddInventory, origin: Origin) -> Refusal | None:
    if origin.kind != "transfer" or not origin.warehouse_id:
        return None
    if origin.warehouse_id == command.warehouse_id:
        return Refusal.TRANSFER_TO_ITSELF
    sender = level_of(stock, origin.warehouse_id)
    if sender is not None and available(sender) < command.quantity:
        return Refusal.TRANSFER_SHORT
    return None


def _fits(
    level: Level | None, more: int, rules: InventoryRules, *, quarantine: bool = False
) -> bool:
    if level is None:
        return more <= rules.level_max
    return (level.quarantined if quarantine else level.on_hand) + more <= rules.level_max


def _arrivals(
    stock: Stock, command: AddInventory, origin: Origin, at_ms: int, rules: InventoryRules
) -> tuple[Moved, ...]:
    if origin.kind == "return":
        return (_arrival(stock, command, origin, at_ms, rules, "RETURN", "customer_return"),)
    if origin.kind == "purchase_order":
        return (_arrival(stock, command, origin, at_ms, rules, "INBOUND", "restock"),)
    arrived = _arrival(stock, command, origin, at_ms, rules, "TRANSFER", "transfer")
    sender = level_of(stock, origin.warehouse_id)
    if sender is None:
        return (arrived,)
    left = Moved(
        sender.warehouse_id,
        "TRANSFER",
        "transfer",
        sender.policy,
        at_ms,
        on_hand=-command.quantity,
        status=sender.status,
        counterpart=command.warehouse_id,
        reference=origin.reference,
    )
    return (left, arrived)


def _arrival(
    stock: Stock,
    command: AddInventory,
    origin: Origin,
    at_ms: int,
    rules: InventoryRules,
    kind: MovementType,
    reason: AdjustmentReason,
) -> Moved:
    level = level_of(stock, command.warehouse_id)
    sound = 0 if origin.damaged else command.quantity
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


def _count(level: Level, command: UpdateInventory, at_ms: int) -> Moved | Refusal:
    change, named = command.quantity_change, command.reason or ""
    if level.on_hand + change < level.reserved:
        return Refusal.BELOW_RESERVED
    reason = _REASONS.get(named, "manual_correction")
    return Moved(
        level.warehouse_id,
        "ADJUSTMENT",
        reason,
        level.policy,
        at_ms,
        on_hand=change,
        status=level.status,
        notes=named if named and named != reason else None,
    )


def _quality(level: Level, command: UpdateInventory, at_ms: int) -> Moved | Refusal:
    failed, change = command.reason == QUALITY_FAILURE, command.quantity_change
    if (change > 0) if failed else (change < 0):
        return Refusal.QUALITY_SIGN
    if not failed and change > level.quarantined:
        return Refusal.QUARANTINE_SHORT
    if level.on_hand + change < level.reserved:
        return Refusal.BELOW_RESERVED
    status = level.status
    if change == 0:
        status = "QUARANTINED" if failed else "ACTIVE"
    return Moved(
        level.warehouse_id,
        "ADJUSTMENT",
        "damaged_goods" if failed else "manual_correction",
        level.policy,
        at_ms,
        on_hand=change,
        quarantined=-change,
        status=status,
        notes=command.reason,
    )
