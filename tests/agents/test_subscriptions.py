"""Subscriptions with the whole shop around them: cards, orders, stock, and the calendar."""

from dataclasses import replace
from typing import Any

import pytest

import events
from app import agents_of
from events.fraud import ClearSuspension, FraudCheckCompleted, FraudDetected
from events.inventory import AddInventory
from events.notifications import NotificationSent
from events.orders import CancelOrder
from events.payments import PaymentFailed, PaymentProcessed
from events.subscriptions import (
    CancelSubscription,
    ChangePlan,
    PauseSubscription,
    RespondToOffer,
    ResumeSubscription,
    SubscribeUser,
    UpdatePaymentMethod,
    UserSubscriptionCancelled,
    UserSubscriptionStarted,
)
from events.types import Address, OrderItem, PaymentMethod, Plan
from settings import Settings
from streams.billing.rules import BillingRules
from streams.moments import moment_of
from streams.subscriptions.plans import PLANS
from streams.subscriptions.rules import SubscriptionRules
from tables.orders import ORDERS
from tables.payments import PAYMENTS
from tables.subscriptions import SUBSCRIPTIONS
from tests.agents.subscription_desk import Shop
from tests.streams.subscriptions.samples import subscribe_user as subscribe
from topics import SUBSCRIPTIONS_COMMANDS


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


def method(token: str, **told: Any) -> UpdatePaymentMethod:
    return UpdatePaymentMethod(
        user_id="usr_1",
        payment_method=PaymentMethod(type="credit_card", token=token, last4="1111"),
        **told,
    )


def about(shop: Shop, **told: Any) -> dict[str, Any]:
    return {"subscription_id": shop.subscription.subscription_id, "user_id": "usr_1", **told}


def cancel(shop: Shop, **told: Any) -> CancelSubscription:
    return CancelSubscription(
        **about(shop, **{"reason": "too_expensive", "requested_by": "customer", **told})
    )


def failing() -> Shop:
    """A subscription that runs and whose card will be declined from now on."""
    return Shop().tell(subscribe()).tell(method("tok_insufficient"))


def test_a_failing_card_is_tried_again_on_days_1_3_and_7_then_suspended_on_day_14() -> None:
    shop = failing().until("2025-03-20")

    assert shop.days("PaymentFailed") == ["2025-02-28", "2025-03-01", "2025-03-03", "2025-03-07"]
    assert shop.days("SubscriptionSuspended") == ["2025-03-14"]
    assert shop.status == "cancelled"
    ended = shop.last("UserSubscriptionCancelled")
    assert (ended.cancellation_reason, ended.cancelled_by) == ("payment_failure", "system")
    assert ended.effective_date.isoformat() == "2025-03-14"
    assert ended.failed_payment_attempts == 3
    assert ended.last_payment_attempt.date().isoformat() == "2025-03-07"
    assert ended.refund_amount_minor == 0
    assert shop.invoices[-1].status == "cancelled"
    assert shop.invoices[-1].cycle == "suspended"
    assert [k for k in shop.driver.timers() if k.startswith("subscriptions")] == []
    assert shop.buried == []


def test_the_keys_of_charges_name_the_period_and_the_attempt() -> None:
    shop = failing().until("2025-03-20")

    stem = shop.subscription.subscription_id
    assert [e.data.idempotency_key for e in shop.said("ProcessPayment")] == [
        f"{stem}_2025_01",
        f"{stem}_2025_02",
        f"{stem}_2025_02_2",
        f"{stem}_2025_02_3",
        f"{stem}_2025_02_4",
    ]
    assert {e.data.capture_immediately for e in shop.said("ProcessPayment")} == {True}


@pytest.mark.parametrize(("day", "state"), [("2025-03-02", "past_due"), ("2025-03-10", "grace")])
def test_a_new_card_pays_at_once_and_keeps_the_old_anchor(day: str, state: str) -> None:
    shop = failing().until(day)
    assert shop.status == state

    shop.tell(method("tok_visa"))

    assert shop.status == "active"
    renewed = shop.last("SubscriptionRenewedEvent")
    assert renewed.recovered is True
    assert renewed.next_billing_date.isoformat() == "2025-03-31"
    assert shop.invoices[-1].status == "paid"


