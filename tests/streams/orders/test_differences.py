"""What an exchange for goods of another price waits for, charges, and tells (G-33)."""

from typing import Any

import pytest

from events.base import Message
from events.exchanges import PlaceReplacement
from events.payments import PaymentInitiated
from events.types import OrderItem, OrderPayment
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS
from streams.orders.back import Pay
from streams.orders.deciding import decide
from streams.orders.evolution import fold
from streams.orders.outcomes import due_times, following
from streams.orders.replacing import begin
from streams.orders.returning import lapse
from streams.orders.rows import Order
from tests.streams.orders.exchanges import held, received, swap, told
from tests.streams.orders.returns import DELIVERED, advised, ware
from tests.streams.orders.samples import AT_MS, RULES, after, declined, paid, reasons

CARD = OrderPayment(method="credit_card", token="tok_1", card_last_four="4242")
BY_MAIL = OrderPayment(method="paypal", paypal_email="ann@example.com")
X1 = "pay_ord_1:x1"


def dearer(unit_minor: int = 4_000, units: int = 2, payment: OrderPayment = CARD) -> Message:
    """So many of 34.99 for as many of another product at that price."""
    wanted = OrderItem(
        product_id="p9",
        product_name="Nine",
        sku="SKU9",
        quantity=units,
        unit_price_minor=unit_minor,
    )
    asked: Message = swap(ware("p1", units), exchange_items=(wanted,), payment=payment)
    return asked


def charged(**given: object) -> Message:
    return paid(**({"payment_id": X1, "amount_minor": 1_002} | given))


def refused(**given: object) -> Message:
    return declined().model_copy(update={"payment_id": X1} | given)


def in_time(order: Order, message: Message) -> tuple[Order, int]:
    """The order after a message, and how long it waits from then on."""
    now = fold(order, decide(order, message, AT_MS, RULES))
    return now, due_times(now)["return"] - AT_MS


def test_each_stage_of_an_exchange_has_a_wait_of_its_own() -> None:
    asked, for_stock = in_time(DELIVERED, dearer())
    on_hold, for_money = in_time(asked, held())
    _, for_goods = in_time(on_hold, charged())
    _, for_its_price = in_time(on_hold, refused(attempt_number=3))
    same, _ = in_time(DELIVERED, swap(ware("p1")))
    _, for_the_same = in_time(same, held())

    assert (for_stock, for_money) == (MINUTE_MS, 25 * HOUR_MS)
    assert for_goods == for_its_price == for_the_same == 14 * DAY_MS


@pytest.mark.parametrize(
    ("unit_minor", "differs"), [(3_549, 0), (3_550, 51), (3_449, 0), (3_448, -51)]
)
def test_half_a_dollar_more_or_less_is_waived_and_no_cent_beyond(
    unit_minor: int, differs: int
) -> None:
    [back] = after(DELIVERED, dearer(unit_minor, 1)).returns

    assert [one.differs_minor for one in back.swaps] == [differs]
    assert back.extra_minor == max(0, differs)
    assert (back.pay is None) == (differs <= 0)


def test_a_difference_that_is_not_confirmed_is_not_paid() -> None:
    waiting = after(DELIVERED, dearer(), held())

    assert decide(waiting, charged(status="pending"), AT_MS, RULES) == ()


@pytest.mark.parametrize(
    ("told_of", "ends"),
    [
        ({"attempt_number": None, "max_attempts": None}, False),
        ({"attempt_number": 3, "max_attempts": None}, True),
        ({"attempt_number": 2, "max_attempts": 3}, False),
        ({"attempt_number": 2, "max_attempts": 2}, True),
    ],
)
def test_the_last_attempt_ends_an_exchange(told_of: dict[str, Any], *, ends: bool) -> None:
    waiting = after(DELIVERED, dearer(), held())

    after_it = after(waiting, refused(**told_of))

    assert ("EXCHANGE_REFUSED_UNPAID" in reasons(after_it)) is ends
    if ends:
        assert decide(after_it, refused(**told_of), AT_MS, RULES) == ()


def test_a_payment_of_no_return_is_of_no_exchange() -> None:
    waiting = after(DELIVERED, dearer(), held())

    for name in ("x0", "x2", "x", "xx", "1"):
        other = charged(payment_id=f"pay_ord_1:{name}")

        assert after(waiting, other).returns == waiting.returns


def test_a_difference_is_charged_with_what_its_customer_gave() -> None:
    sessions = [
        told(after(DELIVERED, dearer(payment=payment)), held())[0] for payment in (CARD, BY_MAIL)
    ]

    by_card, by_mail = [one for one in sessions if isinstance(one, PaymentInitiated)]
    assert by_card.payment_method.last4 == "4242"
    assert by_mail.payment_method.paypal_email == "ann@example.com"
    assert by_card.shipping_address == by_card.billing_address
    assert round(by_card.initiated_at.timestamp() * 1000) == AT_MS


def test_what_replaces_dearer_goods_says_what_paid_for_it_and_costs_the_difference() -> None:
    label = advised(1, ware("p1", 2), reshipping=True)
    order = after(DELIVERED, dearer(), held(), charged(), label)

    [asked] = told(order, received(("p1", 2, "new")))

    assert isinstance(asked, PlaceReplacement)
    assert asked.payment is not None
    assert (asked.payment.payment_id, asked.payment.status) == (X1, "captured")
    assert (asked.payment.amount_minor, asked.payment.card_last_four) == (1_002, "4242")
    [line] = asked.order_items
    assert (line.product_name, line.sku) == ("Nine", "SKU9")
    assert (line.unit_price_minor, line.total_price_minor) == (4_000, 1_002)
    assert fold(None, begin(asked, AT_MS, "c")).total_minor == 1_002


def test_an_exchange_that_lapses_is_forgotten_but_for_its_goods() -> None:
    label = advised(1, ware("p1", 2), reshipping=True)
    order = after(DELIVERED, dearer(), held(), charged(), label)
    due_ms = due_times(order)["return"]

    facts = lapse(order, due_ms, due_ms, RULES)
    now = fold(order, facts)

    [back] = now.returns
    assert (back.swaps, back.held, back.replacement, back.pay) == ((), (), "", None)
    assert (back.extra_minor, back.paid_minor) == (0, 0)
    [*_, price] = following(now, facts, None, due_ms, RULES)
    assert getattr(price, "amount_minor", 0) == 1_002
    assert order.returns[0].pay == Pay("credit_card", None, "4242")
    assert back.due_ms == 0
