"""Stock figures as warehouse staff mend them: correct a level, or discontinue it.

A correction is not idempotent: the caller drops repeats by event id.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from events.inventory import CountStock, DeleteInventory, UpdateInventory
from events.vocabulary import AdjustmentReason
from streams.inventory.backorders import serve_after
from streams.inventory.entry import closed, overfull
from streams.inventory.facts import Decision, Fact, Missing, Moved, Owed, Refusal
from streams.inventory.rows import Level, Movement, Stock, level_of, movement_key
from streams.inventory.rules import InventoryRules
from streams.moments import ms_of

QUALITY_FAILURE: Final = "quality_failure"
QUALITY_RELEASED: Final = "quality_released"

_REASONS: Final[Mapping[str, AdjustmentReason]] = {
    "stock_count": "stock_count",
    "manual_correction": "manual_correction",
    "wms_reconciliation": "wms_reconciliation",
    "damaged_goods": "damaged_goods",
}
"""What a correction may give as its reason; anything else is a manual correction, noted."""


def correct(stock: Stock, command: UpdateInventory, at_ms: int, rules: InventoryRules) -> Decision:
    """Change what is on hand by a signed number of units, and serve those who wait.

    What is gone though somebody holds it is missing: off the books as soon as nobody does.

    Reason quality_failure moves units from on hand into quarantine, and those that somebody holds
    are missing; quality_released moves them back. Either with a change of 0 withdraws the whole
    level from sale, or restores it.
    """
    level = level_of(stock, command.warehouse_id)
    refusal = closed(stock, level, rules)
    if refusal is not None:
        return refusal
    policy = rules.policy_of(stock.product_id, command.warehouse_id)
    level = level or Level(command.warehouse_id, policy)
    about_quality = command.reason in {QUALITY_FAILURE, QUALITY_RELEASED}
    move = _quality(level, command, at_ms) if about_quality else _count(level, command, at_ms)
    if isinstance(move, Refusal):
        return move
    lacking = move.on_hand - command.quantity_change
    missing = (Missing(level.warehouse_id, lacking, at_ms),) if lacking else ()
    if move.on_hand == move.quarantined == 0 and move.status == level.status:
        return missing
    full = overfull(level, move.on_hand, move.quarantined, rules)
    return full or serve_after(stock, (move, *missing), at_ms, rules)


def recount(
    stock: Stock,
    command: CountStock,
    since: Sequence[Movement] | None,
    at_ms: int,
    rules: InventoryRules,
) -> Decision:
    """Have the books say what a warehouse counted, less what has left it since.

    `since` are the product's movements from the count on; None: nobody knows them all any more,
    and the count says nothing. Nor does it where goods moved and not all is off the books yet.
    """
    level = level_of(stock, command.warehouse_id)
    known = level or Level(
        command.warehouse_id, rules.policy_of(stock.product_id, command.warehouse_id)
    )
    if since is None or known.status == "DISCONTINUED":
        return ()
    moved = [one for one in since if one.warehouse_id == known.warehouse_id]
    if moved and (known.owed or known.missing):
        return ()
    there = _by_now(known.on_hand, command.on_hand, moved)
    known_by_now = tuple(_known_by_count(known, there, at_ms))
    change = max(there, known.reserved) - known.on_hand
    if change == 0:
        return known_by_now
    refusal = closed(stock, level, rules) or overfull(level, change, 0, rules)
    if refusal is not None:
        return refusal
    move = Moved(
        known.warehouse_id,
        "ADJUSTMENT",
        "wms_reconciliation",
        known.policy,
        at_ms,
        on_hand=change,
        status=known.status,
        reference=command.snapshot_id or "",
    )
    return serve_after(stock, (move, *known_by_now), at_ms, rules)


def moved_since(
    stock: Stock,
    command: CountStock,
    movement: Callable[[str], Movement | None],
    rules: InventoryRules,
) -> tuple[Movement, ...] | None:
    """The product's movements from a count on, newest first; None: more than are kept."""
    counted_at_ms = ms_of(command.counted_at)
    found: list[Movement] = []
    oldest = max(0, stock.movements - rules.movements_max)
    for sequence in range(stock.movements, oldest, -1):
        one = movement(movement_key(stock.product_id, sequence))
        if one is None:
            return None
        if one.at_ms < counted_at_ms:
            return tuple(found)
        found.append(one)
    return None if oldest else tuple(found)


def _by_now(books: int, counted: int, moved: Iterable[Movement]) -> int:
    """What is there by now. The books stay as they are as far as they may be right.

    What left for a customer or another warehouse was counted. What came, or was corrected, may
    have been seen by the count or not.
    """
    least = most = counted
    for one in moved:
        left = one.type == "OUTBOUND" or (one.type == "TRANSFER" and one.quantity < 0)
        least += min(0, one.quantity)
        most += one.quantity if left else max(0, one.quantity)
    return max(0, min(max(books, least), most))


def _known_by_count(level: Level, counted: int, at_ms: int) -> Iterator[Fact]:
    """What is still to come off the books is known with a count: what it lacks of what is held."""
    if level.owed:
        yield Owed(level.warehouse_id, -level.owed)
    lacking = max(0, level.reserved - counted)
    if lacking != level.missing:
        yield Missing(level.warehouse_id, lacking - level.missing, at_ms)


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


def _count(level: Level, command: UpdateInventory, at_ms: int) -> Moved | Refusal:
    """The change of the books: no more than nobody holds is taken off them."""
    change, named = command.quantity_change, command.reason or ""
    if level.on_hand - level.missing + change < 0:
        return Refusal.BELOW_ZERO
    reason = _REASONS.get(named, "manual_correction")
    return Moved(
        level.warehouse_id,
        "ADJUSTMENT",
        reason,
        level.policy,
        at_ms,
        on_hand=max(change, level.reserved - level.on_hand),
        status=level.status,
        notes=named if named and named != reason else None,
    )


def _quality(level: Level, command: UpdateInventory, at_ms: int) -> Moved | Refusal:
    failed, change = command.reason == QUALITY_FAILURE, command.quantity_change
    if (change > 0) if failed else (change < 0):
        return Refusal.QUALITY_SIGN
    if not failed and change > level.quarantined:
        return Refusal.QUARANTINE_SHORT
    if level.on_hand - level.missing + change < 0:
        return Refusal.BELOW_ZERO
    status = level.status
    if change == 0:
        status = "QUARANTINED" if failed else "ACTIVE"
    return Moved(
        level.warehouse_id,
        "ADJUSTMENT",
        "damaged_goods" if failed else "manual_correction",
        level.policy,
        at_ms,
        on_hand=max(change, level.reserved - level.on_hand),
        quarantined=-change,
        status=status,
        notes=command.reason,
    )
