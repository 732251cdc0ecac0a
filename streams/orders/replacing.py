"""PlaceReplacement: an order for goods that were paid for with others (G-33)."""

from typing import Any

from events.exchanges import PlaceReplacement
from events.orders import PlaceOrder
from events.payment_ids import payment_id_of
from streams.addresses import kept_address
from streams.orders.back import Exchange
from streams.orders.facts import Fact, Placed
from streams.orders.rows import Line, Order, Status, Step


def begin(
    command: PlaceReplacement,
    at_ms: int,
    correlation_id: str,
) -> tuple[Fact, ...]:
    """Begin an order that is paid already. It is confirmed as it is: nothing of it is new."""
    lines = [
        Line(
            item.product_id,
            item.quantity,
            item.unit_price_minor,
            item.total_price_minor or 0,
            item.product_name,
            item.sku,
        )
        for item in command.order_items
    ]
    order = Order(
        order_id=command.order_id,
        user_id=command.user_id,
        status=Status.CONFIRMED,
        placed_at_ms=at_ms,
        currency=command.currency,
        total_minor=sum([line.total_minor for line in lines]),
        lines=tuple(lines),
        shipping_address=kept_address(command.shipping_address),
        shipping_method=command.shipping_method,
        payment_id=payment_id_of(command.order_id),
        payment_method="",
        correlation_id=correlation_id,
        history=(Step(at_ms, Status.CONFIRMED, "PLACED"),),
        channel=command.sales_channel or "",
        exchange=Exchange(command.exchange_for, command.return_id, command.return_fee_minor),
    )
    return (Placed(order),)


def beside(
    command: PlaceOrder | PlaceReplacement, metadata: dict[str, Any] | None
) -> dict[str, Any] | None:
    """What an order's first messages carry beside their data: what it was asked for with.

    Where from, only fraud detection is told, in the data.
    """
    told = {name: value for name, value in (metadata or {}).items() if name != "ipAddress"}
    if isinstance(command, PlaceReplacement):
        sold = {"source": command.sales_channel} if command.sales_channel else {}
        return {**told, **sold, "exchangeFor": command.exchange_for}
    return told or None