def test_an_expired_card_leads_to_grace_at_once_and_to_a_mail() -> None:
    shop = Shop().tell(subscribe(), method("tok_expired")).until("2025-02-28")

    assert shop.status == "grace"
    assert shop.last("SendNotification").template_id == "payment-method-update-needed"

    shop.until("2025-03-06")
    assert shop.status == "grace"
    shop.until("2025-03-07")
    assert shop.status == "cancelled"


def test_a_first_charge_that_fails_starts_nothing() -> None:
    shop = Shop().tell(subscribe(payment_method_id="tok_declined"))

    assert shop.status == "cancelled"
    assert shop.said("UserSubscriptionStarted", "UserSubscriptionCancelled") == []
    assert [invoice.status for invoice in shop.invoices] == ["cancelled"]
    assert [k for k in shop.driver.timers() if k.startswith("subscriptions")] == []


def test_a_trial_starts_at_once_and_is_charged_a_cycle_after_its_start() -> None:
    shop = Shop().tell(subscribe(plan_id="plan_monthly_pro"))

    started = shop.last("UserSubscriptionStarted")
    assert (started.trial_period_days, started.next_billing_date.isoformat()) == (14, "2025-02-28")
    assert shop.status == "trialing"
    assert shop.until("2025-02-15").status == "active"
    assert shop.said("PaymentInitiated") == []
    shop.until("2025-02-28")
    assert [e.data.amount_minor for e in shop.said("PaymentInitiated")] == [32_39]


def test_invoices_come_seven_days_ahead_and_reminders_three() -> None:
    shop = Shop().tell(subscribe()).until("2025-02-27")

    assert shop.days("InvoiceGenerated") == ["2025-01-31", "2025-01-31", "2025-02-21"]
    invoice, due = shop.last("InvoiceGenerated"), shop.last("SubscriptionPaymentDue")
    assert (invoice.status, invoice.due_date.isoformat()) == ("issued", "2025-03-07")
    assert (due.days_until_due, due.due_date.isoformat()) == (3, "2025-02-28")
    assert len({i.number for i in shop.invoices}) == 2


def test_a_cancellation_ends_with_the_period_and_its_invoice_is_withdrawn() -> None:
    shop = Shop().tell(subscribe()).until("2025-02-22")

    shop.tell(cancel(shop))

    assert shop.status == "cancel_scheduled"
    told = shop.last("UserSubscriptionCancelled")
    assert told.effective_date.isoformat() == "2025-02-28"
    assert told.subscription_duration_days == 29
    assert shop.invoices[-1].status == "cancelled"
    assert shop.until("2025-03-01").status == "cancelled"
    assert len(shop.said("UserSubscriptionCancelled")) == 1
    assert len(shop.said("PaymentInitiated")) == 1


@pytest.mark.parametrize(("day", "percent"), [("2025-03-10", 10), ("2025-05-10", 25)])
def test_who_stays_for_the_offer_pays_less_twice(day: str, percent: int) -> None:
    shop = Shop().tell(subscribe()).until(day)
    shop.tell(cancel(shop))
    assert shop.said("UserSubscriptionCancelled") == []
    assert shop.last("SendNotification").template_data["percent"] == percent

    shop.tell(RespondToOffer(**about(shop, accepted=True)))

    assert shop.status == "active"
    shop.until("2025-09-01")
    paid = [i.subtotal_minor for i in shop.invoices]
    less = {10: 8_99, 25: 7_49}[percent]
    assert paid.count(less) == 2
    assert paid[-1] == 9_99


def test_an_invoice_that_is_issued_again_for_its_period_has_an_event_of_its_own() -> None:
    """Withdrawn with a cancellation and issued again at the same moment once the user stays."""
    shop = Shop().tell(subscribe()).until("2025-03-25")
    shop.tell(cancel(shop))

    shop.tell(RespondToOffer(**about(shop, accepted=True)))
    shop.until("2025-03-27")

    issued = [e for e in shop.said("InvoiceGenerated") if e.data.status == "issued"]
    periods = [e.data.billing_period for e in issued]
    assert periods[-1] == periods[-2]
    assert len({e.event_id for e in issued}) == len(issued)


@pytest.mark.parametrize("is_silent", [True, False])
def test_silence_to_the_offer_is_a_no(*, is_silent: bool) -> None:
    shop = Shop().tell(subscribe()).until("2025-03-10")
    shop.tell(cancel(shop))

    if is_silent:
        shop.until("2025-03-17")
    else:
        shop.tell(RespondToOffer(**about(shop, accepted=False)))

    told = shop.last("UserSubscriptionCancelled")
    assert told.effective_date.isoformat() == "2025-03-31"
    shop.tell(RespondToOffer(**about(shop, accepted=True)))
    assert shop.status == "active"
    shop.until("2025-04-01")
    assert shop.subscription.period_end.isoformat() == "2025-04-30"
    assert shop.subscription.percent == 0


