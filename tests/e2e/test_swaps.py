"""An exchange on real Kafka: the shop sent the wrong thing, and sends a dearer one at once."""

import pytest

from tests.e2e.harness import Workers, until
from tests.e2e.heard import Ear
from tests.e2e.parcels import Carrier, until_status
from tests.e2e.shop import Sender, line, order

pytestmark = pytest.mark.own_broker

SENT, WANTED = "prd_swapped", "prd_wanted"
UNITS = 10
ROW_S_MAX = 90


@pytest.fixture(scope="module", autouse=True)
def goods(sender: Sender) -> None:
    sender.stock(SENT, UNITS)
    sender.stock(WANTED, UNITS)


def arrived(ear: Ear, workers: Workers, order_id: str) -> None:
    carrier = Carrier(ear, workers.running[0], order_id)
    carrier.tells("shipped")
    carrier.tells("delivered")
    until_status(workers, order_id, "delivered")


def test_what_was_sent_wrongly_is_replaced_before_it_is_back_and_paid_for_once(
    ear: Ear, sender: Sender, workers: Workers
) -> None:
    request = order("swapped", line(SENT, 2))
    order_id = sender.place(request)
    arrived(ear, workers, order_id)

    sender.send(
        "RequestReturn",
        {
            "orderId": order_id,
            "userId": request["userId"],
            "items": [{"itemId": SENT, "productId": SENT, "quantity": 2}],
            "reason": "wrong_item",
            "resolution": "exchange",
            "exchangeItems": [line(WANTED, 2, 25.0)],
            "payment": {"method": "credit_card", "token": "tok_visa"},
        },
    )
    label = ear.until_said(order_id, "ReturnInitiated").data
    asked = ear.until(
        lambda: next((one for one in ear.everything if one.name == "PlaceReplacement"), None),
        "the replacement is asked for",
    ).data
    other = asked["orderId"]
    arrived(ear, workers, other)
    sender.send(
        "ConfirmReturnReceived",
        {
            "returnId": label["returnId"],
            "shipmentId": label["shipmentId"],
            "warehouseId": "wh_MAIN_001",
            "items": [{"sku": SENT, "productId": SENT, "quantity": 2, "condition": "new"}],
        },
    )

    until_status(workers, order_id, "returned")
    ear.until_quiet(1.0)
    assert label["reshipping"]
    assert (asked["exchangeFor"], asked["payment"]["amount"]) == (order_id, 10.00)
    confirmed = ear.until_said(other, "OrderConfirmed")
    assert (confirmed.data["orderTotal"], confirmed.value["metadata"]["exchangeFor"]) == (
        10.00,
        order_id,
    )
    paid = {
        one.data["paymentId"]: one.data["amount"]
        for one in ear.of(order_id, "payments", "PaymentProcessed")
    }
    assert paid == {f"pay_{order_id}": 40.00, f"pay_{order_id}:x1": 10.00}
    assert not ear.of(order_id, "payments", "RefundIssued", "RefundGoods")
    assert not ear.of(other, "payments")
    until_on_hand(workers, SENT, UNITS)
    until_on_hand(workers, WANTED, UNITS - 2)


def until_on_hand(workers: Workers, product: str, units: int) -> None:
    """Return once so many units are on its shelf and nothing of it is reserved."""

    def settled() -> bool:
        levels = (workers.row("stock", product) or {"levels": ()})["levels"]
        on_hand = sum(level["on_hand"] for level in levels)
        return on_hand == units and not any(level["reserved"] for level in levels)

    until(settled, ROW_S_MAX, f"{units} of {product} are on hand, none is reserved")
