import pytest

from events.fraud import FraudDetected, OverrideFraudDecision
from events.orders import AmendOrder
from events.returns import ConfirmReturnReceived
from events.shipping import CancelShipment, CreateShipment, UpdateShipmentStatus
from events.shipping_parts import ReturnedItem
from events.types import Address, ShippedItem
from streams.addresses import wire_address
from tests.flows.scene import Scene, in_two, of_two_prices


def test_shipment_creation_books_tells_sends_and_delivers() -> None:
    scene = Scene().stock()

    scene.place().wait(days=4)

    scene.was_told(
        "PaymentComplete",
        "CreateShipment",
        "BookCarrier",
        "CarrierBooked",
        "ShipmentCreated",
        "SendNotification",
        "ShipmentDispatched",
        "ShipStock",
        "ShipmentInTransit",
        "ShipmentDelivered",
    )
    assert scene.status() == "delivered"
    assert scene.level() == (9, 0, 0)
    assert scene.mails("shipment-delivered") > 0


def test_shipment_creation_of_two_warehouses_is_delivered_with_the_last_parcel() -> None:
    scene = Scene().stock(2, "p1").stock(2, "p1", warehouse="wh_west_02")

    scene.place(3).wait(days=4)

    assert len(scene.data("ShipmentDelivered")) == 2
    assert scene.status() == "delivered"
    assert scene.level() == (1, 0, 0)


def test_shipment_creation_without_a_carrier_asks_another_and_then_a_person() -> None:
    scene = Scene().stock()

    scene.place(postal_code="10001-busy").wait(minutes=10)

    carriers = [one.carrier for one in scene.data("BookCarrier")]
    assert len(carriers) == 6
    assert len(set(carriers)) == 2
    scene.was_told("CarrierBookingFailed", "ShipmentBookingFailed")
    assert scene.last("ShipmentBookingFailed").manual_fulfillment
    assert scene.status() == "paid"


def to(line1: str) -> AmendOrder:
    """The customer has the order sent elsewhere."""
    elsewhere = Address(line1=line1, city="Town", state="NY", postal_code="10002", country="US")
    return AmendOrder(
        order_id="ord_1",
        user_id="usr_1",
        amendment_type="ADDRESS_CHANGE",
        new_address=elsewhere,
    )


def test_shipment_creation_that_a_person_begins_anew_is_booked_and_sent() -> None:
    scene = Scene().stock().place(postal_code="10001-busy").wait(minutes=10).tell(to("2 Side St"))
    assert scene.row("shipments", "shp_ord_1").status.value == "booking_failed"

    again = scene.last("CreateShipment").model_copy(update={"shipment_id": None})
    scene.tell(again).wait(days=4)

    scene.was_told("ShipmentBookingFailed", "CarrierBooked", "ShipmentCreated", "ShipmentDelivered")
    assert scene.status() == "delivered"


def test_shipment_creation_at_an_unknown_address_goes_on_where_its_customer_says() -> None:
    scene = Scene().stock().place().until("ShipmentInTransit")
    scene.tell(
        UpdateShipmentStatus(
            shipment_id="shp_ord_1", status="delivery_failed", reason_code="ADDRESS_NOT_FOUND"
        )
    )

    scene.tell(to("2 Side St")).wait(days=7)

    scene.was_told("DeliveryFailed", "OrderAmended", "ShipmentRouteUpdated", "ShipmentDelivered")
    scene.never_told("ReturnInitiated")
    assert scene.row("shipments", "shp_ord_1").destination.line1 == "2 Side St"
    assert scene.status() == "delivered"


def test_shipment_creation_not_delivered_once_is_tried_again() -> None:
    scene = Scene().stock()

    scene.place(postal_code="10001-unavailable").wait(days=10)

    scene.was_told("ShipmentDispatched", "DeliveryFailed", "ShipmentDelivered")
    assert scene.last("DeliveryFailed").attempt_number == 1
    assert scene.status() == "delivered"


def test_shipment_creation_not_delivered_three_times_goes_back() -> None:
    scene = Scene().stock()

    scene.place(postal_code="10001-never").wait(days=16)

    assert [one.attempt_number for one in scene.data("DeliveryFailed")] == [1, 2, 3]
    scene.was_told("DeliveryFailed", "DeliveryFailed", "DeliveryFailed", "ReturnInitiated")


@pytest.mark.parametrize("end", ["refused", "damaged", "noaddress"])
def test_shipment_creation_that_nobody_takes_goes_back(end: str) -> None:
    scene = Scene().stock()

    scene.place(postal_code=f"10001-{end}").wait(days=10)

    scene.was_told("ShipmentDispatched", "DeliveryFailed", "ReturnInitiated")
    assert scene.last("ReturnInitiated").reason == "delivery_failed"


def test_shipment_creation_lost_on_its_way_is_refunded() -> None:
    scene = Scene().stock()

    scene.place(postal_code="10001-lost").wait(days=8)

    assert scene.last("DeliveryFailed").reason_code == "LOST"
    scene.was_told("DeliveryFailed", "RefundCharge", "RefundIssued")
    assert scene.books() == (2_000, 2_000, 0)
    assert scene.status() == "refunded"


