from dataclasses import replace

from settings import Settings
from streams.moments import MINUTE_MS
from tests.flows.scene import Scene


def test_inventory_reservation_holds_every_line_before_the_money_is_captured() -> None:
    scene = Scene().stock(5, "p1").stock(5, "p2")

    scene.place(2, ("p1", "p2"))

    scene.was_told("OrderConfirmed", "ReserveStock", "ReserveStock")
    scene.was_told("InventoryAdjusted", "InventoryAdjusted", "CapturePayment", "CommitStock")
    assert [one.reservation_id for one in scene.data("ReserveStock")] == ["ord_1:1", "ord_1:2"]
    assert scene.level("p1") == (5, 2, 0)


def test_inventory_reservation_short_in_one_warehouse_is_split() -> None:
    scene = Scene().stock(2, "p1").stock(2, "p1", warehouse="wh_west_02")

    scene.place(3)

    held = [one for one in scene.data("InventoryAdjusted") if one.order_id and not one.committed]
    assert [one.reservation_status for one in held] == ["PENDING", "CONFIRMED"]
    assert {one.warehouse_id for one in held} == {"wh_east_01", "wh_west_02"}
    assert all(one.triggered_by_order_id is None for one in scene.data("OutOfStock"))


def test_inventory_reservation_short_waits_for_a_restock() -> None:
    scene = Scene().stock(1, "p1")

    scene.place(3)
    assert scene.status() == "backordered"
    scene.wait(days=1).stock(5, "p1").wait(minutes=1)

    scene.was_told("OutOfStock", "InventoryAdjusted", "CapturePayment", "PaymentProcessed")
    assert scene.level() == (6, 3, 0)


def test_inventory_reservation_short_for_three_days_is_cancelled_and_told() -> None:
    scene = Scene().stock(1, "p1")

    scene.place(3).wait(days=3, minutes=1)

    scene.was_told("OutOfStock", "OrderCancelled", "SendNotification")
    assert scene.last("OrderCancelled").cancellation_reason == "OUT_OF_STOCK"
    assert scene.mails("order-cancelled") > 0
    assert scene.level() == (1, 0, 0)


def test_inventory_reservation_short_without_backorder_is_cancelled_at_once() -> None:
    rules = replace(Settings().inventory, no_backorder=frozenset({"p1"}))
    scene = Scene(inventory=rules).stock(1, "p1")

    scene.place(3)

    scene.was_told("OutOfStock", "OrderCancelled")
    assert scene.last("OrderCancelled").cancellation_reason == "OUT_OF_STOCK"


def test_inventory_reservation_expires_and_ends_its_order() -> None:
    slow = replace(Settings().payments, retry_interval_ms=40 * MINUTE_MS)
    scene = Scene(payments=slow).stock(5, "p1")

    scene.place(token="tok_declined_once").wait(minutes=31)

    expired = [
        one for one in scene.data("InventoryAdjusted") if one.reason == "reservation_expired"
    ]
    assert len(expired) == 1
    scene.was_told("InventoryAdjusted", "OrderCancelled")
    assert scene.level() == (5, 0, 0)
