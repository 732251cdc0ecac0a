from events.orders import CancelOrder
from events.returns import ConfirmReturnReceived
from events.shipping import UpdateShipmentStatus
from events.shipping_parts import ReturnedItem
from tests.flows.scene import Scene, order


def cancel(user_id: str = "usr_1") -> CancelOrder:
    return CancelOrder(order_id="ord_1", user_id=user_id, cancellation_reason="no need")


def test_cancel_order_after_payment_releases_refunds_and_tells() -> None:
    scene = Scene().stock()

    scene.place().tell(cancel())

    scene.was_told("ShipmentCreated", "OrderCancelled", "ReleaseStock")
    scene.was_told("OrderCancelled", "RefundCharge", "RefundIssued")
    scene.was_told("OrderCancelled", "ShipmentCancelled")
    assert scene.level() == (10, 0, 0)
    assert scene.books() == (2_000, 2_000, 0)
    assert scene.mails("order-cancelled") > 0


def test_cancel_order_before_the_capture_lets_the_money_go() -> None:
    scene = Scene().stock(1, "p1")

    scene.place(3)
    assert scene.books() == (0, 0, 6_000)
    scene.tell(cancel())

    scene.was_told("OrderCancelled", "VoidPayment", "ChargeVoided")
    scene.never_told("RefundIssued", "CapturePayment")
    assert scene.books() == (0, 0, 0)


def test_cancel_order_that_overtakes_its_order_ends_it() -> None:
    scene = Scene().stock()

    scene.tell(cancel()).tell(order()).wait(minutes=1)

    scene.was_told("OrderConfirmed", "OrderCancelled")
    assert scene.status() == "cancelled"
    assert scene.books()[0] == scene.books()[1]


def test_cancel_order_after_dispatch_is_refused() -> None:
    scene = Scene().stock()

    scene.place().wait(hours=8).tell(cancel()).wait(days=4)

    scene.never_told("OrderCancelled")
    reasons = [step.reason for step in scene.row("orders", "ord_1").history]
    assert "CANCEL_REFUSED_DISPATCHED" in reasons
    assert scene.status() == "delivered"


def test_cancel_order_by_a_stranger_is_refused() -> None:
    scene = Scene().stock()

    scene.place().tell(cancel("usr_2"))

    scene.never_told("OrderCancelled")


def test_cancel_order_twice_is_once() -> None:
    scene = Scene().stock()

    scene.place().tell(cancel()).tell(cancel())

    assert len(scene.data("OrderCancelled")) == 1
    assert scene.books() == (2_000, 2_000, 0)


def test_cancel_order_while_the_provider_is_down_lets_the_money_go_when_it_is_back() -> None:
    scene = Scene().stock(1, "p1").place(3)
    scene.outside.weather.outage = True

    scene.tell(cancel()).wait(minutes=5)
    scene.never_told("ChargeVoided")
    assert scene.books() == (0, 0, 6_000)
    scene.outside.weather.outage = False
    scene.wait(minutes=10)

    scene.was_told("VoidPayment", "ChargeOperationFailed", "VoidPayment", "ChargeVoided")
    assert scene.books() == (0, 0, 0)


def test_cancel_order_whose_money_cannot_be_let_go_is_for_a_person() -> None:
    scene = Scene().stock(1, "p1").place(3)
    scene.outside.weather.outage = True

    scene.tell(cancel()).wait(hours=2)

    assert scene.names().count("VoidPayment") == 4
    assert scene.status() == "cancelled"
    assert scene.row("payments", "pay_ord_1").stuck
    assert scene.last("AlertRaised").rule == "stuck_payment"
    assert scene.last("AlertRaised").value == 60


def test_cancel_order_whose_refund_fails_is_tried_four_times_told_and_flagged() -> None:
    scene = Scene().stock().place()
    scene.outside.weather.outage = True

    scene.tell(cancel()).wait(hours=2)

    assert scene.names().count("RefundCharge") == 4
    assert scene.last("RefundFailed").failure_reason == "provider_error"
    assert not scene.last("RefundFailed").rejected
    assert "REFUND_FAILED" in scene.row("orders", "ord_1").flags
    assert scene.last("AlertRaised").rule == "stuck_payment"
    assert (scene.status(), scene.books()) == ("cancelled", (2_000, 0, 0))


def test_cancel_order_whose_refund_the_provider_refuses_is_for_a_person_at_once() -> None:
    scene = Scene().stock().place(token="tok_refund_refused")

    scene.tell(cancel())

    assert scene.names().count("RefundCharge") == 1
    assert scene.last("AlertRaised").rule == "stuck_payment"
    assert scene.books() == (2_000, 0, 0)


def overtaken(scene: Scene, units: int = 2, products: tuple[str, ...] = ("p1",)) -> Scene:
    """An order whose parcels the carrier takes in the moment in which it is cancelled."""
    scene.place(units, products)
    parcels = [told.shipment_id for told in scene.data("ShipmentCreated")]
    return scene.write(
        *[UpdateShipmentStatus(shipment_id=one, status="shipped") for one in parcels], cancel()
    )


def came_back(scene: Scene) -> list[ConfirmReturnReceived]:
    """The warehouses' word for every parcel that was announced."""
    return [
        ConfirmReturnReceived(
            return_id=begun.return_id,
            shipment_id=begun.shipment_id,
            warehouse_id=scene.row("shipments", begun.shipment_id).warehouse_id,
            items=tuple(
                ReturnedItem(
                    sku=item.sku or item.product_id,
                    product_id=item.product_id,
                    quantity=item.quantity,
                    condition="new",
                )
                for item in begun.items
            ),
        )
        for begun in scene.data("ReturnInitiated")
    ]


def test_cancel_order_that_a_parcel_overtakes_is_an_alert_that_names_both() -> None:
    scene = overtaken(Scene().stock()).wait(minutes=1)

    alert = scene.last("AlertRaised")
    assert (alert.rule, alert.value, alert.unit) == ("sent_after_cancel", 2, "units")
    assert alert.subject == "order ord_1, parcel shp_ord_1"
    assert (scene.status(), scene.books()) == ("cancelled", (4_000, 4_000, 0))
    assert scene.level() == (8, 0, 0)


def test_cancel_order_that_a_parcel_overtakes_has_it_come_back_at_nobodys_cost() -> None:
    scene = overtaken(Scene().stock()).wait(days=4)

    scene.was_told("ShipmentDelivered", "CreateReturnLabel", "ReturnInitiated", "SendNotification")
    assert scene.last("ReturnInitiated").refund_estimate.amount_minor == 0
    scene.tell(*came_back(scene))

    scene.was_told("ReturnReceived", "AddInventory", "InventoryAdjusted")
    assert scene.level() == (10, 0, 0)
    assert (scene.status(), scene.books()) == ("cancelled", (4_000, 4_000, 0))
    [back] = scene.row("orders", "ord_1").returns
    assert [(one.units, one.state, one.money) for one in back.lines] == [
        (2, "back_in_stock", "refunded")
    ]


def test_cancel_order_that_both_its_parcels_overtake_keeps_every_unit_counted() -> None:
    scene = Scene().stock(2, "p1").stock(10, "p1", warehouse="wh_west_01")
    overtaken(scene, 12).wait(days=4)
    assert len(scene.data("ShipmentDispatched")) == 2
    assert scene.level() == (0, 0, 0)

    scene.tell(*came_back(scene))

    assert scene.level() == (12, 0, 0)
    alerts = [told.subject for told in scene.data("AlertRaised")]
    assert len({one for one in alerts if one.startswith("order ord_1, parcel")}) == 2
