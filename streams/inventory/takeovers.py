"""One reservation goes on with what another holds: the same units, in the same warehouses."""

from streams.inventory.facts import Ended, Fact, Held, Requested
from streams.inventory.rows import Line, Reservation
from streams.inventory.rules import InventoryRules


def is_to_be_had(other: Reservation, line: Line, product_id: str) -> bool:
    """Whether the other still holds, for nobody who has paid, just what the line asks for."""
    same = (other.product_id, other.quantity) == (product_id, line.quantity)
    return same and other.status == "CONFIRMED" and not other.committed


def taken_over(
    other: Reservation, begun: Requested, at_ms: int, expires_at_ms: int, rules: InventoryRules
) -> tuple[Fact, ...]:
    """End the other and hold what it held, in one go: those who wait are not served between."""
    parts = other.allocations
    ended = Ended(
        other.reservation_id,
        "CANCELLED",
        "reservation_released",
        parts,
        at_ms + rules.ended_keep_ms,
    )
    return (ended, begun, Held(begun.reservation_id, parts, at_ms, expires_at_ms))
