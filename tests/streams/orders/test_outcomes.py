"""Messages that follow from facts, field by field."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from events.base import Message
from events.order_parts import GiftDetails, InventoryDetails, PaymentFailureDetails, RefundInfo
from events.orders import OrderCancelled, PlaceOrder
from events.types import OrderPayment, RiskContext
from streams.delivery import delivery_day
from streams.moments import DAY_MS
from streams.orders.deciding import decide
from streams.orders.evolution import fold
from streams.orders.outcomes import due_times, following, opening
from streams.orders.placing import place
from streams.orders.rows import Order
from tests.streams.orders.samples import (
    AT_MS,
    BACKORDERED,
    CONFIRMED,
    ON_HOLD,
    PAID,
    RULES,
    TOKENISED,
    address,
    after,
    cancel,
    declined,
    held,
    item,
    place_order,
    placed,
    refund,
    short,
)


def opened(command: PlaceOrder) -> list[Any]:
    facts = place(command, AT_MS, RULES, "corr_1")
    return [*opening(fold(None, facts), facts, command, RULES)]


def cancelled(order: Order, message: Message) -> OrderCancelled:
    facts = decide(order, message, AT_MS, RULES)
    [event] = following(fold(order, facts), facts, message, AT_MS, RULES)
    assert isinstance(event, OrderCancelled)
    return event


def test_a_confirmed_order_is_announced_with_its_payment_session() -> None:
    gift = GiftDetails(recipient_name="Ann")

    confirmed, session = opened(
        place_order(is_gift=True, gift_details=gift, subscription_id="sub_1")
    )

    assert confirmed.name == "OrderConfirmed"
    assert confirmed.order_total_minor == 13497
    assert confirmed.estimated_delivery_date == date(2025, 11, 21)
    assert confirmed.payment.payment_id == session.payment_id == "pay_ord_1"
    assert confirmed.payment.status == "pending"
    assert confirmed.payment.token is None
    assert (confirmed.is_gift, confirmed.gift_details) == (True, gift)
    assert confirmed.confirmed_at == datetime(2025, 11, 16, 10, 15, 29, 553000, UTC)
    assert session.name == "PaymentInitiated"
    assert (session.order_id, session.customer_id) == ("ord_1", "usr_1")
    assert (session.amount_minor, session.currency) == (13497, "USD")
    assert session.payment_method.token == TOKENISED
    assert session.payment_method.last4 == "1881"
    assert session.billing_address == session.shipping_address == address()
    assert session.subscription_id == "sub_1"


@pytest.mark.parametrize("code", [None, "SAVE10", "ENTERPRISE20"])
def test_item_totals_sum_to_what_is_to_be_paid(code: str | None) -> None:
    confirmed, session = opened(place_order(discount_code=code))

    assert sum(item.total_price_minor for item in session.items) == session.amount_minor
    assert confirmed.order_items == session.items
    assert confirmed.order_total_minor == session.amount_minor
    assert session.discount_code == code
    assert [item.unit_price_minor for item in session.items] == [3499, 6499]


def test_what_fraud_scoring_needs_is_handed_on() -> None:
    risk = RiskContext(
        account_created_at=datetime(2025, 1, 1, tzinfo=UTC),
        previous_orders=3,
        device_id="dev_1",
        ip_address="203.0.113.9",
        ip_country="US",
        ip_region="DC",
        card_fingerprint="card_1",
        card_reported_stolen=False,
    )

    _, session = opened(place_order(risk=risk, billing_address=address(city="Boston")))

    assert {name: getattr(session, name) for name in RiskContext.model_fields} == dict(risk)
    assert session.billing_address.city == "Boston"


def test_a_paypal_payer_is_handed_on() -> None:
    paypal = OrderPayment(method="paypal", paypal_email="a***@example.com")

    _, session = opened(place_order(payment=paypal))

    assert session.payment_method.type == "paypal"
    assert session.payment_method.paypal_email == "a***@example.com"


@pytest.mark.parametrize(
    ("method", "day"), [("standard", date(2025, 11, 21)), ("express", date(2025, 11, 18))]
)
def test_the_estimate_follows_the_shipping_method(method: str, day: date) -> None:
    confirmed, _ = opened(place_order(shipping_method=method))

    assert confirmed.estimated_delivery_date == day


@pytest.mark.parametrize(
    ("weekday", "days", "later"),
    [(0, 5, 5), (4, 2, 3), (5, 1, 2), (5, 2, 3), (6, 5, 5), (1, 5, 6), (3, 12, 14)],
)
def test_sundays_are_not_delivery_days(weekday: int, days: int, later: int) -> None:
    monday_ms = AT_MS + DAY_MS
    start_ms = monday_ms + weekday * DAY_MS

    found = delivery_day(start_ms, days)

    assert (found - delivery_day(start_ms, 0)).days == later
    assert found.weekday() != 6


def test_a_rejected_order_is_announced_with_every_detail() -> None:
    [failed] = opened(place_order(currency="CHF", discount_code="NOPE"))

    assert failed.name == "OrderFailed"
    assert failed.rejection_reason == "INVALID_REQUEST"
    assert failed.details == ("currency: one of CAD, EUR, GBP, USD", "discountCode: unknown")


def test_an_uncaptured_order_is_cancelled_without_a_refund() -> None:
    event = cancelled(CONFIRMED, cancel())

    assert event.refund is None
    assert event.cancellation_reason == "CUSTOMER_REQUEST"
    assert event.cancellation_note == "I changed my mind"
    assert event.order_total_minor == sum(item.total_price_minor for item in event.order_items)
    assert (event.payment_failure_details, event.inventory_details) == (None, None)


def test_a_note_to_the_cancellation_is_handed_on() -> None:
    noted = cancel().model_copy(update={"cancellation_note": "too late for the party"})

    assert cancelled(CONFIRMED, noted).cancellation_note == "too late for the party"


def test_a_captured_order_is_refunded_in_full() -> None:
    event = cancelled(PAID, cancel())

    assert event.refund == RefundInfo(
        refund_id="ref_ord_1",
        amount_minor=13497,
        method="original_payment_method",
        estimated_processing_days=5,
    )


def test_an_order_that_cost_nothing_is_cancelled_without_a_refund() -> None:
    assert cancelled(replace(PAID, captured_minor=0), cancel()).refund is None


def test_an_order_whose_money_is_all_back_promises_no_refund() -> None:
    assert cancelled(after(PAID, refund(13497, "refunded")), cancel("system")).refund is None


def test_what_went_back_already_is_not_refunded_again() -> None:
    event = cancelled(after(PAID, refund(3497, "partially_refunded")), cancel("system"))

    assert event.refund is not None
    assert (event.refund.amount_minor, event.refund.estimated_processing_days) == (10000, 3)


def test_a_failed_payment_says_how_it_failed() -> None:
    event = cancelled(CONFIRMED, declined(3, failure_code="do_not_honor"))

    assert event.payment_failure_details == PaymentFailureDetails(
        payment_id="pay_ord_1",
        payment_method="credit_card",
        card_last_four="1881",
        decline_code="do_not_honor",
        retry_count=3,
    )
    assert event.inventory_details is None


def test_a_shortage_says_what_was_left() -> None:
    restock = date(2025, 12, 24)

    alone = placed(order_items=(item(),))

    event = cancelled(alone, short(estimated_restock_date=restock))

    assert event.inventory_details == InventoryDetails(
        warehouse_id="ALL",
        last_stock_check_at=datetime(2025, 11, 16, 10, 15, 29, 553000, UTC),
        available_quantity=1,
        next_restock_estimate=restock,
    )


def test_holding_a_line_announces_nothing() -> None:
    facts = decide(CONFIRMED, held(1), AT_MS, RULES)

    assert [*following(fold(CONFIRMED, facts), facts, held(1), AT_MS, RULES)] == []


def test_timers_run_while_an_order_waits() -> None:
    assert due_times(None) == due_times(CONFIRMED) == {}
    assert due_times(BACKORDERED) == {"backorder": BACKORDERED.backorder_due_ms}
    assert due_times(ON_HOLD) == {"review": ON_HOLD.review_due_ms}