def test_a_pause_moves_the_billing_date_and_bills_nothing() -> None:
    shop = Shop().tell(subscribe()).until("2025-02-22")

    shop.tell(PauseSubscription(**about(shop, resume_at="2025-03-04")))
    assert shop.status == "paused"
    shop.until("2025-03-05")

    assert shop.status == "active"
    assert shop.subscription.period_end.isoformat() == "2025-03-10"
    assert len(shop.said("PaymentInitiated")) == 1
    shop.until("2025-03-11")
    assert shop.subscription.period_end.isoformat() == "2025-04-10"


def test_a_pause_can_be_ended_early() -> None:
    shop = Shop().tell(subscribe()).until("2025-02-05")
    shop.tell(PauseSubscription(**about(shop))).until("2025-02-08")

    shop.tell(ResumeSubscription(**about(shop)))

    assert shop.status == "active"
    assert shop.subscription.period_end.isoformat() == "2025-03-03"


def test_an_upgrade_takes_effect_at_once_and_is_prorated_on_the_next_invoice() -> None:
    shop = Shop().tell(subscribe()).until("2025-02-22")

    shop.tell(ChangePlan(**about(shop, new_plan_id="plan_monthly_pro")))

    migrated = shop.last("PlanMigrationCompleted")
    assert migrated.to_plan.plan_id == "plan_monthly_pro"
    assert migrated.prorated_amount_minor == 6_43 - 2_14  # 6 of 28 days
    shop.until("2025-03-01")
    assert shop.invoices[-1].subtotal_minor == 29_99 + 4_29
    assert shop.invoices[-2].status == "cancelled"
    assert shop.said("PaymentInitiated")[-1].data.amount_minor == shop.invoices[-1].total_minor
    shop.until("2025-04-02")
    assert shop.invoices[-1].subtotal_minor == 29_99


def test_an_upgrade_credits_what_the_running_period_cost_whatever_its_plan_costs_by_now() -> None:
    shop = Shop().tell(subscribe()).until("2025-02-22")
    basic, pro = PLANS["plan_monthly_basic"], PLANS["plan_monthly_pro"]
    dearer = {
        "plan_monthly_basic": replace(basic, price_minor=19_99),
        "plan_monthly_pro": replace(pro, price_minor=39_99),
    }

    prorated = []
    for plans, wanted in (
        ({"plan_monthly_basic": dearer["plan_monthly_basic"]}, "plan_monthly_pro"),
        (dearer, "plan_annual_enterprise"),
    ):
        rules = SubscriptionRules(plans=PLANS | plans)
        shop.driver.topology = Shop(rules=rules).driver.topology
        shop.driver.restart()
        shop.tell(ChangePlan(**about(shop, new_plan_id=wanted)))
        prorated.append(shop.last("PlanMigrationCompleted").prorated_amount_minor)

    assert prorated == [6_43 - 2_14, 8_20 - 6_43]  # 6 of 28 days, and of 365.


def upgraded_and_leaving() -> Shop:
    shop = Shop().tell(subscribe()).until("2025-02-22")
    shop.tell(ChangePlan(**about(shop, new_plan_id="plan_monthly_pro")))
    return shop.tell(cancel(shop, decline_offer=True))


def test_whoever_leaves_after_an_upgrade_pays_for_what_was_left_of_the_period() -> None:
    shop = upgraded_and_leaving()
    assert len(shop.said("PaymentInitiated")) == 1

    shop.until("2025-03-20")

    last = shop.invoices[-1]
    assert (shop.status, last.status) == ("cancelled", "paid")
    assert (last.subtotal_minor, last.total_minor) == (4_29, 4_63)
    assert [e.data.amount_minor for e in shop.said("PaymentInitiated")] == [10_79, 4_63]
    assert shop.subscription.balance_minor == 0
    assert [k for k in shop.driver.timers() if k.startswith("subscriptions")] == []
    assert shop.buried == []


