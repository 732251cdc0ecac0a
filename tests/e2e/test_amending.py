"""AmendOrder and RequestReturn on real Kafka: stock, then the order; goods back, then money."""

import pytest

from tests.e2e.books import balanced, books_of
from tests.e2e.harness import Workers, until
from tests.e2e.heard import Ear
from tests.e2e.shop import HOME, Sender, line, order

pytestmark = pytest.mark.own_broker

PRODUCT = "prd_amended"
ABSENT = "prd_not_yet"
UNITS = 50


@pytest.fixture(scope="module", autouse=True)
def goods(sender: Sender) -> None:
    sender.stock(PRODUCT, UNITS)


def history(workers: Workers, order_id: str) -> list[str]:
    return [step[2] for step in (workers.row("orders", order_id) or {}).get("history", ())]


def test_more_and_fewer_units_are_held_and_free_again_with_the_order(
    ear: Ear, sender: Sender, workers: Workers
) -> None:
    request = order("amended", line(PRODUCT, 2), line(ABSENT))
    order_id = sender.place(request)
    ear.until_said(order_id, "OutOfStock")

    sender.amend(request, PRODUCT, 2, 5)
    amended = ear.until_said(order_id, "OrderAmended").data
    sender.amend(request, PRODUCT, 5, 1)
    ear.until(lambda: len(ear.of(order_id, "orders", "OrderAmended")) == 2, "the second amendment")
    sender.cancel(request)

    assert (amended["previousOrderTotal"], amended["newOrderTotal"]) == (60.00, 120.00)
    assert [(one["number"], one["quantity"]) for one in amended["lines"]] == [
        (1, 2),
        (2, 1),
        (3, 3),
    ]
    ear.until_said(order_id, "OrderCancelled")
    ear.until(
        lambda: not any(books_of(ear.of(order_id)).orders[order_id].held.values()),
        "all of it is free again",
    )


def test_what_stock_has_not_got_changes_nothing(ear: Ear, sender: Sender, workers: Workers) -> None:
    request = order("too_many", line(PRODUCT, 2), line(ABSENT))
    order_id = sender.place(request)
    ear.until_said(order_id, "OutOfStock")

    sender.amend(request, PRODUCT, 2, 90)

    until(
        lambda: "AMEND_REFUSED_SHORT" in history(workers, order_id), 90, "the history tells of it"
    )
    sender.cancel(request)
    ear.until_said(order_id, "OrderCancelled")
    assert not ear.of(order_id, "orders", "OrderAmended")


def test_a_paid_order_goes_to_another_address(ear: Ear, sender: Sender, workers: Workers) -> None:
    request = order("moved", line(PRODUCT))
    order_id = sender.place(request)
    ear.until_said(order_id, "ShipmentCreated")

    sender.send(
        "AmendOrder",
        {
            "orderId": order_id,
            "userId": request["userId"],
            "amendmentType": "ADDRESS_CHANGE",
            "newAddress": HOME | {"city": "Springfield", "postalCode": "62701"},
        },
    )

    told = ear.until_said(order_id, "OrderAmended").data
    assert told["shippingAddress"]["updated"]["city"] == "Springfield"
    assert told["amendments"] == []


def test_what_is_sent_back_is_on_the_shelf_and_its_price_with_the_customer(
    ear: Ear, sender: Sender, workers: Workers
) -> None:
    request = order("sent_back", line(PRODUCT, 2))
    order_id = sender.place(request)
    shipment_id = ear.until_said(order_id, "ShipmentCreated").data["shipmentId"]
    sender.send("UpdateShipmentStatus", {"shipmentId": shipment_id, "status": "delivered"})
    ear.until_said(order_id, "ShipmentDelivered")
    until(lambda: (workers.row("orders", order_id) or {}).get("status") == "delivered", 90, "it is")

    sender.send(
        "RequestReturn",
        {
            "orderId": order_id,
            "userId": request["userId"],
            "items": [{"itemId": PRODUCT, "productId": PRODUCT, "quantity": 1}],
            "reason": "defective_item",
        },
    )
    back = ear.until_said(order_id, "ReturnInitiated").data
    sender.send(
        "ConfirmReturnReceived",
        {
            "returnId": back["returnId"],
            "shipmentId": shipment_id,
            "warehouseId": "wh_MAIN_001",
            "items": [{"sku": PRODUCT, "quantity": 1, "condition": "new"}],
        },
    )

    assert ear.until_said(order_id, "RefundIssued").data["amount"] == 20.00

    def states() -> list[list[object]]:
        returns = (workers.row("orders", order_id) or {}).get("returns", ())
        return [line for one in returns for line in one["lines"]]

    until(lambda: states() == [[1, 1, "back_in_stock", "refunded"]], 90, "the row says so")


def test_the_books_of_all_of_it_add_up(ear: Ear) -> None:
    ours = [said for said in ear.everything if "prd_amended" in str(said.data)]
    ids = {said.order_id for said in ours if said.order_id}

    books = balanced(ear, lambda wrong: wrong.partition(":")[0] in ids)

    assert books.broken == []
