from events.orders import CancelOrder
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
