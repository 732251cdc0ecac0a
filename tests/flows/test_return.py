from typing import Any

from events.orders import RequestReturn
from events.returns import ConfirmReturnReceived, CreateReturnLabel
from events.shipping import UpdateShipmentStatus
from events.shipping_parts import ReturnedItem
from events.types import ShippedItem
from tests.flows.scene import Scene, of_two_prices


def label(reason: str = "defective_item") -> CreateReturnLabel:
    return CreateReturnLabel(
        shipment_id="shp_ord_1", order_id="ord_1", reason=reason, return_method="drop_off"
    )


def receipt(scene: Scene, condition: str = "new", units: int = 2) -> ConfirmReturnReceived:
    begun = scene.last("ReturnInitiated")
    item: dict[str, Any] = {"product_id": "p1", "quantity": units, "condition": condition}
    return ConfirmReturnReceived(
        return_id=begun.return_id,
        shipment_id=begun.shipment_id,
        warehouse_id="wh_east_01",
        items=(ReturnedItem(sku="p1", **item),),
    )


def bought() -> Scene:
    return Scene().stock().place(2).wait(days=4)


def test_return_is_labelled_received_restocked_refunded_and_told() -> None:
    scene = bought().tell(label())

    scene.wait(days=3).tell(receipt(scene))

    scene.was_told(
        "ShipmentDelivered",
        "BookCarrier",
        "ReturnInitiated",
        "ReturnReceived",
        "AddInventory",
        "InventoryAdjusted",
    )
    scene.was_told("ReturnReceived", "RefundCharge", "RefundIssued", "SendNotification")
    assert scene.level() == (10, 0, 0)
    assert scene.books() == (4_000, 4_000, 0)
    assert scene.status() == "refunded"


def test_return_of_damaged_goods_goes_to_quarantine() -> None:
    scene = bought().tell(label())

    scene.wait(days=3).tell(receipt(scene, "damaged"))

    assert scene.level() == (8, 0, 2)


def test_return_of_what_the_customer_damaged_is_not_refunded() -> None:
    scene = bought().tell(label("changed_mind"))

    scene.wait(days=3).tell(receipt(scene, "damaged"))

    scene.never_told("RefundIssued")
    assert scene.level() == (8, 0, 2)


def test_return_without_a_fault_of_ours_costs_its_way_back() -> None:
    scene = bought().tell(label("changed_mind"))

    scene.wait(days=3).tell(receipt(scene))

    assert scene.books() == (4_000, 4_000 - 599, 0)


def test_return_that_costs_as_much_as_it_brings_gives_nothing_back_and_is_told() -> None:
    scene = Scene().stock().place(1, price_minor=500).wait(days=4).tell(label("changed_mind"))

    scene.wait(days=3).tell(receipt(scene, units=1))

    [line] = scene.row("orders", "ord_1").returns[0].lines
    assert (line.state.value, line.money.value) == ("back_in_stock", "not_refunded")
    assert (scene.books(), scene.status()) == ((500, 0, 0), "returned")
    assert scene.row("orders", "ord_1").flags == ()
    told = [one for one in scene.data("SendNotification") if one.template_id == "refund-failed"]
    [reason] = {one.template_data["reason"] for one in told}
    assert reason == "nothing is left to give back"


def test_return_of_what_was_lost_and_paid_back_and_came_after_all_gives_nothing_more() -> None:
    scene = Scene().stock(1, "p1").stock(1, "p2", warehouse="wh_west_01").place(1, ("p1", "p2"))
    [found] = [one for one in scene.data("ShipmentCreated") if one.shipment_id == "shp_ord_1"]
    gone = UpdateShipmentStatus(
        shipment_id=found.shipment_id, status="delivery_failed", reason_code="LOST"
    )
    scene.wait(hours=30).tell(gone).wait(days=5)
    scene.tell(UpdateShipmentStatus(shipment_id=found.shipment_id, status="delivered"), label())

    scene.tell(receipt(scene, units=1))

    [line] = scene.row("orders", "ord_1").returns[0].lines
    assert (line.state.value, line.money.value) == ("back_in_stock", "not_refunded")
    assert scene.last("RefundFailed").failure_reason == "already_refunded"
    assert (scene.books(), scene.row("orders", "ord_1").flags) == ((4_000, 2_000, 0), ())