@pytest.mark.parametrize(
    ("reason", "by", "charged"),
    [
        ("other", "support", [10_79, 4_63]),
        ("policy_violation", "support", [10_79]),
        ("policy_violation", "customer", [10_79, 4_63]),
    ],
)
def test_whom_support_lets_go_at_once_pays_for_an_upgrade_and_who_is_thrown_out_does_not(
    reason: str, by: str, charged: list[int]
) -> None:
    shop = Shop().tell(subscribe()).until("2025-02-22")
    shop.tell(ChangePlan(**about(shop, new_plan_id="plan_monthly_pro")))

    shop.tell(cancel(shop, reason=reason, requested_by=by, at_period_end=False))

    assert shop.status == "cancelled"
    assert [e.data.amount_minor for e in shop.said("PaymentInitiated")] == charged
    assert shop.invoices[-1].status == ("paid" if len(charged) > 1 else "cancelled")
    shop.until("2025-03-20")
    assert len(shop.said("PaymentInitiated")) == len(charged)
    assert shop.buried == []


def test_what_an_upgrade_cost_is_asked_for_once_of_whoever_has_left() -> None:
    shop = upgraded_and_leaving().tell(method("tok_insufficient"))

    shop.until("2025-03-20")

    assert (shop.status, shop.invoices[-1].status) == ("cancelled", "cancelled")
    assert shop.days("PaymentFailed") == ["2025-02-28"]
    assert [k for k in shop.driver.timers() if k.startswith("subscriptions")] == []
    assert shop.buried == []


def test_a_downgrade_waits_for_the_end_of_the_period() -> None:
    shop = Shop().tell(subscribe(plan_id="plan_monthly_pro", trial_period_days=0))
    shop.until("2025-02-22")

    shop.tell(ChangePlan(**about(shop, new_plan_id="plan_monthly_basic")))

    assert shop.subscription.plan_id == "plan_monthly_pro"
    shop.until("2025-03-01")
    assert shop.subscription.plan_id == "plan_monthly_basic"
    assert shop.last("PlanMigrationCompleted").effective_date.isoformat() == "2025-02-28"
    assert [i.subtotal_minor for i in shop.invoices] == [29_99, 29_99, 9_99]


def test_a_second_subscription_of_the_family_is_refused_with_a_mail() -> None:
    shop = Shop().tell(subscribe(), subscribe(plan_id="plan_annual_pro"))

    assert shop.last("SendNotification").template_data["reason"] == "already_subscribed"
    assert shop.subscription.plan_id == "plan_monthly_basic"


def test_a_refused_request_that_arrives_twice_is_refused_with_one_mail() -> None:
    shop = Shop().tell(subscribe())
    one = shop.subscription
    again = ChangePlan(
        subscription_id=one.subscription_id, user_id=one.user_id, new_plan_id="plan_unknown"
    )

    shop.tell(again, event_id="event-p")
    shop.driver.advance(3_600_000)
    shop.tell(again, event_id="event-p")

    keys = {e.data.idempotency_key for e in shop.said("SendNotification")}
    assert len(keys) == 1


def test_a_cancellation_may_leave_the_user_to_the_key() -> None:
    shop = Shop().tell(subscribe())
    command = cancel(shop, user_id=None)
    value = events.encode(
        command, event_id="event-c", timestamp=shop.driver.now_ms, correlation_id="c"
    )

    shop.driver.send(SUBSCRIPTIONS_COMMANDS, value, "usr_1", headers=events.headers(command, "c"))
    shop.driver.run()

    assert shop.status == "cancel_scheduled"
    assert shop.buried == []


def test_a_repeat_of_a_command_changes_nothing() -> None:
    shop = Shop().tell(subscribe(), event_id="event-x")
    row, said = shop.subscription, len(shop.said())

    shop.tell(subscribe(), event_id="event-x")

    assert (shop.subscription, len(shop.said())) == (row, said)


def test_each_event_of_a_subscription_has_an_id_of_its_own() -> None:
    """One message that comes twice, and has a charge tried again each time."""
    shop = failing().until("2025-03-02")
    again = method("tok_insufficient")

    shop.tell(again, event_id="event-m").until("2025-03-02", hour=12)
    shop.tell(again, event_id="event-m")

    assert shop.days("PaymentFailed").count("2025-03-02") == 2
    ids = [e.event_id for e in shop.said()]
    assert len(ids) == len(set(ids))


# --- Subscribe & Save --------------------------------------------------------------------------

GOODS = (
    OrderItem(product_id="p1", quantity=3, unit_price_minor=5_55),
    OrderItem(product_id="p2", quantity=1, unit_price_minor=20_00),
)
HOME = Address(line1="1 Main St", city="Austin", state="TX", postal_code="78701", country="US")


