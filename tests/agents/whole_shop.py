"""The whole shop in memory behind a dock: what is in it, what is ordered, where it stands."""

import pytest

from app import agents_of
from events.inventory import AddInventory
from events.orders import PlaceOrder, RequestReturn
from events.types import OrderItem, OrderPayment, ShippedItem
from settings import Settings
from streams.orders.rows import Status
from tables.inventory import STOCK
from tables.orders import ORDERS
from tests.agents.dock import Dock
from tests.streams.shipping.samples import (
    address,
)


@pytest.fixture
def shop() -> Dock:
    agents, effects = agents_of(Settings())
    return Dock(
        agents=tuple(one for one in agents if one.name != "shipping"),
        effects=tuple(one for one in effects if one.name != "carriers"),
    )


def stocked(shop: Dock, **units: int) -> Dock:
    """Units of p1 and p2 by warehouse."""
    for warehouse, quantity in units.items():
        for product in ("p1", "p2"):
            shop.tell(
                AddInventory(product_id=product, quantity=quantity, warehouse_id=f"wh_{warehouse}")
            )
    return shop


def place(shop: Dock, units: int = 2, **given: str) -> Dock:
    return shop.tell(
        PlaceOrder(
            order_id="ord_1",
            user_id="usr_1",
            order_items=(
                OrderItem(product_id="p1", quantity=units, unit_price_minor=3499),
                OrderItem(product_id="p2", quantity=1, unit_price_minor=6499),
            ),
            shipping_address=address(**given),
            payment=OrderPayment(method="credit_card", token="tok_visa"),
        )
    )


def on_hand(shop: Dock, product: str = "p1") -> tuple[int, int, int]:
    """On hand, reserved and in quarantine, over all warehouses."""
    levels = shop.driver.rows(STOCK)[product].levels
    return (
        sum(level.on_hand for level in levels),
        sum(level.reserved for level in levels),
        sum(level.quarantined for level in levels),
    )


def status(shop: Dock) -> Status:
    return shop.driver.rows(ORDERS)["ord_1"].status


def history(shop: Dock) -> list[str]:
    return [step.reason for step in shop.driver.rows(ORDERS)["ord_1"].history]


def request(*items: tuple[str, int], **given: str) -> RequestReturn:
    fields: dict[str, object] = {
        "order_id": "ord_1",
        "user_id": "usr_1",
        "items": tuple(
            ShippedItem(item_id=name, product_id=name, quantity=units) for name, units in items
        ),
        "reason": "defective_item",
    }
    return RequestReturn(**(fields | given))