def test_return_of_a_part_leaves_the_order_delivered() -> None:
    scene = bought().tell(label())

    scene.wait(days=3).tell(receipt(scene, units=1))

    assert scene.level() == (9, 0, 0)
    assert scene.status() == "delivered"


def test_return_whose_label_nobody_uses_lapses_after_two_weeks() -> None:
    scene = bought().tell(label())
    assert scene.row("shipments", "shp_ord_1").status.value == "return_initiated"

    scene.wait(days=14, minutes=5)

    assert scene.row("shipments", "shp_ord_1").status.value == "delivered"
    scene.never_told("ReturnReceived", "RefundIssued")


def test_return_after_thirty_days_is_refused() -> None:
    scene = bought().wait(days=31)

    scene.tell(label())

    scene.never_told("ReturnInitiated")


def test_return_that_no_carrier_labels_is_an_alert_and_is_asked_for_again() -> None:
    scene = bought()
    item = ShippedItem(item_id="ord_1:1", product_id="p1", quantity=2)
    scene.outside.weather.outage = True

    scene.tell(RequestReturn(order_id="ord_1", user_id="usr_1", items=(item,), reason="other"))
    scene.wait(minutes=30)

    alert = scene.last("AlertRaised")
    assert (alert.rule, alert.value, alert.unit) == ("return_label", 6, "tries")
    assert alert.subject == "order ord_1, parcel shp_ord_1"
    scene.never_told("ReturnInitiated")
    scene.outside.weather.outage = False
    scene.tell(label())

    scene.was_told("AlertRaised", "ReturnInitiated", "SendNotification")
    [back] = scene.row("orders", "ord_1").returns
    assert back.return_id


def test_return_to_sender_is_refunded_in_full() -> None:
    scene = Scene().stock().place(2, postal_code="10001-refused").wait(days=4)

    scene.tell(receipt(scene))

    scene.was_told("DeliveryFailed", "ReturnInitiated", "ReturnReceived", "RefundIssued")
    assert scene.books() == (4_000, 4_000, 0)
    assert scene.status() == "refunded"


def test_return_requested_by_the_customer_is_labelled_received_and_refunded() -> None:
    scene = bought()
    item = ShippedItem(item_id="ord_1:1", product_id="p1", quantity=2)

    scene.tell(
        RequestReturn(order_id="ord_1", user_id="usr_1", items=(item,), reason="defective_item")
    )
    scene.was_told("CreateReturnLabel", "ReturnInitiated", "SendNotification")
    scene.wait(days=3).tell(receipt(scene))

    scene.was_told("ReturnInitiated", "ReturnReceived", "RefundIssued")
    assert scene.status() == "refunded"


def test_return_of_one_of_two_lines_of_a_product_in_a_parcel_is_refunded_its_price() -> None:
    scene = Scene().stock().tell(of_two_prices()).wait(days=4)
    item = ShippedItem(item_id="ord_1:2", product_id="p1", quantity=1)

    scene.tell(
        RequestReturn(order_id="ord_1", user_id="usr_1", items=(item,), reason="defective_item")
    )
    scene.tell(receipt(scene, units=1))

    assert scene.last("ReturnInitiated").refund_estimate.amount_minor == 3_000
    assert scene.books() == (5_000, 3_000, 0)


def test_return_of_two_lines_of_a_product_is_inspected_line_by_line() -> None:
    scene = Scene().stock().tell(of_two_prices()).wait(days=4).tell(label("changed_mind"))
    begun = scene.last("ReturnInitiated")
    found = [("ord_1:2", "damaged"), ("ord_1:1", "new")]

    scene.tell(
        ConfirmReturnReceived(
            return_id=begun.return_id,
            shipment_id=begun.shipment_id,
            warehouse_id="wh_east_01",
            items=tuple(
                [
                    ReturnedItem(sku="p1", product_id="p1", quantity=1, condition=how, item_id=line)
                    for line, how in found
                ]
            ),
        )
    )

    assert scene.books() == (5_000, 2_000 - 599, 0)


def test_return_requested_by_a_stranger_is_refused() -> None:
    scene = bought()
    item = ShippedItem(item_id="ord_1:1", product_id="p1", quantity=2)

    scene.tell(RequestReturn(order_id="ord_1", user_id="usr_2", items=(item,), reason="other"))

    scene.never_told("CreateReturnLabel", "ReturnInitiated")