def stock(product: str, quantity: int) -> AddInventory:
    return AddInventory(product_id=product, quantity=quantity, warehouse_id="wh_east")


def save(plan: str = "plan_save_monthly") -> SubscribeUser:
    return subscribe(plan_id=plan, items=GOODS, shipping_address=HOME)


def test_paid_goods_are_ordered_and_the_order_is_paid_with_the_same_money() -> None:
    shop = Shop().tell(stock("p1", 10), stock("p2", 10), save())

    [order] = shop.driver.rows(ORDERS).values()
    [payment] = shop.driver.rows(PAYMENTS).values()
    assert order.status == "paid"
    assert order.total_minor == 3 * 5_00 + 18_00  # 5.55 less 10 % is 4.995, half up
    assert order.subscription_id == shop.subscription.subscription_id
    assert payment.complete
    assert payment.captured_minor == 33_00 + 2_64
    assert len(shop.said("ProcessPayment")) == 1
    assert shop.said("CapturePayment") == []
    assert shop.last("PaymentComplete").order_id == order.order_id
    assert shop.buried == []

    shop.until("2025-03-01")

    assert len(shop.driver.rows(ORDERS)) == 2
    assert {o.status for o in shop.driver.rows(ORDERS).values()} == {"paid"}


def test_goods_that_do_not_come_in_three_days_are_given_up_and_paid_back() -> None:
    shop = Shop().tell(stock("p1", 10), save())
    [order] = shop.driver.rows(ORDERS).values()
    assert order.status == "backordered"

    shop.until("2025-02-04")

    [order] = shop.driver.rows(ORDERS).values()
    [payment] = shop.driver.rows(PAYMENTS).values()
    assert (order.status, order.cancellation_reason) == ("cancelled", "OUT_OF_STOCK")
    assert payment.status == "REFUNDED"
    assert shop.last("RefundIssued").amount_minor == 33_00 + 2_64
    assert shop.status == "active"


def test_goods_that_come_in_time_make_the_order_paid() -> None:
    shop = Shop().tell(stock("p1", 10), save()).until("2025-02-02")

    shop.tell(stock("p2", 1))

    [order] = shop.driver.rows(ORDERS).values()
    assert order.status == "paid"
    assert shop.last("PaymentComplete").order_id == order.order_id


@pytest.mark.parametrize("end", ["2025-02-27", "2025-01-31"])
def test_orders_dated_after_the_end_of_their_subscription_are_cancelled_and_paid_back(
    end: str,
) -> None:
    shop = Shop().tell(stock("p1", 10), stock("p2", 10), save()).until("2025-03-01")

    shop.tell(
        UserSubscriptionCancelled(
            **about(shop),
            plan=Plan(plan_id="plan_save_monthly"),
            cancellation_reason="other",
            cancelled_by="support",
            effective_date=end,
            refund_amount_minor=0,
            subscription_duration_days=11,
        )
    )

    by_age = sorted(shop.driver.rows(ORDERS).values(), key=lambda o: o.placed_at_ms)
    assert [o.status for o in by_age] == ["paid", "cancelled"]
    assert by_age[1].cancellation_reason == "SUBSCRIPTION_CANCELLED"
    assert shop.last("RefundIssued").order_id == by_age[1].order_id


def test_what_a_cancelled_order_of_a_subscription_tells_goes_back_tax_and_all() -> None:
    shop = Shop().tell(stock("p1", 10), stock("p2", 10), save())
    [order] = shop.driver.rows(ORDERS).values()

    shop.tell(CancelOrder(order_id=order.order_id, user_id="usr_1", cancellation_reason="other"))

    told = shop.last("OrderCancelled").refund.amount_minor
    assert told == shop.last("RefundIssued").amount_minor == 33_00 + 2_64


def test_goods_of_a_subscription_that_stays_after_all_are_sent_as_before() -> None:
    shop = Shop().tell(stock("p1", 20), stock("p2", 20), save("plan_save_weekly"))
    shop.tell(cancel(shop, decline_offer=True))
    shop.tell(RespondToOffer(**about(shop), accepted=True))

    shop.until("2025-02-15")

    assert [o.status for o in shop.driver.rows(ORDERS).values()] == ["paid"] * 3
    assert shop.said("CancelOrder", "RefundIssued") == []


# --- what else is told -------------------------------------------------------------------------


