"""Subscriptions with the whole shop around them: cards, orders, stock, and the calendar."""

from typing import Any

import pytest

from events.subscriptions import (
    CancelSubscription,
    ChangePlan,
    PauseSubscription,
    RespondToOffer,
    ResumeSubscription,
    SubscribeUser,
    UpdatePaymentMethod,
)
from events.types import Address, OrderItem, PaymentMethod
from tests.agents.subscription_desk import Shop


def subscribe(**told: Any) -> SubscribeUser:
    return SubscribeUser(
        **{
            "user_id": "usr_1",
            "plan_id": "plan_monthly_basic",
            "payment_method_id": "tok_visa",
            **told,
        }
    )


def test_a_first_charge_starts_a_subscription_and_the_next_month_renews_it() -> None:
    shop = Shop().tell(subscribe())

    assert shop.status == "active"
    started = shop.last("UserSubscriptionStarted")
    assert (started.start_date.isoformat(), started.next_billing_date.isoformat()) == (
        "2025-01-31",
        "2025-02-28",
    )

    shop.until("2025-03-01")

    assert shop.days("SubscriptionPaymentDue") == ["2025-01-31", "2025-02-25", "2025-02-28"]
    renewed = shop.last("SubscriptionRenewedEvent")
    assert renewed.next_billing_date.isoformat() == "2025-03-31"
    assert renewed.recovered is False
    assert [invoice.status for invoice in shop.invoices] == ["paid", "paid"]
    assert [invoice.total_minor for invoice in shop.invoices] == [10_79, 10_79]
    assert shop.buried == []
