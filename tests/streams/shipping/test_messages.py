"""What the others read of a shipment, field by field."""

from typing import Any

from msgspec.structs import replace

from events.base import Message
from events.shipping_parts import ProofOfDelivery
from events.types import Geo, Place
from streams.moments import DAY_MS
from streams.shipping.deciding import decide
from streams.shipping.evolution import fold
from streams.shipping.messages import following
from streams.shipping.rows import Shipment, Status
from tests.streams.shipping.samples import (
    AT_MS,
    RULES,
    address,
    after,
    booked,
    cancel,
    created,
    delivered,
    dispatched,
    failure,
    label,
    moved_to,
    pending,
    receipt,
    refused,
    scan,
)

SHIPMENT = {"shipmentId": "shp_ord_1", "orderId": "ord_1"}
PARCEL = {**SHIPMENT, "carrier": "USPS", "trackingNumber": "94A"}
BOSTON = {"city": "Boston", "state": "MA", "postalCode": "02101", "country": "US"}
ITEMS = [
    {"itemId": "ord_1:1", "productId": "p1", "sku": "SKU1", "quantity": 2, "pricePerUnit": 34.99},
    {"itemId": "ord_1:2", "productId": "p2", "sku": "SKU2", "quantity": 1, "pricePerUnit": 64.99},
]
PACKAGES = [
    {
        "packageId": "shp_ord_1-1",
        "weightKg": 1.5,
        "dimensions": {"lengthCm": 20.0, "widthCm": 15.0, "heightCm": 30.0},
        "items": ITEMS,
    }
]
NOW, PROMISED = "2026-03-10T11:00:00.000Z", "2026-03-16T18:00:00.000Z"
SIGNED = ProofOfDelivery(
    photo_url="https://p/1", signed_by="Ann", signature_url="https://s/1",
    gps_coordinates=Geo(latitude=42.5, longitude=-71.25),
)  # fmt: skip


def told(shipment: Shipment, message: Message, at_ms: int = AT_MS) -> dict[str, Any]:
    """The first message that follows, as it is written."""
    facts = decide(shipment, message, at_ms, RULES)
    first = next(following(fold(shipment, facts), facts, RULES))
    return first.model_dump(mode="json", by_alias=True, exclude_none=True)


def test_a_shipment_that_is_booked_tells_its_label_price_and_promise() -> None:
    assert told(pending(), booked(pending())) == PARCEL | {
        "status": "created",
        "customer": {"customerId": "usr_1"},
        "shippingAddress": BOSTON | {"line1": "1 Main St"},
        "shippingMethod": "standard",
        "packages": PACKAGES,
        "estimatedDelivery": PROMISED,
        "shippingCost": {"amount": 5.99, "currency": "USD"},
        "createdAt": NOW,
    }


def test_a_parcel_that_left_tells_where_from_and_where_to() -> None:
    assert told(created(), scan("shipped")) == PARCEL | {
        "shippingMethod": "standard",
        "estimatedDelivery": PROMISED,
        "priority": False,
        "warehouse": {"id": "wh_a"},
        "destination": BOSTON,
        "packages": PACKAGES,
        "dispatchedAt": NOW,
    }


def test_a_parcel_on_its_way_tells_where_it_is_and_where_it_was() -> None:
    seen = scan(
        "in_transit", AT_MS + 2_000, location=Place(city="Albany", state="NY", country="US")
    )

    assert told(dispatched(), seen, AT_MS + 2_000) | {"transitHistory": []} == PARCEL | {
        "transitType": "domestic",
        "currentLocation": {"city": "Albany", "state": "NY", "country": "US"},
        "destination": BOSTON,
        "status": "in_transit",
        "estimatedDelivery": PROMISED,
        "transitHistory": [],
    }
    assert told(dispatched(), seen, AT_MS + 2_000)["transitHistory"] == [
        {"location": "", "status": "shipped", "timestamp": "2026-03-10T11:00:01.000Z"},
        {"location": "Albany, NY", "status": "in_transit", "timestamp": "2026-03-10T11:00:02.000Z"},
    ]


def test_a_parcel_that_arrived_tells_how_that_is_known() -> None:
    signed = replace(dispatched(), signature=True)

    assert told(signed, scan("delivered", AT_MS, proof_of_delivery=SIGNED)) == PARCEL | {
        "deliveredAt": NOW,
        "deliveryType": "signed",
        "signatureRequired": True,
        "deliveryLocation": {"type": "recipient"},
        "proofOfDelivery": {
            "photoUrl": "https://p/1",
            "signedBy": "Ann",
            "signatureUrl": "https://s/1",
            "gpsCoordinates": {"latitude": 42.5, "longitude": -71.25},
        },
        "recipient": {"name": "Ann", "address": BOSTON},
        "estimatedDelivery": PROMISED,
    }