def test_money_for_a_cancelled_invoice_is_asked_back() -> None:
    shop = Shop(alone=True).tell(subscribe())
    charge = shop.last("PaymentInitiated")
    shop.tell(paid(charge)).until("2025-02-28")
    charge = shop.last("PaymentInitiated")
    shop.tell(cancel(shop, reason="policy_violation", requested_by="support"))

    shop.tell(paid(charge), paid(charge))

    assert shop.status == "cancelled"
    [refund] = shop.said("RefundPayment")
    assert (refund.data.payment_id, refund.data.amount_minor) == (charge.payment_id, 10_79)


def paid(charge: Any) -> PaymentProcessed:
    return PaymentProcessed(
        payment_id=charge.payment_id,
        user_id=charge.customer_id,
        subscription_id=charge.subscription_id,
        invoice_id=charge.invoice_id,
        amount_minor=charge.amount_minor,
        currency=charge.currency,
        payment_method="credit_card",
        status="confirmed",
    )


def test_a_cancellation_during_a_charge_takes_effect_a_period_later_when_it_is_paid() -> None:
    shop = Shop(alone=True).tell(subscribe())
    shop.tell(paid(shop.last("PaymentInitiated"))).until("2025-02-28")

    shop.tell(cancel(shop, decline_offer=True))
    assert shop.said("UserSubscriptionCancelled") == []
    shop.tell(paid(shop.last("PaymentInitiated")))

    assert shop.last("UserSubscriptionCancelled").effective_date.isoformat() == "2025-03-31"
    assert shop.until("2025-04-01").status == "cancelled"
    assert len(shop.said("UserSubscriptionCancelled")) == 1


def test_a_suspended_subscription_may_come_back_on_a_new_anchor_where_that_is_allowed() -> None:
    shop = Shop(rules=SubscriptionRules(reactivation=True))
    shop.tell(subscribe(), method("tok_insufficient")).until("2025-03-20")
    assert shop.status == "suspended"

    shop.tell(method("tok_visa"))

    assert shop.status == "active"
    assert shop.subscription.period_start.isoformat() == "2025-03-20"
    assert shop.last("SubscriptionRenewedEvent").next_billing_date.isoformat() == "2025-04-20"
    assert shop.until("2025-04-21").subscription.period_end.isoformat() == "2025-05-20"


def test_one_that_does_not_come_back_is_cancelled_after_thirty_days() -> None:
    shop = Shop(rules=SubscriptionRules(reactivation=True))
    shop.tell(subscribe(), method("tok_insufficient"))

    assert shop.until("2025-04-12").status == "suspended"
    assert shop.until("2025-04-13").status == "cancelled"


def test_who_comes_back_pays_ten_percent_less_once() -> None:
    shop = Shop().tell(subscribe())
    shop.tell(cancel(shop, decline_offer=True)).until("2025-03-01")

    shop.tell(subscribe()).until("2025-04-02")

    assert [i.subtotal_minor for i in shop.invoices] == [9_99, 8_99, 9_99]


def started_elsewhere() -> UserSubscriptionStarted:
    return UserSubscriptionStarted(
        subscription_id="sub_9f84kd02",
        user_id="usr_1",
        plan=Plan(plan_id="plan_monthly_pro"),
        trial_period_days=0,
        start_date="2025-01-31",
        next_billing_date="2025-02-28",
        payment_method_id="tok_visa",
    )


def test_a_subscription_that_others_started_is_billed_from_its_first_period_on() -> None:
    shop = Shop().tell(started_elsewhere())

    assert shop.invoices[0].status == "paid"
    assert shop.said("UserSubscriptionStarted", "SubscriptionRenewedEvent") == []
    shop.until("2025-03-01")
    assert shop.subscription.period_end.isoformat() == "2025-03-31"


@pytest.mark.parametrize(
    ("status", "subscription_id", "charges"),
    [
        ("confirmed", "sub_9f84kd02", 0),
        ("confirmed", "sub_of_old", 1),
        ("failed", "sub_9f84kd02", 1),
    ],
)
def test_a_first_period_that_others_were_paid_for_is_not_charged_again(
    status: Any, subscription_id: str, charges: int
) -> None:
    first = PaymentProcessed(
        payment_id="pay_elsewhere",
        user_id="usr_1",
        subscription_id=subscription_id,
        amount_minor=3_239,
        currency="USD",
        payment_method="credit_card",
        status=status,
    )

    shop = Shop().tell(first, started_elsewhere())

    assert shop.status == "active"
    assert len(shop.said("PaymentInitiated")) == charges
    shop.until("2025-03-01")
    assert len(shop.said("PaymentInitiated")) == charges + 1, "the next period is charged here"
    assert shop.subscription.period_end.isoformat() == "2025-03-31"


