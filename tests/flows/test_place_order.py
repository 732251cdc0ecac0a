from tests.flows.scene import Scene, order


def test_place_order_is_confirmed_reserved_opened_for_payment_and_told() -> None:
    scene = Scene().stock()

    scene.place()

    scene.was_told("OrderConfirmed", "PaymentInitiated", "ReserveStock", "InventoryAdjusted")
    scene.was_told("OrderConfirmed", "SendNotification")
    assert scene.last("OrderConfirmed").order_total_minor == 2_000
    assert scene.mails("order-confirmed") == 2


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