def test_an_attempt_that_failed_tells_when_the_next_one_is() -> None:
    assert told(dispatched(), failure(), AT_MS + 2_000) == SHIPMENT | {
        "failureReason": "Customer was unavailable for delivery.",
        "reasonCode": "CUSTOMER_UNAVAILABLE",
        "attemptNumber": 1,
        "maxAttempts": RULES.attempts_max,
        "retriable": True,
        "nextAttemptAt": "2026-03-11T09:00:00.000Z",
    }


def test_a_parcel_with_another_address_tells_both_promises_and_whether_to_tell_its_customer() -> (
    None
):
    early = replace(dispatched(), eta_ms=AT_MS + DAY_MS)

    assert told(early, moved_to(city="Salem")) == SHIPMENT | {
        "routeVersion": 1,
        "reason": "CUSTOMER_ADDRESS_CHANGED",
        "previousEta": "2026-03-11T11:00:00.000Z",
        "updatedEta": PROMISED,
        "customerNotificationRequired": True,
        "occurredAt": NOW,
    }


def test_a_shipment_that_is_cancelled_tells_what_lies_where() -> None:
    assert told(created(), cancel("why")) == SHIPMENT | {
        "reason": "why",
        "cancelledAt": NOW,
        "items": ITEMS,
        "warehouseId": "wh_a",
    }


def test_a_return_tells_its_label_and_what_it_brings_and_then_what_came() -> None:
    asked = after(delivered(), label())
    at_label = booked(asked, "return", tracking_number="94R")
    sent = after(asked, at_label)
    assert sent.returning is not None

    assert told(asked, at_label) == SHIPMENT | {
        "returnId": sent.returning.return_id,
        "initiatedAt": NOW,
        "reason": "changed_mind",
        "items": ITEMS,
        "customer": {"customerId": "usr_1"},
        "returnMethod": "drop_off",
        "returnLabel": {
            "carrier": "USPS",
            "trackingNumber": "94R",
            "labelUrl": "https://carriers.example.com/94A.pdf",
        },
        "refundEstimate": {"amount": 128.98, "currency": "USD", "method": "original_payment"},
        "reshipping": False,
    }
    assert told(sent, receipt(sent, ("SKU1", 2, "new"))) == SHIPMENT | {
        "returnId": sent.returning.return_id,
        "warehouseId": "wh_a",
        "items": [
            {
                "sku": "SKU1", "productId": "p1", "quantity": 2, "condition": "new",
                "refundable": True, "itemId": "ord_1:1",
            }
        ],
        "resolution": "refund",
        "receivedAt": NOW,
    }  # fmt: skip


def test_a_shipment_without_a_label_has_none_to_give_back_when_it_is_cancelled() -> None:
    facts = decide(pending(), cancel("why"), AT_MS, RULES)

    said = list(following(fold(pending(), facts), facts, RULES))

    assert [message.name for message in said] == ["ShipmentCancelled"]


def test_nobody_is_told_of_a_warehouse_that_was_only_guessed() -> None:
    guessed = replace(created(), guessed=True)

    assert "warehouseId" not in told(guessed, cancel("why"))
    assert "warehouse" not in told(guessed, scan("shipped"))


def test_a_parcel_that_nobody_signs_for_is_left_at_the_door() -> None:
    arrived = told(dispatched(), scan("delivered", AT_MS))

    assert (arrived["deliveryType"], arrived["deliveryLocation"]) == (
        "front_door",
        {"type": "front_door"},
    )
    assert arrived["recipient"]["name"] == "usr_1"


def test_a_parcel_abroad_tells_countries() -> None:
    abroad = dispatched(shipping_address=address(country="GB", state=None))
    seen = scan("in_transit", AT_MS + 2_000, location=Place(city="Leeds", country="GB"))

    at_leeds = told(abroad, seen, AT_MS + 2_000)

    assert at_leeds["transitType"] == "international"
    assert at_leeds["transitHistory"][-1]["location"] == "Leeds, GB"


def test_an_exchange_tells_so_with_its_label_and_how_it_is_handed_in() -> None:
    asked = after(
        delivered(),
        label(reshipping=True, return_method="carrier_pickup", reason_details="Too small."),
    )

    sent = told(asked, booked(asked, "return", tracking_number="94R"))

    assert (sent["reshipping"], sent["returnMethod"]) == (True, "carrier_pickup")
    assert sent["reasonDetails"] == "Too small."


def test_a_search_that_ends_tells_every_try_and_every_carrier() -> None:
    shipment, said = pending(), []
    while shipment.status is Status.PENDING:
        facts = decide(shipment, refused(shipment, retryable=False), AT_MS, RULES)
        shipment = fold(shipment, facts)
        said = [*following(shipment, facts, RULES)]

    [ended] = said
    assert ended.model_dump(mode="json", by_alias=True, exclude_none=True) == SHIPMENT | {
        "attempts": 2,
        "carriersTried": ["USPS", "UPS"],
        "manualFulfillment": True,
    }
