"""What an order costs: list prices, less a discount on their sum (G-12).

The discount is rounded half up, to minor units, on the sum of the list prices. Each line bears
its share, so that the lines sum to the total to the unit, and no line differs from its own
discounted price by more than one minor unit.
"""

from collections.abc import Iterable, Mapping

from events.types import OrderItem
from streams.orders.rows import Line, Order

_NAME_CHARS_MAX = 200
"""Of a product's name that are kept: an order's row is written many times."""


def kept_name(name: str | None) -> str | None:
    """A product's name as a row keeps it."""
    return None if name is None else name[:_NAME_CHARS_MAX]


def discount_percent(code: str | None, percents: Mapping[str, int]) -> int | None:
    """What a code takes off, in percent; 0 without a code, None for a code nobody knows."""
    return percents.get(code) if code else 0


def discount_of(order: Order, percents: Mapping[str, int]) -> int:
    """What an order's code takes off, in percent: what it did when it was placed. Codes end."""
    if order.discount_percent is not None:
        return order.discount_percent
    return discount_percent(order.discount_code, percents) or 0


def net(list_minor: int, percent: int) -> int:
    """A sum of list prices less the discount."""
    return list_minor - (list_minor * percent + 50) // 100


def listed(
    items: Iterable[OrderItem], currency: str, prices: Mapping[str, int]
) -> tuple[OrderItem, ...]:
    """The items at the catalogue's prices; what it does not name costs what the order says."""
    return tuple(
        [
            item
            if (price := prices.get(f"{item.product_id}:{currency}")) is None
            else item.model_copy(update={"unit_price_minor": price})
            for item in items
        ]
    )


def priced(items: Iterable[OrderItem], percent: int) -> tuple[Line, ...]:
    """The lines of an order; their totals sum to the net of the sum of their list prices."""
    lines = []
    listed = paid = 0
    for item in items:
        listed += item.quantity * item.unit_price_minor
        total, paid = net(listed, percent) - paid, net(listed, percent)
        lines.append(
            Line(
                item.product_id,
                item.quantity,
                item.unit_price_minor,
                total,
                kept_name(item.product_name),
                item.sku,
            )
        )
    return tuple(lines)