@pytest.mark.parametrize(
    ("known_on", "given", "charged"),
    [
        ("2025-02-27", {}, ["2025-02-27", "2025-02-28", "2025-03-31", "2025-04-30"]),
        ("2025-02-28", {}, ["2025-02-28", "2025-03-31", "2025-04-30"]),
        ("2025-04-15", {}, ["2025-04-15", "2025-04-30"]),
        ("2025-04-15", {"trial_period_days": 14}, ["2025-04-15", "2025-04-30"]),
    ],
)
def test_of_a_subscription_that_others_started_long_ago_only_the_period_that_runs_is_billed(
    known_on: str, given: dict[str, Any], charged: list[str]
) -> None:
    shop = Shop().until(known_on).tell(started_elsewhere().model_copy(update=given))

    shop.until("2025-05-01")

    assert shop.days("PaymentInitiated") == charged
    assert (shop.status, shop.subscription.period_end.isoformat()) == ("active", "2025-05-31")
    assert shop.subscription.started_on.isoformat() == "2025-01-31"
    assert shop.subscription.skipped == 4 - len(charged)


def mailed(shop: Shop) -> NotificationSent:
    return NotificationSent(
        notification_id="ntf_1",
        user_id="usr_1",
        channel="EMAIL",
        template_id="invoice-generated",
        attempts=1,
        sent_at=moment_of(shop.driver.now_ms),
    )


def test_a_mailed_invoice_is_sent_and_an_unpaid_one_overdue() -> None:
    shop = failing().until("2025-02-22")

    shop.tell(mailed(shop))

    assert shop.invoices[-1].status == "sent"
    assert shop.until("2025-03-07", hour=23).invoices[-1].status == "sent"
    assert shop.until("2025-03-08").invoices[-1].status == "overdue"


def test_a_mail_that_brings_an_invoice_says_nothing_of_another_subscriptions() -> None:
    shop = Shop().tell(stock("p1", 10), stock("p2", 10))
    shop.put(subscribe(), saga="corr_member")
    shop.put(save(), saga="corr_goods")
    shop.driver.run()
    shop.until("2025-02-22")

    shop.put(mailed(shop), saga="corr_goods")
    shop.driver.run()

    newest = {one.plan_id: one.invoice.status for one in shop.subscriptions if one.invoice}
    assert newest == {"plan_monthly_basic": "issued", "plan_save_monthly": "sent"}


def test_a_locked_account_neither_subscribes_nor_cancels() -> None:
    shop = Shop().tell(subscribe())
    shop.tell(
        FraudDetected(
            payment_id="pay_x", customer_id="usr_1", fraud_type="stolen_card", severity="critical"
        )
    )

    shop.tell(cancel(shop), subscribe(plan_id="plan_save_weekly"))

    assert shop.status == "active"
    mails = shop.said("SendNotification")
    assert {m.data.template_data["reason"] for m in mails} == {"account_locked"}


@pytest.mark.parametrize("word", ["ClearSuspension", "FraudCheckCompleted"])
def test_a_suspension_that_is_lifted_unlocks_the_account(word: str) -> None:
    shop = Shop().tell(subscribe())
    for payment_id in ("pay_x", "pay_y"):
        shop.tell(
            FraudDetected(
                payment_id=payment_id,
                customer_id="usr_1",
                fraud_type="stolen_card",
                severity="critical",
            )
        )

    shop.tell(lifted("pay_y", word), cancel(shop, decline_offer=True))
    assert shop.status == "active", "another finding brought the suspension"
    shop.tell(lifted("pay_x", word), cancel(shop, decline_offer=True))

    assert shop.status == "cancel_scheduled"


def lifted(payment_id: str, word: str) -> ClearSuspension | FraudCheckCompleted:
    """An administrator's word, or a reviewer's."""
    if word == "ClearSuspension":
        return ClearSuspension(
            payment_id=payment_id, customer_id="usr_1", reviewer="kim", rationale="the bank erred"
        )
    return FraudCheckCompleted(
        transaction_id="txn_x",
        payment_id=payment_id,
        customer_id="usr_1",
        risk_score=95,
        decision="APPROVED",
        reasons=("override by kim",),
        confidence=0.9,
    )


