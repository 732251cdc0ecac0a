"""A subscription that ends cancels its orders wherever they lie, in the whole shop in memory."""

from datetime import timedelta

import pytest

from events.orders import PlaceOrder
from events.types import OrderItem, OrderPayment
from streams.moments import day_of
from streams.orders.rows import Status
from tables.orders import ORDERS, SUBSCRIBED_ORDERS
from tests.agents.dock import Dock
from tests.agents.whole_shop import shop
from tests.streams.orders.samples import address
from tests.streams.orders.subscribers import end

__all__ = ["shop"]


def place(shop: Dock, order_id: str, subscription_id: str | None = "sub_1") -> None:
    shop.tell(
        PlaceOrder(
            order_id=order_id,
            user_id="usr_1",
            order_items=(OrderItem(product_id="p1", quantity=1, unit_price_minor=3499),),
            shipping_address=address(),
            payment=OrderPayment(method="credit_card", token="tok_visa"),
            subscription_id=subscription_id,
        )
    )


@pytest.mark.parametrize("days", [0, -1])
def test_orders_after_the_last_day_end_and_others_go_on(shop: Dock, days: int) -> None:
    for number in range(4):
        place(shop, f"ord_{number}")
    place(shop, "ord_other", None)

    shop.tell(end(day_of(shop.driver.now_ms) + timedelta(days=days)))

    rows = shop.driver.rows(ORDERS)
    reasons = {rows[f"ord_{number}"].cancellation_reason for number in range(4)}
    assert reasons == ({"SUBSCRIPTION_CANCELLED"} if days else {None})
    assert rows["ord_other"].status is not Status.CANCELLED
    assert [*shop.driver.rows(SUBSCRIBED_ORDERS)] == ["sub_1"]
