"""Subscribe, SubscriptionRenewed, SubscriptionPaymentFailure and CancelSubscription."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from events.fraud import FraudDetected, OverrideFraudDecision
from events.order_parts import Amendment
from events.orders import AmendOrder
from events.refunds import RefundPayment
from events.returns import ConfirmReturnReceived, CreateReturnLabel
from events.shipping_parts import ReturnedItem
from events.subscriptions import (
    CancelSubscription,
    PauseSubscription,
    RespondToOffer,
    SubscribeUser,
    UpdatePaymentMethod,
    UserSubscriptionStarted,
)
from events.types import Address, OrderItem, PaymentMethod, Plan
from events.vocabulary import BillingCycle
from settings import Settings
from streams.orders.rules import OrderRules
from streams.subscriptions.notices import UPGRADE
from streams.subscriptions.rules import SubscriptionRules
from tests.flows.scene import Scene

BASIC_MINOR = 1_079
"""9.99 and 8 % tax."""


def subscribe(
    token: str = "tok_fine", plan: str = "plan_monthly_basic", **given: Any
) -> SubscribeUser:
    return SubscribeUser(user_id="usr_1", plan_id=plan, payment_method_id=token, **given)


def begun(token: str = "tok_fine", **given: Any) -> Scene:
    return Scene().tell(subscribe(token, **given))


def mine(scene: Scene) -> dict[str, str]:
    return {
        "subscription_id": scene.last("UserSubscriptionStarted").subscription_id,
        "user_id": "usr_1",
    }


def status(scene: Scene) -> str:
    return str(scene.row("subscriptions", "usr_1").subscriptions[-1].status.value)


def card(scene: Scene, token: str) -> Scene:
    method = PaymentMethod(type="credit_card", token=token)
    return scene.tell(UpdatePaymentMethod(**mine(scene), payment_method=method))


def leave(scene: Scene, **given: Any) -> Scene:
    told = {"reason": "too_expensive", "requested_by": "customer", **mine(scene), **given}
    return scene.tell(CancelSubscription(**told))


# --- Subscribe


def test_subscribe_is_charged_started_invoiced_and_told() -> None:
    scene = begun()

    scene.was_told("PaymentInitiated", "PaymentProcessed", "UserSubscriptionStarted")
    assert scene.last("PaymentProcessed").amount_minor == BASIC_MINOR
    assert status(scene) == "active"
    assert scene.mails("user-subscription-started") > 0


def test_subscribe_with_a_trial_is_started_without_a_charge() -> None:
    scene = begun(plan="plan_monthly_pro", trial_period_days=14)

    scene.was_told("UserSubscriptionStarted")
    scene.never_told("PaymentInitiated")
    assert status(scene) == "trialing"


def test_subscribe_with_a_card_that_is_declined_ends_and_is_told() -> None:
    scene = begun("tok_declined")

    scene.was_told("PaymentFailed", "SendNotification")
    scene.never_told("UserSubscriptionStarted")
    assert status(scene) == "cancelled"
    assert scene.mails("payment-failed") > 0


def test_subscribe_and_save_places_its_order_once_it_is_paid() -> None:
    scene = Scene().stock()
    item = OrderItem(product_id="p1", quantity=1, unit_price_minor=2_000)
    home = Address(line1="1 Main St", city="Town", state="NY", postal_code="10001", country="US")

    scene.tell(subscribe(plan="plan_save_monthly", items=(item,), shipping_address=home))
    scene.wait(days=4)

    scene.was_told("PaymentProcessed", "PlaceOrder", "OrderConfirmed", "ShipmentDelivered")
    assert scene.level() == (9, 0, 0)


def test_subscribe_and_save_of_which_support_gives_a_part_back_comes_when_it_is_in_stock() -> None:
    item = OrderItem(product_id="p1", quantity=1, unit_price_minor=2_000)
    home = Address(line1="1 Main St", city="Town", state="NY", postal_code="10001", country="US")
    scene = Scene().tell(subscribe(plan="plan_save_monthly", items=(item,), shipping_address=home))
    order = scene.last("OrderConfirmed").order_id
    assert scene.status(order) == "backordered"

    scene.tell(
        RefundPayment(
            payment_id=f"pay_{order}",
            order_id=order,
            amount_minor=100,
            reason="goodwill",
            requested_by="agent_1",
            idempotency_key="key_1",
        )
    )
    scene.stock(5, "p1").wait(days=4)

    assert scene.status(order) == "delivered"
    assert scene.books(f"pay_{order}") == (1_944, 100, 0)


@pytest.mark.parametrize("moved", [False, True], ids=["at_home", "moved"])
def test_subscribe_and_save_goods_that_come_back_are_paid_back_with_their_tax(
    *, moved: bool
) -> None:
    scene = Scene().stock()
    item = OrderItem(product_id="p1", quantity=2, unit_price_minor=1_999)
    home = Address(line1="1 Main St", city="Town", state="NY", postal_code="10001", country="US")
    scene.tell(subscribe(plan="plan_save_monthly", items=(item,), shipping_address=home))
    order = scene.last("OrderConfirmed").order_id
    if moved:
        elsewhere = home.model_copy(update={"line1": "2 Side St"})
        scene.tell(
            AmendOrder(
                order_id=order,
                user_id="usr_1",
                amendment_type="ADDRESS_CHANGE",
                new_address=elsewhere,
            )
        )
    scene.wait(days=4)

    sent = scene.last("ShipmentDelivered").shipment_id
    scene.tell(CreateReturnLabel(shipment_id=sent, order_id=order, reason="defective_item"))
    back = ReturnedItem(sku="p1", product_id="p1", quantity=2, condition="new")
    came = scene.last("ReturnInitiated")
    scene.tell(
        ConfirmReturnReceived(
            return_id=came.return_id,
            shipment_id=sent,
            warehouse_id="wh_east_01",
            items=(back,),
        )
    )

    captured, refunded, _ = scene.books(f"pay_{order}")
    assert (captured, refunded) == (3_886, 3_886)
    assert scene.status(order) == "refunded"


@pytest.mark.parametrize(
    ("quantity", "country", "why"), [(101, "US", "invalid_basket"), (1, "BR", "invalid_address")]
)
def test_subscribe_and_save_of_what_no_order_may_have_is_refused_unpaid(
    quantity: int, country: str, why: str
) -> None:
    item = OrderItem(product_id="p1", quantity=quantity, unit_price_minor=2_000)
    home = Address(line1="1 Main St", city="Town", state="NY", country=country)

    scene = Scene().stock()
    scene.tell(subscribe(plan="plan_save_monthly", items=(item,), shipping_address=home))

    assert scene.last("SendNotification").template_data["reason"] == why
    assert list(scene.outside.books()) == []


def test_subscribe_and_save_whose_order_is_refused_after_all_keeps_no_money() -> None:
    item = OrderItem(product_id="p1", quantity=1, unit_price_minor=2_000)
    home = Address(line1="1 Main St", city="Town", state="NY", country="US")

    scene = Scene(orders=OrderRules(currencies=frozenset({"EUR"}))).stock()
    scene.tell(subscribe(plan="plan_save_monthly", items=(item,), shipping_address=home))
    scene.wait(days=1)

    scene.was_told("PaymentProcessed", "OrderFailed", "RefundIssued")
    assert sum(one.captured_minor - one.refunded_minor for one in scene.outside.books()) == 0


# --- SubscriptionRenewed


def test_subscription_renewed_is_invoiced_reminded_charged_and_told() -> None:
    scene = begun().wait(days=31)

    scene.was_told(
        "UserSubscriptionStarted",
        "InvoiceGenerated",
        "SubscriptionPaymentDue",
        "SubscriptionPaymentDue",
        "PaymentInitiated",
        "ProcessPayment",
        "PaymentProcessed",
        "SubscriptionRenewedEvent",
        "SendNotification",
    )
    due = [one.days_until_due for one in scene.data("SubscriptionPaymentDue")]
    assert due == [0, 3, 0]
    assert len(scene.data("PaymentInitiated")) == 2


def test_subscription_renewed_after_its_trial_on_the_anchor_of_its_start() -> None:
    scene = begun(plan="plan_monthly_pro", trial_period_days=14).wait(days=31)

    assert scene.last("SubscriptionRenewedEvent").next_billing_date == date(2025, 8, 16)
    assert len(scene.data("PaymentInitiated")) == 1


def test_subscription_renewed_later_after_a_pause() -> None:
    scene = begun()

    scene.wait(days=10).tell(PauseSubscription(**mine(scene), resume_at=date(2025, 7, 6)))
    assert status(scene) == "paused"
    scene.wait(days=21)

    assert status(scene) == "active"
    assert len(scene.data("PaymentInitiated")) == 1
    scene.wait(days=10)
    assert len(scene.data("PaymentInitiated")) == 2


def renewing(scene: Scene) -> Scene:
    """The day of the renewal: its charge is under way."""
    day = datetime(2025, 7, 16, 0, 4, 59, tzinfo=UTC)
    scene.wait(round(day.timestamp() * 1000) - scene.world.now_ms)
    return scene.until("ProcessPayment", 2)


def reviewed(scene: Scene) -> Scene:
    """A person is to look at the payment that is under way."""
    payment_id = scene.last("PaymentInitiated").payment_id
    return scene.tell(
        FraudDetected(
            payment_id=payment_id,
            customer_id="usr_1",
            fraud_type="account_takeover",
            severity="high",
        )
    )


def word(scene: Scene, decision: str) -> Scene:
    return scene.tell(
        OverrideFraudDecision(
            payment_id=scene.last("PaymentInitiated").payment_id,
            decision=decision,
            reviewer="ann",
            rationale="looked at it",
        )
    )


def taken(scene: Scene) -> int:
    """What all charges took and did not give back, in minor units."""
    return sum(one.captured_minor - one.refunded_minor for one in scene.outside.books())


def once(cycle: BillingCycle = "monthly") -> SubscriptionRules:
    """The basic plan, which does not renew itself."""
    rules = Settings().subscriptions
    plan = replace(rules.plans["plan_monthly_basic"], auto_renew=False, cycle=cycle)
    return replace(rules, plans={**rules.plans, "plan_monthly_basic": plan})


def test_subscription_renewed_waits_for_a_review_and_keeps_its_anchor() -> None:
    scene = reviewed(renewing(begun()))
    assert len(scene.data("PaymentProcessed")) == 1

    word(scene.wait(hours=20), "APPROVED")

    assert scene.last("SubscriptionRenewedEvent").next_billing_date == date(2025, 8, 16)
    assert taken(scene) == 2 * BASIC_MINOR


def test_subscription_renewed_and_cancelled_while_it_is_paid_ends_a_period_later() -> None:
    scene = leave(renewing(begun()), decline_offer=True)

    scene.was_told("ProcessPayment", "PaymentProcessed", "UserSubscriptionCancelled")
    assert scene.last("UserSubscriptionCancelled").effective_date == date(2025, 8, 16)
    scene.wait(days=32)
    assert (status(scene), taken(scene)) == ("cancelled", 2 * BASIC_MINOR)
    assert len(scene.data("PaymentInitiated")) == 2


def test_subscription_renewed_and_cancelled_while_its_payment_fails_ends_at_once() -> None:
    scene = leave(renewing(card(begun(), "tok_declined")), decline_offer=True)

    scene.was_told("ProcessPayment", "PaymentFailed", "UserSubscriptionCancelled")
    assert scene.last("UserSubscriptionCancelled").effective_date == date(2025, 7, 16)
    scene.wait(days=32)
    assert (status(scene), taken(scene)) == ("cancelled", BASIC_MINOR)
    assert len(scene.data("PaymentInitiated")) == 2


def test_subscription_renewed_and_ended_by_support_while_it_is_paid_gets_the_money_back() -> None:
    scene = renewing(begun())

    leave(scene, reason="policy_violation", requested_by="support", at_period_end=False)

    assert status(scene) == "cancelled"
    scene.was_told("UserSubscriptionCancelled", "PaymentProcessed", "RefundPayment", "RefundIssued")
    assert taken(scene) == BASIC_MINOR


def test_subscription_renewed_and_ended_by_support_whose_refund_fails_is_for_a_person() -> None:
    scene = renewing(card(begun(), "tok_refund_refused"))

    leave(scene, reason="policy_violation", requested_by="support", at_period_end=False)

    assert scene.last("RefundFailed").failure_reason == "provider_error"
    assert "stuck_payment" in [one.rule for one in scene.data("AlertRaised")]
    assert taken(scene) == 2 * BASIC_MINOR


def test_subscription_renewed_by_nobody_expires_and_is_told() -> None:
    scene = Scene(subscriptions=once())

    scene.tell(subscribe()).wait(days=31)

    assert (status(scene), taken(scene)) == ("expired", BASIC_MINOR)
    assert scene.mails("subscription-renewal-notice") > 0


@pytest.mark.parametrize(
    ("decision", "end", "money"),
    [("APPROVED", "expired", BASIC_MINOR), ("DECLINED", "cancelled", 0)],
)
def test_subscription_renewed_by_nobody_ends_when_its_payment_has_ended(
    decision: str, end: str, money: int
) -> None:
    scene = Scene(subscriptions=once("daily"))
    scene.write(
        UserSubscriptionStarted(
            subscription_id="sub_1",
            user_id="usr_1",
            plan=Plan(plan_id="plan_monthly_basic"),
            trial_period_days=0,
            start_date=date(2025, 6, 16),
            next_billing_date=date(2025, 6, 17),
            payment_method_id="tok_fine",
        )
    )
    reviewed(scene.until("ProcessPayment")).wait(hours=18)
    assert status(scene) == "active", "its period is over, its payment is not"

    word(scene, decision).wait(days=20)

    assert (status(scene), taken(scene)) == (end, money)
    assert len(scene.data("PaymentInitiated")) == 1


def test_subscription_renewed_for_ninety_days_gets_a_hint_at_a_higher_plan() -> None:
    scene = begun().wait(days=93)

    hints = [one for one in scene.data("SendNotification") if one.template_id == UPGRADE]
    assert {one.template_data["higherPlan"] for one in hints} == {"Pro Monthly"}
    assert len(scene.data("SubscriptionRenewedEvent")) == 3


def test_subscription_renewed_whose_refund_is_refused_by_policy_is_told_its_customer() -> None:
    scene = begun()
    paid = scene.last("PaymentProcessed")

    scene.tell(
        RefundPayment(
            payment_id=paid.payment_id,
            amount_minor=BASIC_MINOR + 1,
            reason="goodwill",
            requested_by="agent_1",
            idempotency_key="key_1",
        )
    )

    assert scene.last("RefundFailed").customer_id == "usr_1"
    assert scene.mails("refund-failed") > 0


# --- SubscriptionPaymentFailure


def test_subscription_payment_failure_is_retried_on_day_1_3_and_7_then_suspended() -> None:
    scene = card(begun(), "tok_declined")

    scene.wait(days=46)

    days = [one.initiated_at.date().isoformat() for one in scene.data("PaymentInitiated")]
    assert days == ["2025-06-16", "2025-07-16", "2025-07-17", "2025-07-19", "2025-07-23"]
    scene.was_told("PaymentFailed", "SubscriptionSuspended", "UserSubscriptionCancelled")
    assert scene.last("UserSubscriptionCancelled").cancellation_reason == "payment_failure"
    assert scene.last("SubscriptionSuspended").suspended_at.date() == date(2025, 7, 30)


def test_subscription_payment_failure_is_over_when_a_retry_goes_through() -> None:
    scene = card(begun(), "tok_insufficient_twice").wait(days=32)
    assert status(scene) == "past_due"

    scene.wait(days=1)

    days = [one.initiated_at.date().isoformat() for one in scene.data("PaymentInitiated")]
    assert days[1:] == ["2025-07-16", "2025-07-17", "2025-07-19"]
    assert status(scene) == "active"
    assert scene.last("SubscriptionRenewedEvent").next_billing_date == date(2025, 8, 16)


def test_subscription_payment_failure_is_over_when_another_card_pays() -> None:
    scene = card(begun(), "tok_declined").wait(days=31)
    assert status(scene) == "past_due"

    card(scene, "tok_better")

    assert status(scene) == "active"
    assert scene.last("SubscriptionRenewedEvent").recovered


def test_subscription_payment_failure_in_grace_is_mended_by_another_card() -> None:
    scene = card(begun(), "tok_expired").wait(days=31)
    assert status(scene) == "grace"
    assert scene.mails("payment-method-update-needed") > 0

    card(scene, "tok_better")

    assert status(scene) == "active"
    scene.never_told("SubscriptionSuspended")


# --- CancelSubscription


def test_cancel_subscription_with_an_offer_that_is_accepted_stays() -> None:
    scene = leave(begun().wait(days=33))
    assert scene.mails("subscription-save-offer") > 0

    scene.tell(RespondToOffer(**mine(scene), accepted=True)).wait(days=60)

    assert status(scene) == "active"
    assert scene.data("PaymentProcessed")[-1].amount_minor < BASIC_MINOR


@pytest.mark.parametrize("answer", ["declined", "silence"])
def test_cancel_subscription_whose_offer_is_not_taken_ends_with_its_period(answer: str) -> None:
    scene = leave(begun().wait(days=33))
    scene.never_told("UserSubscriptionCancelled")

    if answer == "declined":
        scene.tell(RespondToOffer(**mine(scene), accepted=False))
    else:
        scene.wait(days=7, hours=14)

    assert scene.last("UserSubscriptionCancelled").effective_date == date(2025, 8, 16)
    assert status(scene) == "cancel_scheduled"
    scene.wait(days=30)
    assert status(scene) == "cancelled"
    assert len(scene.data("PaymentInitiated")) == 2


def test_cancel_subscription_ends_with_its_period_and_is_told() -> None:
    scene = leave(begun().wait(days=5), decline_offer=True)

    assert status(scene) == "cancel_scheduled"
    assert scene.last("UserSubscriptionCancelled").effective_date == date(2025, 7, 16)
    scene.wait(days=30)

    assert status(scene) == "cancelled"
    assert len(scene.data("PaymentInitiated")) == 1
    assert scene.mails("user-subscription-cancelled") > 0


def test_cancel_subscription_of_a_locked_account_is_refused_and_told() -> None:
    scene = begun()
    scene.tell(
        FraudDetected(
            payment_id="pay_x", customer_id="usr_1", fraud_type="stolen_card", severity="critical"
        )
    )

    leave(scene)

    scene.never_told("UserSubscriptionCancelled")
    assert status(scene) == "active"
    assert scene.mails("subscription-request-refused") > 0


def test_cancel_subscription_by_support_ends_at_once() -> None:
    scene = begun().wait(days=5)

    leave(scene, reason="policy_violation", requested_by="support", at_period_end=False)

    assert status(scene) == "cancelled"


def test_cancel_subscription_that_leaves_already_and_is_ended_at_once_is_told_the_new_day() -> None:
    scene = begun().wait(days=5)
    leave(scene).wait(days=1)
    assert scene.last("UserSubscriptionCancelled").effective_date == date(2025, 7, 16)

    leave(scene, reason="policy_violation", requested_by="support")

    assert status(scene) == "cancelled"
    assert scene.last("UserSubscriptionCancelled").effective_date == date(2025, 6, 22)
    assert len(scene.data("UserSubscriptionCancelled")) == 2


def test_cancel_subscription_that_owes_an_old_invoice_is_refused_and_told() -> None:
    billing = replace(Settings().billing, open_invoice_days_max=5)
    scene = Scene(billing=billing).tell(subscribe())
    card(scene, "tok_declined").wait(days=31)
    assert status(scene) == "past_due"

    leave(scene)

    scene.never_told("UserSubscriptionCancelled")
    assert scene.mails("subscription-request-refused") > 0


def test_cancel_subscription_withdrawn_before_its_period_ends_goes_on() -> None:
    scene = leave(begun().wait(days=5), decline_offer=True)

    scene.tell(RespondToOffer(**mine(scene), accepted=True)).wait(days=27)

    assert (status(scene), taken(scene)) == ("active", 2 * BASIC_MINOR)


def test_cancel_subscription_ends_and_invites_back_for_ten_percent_less() -> None:
    scene = leave(begun().wait(days=5), decline_offer=True).wait(days=30)
    assert scene.mails("subscription-reactivation-offer") > 0

    scene.tell(subscribe())

    assert status(scene) == "active"
    assert taken(scene) < 2 * BASIC_MINOR


def test_cancel_subscription_for_a_violation_invites_nobody_back() -> None:
    scene = begun().wait(days=5)

    leave(scene, reason="policy_violation", requested_by="support").wait(days=30)

    assert scene.mails("user-subscription-cancelled") > 0
    assert scene.mails("subscription-reactivation-offer") == 0


def test_subscribe_and_save_goods_are_not_amended_for_nothing() -> None:
    goods = OrderItem(product_id="p1", quantity=1, unit_price_minor=2_000)
    home = Address(line1="1 Main St", city="Town", state="NY", postal_code="10001", country="US")
    scene = Scene().stock()
    scene.write(subscribe(plan="plan_save_monthly", items=(goods,), shipping_address=home))
    scene.until("OrderConfirmed")
    order_id = scene.last("OrderConfirmed").order_id

    more = Amendment(product_id="p1", previous_quantity=1, new_quantity=5, unit_price_minor=1_800)
    scene.tell(
        AmendOrder(
            order_id=order_id,
            user_id="usr_1",
            amendment_type="QUANTITY_CHANGE",
            amendments=(more,),
        )
    )

    scene.never_told("OrderAmended")
    reasons = [step.reason for step in scene.row("orders", order_id).history]
    assert "AMEND_REFUSED_SUBSCRIBED" in reasons