def test_a_user_has_one_row_and_one_trial() -> None:
    shop = Shop().tell(subscribe(plan_id="plan_monthly_pro"))
    shop.tell(cancel(shop)).until("2025-03-01").tell(subscribe(plan_id="plan_monthly_pro"))

    [row] = shop.driver.rows(SUBSCRIPTIONS).values()
    assert [(s.status, s.trial_days) for s in row.subscriptions] == [
        ("cancelled", 14),
        ("active", 0),
    ]


def test_a_card_for_all_subscriptions_pays_each_and_their_messages_stay_apart() -> None:
    shop = Shop(alone=True).tell(subscribe(), save())
    for charge in shop.said("PaymentInitiated"):
        shop.tell(paid(charge.data))
    shop.until("2025-02-28")
    for charge in shop.said("PaymentInitiated")[2:]:
        shop.tell(declined(charge.data))
    before = len(shop.said("PaymentInitiated"))

    shop.tell(method("tok_new"))

    charges = shop.said("PaymentInitiated")
    assert len(charges) == before + 2
    assert len({c.event_id for c in charges}) == len(charges)
    assert {c.data.payment_method.token for c in charges[before:]} == {"tok_new"}


def test_a_card_for_all_subscriptions_is_not_refused_for_one_that_has_ended() -> None:
    shop = Shop().tell(subscribe())
    shop.tell(cancel(shop, decline_offer=True)).until("2025-03-01").tell(subscribe())
    before = len(shop.said("SendNotification"))

    shop.tell(method("tok_new"))

    assert [one.method.method_id for one in shop.subscriptions] == ["tok_visa", "tok_new"]
    assert len(shop.said("SendNotification")) == before


def declined(charge: Any) -> PaymentFailed:
    return PaymentFailed(
        payment_id=charge.payment_id,
        customer_id=charge.customer_id,
        subscription_id=charge.subscription_id,
        amount_minor=charge.amount_minor,
        currency=charge.currency,
        failure_reason="card_declined",
        retryable=True,
    )


def test_timers_follow_figures_that_changed_while_they_ran() -> None:
    shop = Shop(alone=True).tell(subscribe())
    shop.tell(paid(shop.last("PaymentInitiated")))

    shop.driver.topology = Shop(alone=True, billing=BillingRules(lead_days=3)).driver.topology
    shop.driver.restart()

    assert len(shop.until("2025-02-24").invoices) == 1
    assert len(shop.until("2025-02-25").invoices) == 2


def test_a_plan_that_begins_to_renew_bills_those_who_have_it_once_their_period_ends() -> None:
    """They had a timer for its end; that of an invoice would have been due before it."""
    once = replace(PLANS["plan_monthly_basic"], auto_renew=False)
    rules = SubscriptionRules(plans={**PLANS, "plan_monthly_basic": once})
    shop = Shop(alone=True, rules=rules).tell(subscribe())
    shop.tell(paid(shop.last("PaymentInitiated"))).until("2025-02-27")

    shop.driver.topology = Shop(alone=True).driver.topology
    shop.driver.restart()
    shop.until("2025-03-01")

    assert [i.period_start.isoformat() for i in shop.invoices] == ["2025-01-31", "2025-02-28"]
    assert shop.status == "active"


def test_it_fits_in_with_every_agent_there_is() -> None:
    agents, effects = agents_of(Settings())
    mine = {"subscriptions", "registrations"}
    shop = Shop(others=[a for a in agents if a.name not in mine], effects=effects)

    shop.tell(subscribe()).until("2025-04-01")

    assert shop.subscription.period_end.isoformat() == "2025-04-30"
    assert [i.status for i in shop.invoices] == ["paid"] * 3
    assert shop.buried == []


@pytest.mark.parametrize("chunk_max", [1, 1000])
def test_a_restart_and_other_batches_change_nothing(chunk_max: int) -> None:
    def life(*, restarts: bool, size: int) -> list[Any]:
        shop = Shop(alone=True, chunk_max=size).tell(subscribe())
        for day in ("2025-02-22", "2025-02-28"):
            if restarts:
                shop.driver.restart()
            shop.tell(paid(shop.last("PaymentInitiated"))).until(day)
        return [(e.event_id, e.event_type) for e in shop.said()]

    assert life(restarts=True, size=chunk_max) == life(restarts=False, size=1000)
