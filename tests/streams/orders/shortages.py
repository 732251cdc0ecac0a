"""What stock says of lines that cannot be had."""

from events.base import Message
from tests.streams.orders.samples import (
    expired,
    short,
)


def gone(number: int, product_id: str = "") -> Message:
    """Stock says that a line cannot be had, and shall not wait."""
    return short(
        product_id or f"p{number}", reservation_id=f"ord_1:{number}", backorder_allowed=False
    )


def missed(number: int) -> Message:
    """Stock says that a paid line's hold could not be made permanent."""
    return expired(number).model_copy(update={"adjusted_quantity": 0, "warehouse_id": "ALL"})
