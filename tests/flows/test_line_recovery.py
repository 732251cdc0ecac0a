"""Short stock, from the shelf to the door: what is replaced, cancelled, sent in parts (G-11)."""

from dataclasses import replace
from typing import Any

from events.holds import ReserveStock
from events.orders import CancelOrder
from events.types import OrderItem
from settings import Settings
from streams.moments import moment_of
from tests.flows.scene import Scene, order

FINAL = frozenset({"p1"})


def shop(*, final: frozenset[str] = FINAL, substitutes: Any = None, **rules: Any) -> Scene:
    """A shop that has p2, waits for no more of `final`, and knows these substitutes."""
    usual = Settings()
    scene = Scene(
        inventory=replace(usual.inventory, no_backorder=final),
        orders=replace(usual.orders, substitutes=substitutes or {}),
        **rules,
    )
    return scene.stock(5, "p2")


def somebodys(scene: Scene, reservation_id: str) -> ReserveStock:
    """It has a name that the shop is about to use: stock will refuse that command itself."""
    return ReserveStock(
        reservation_id=reservation_id,
        order_id="ord_1",
        product_id="p2",
        quantity=1,
        expires_at=moment_of(scene.world.now_ms),
    )


def products(scene: Scene) -> list[tuple[str, int]]:
    order = scene.row("orders", "ord_1")
    return [(line.product_id, line.quantity) for _, line in order.standing]


def test_short_line_is_cancelled_alone_and_the_rest_is_charged_sent_and_told() -> None:
    scene = shop()

    scene.place(2, ("p1", "p2")).wait(days=7)

    scene.was_told("OutOfStock", "OrderAmended", "CapturePayment", "ShipmentCreated")
    told = scene.last("OrderAmended")
    assert (told.cancellation_reason, told.new_order_total_minor) == ("OUT_OF_STOCK", 4_000)
    assert (scene.status(), products(scene)) == ("delivered", [("p2", 2)])
    assert scene.books() == (4_000, 0, 0)
    assert scene.level("p2") == (3, 0, 0)
    assert scene.mails("order-amended") > 0


def test_short_line_takes_its_share_of_the_discount_along() -> None:
    scene = shop()
    items = (
        OrderItem(product_id="p2", quantity=1, unit_price_minor=5),
        OrderItem(product_id="p1", quantity=1, unit_price_minor=5),
        OrderItem(product_id="p3", quantity=3, unit_price_minor=333),
    )

    scene.stock(5, "p3").place(order_items=items, discount_code="SAVE10").wait(hours=1)

    assert scene.data("PaymentInitiated")[0].amount_minor == 908
    assert scene.books() == (903, 0, 0)


def test_short_of_every_line_cancels_the_order_and_takes_no_money() -> None:
    scene = shop(final=frozenset({"p1", "p3"}))

    scene.place(1, ("p1", "p3")).wait(minutes=1)

    scene.was_told("OrderConfirmed", "OrderAmended", "OrderCancelled", "VoidPayment")
    assert scene.last("OrderCancelled").cancellation_reason == "OUT_OF_STOCK"
    assert scene.books() == (0, 0, 0)


def test_short_line_that_waits_in_vain_is_cancelled_after_three_days() -> None:
    scene = shop(final=frozenset()).stock(1, "p1")

    scene.place(2, ("p1", "p2")).wait(days=2, hours=23)
    assert scene.status() == "backordered"
    scene.wait(hours=2)

    assert products(scene) == [("p2", 2)]
    scene.stock(5, "p1").wait(days=7)
    assert (scene.status(), scene.books()[0]) == ("delivered", 4_000)
    assert scene.level("p1") == (6, 0, 0)


def test_substitute_is_held_first_and_sent_at_the_same_price() -> None:
    scene = shop(substitutes={"p1": ("s1",)}).stock(5, "s1")

    scene.place(2, ("p1", "p2"), allow_substitutes=True).wait(days=7)

    scene.was_told("OutOfStock", "ReserveStock", "InventoryAdjusted", "OrderAmended")
    assert (scene.status(), products(scene)) == ("delivered", [("p2", 2), ("s1", 2)])
    assert scene.books() == (8_000, 0, 0)
    assert scene.level("s1") == (3, 0, 0)


def test_substitute_is_sought_for_what_waited_in_vain() -> None:
    scene = shop(final=frozenset(), substitutes={"p1": ("s1",)}).stock(5, "s1")

    scene.place(2, ("p1", "p2"), allow_substitutes=True).wait(days=3, minutes=1)

    assert products(scene) == [("p2", 2), ("s1", 2)]
    scene.stock(5, "p1").wait(days=7)
    assert scene.status() == "delivered"
    assert (scene.level("p1"), scene.level("s1")) == ((5, 0, 0), (3, 0, 0))


def test_substitute_that_is_short_makes_room_for_the_next() -> None:
    scene = shop(substitutes={"p1": ("s1", "s2")}).stock(1, "s1").stock(5, "s2")

    scene.place(2, ("p1", "p2"), allow_substitutes=True).wait(days=7)

    assert (scene.status(), products(scene)) == ("delivered", [("p2", 2), ("s2", 2)])
    assert (scene.level("s1"), scene.level("s2")) == ((1, 0, 0), (3, 0, 0))


