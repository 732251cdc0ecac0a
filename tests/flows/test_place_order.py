from events.fraud import ClearSuspension
from tests.flows.scene import Scene, order


def test_place_order_is_confirmed_reserved_opened_for_payment_and_told() -> None:
    scene = Scene().stock()

    scene.place()

    scene.was_told("OrderConfirmed", "PaymentInitiated", "ReserveStock", "InventoryAdjusted")
    scene.was_told("OrderConfirmed", "SendNotification")
    assert scene.last("OrderConfirmed").order_total_minor == 2_000
    assert scene.mails("order-confirmed") == 2
    assert scene.row("orders", "ord_1").history[0].status == "confirmed"


def test_place_order_fails_a_check() -> None:
    scene = Scene().stock()

    scene.place(discount_code="FREE100")

    scene.was_told("OrderFailed")
    scene.never_told("OrderConfirmed", "PaymentInitiated", "ReserveStock")
    assert scene.status() == "rejected"


def test_place_order_twice_is_one_order() -> None:
    scene = Scene().stock()

    scene.write(order(), order()).wait(minutes=1)

    assert len(scene.data("OrderConfirmed")) == 1
    assert scene.books()[0] == 2_000


def test_place_order_of_a_suspended_account_is_refused_until_it_is_cleared() -> None:
    scene = Scene(partitions=4).stock()
    scene.tell(order(order_id="ord_1", risk={"cardReportedStolen": True}))

    scene.tell(*(order(order_id=f"ord_{n}") for n in range(2, 7)))

    assert {scene.status(f"ord_{n}") for n in range(2, 7)} == {"rejected"}
    failed = scene.last("OrderFailed")
    assert failed.rejection_reason == "CUSTOMER_NOT_ELIGIBLE"
    cleared = ClearSuspension(
        customer_id="usr_1", payment_id="pay_ord_1", reviewer="ann", rationale="known"
    )
    scene.tell(cleared, order(order_id="ord_7"))
    assert scene.status("ord_7") in {"confirmed", "paid", "processing"}
