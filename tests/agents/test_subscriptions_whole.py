"""Subscriptions among every agent and effect of a worker, for months, also in months of minutes."""

from datetime import UTC, date, datetime

import pytest

from events.inventory import AddInventory
from events.subscriptions import CancelSubscription, ChangePlan, SubscribeUser, UpdatePaymentMethod
from events.types import Address, OrderItem, PaymentMethod
from providers.templates import Templates
from settings import Settings
from streams.alerts.rules import AlertRules
from streams.clock import Clock
from streams.subscriptions.notices import TEMPLATES, UPGRADE
from streams.subscriptions.plans import PLANS, PlanSpec
from streams.subscriptions.rules import SubscriptionRules
from tables.orders import ORDERS
from tables.payments import PAYMENTS
from tables.subscriptions import STANDINGS
from tests.agents.subscription_desk import START, Shop

SUBSCRIBE = SubscribeUser(
    user_id="usr_1", plan_id="plan_monthly_basic", payment_method_id="tok_visa"
)
HOME = Address(line1="1 Main St", city="Austin", state="TX", postal_code="78701", country="US")
GOODS = SubscribeUser(
    user_id="usr_1",
    plan_id="plan_save_monthly",
    payment_method_id="tok_visa",
    items=(OrderItem(product_id="p1", quantity=2, unit_price_minor=10_00),),
    shipping_address=HOME,
)
ONCE = PlanSpec("Once", "weekly", 5_00, "once", auto_renew=False)
RATE = 86_400
"""A day a second."""
HURRIED = Settings(time_scale=2_000, calendar_start=START, calendar_rate=RATE)


def card(token: str) -> UpdatePaymentMethod:
    return UpdatePaymentMethod(
        user_id="usr_1", payment_method=PaymentMethod(type="credit_card", token=token)
    )


def hurried() -> Shop:
    return Shop(whole=HURRIED)


def days(shop: Shop, count: int) -> Shop:
    """Let days of the calendar pass, a second each, with the ticks that a worker has."""
    shop.driver.advance(count * 1_000, step_ms=1_000)
    return shop


def today(shop: Shop) -> date:
    clock = Clock(round(START.timestamp() * 1000), RATE)
    return datetime.fromtimestamp(clock.calendar_ms(shop.driver.now_ms) / 1000, UTC).date()


def periods(shop: Shop) -> list[str]:
    return [e.data.period.start.isoformat() for e in shop.said("SubscriptionRenewedEvent")]


def test_half_a_year_is_billed_on_its_anchor_and_paid() -> None:
    shop = Shop(whole=Settings()).tell(SUBSCRIBE).until("2025-07-01")

    assert periods(shop) == ["2025-02-28", "2025-03-31", "2025-04-30", "2025-05-31", "2025-06-30"]
    assert [i.status for i in shop.invoices] == ["paid"] * 6
    assert {p.captured_minor for p in shop.driver.rows(PAYMENTS).values()} == {10_79}
    assert len(shop.driver.rows(PAYMENTS)) == 6
    assert shop.buried == []
    assert not shop.driver.stats.failed_timers


def test_half_a_year_passes_in_minutes_with_the_same_dates_and_sums() -> None:
    shop = days(hurried().tell(SUBSCRIBE), 152)

    assert today(shop).isoformat() == "2025-07-02"
    assert periods(shop) == ["2025-02-28", "2025-03-31", "2025-04-30", "2025-05-31", "2025-06-30"]
    assert [i.status for i in shop.invoices] == ["paid"] * 6
    assert len(shop.driver.rows(PAYMENTS)) == 6
    assert shop.buried == []


def test_a_card_that_fails_twice_is_paid_by_the_third_try_without_the_customer() -> None:
    shop = hurried().tell(SUBSCRIBE, card("tok_insufficient_twice"))

    days(shop, 33)

    assert [e.data.retry_attempt for e in shop.said("SubscriptionPaymentDue")][2:] == [0, 1, 2]
    assert len(shop.said("PaymentFailed")) == 2
    assert shop.last("SubscriptionRenewedEvent").recovered is True
    assert shop.last("SubscriptionRenewedEvent").next_billing_date.isoformat() == "2025-03-31"
    assert shop.status == "active"