def test_shipment_creation_lost_on_its_way_is_claimed_from_its_carrier() -> None:
    scene = Scene().stock()

    scene.place(postal_code="10001-lost").wait(days=8)

    scene.was_told("DeliveryFailed", "FileClaim", "ClaimSettled")
    row = scene.row("shipments", "shp_ord_1")
    assert (row.claim.amount_minor, row.claim.outcome, row.claim.paid_minor) == (
        2_000,
        "PAID",
        2_000,
    )
    assert [step.reason for step in row.history[-3:]] == ["LOST", "CLAIM_FILED", "CLAIM_PAID"]


def test_shipment_creation_lost_in_part_is_delivered_with_the_rest() -> None:
    scene = Scene().stock(1, "p1").stock(1, "p2", warehouse="wh_west_01").place(1, ("p1", "p2"))
    lost, sent = scene.data("ShipmentCreated")
    scene.wait(hours=30)

    scene.tell(
        UpdateShipmentStatus(
            shipment_id=lost.shipment_id,
            status="delivery_failed",
            reason_code="LOST",
        )
    )
    assert scene.status() == "shipped"
    scene.wait(days=4)

    assert sent.shipment_id in [one.shipment_id for one in scene.data("ShipmentDelivered")]
    assert scene.status() == "delivered"
    assert scene.books() == (4_000, 2_000, 0)


def test_shipment_creation_lost_of_two_lines_of_a_product_is_refunded_the_one_in_it() -> None:
    scene = Scene().stock(1, "p1").stock(1, "p1", warehouse="wh_west_01").tell(of_two_prices())
    [dear] = [
        one.shipment_id
        for one in scene.data("ShipmentCreated")
        if one.packages[0].items[0].item_id == "ord_1:2"
    ]
    scene.wait(hours=30)

    scene.tell(UpdateShipmentStatus(shipment_id=dear, status="delivery_failed", reason_code="LOST"))

    assert scene.books() == (5_000, 3_000, 0)


def test_shipment_creation_of_which_a_part_is_not_sent_gives_its_price_and_stock_back() -> None:
    scene = in_two().tell(CancelShipment(shipment_id="shp_ord_1:2"))
    scene.never_told("RefundGoods")

    scene.wait(days=4)

    assert scene.status() == "delivered"
    assert scene.books() == (6_000, 2_000, 0)
    assert scene.level() == (2, 0, 0)


def test_shipment_creation_that_fraud_stops_in_part_gives_its_price_and_stock_back() -> None:
    seen = UpdateShipmentStatus(shipment_id="shp_ord_1", status="shipped")
    scene = in_two().wait(5_000).tell(seen)
    found = FraudDetected(
        payment_id="pay_ord_1", order_id="ord_1", fraud_type="account_takeover", severity="high"
    )
    no = OverrideFraudDecision(
        payment_id="pay_ord_1", decision="DECLINED", reviewer="ann", rationale="stolen"
    )

    scene.tell(found, no).wait(days=4)

    scene.was_told("FraudCheckCompleted", "ShipmentCancelled", "RefundGoods", "RefundIssued")
    assert (scene.status(), scene.books()) == ("delivered", (6_000, 2_000, 0))
    assert scene.level() == (2, 0, 0)
    scene.never_told("AlertRaised")


def by_hand(scene: Scene, units: int, warehouse: str | None) -> None:
    """Staff cancel the only parcel, and send so many units of its line with another."""
    where = wire_address(scene.row("shipments", "shp_ord_1").destination)
    some = ShippedItem(item_id="ord_1:1", product_id="p1", quantity=units)
    scene.tell(CancelShipment(shipment_id="shp_ord_1"))
    scene.tell(
        CreateShipment(
            order_id="ord_1",
            items=(some,),
            shipping_address=where,
            shipping_method="standard",
            warehouse_id=warehouse,
        )
    )
    scene.wait(days=4)


def test_shipment_creation_lost_in_part_and_found_is_refunded_that_part_alone() -> None:
    scene = in_two().wait(hours=30)
    for why in ("LOST", "REFUSED"):
        failed = UpdateShipmentStatus(
            shipment_id="shp_ord_1", status="delivery_failed", reason_code=why
        )
        scene.tell(failed).wait(days=4)

    begun = scene.last("ReturnInitiated")
    back = ReturnedItem(sku="p1", product_id="p1", quantity=2, condition="new")
    scene.tell(
        ConfirmReturnReceived(
            return_id=begun.return_id,
            shipment_id=begun.shipment_id,
            warehouse_id="wh_east_01",
            items=(back,),
        )
    )

    assert (scene.status(), scene.books()) == ("delivered", (6_000, 4_000, 0))
    assert scene.level() == (3, 0, 0)


@pytest.mark.parametrize("warehouse", ["wh_east_01", None])
def test_shipment_creation_by_hand_of_a_part_leaves_the_rest_on_the_shelf(
    warehouse: str | None,
) -> None:
    scene = Scene().stock().place(3).until("ShipmentCreated")

    by_hand(scene, 2, warehouse)

    assert (scene.status(), scene.books()[1]) == ("delivered", 2_000)
    assert scene.level() == (8, 0, 0)
