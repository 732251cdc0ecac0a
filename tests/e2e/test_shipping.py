"""From a paid order to its door and back on real Kafka: carriers tell by signed webhooks."""

import json
from typing import Any

import pytest

from tests.e2e.books import balanced
from tests.e2e.harness import Workers
from tests.e2e.heard import Ear
from tests.e2e.parcels import Carrier, post, until_status
from tests.e2e.shop import HOME, Sender, line, order

pytestmark = pytest.mark.own_broker

PRODUCT = "prd_shipped"
UNITS = 100


@pytest.fixture(scope="module", autouse=True)
def goods(sender: Sender) -> None:
    sender.stock(PRODUCT, UNITS)


def placed(sender: Sender, ear: Ear, workers: Workers, name: str, units: int) -> Carrier:
    """An order that is paid, and the carrier that has it."""
    order_id = sender.place(order(name, line(PRODUCT, units)))
    return Carrier(ear, workers.running[0], order_id)


def test_a_parcel_goes_from_the_shelf_to_the_door(
    ear: Ear, sender: Sender, workers: Workers
) -> None:
    carrier = placed(sender, ear, workers, "door", 3)
    order_id = carrier.created["orderId"]
    until_status(workers, order_id, "processing")

    carrier.tells("shipped")
    until_status(workers, order_id, "shipped")
    carrier.tells("in_transit")
    carrier.tells("delivered", proofOfDelivery={"photoUrl": "https://photos.example.com/1.jpg"})

    until_status(workers, order_id, "delivered")
    ear.until_said(order_id, "ShipmentDelivered")
    told = [said.name for said in ear.of(order_id, "shipping.dev.events")]
    assert told == [
        "CarrierBooked",
        "ShipmentCreated",
        "ShipmentDispatched",
        "ShipmentInTransit",
        "ShipmentDelivered",
    ]

    def left() -> list[dict[str, Any]]:
        told = [said.data for said in ear.of(order_id, "inventory", "InventoryAdjusted")]
        return [data for data in told if data["reason"] == "order_shipped"]

    [gone] = ear.until(left, "the goods left the shelf")
    assert (gone["onHand"], gone["reserved"]) == (UNITS - 3, 0)
    row = workers.row("shipments", carrier.created["shipmentId"])
    assert row is not None
    assert (row["status"], row["proof"], row["destination"]) == ("delivered", "***", "***")


def test_what_is_told_twice_or_out_of_order_happens_once(
    ear: Ear, sender: Sender, workers: Workers
) -> None:
    carrier = placed(sender, ear, workers, "twice", 1)
    order_id = carrier.created["orderId"]

    for status in ("delivered", "delivered", "in_transit", "shipped"):
        carrier.tells(status, updatedAt="2026-01-01T00:00:00Z")

    until_status(workers, order_id, "delivered")
    ear.until_quiet(0.5)
    told = [said.name for said in ear.of(order_id, "shipping.dev.events")]
    assert told[2:] == ["ShipmentDispatched", "ShipmentDelivered"]


def test_a_refused_parcel_comes_back_and_its_price_goes_back(
    ear: Ear, sender: Sender, workers: Workers
) -> None:
    carrier = placed(sender, ear, workers, "refused_parcel", 2)
    order_id = carrier.created["orderId"]
    carrier.tells("shipped")

    carrier.tells("delivery_failed", reasonCode="REFUSED")

    failed = ear.until_said(order_id, "DeliveryFailed").data
    back = ear.until_said(order_id, "ReturnInitiated").data
    assert (failed["reasonCode"], failed["retriable"]) == ("REFUSED", False)
    assert back["reason"] == "delivery_failed"
    sender.send(
        "ConfirmReturnReceived",
        {
            "returnId": back["returnId"],
            "shipmentId": back["shipmentId"],
            "warehouseId": "wh_MAIN_001",
            "items": [{"sku": PRODUCT, "quantity": 2, "condition": "new"}],
        },
    )
    assert ear.until_said(order_id, "RefundIssued").data["amount"] == 40.00
    until_status(workers, order_id, "refunded")


def test_nobody_at_home_is_tried_again_the_next_day(
    ear: Ear, sender: Sender, workers: Workers
) -> None:
    carrier = placed(sender, ear, workers, "not_home", 1)
    order_id = carrier.created["orderId"]
    carrier.tells("shipped")

    carrier.tells("delivery_failed", reasonCode="CUSTOMER_UNAVAILABLE")
    failed = ear.until_said(order_id, "DeliveryFailed").data
    carrier.tells("delivered")

    until_status(workers, order_id, "delivered")
    assert (failed["attemptNumber"], failed["maxAttempts"], failed["retriable"]) == (1, 3, True)
    assert "nextAttemptAt" in failed


def test_what_no_carrier_takes_is_left_to_a_person(
    ear: Ear, sender: Sender, workers: Workers
) -> None:
    address = HOME | {"postalCode": "60601-busy"}
    order_id = sender.place(order("unbooked", line(PRODUCT), shippingAddress=address))

    failed = ear.until_said(order_id, "ShipmentBookingFailed").data

    tried = [
        said.data["carrier"] for said in ear.of(order_id, "shipping.dev.commands", "BookCarrier")
    ]
    assert (failed["attempts"], failed["manualFulfillment"]) == (6, True)
    assert (
        tried == ["USPS"] * 3 + ["UPS"] * 3 == [c for c in failed["carriersTried"] for _ in "123"]
    )
    row = workers.row("shipments", failed["shipmentId"])
    assert row is not None
    assert row["status"] == "booking_failed"
    until_status(workers, order_id, "paid")


def test_an_order_cancelled_before_dispatch_is_not_sent_whatever_is_scanned(
    ear: Ear, sender: Sender, workers: Workers
) -> None:
    request = order("recalled", line(PRODUCT))
    order_id = sender.place(request)
    carrier = Carrier(ear, workers.running[0], order_id)

    sender.cancel(request)
    ear.until_said(order_id, "ShipmentCancelled")
    ear.until_said(order_id, "VoidLabel")
    ear.until_said(order_id, "RefundIssued")
    carrier.tells("shipped")

    ear.until_quiet(0.5)
    assert not ear.of(order_id, "shipping.dev.events", "ShipmentDispatched")
    until_status(workers, order_id, "cancelled")


def test_a_webhook_that_is_not_signed_by_the_carrier_changes_nothing(
    ear: Ear, sender: Sender, workers: Workers
) -> None:
    carrier = placed(sender, ear, workers, "forged", 1)
    scan = json.dumps({"shipmentId": carrier.created["shipmentId"], "status": "delivered"})

    status, answer = post(workers.running[0], scan, secret="whsec_Zm9yZ2Vk")

    assert (status, answer["status"]) == (401, 401)
    assert post(workers.running[0], scan)[0] == 400


def test_the_books_balance_with_what_was_shipped(ear: Ear) -> None:
    balanced(ear, lambda wrong: PRODUCT in wrong)