def test_substitute_that_is_refused_leaves_the_line_cancelled() -> None:
    scene = shop(substitutes={"p1": ("s1",)}).stock(1, "s1")

    scene.place(2, ("p1", "p2"), allow_substitutes=True).wait(days=7)

    assert (scene.status(), products(scene)) == ("delivered", [("p2", 2)])
    assert (scene.books(), scene.level("s1")) == ((4_000, 0, 0), (1, 0, 0))


def test_substitute_is_not_sent_to_who_did_not_ask_for_one() -> None:
    scene = shop(substitutes={"p1": ("s1",)}).stock(5, "s1")

    scene.place(2, ("p1", "p2")).wait(minutes=1)

    assert products(scene) == [("p2", 2)]
    assert scene.level("s1") == (5, 0, 0)


def test_substitute_that_stock_does_not_answer_for_is_given_up_after_a_minute() -> None:
    scene = shop(substitutes={"p1": ("s1",)}, partitions=1).stock(5, "s1")

    scene.tell(somebodys(scene, "ord_1:3")).place(2, ("p1", "p2"), allow_substitutes=True)
    assert products(scene) == [("p1", 2), ("p2", 2)]
    scene.wait(minutes=2)

    assert products(scene) == [("p2", 2)]
    assert (scene.status(), scene.level("s1")) == ("processing", (5, 0, 0))


def test_substitute_is_let_go_when_the_product_comes_after_all() -> None:
    """Nobody answers for the substitute: meanwhile the product is there."""
    scene = shop(final=frozenset(), substitutes={"p1": ("s1",)}, partitions=1).stock(5, "s1")
    scene.place(1, ("p1", "p2"), allow_substitutes=True).wait(days=2, hours=23, minutes=59)

    scene.tell(somebodys(scene, "ord_1:3")).wait(45_000)
    assert scene.row("orders", "ord_1").unavailable == (1,)
    scene.stock(5, "p1")

    assert scene.row("orders", "ord_1").unavailable == ()
    assert products(scene) == [("p1", 1), ("p2", 1)]
    scene.wait(days=7)
    assert (scene.status(), scene.books()) == ("delivered", (4_000, 0, 0))
    assert (scene.level("p1"), scene.level("s1")) == ((4, 0, 0), (5, 0, 0))


def test_customer_cancels_while_a_line_is_being_replaced() -> None:
    scene = shop(final=frozenset(), substitutes={"p1": ("s1",)}).stock(5, "s1")
    scene.place(1, ("p1", "p2"), allow_substitutes=True).wait(days=2)

    scene.tell(CancelOrder(order_id="ord_1", user_id="usr_1", cancellation_reason="no need"))
    scene.wait(days=2)

    assert scene.status() == "cancelled"
    assert (scene.level("p2"), scene.level("s1")) == ((5, 0, 0), (5, 0, 0))
    assert scene.books() == (0, 0, 0)


def test_split_over_warehouses_is_sent_in_parts_and_delivered_with_the_last() -> None:
    scene = Scene().stock(2, "p1").stock(2, "p1", warehouse="wh_west_02")

    scene.place(3).wait(days=7)

    booked = scene.data("ShipmentCreated")
    assert {one.shipment_id for one in booked} == {"shp_ord_1", "shp_ord_1:2"}
    units = [sum(item.quantity for box in one.packages for item in box.items) for one in booked]
    assert sorted(units) == [1, 2]
    assert len(scene.data("ShipmentDelivered")) == 2
    assert (scene.status(), scene.level(), scene.books()[0]) == ("delivered", (1, 0, 0), 6_000)


def test_split_order_loses_a_line_and_the_rest_still_comes_from_both_warehouses() -> None:
    scene = shop().stock(2, "p3").stock(2, "p3", warehouse="wh_west_02")

    scene.place(3, ("p1", "p3")).wait(days=7)

    assert (scene.status(), products(scene)) == ("delivered", [("p3", 3)])
    assert len(scene.data("ShipmentDelivered")) == 2
    assert (scene.books(), scene.level("p3")) == ((6_000, 0, 0), (1, 0, 0))


def test_substitute_whose_hold_lapsed_is_held_again_before_any_money_is_taken() -> None:
    """Another line waits longer than the substitute is held, and somebody else buys that."""
    scene = shop(substitutes={"p1": ("s1",)}).stock(2, "s1")
    scene.place(2, ("p1", "p3"), allow_substitutes=True).wait(minutes=20)
    assert (products(scene), scene.level("s1")) == ([("p3", 2), ("s1", 2)], (2, 0, 0))
    scene.place(2, ("s1",), order_id="ord_2", user_id="usr_2").wait(minutes=1)

    scene.stock(5, "p3").wait(minutes=5)
    assert (scene.books(), scene.status()) == ((0, 0, 8_000), "backordered")
    scene.stock(5, "s1").wait(days=7)

    assert (scene.status(), products(scene)) == ("delivered", [("p3", 2), ("s1", 2)])
    assert (scene.books(), scene.level("s1")) == ((8_000, 0, 0), (3, 0, 0))


def test_two_lines_of_a_product_of_which_there_is_too_little_wait_three_days_and_one_is_sent() -> (
    None
):
    scene = Scene().stock(3, "p1")

    scene.tell(order(2, ("p1", "p1"))).wait(days=2)
    assert scene.status() == "backordered"
    assert len(scene.data("OutOfStock")) == 1
    assert scene.mails("out-of-stock") == 1
    scene.wait(days=8)

    assert (scene.status(), scene.level(), scene.books()) == (
        "delivered",
        (1, 0, 0),
        (2_000 * 2, 0, 0),
    )