def test_a_card_that_never_pays_ends_the_subscription_two_weeks_after_its_first_failure() -> None:
    shop = days(hurried().tell(SUBSCRIBE, card("tok_insufficient")), 45)

    assert shop.status == "cancelled"
    assert len(shop.said("PaymentFailed")) == 4
    ended = shop.last("UserSubscriptionCancelled")
    assert ended.cancellation_reason == "payment_failure"
    assert ended.effective_date in {date(2025, 3, 14), date(2025, 3, 15)}
    assert shop.said("SubscriptionSuspended")[0].data.failed_payment_attempts == 3
    assert not [kind for kind in shop.driver.timers() if kind.startswith("subscriptions")]


def test_goods_are_ordered_and_sent_with_the_money_of_each_renewal() -> None:
    stock = AddInventory(product_id="p1", quantity=10, warehouse_id="wh_MAIN_001")
    shop = Shop(whole=Settings()).tell(stock, GOODS).until("2025-03-02")

    orders = shop.driver.rows(ORDERS).values()
    assert len(orders) == 2
    assert {o.subscription_id for o in orders} == {shop.subscription.subscription_id}
    assert {o.status for o in orders} <= {"processing", "shipped", "delivered"}
    assert len(shop.said("ProcessPayment")) == 2
    assert len(shop.said("ShipmentCreated")) == 2
    assert shop.buried == []


@pytest.mark.parametrize("times", [1, 2])
def test_two_subscriptions_of_a_user_whose_days_all_passed_at_once_are_both_billed(
    times: int,
) -> None:
    """No tick for months, as when no worker ran: each period is caught up with, in its turn."""
    stock = AddInventory(product_id="p1", quantity=100, warehouse_id="wh_MAIN_001")
    shop = Shop(whole=Settings()).tell(stock, SUBSCRIBE, GOODS)

    for _ in range(times):
        shop.driver.advance(70 * 86_400_000)
    for _ in range(40):
        shop.driver.advance(1_000)

    ends = [one.period_end for one in shop.subscriptions]
    assert len(ends) == 2
    assert min(ends) > datetime.fromtimestamp(shop.driver.now_ms / 1000, UTC).date()
    assert not shop.driver.stats.failed_timers
    assert shop.buried == []


def test_the_status_of_a_user_is_a_row_to_look_at() -> None:
    shop = Shop(whole=HURRIED).tell(SUBSCRIBE)
    [status] = shop.driver.rows(STANDINGS).values()
    assert (status.subscription_status, status.state) == ("active", "active")
    assert (status.billing_frequency, status.next_billing_date) == ("monthly", date(2025, 2, 28))

    days(shop.tell(card("tok_insufficient")), 45)

    [status] = shop.driver.rows(STANDINGS).values()
    assert (status.subscription_status, status.state) == ("canceled", "cancelled")


def test_a_plan_that_waits_for_the_period_to_end_is_part_of_the_status() -> None:
    shop = Shop().tell(SUBSCRIBE.model_copy(update={"plan_id": "plan_monthly_pro"}))
    chosen = ChangePlan(
        user_id="usr_1",
        subscription_id=shop.subscription.subscription_id,
        new_plan_id="plan_monthly_basic",
    )

    shop.tell(chosen)

    [status] = shop.driver.rows(STANDINGS).values()
    assert (status.plan_id, status.next_plan_id) == ("plan_monthly_pro", "plan_monthly_basic")


