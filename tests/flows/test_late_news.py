"""A provider that is slow to answer: a hold expires before, during or after the capture."""

import pytest

from tests.flows.scene import Scene, order


@pytest.mark.parametrize(
    ("slow_from", "status", "kept_minor"),
    [
        ("StripeChargeSucceeded", "cancelled", 0),
        ("CapturePayment", "cancelled", 0),
        ("ChargeCaptured", "paid", 8_000),
        ("CommitStock", "paid", 8_000),
    ],
)
def test_late_news_of_money_end_an_order_once_with_its_stock_and_all_its_money(
    slow_from: str, status: str, kept_minor: int
) -> None:
    scene = Scene().stock(5).write(order(2, ("p1", "p2"))).until(slow_from)
    scene.outside.weather.outage = True
    scene.wait(minutes=16)
    scene.outside.weather.outage = False
    scene.wait(hours=2)

    captured, refunded, held = scene.books()
    assert (scene.status(), captured - refunded, held) == (status, kept_minor, 0)
    is_over = status == "cancelled"
    assert scene.names().count("OrderCancelled") == is_over
    assert scene.names().count("RefundIssued") == is_over
    assert scene.level("p1") == scene.level("p2") == (5, 0 if is_over else 2, 0)