def test_unpaid_renewals_raise_both_alerts_and_payment_resolves_what_is_owed() -> None:
    alerts = AlertRules(sustain_ms=1, samples_min=3, past_due_warn=2, past_due_critical=50)
    shop = Shop(whole=HURRIED.model_copy(update={"alerts": alerts}))
    users = [f"usr_{number}" for number in range(5)]
    for user in users:
        shop.tell(SUBSCRIBE.model_copy(update={"user_id": user}))
    for user in users[:3]:
        shop.tell(card("tok_insufficient").model_copy(update={"user_id": user}))

    days(shop, 32)
    raised = {(e.data.rule, e.data.severity): e.data.value for e in shop.said("AlertRaised")}
    assert raised["past_due", "warn"] == 3
    assert raised["failed_cycles", "critical"] == 0.6

    for user in users[:3]:
        shop.tell(card("tok_visa").model_copy(update={"user_id": user}))
    days(shop, 6)
    assert "past_due" in {e.data.rule for e in shop.said("AlertResolved")}


def test_whatever_subscribers_are_told_can_be_written() -> None:
    shop = Shop(rules=SubscriptionRules(plans={**PLANS, "plan_once": ONCE}))
    shop.tell(SUBSCRIBE, SUBSCRIBE).until("2025-05-02")
    leave = CancelSubscription(
        subscription_id=shop.subscription.subscription_id,
        user_id="usr_1",
        reason="other",
        requested_by="customer",
    )
    shop.tell(leave).until("2025-06-01")
    shop.tell(SUBSCRIBE).until("2025-09-05").tell(card("tok_expired")).until("2025-10-05")
    shop.tell(SUBSCRIBE.model_copy(update={"user_id": "usr_2", "plan_id": "plan_once"}))
    shop.until("2025-10-15")

    mails = [e.data for e in shop.said("SendNotification")]
    assert {mail.template_id for mail in mails} == TEMPLATES
    for mail in mails:
        assert Templates().mail(mail.template_id, "en", mail.template_data).html
        assert Templates().short(mail.template_id, "en", mail.template_data).short


@pytest.mark.parametrize(
    ("plan", "hints"),
    [
        ("plan_monthly_basic", ["2025-05-31", "2025-07-31"]),
        ("plan_monthly_pro", []),
        ("plan_save_monthly", []),
    ],
)
def test_a_higher_plan_is_hinted_at_every_ninety_days(plan: str, hints: list[str]) -> None:
    stock = AddInventory(product_id="p1", quantity=100, warehouse_id="wh_MAIN_001")
    abroad = PlanSpec("Premium (EU)", "monthly", 3_999, tier=3, currency="EUR")
    shop = Shop(rules=SubscriptionRules(plans={**PLANS, "plan_eu_premium": abroad}))
    shop.tell(stock, GOODS.model_copy(update={"plan_id": plan})).until("2025-08-15")

    told = [e for e in shop.said("SendNotification") if e.data.template_id == UPGRADE]
    days_ = [datetime.fromtimestamp(e.timestamp_ms / 1000, UTC).date().isoformat() for e in told]
    assert days_ == hints


@pytest.mark.parametrize(
    ("token", "ends"), [("tok_insufficient", "2025-02-28"), ("tok_visa", "2025-03-31")]
)
def test_who_leaves_while_a_renewal_is_charged_ends_as_the_charge_does(
    token: str, ends: str
) -> None:
    shop = Shop(whole=Settings()).tell(SUBSCRIBE, card(token)).until("2025-02-28", hour=0)
    shop.driver.now_ms += 5 * 60_000
    for lane in shop.driver._lanes:
        lane.processor.tick(shop.driver.now_ms)
        shop.driver._write(lane)
    leave = CancelSubscription(
        subscription_id=shop.subscription.subscription_id,
        user_id="usr_1",
        reason="other",
        requested_by="customer",
        decline_offer=True,
    )
    assert shop.subscription.under_way

    shop.tell(leave)

    told = shop.last("UserSubscriptionCancelled")
    assert told.effective_date.isoformat() == ends
    shop.until("2025-04-02")
    assert shop.status == "cancelled"
    assert len(shop.said("UserSubscriptionCancelled")) == 1
    assert not [kind for kind in shop.driver.timers() if kind.startswith("subscriptions")]
    taken = [p.captured_minor for p in shop.driver.rows(PAYMENTS).values()]
    assert sum(taken) == sum(i.total_minor for i in shop.invoices if i.status == "paid")
