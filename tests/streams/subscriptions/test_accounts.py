"""What is kept of a user, and what a subscription tells of itself."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from events.fraud import FraudCheckCompleted, FraudDetected
from events.subscriptions import RespondToOffer, UpdatePaymentMethod
from events.types import OrderItem, PaymentMethod
from streams.billing.rules import BillingRules
from streams.subscriptions import facts as f
from streams.subscriptions.deadlines import TIMERS, due_times
from streams.subscriptions.deciding import decide
from streams.subscriptions.evolution import evolve, evolve_all
from streams.subscriptions.outcomes import following
from streams.subscriptions.plans import PlanSpec
from streams.subscriptions.rows import Status, Subscriber, Subscription
from streams.subscriptions.rules import Rules, SubscriptionRules
from streams.subscriptions.standing import foremost, standing
from streams.subscriptions.subscriber import NOBODY, kept, locked, prepaid, unlocked
from tests.streams.subscriptions.samples import (
    GOODS,
    HOME,
    RULES,
    START_MS,
    active,
    asked,
    begun,
    charged,
    fired,
    lost,
    paid,
    pending,
    processed,
    run_of,
)

FREE = Rules(SubscriptionRules(plans={"plan_free": PlanSpec("Free", "monthly", 0)}), BillingRules())


def finding(payment_id: str, severity: str = "critical") -> FraudDetected:
    return FraudDetected(payment_id=payment_id, fraud_type="stolen_card", severity=severity)


def verdict(payment_id: str, decision: str) -> FraudCheckCompleted:
    return FraudCheckCompleted(
        transaction_id="txn_1",
        payment_id=payment_id,
        risk_score=10,
        decision=decision,
        reasons=(),
        confidence=0.9,
    )


def says(subscription: Subscription, fact: f.Fact, rules: Rules = RULES) -> dict[str, Any]:
    """The first message that says a fact, as it is written."""
    first = next(following(subscription, (fact,), START_MS, rules, "event-1"))
    return first.model_dump(mode="json", by_alias=True, exclude_none=True)


# --- users -------------------------------------------------------------------------------------


@pytest.mark.parametrize("severity", ["low", "medium", "high"])
def test_an_account_is_locked_by_critical_findings_alone(severity: str) -> None:
    assert locked(NOBODY, finding("pay_1", severity)) is NOBODY


@pytest.mark.parametrize(
    ("payment_id", "decision", "stays"),
    [
        ("pay_1", "APPROVED", False),
        ("pay_1", "DECLINED", True),
        ("pay_1", "MANUAL_REVIEW", True),
        ("pay_2", "APPROVED", True),
    ],
)
def test_an_approval_of_the_payment_that_locked_an_account_unlocks_it(
    payment_id: str, decision: str, *, stays: bool
) -> None:
    subscriber = locked(NOBODY, finding("pay_1"))

    assert unlocked(subscriber, verdict(payment_id, decision)).locked is stays
    assert unlocked(NOBODY, verdict(payment_id, decision)) is NOBODY


def test_who_had_a_trial_once_had_it() -> None:
    on_trial = pending(plan_id="plan_monthly_pro")

    subscriber = kept(kept(NOBODY, on_trial, RULES), active(), RULES)

    assert subscriber.trial_used
    assert not kept(NOBODY, active(), RULES).trial_used


def test_every_family_that_was_left_is_remembered_once() -> None:
    weekly = replace(
        active(plan_id="plan_save_weekly", items=GOODS, shipping_address=HOME),
        subscription_id="sub_2",
    )
    subscriber = Subscriber((active(), weekly), left=("save",))

    for one in (active(), weekly):
        subscriber = kept(subscriber, replace(one, status=Status.CANCELLED), RULES)

    assert subscriber.left == ("save", "member")


@pytest.mark.parametrize("status", [Status.PENDING, Status.CANCELLED])
def test_a_family_that_was_never_joined_or_is_left_already_is_not_left(status: Status) -> None:
    subscriber = Subscriber((replace(active(), status=status),))

    assert kept(subscriber, replace(active(), status=Status.CANCELLED), RULES).left == ()


def test_what_was_paid_for_and_nobody_knows_yet_is_kept_once() -> None:
    known, other = processed(active()), processed(active(), subscription_id="sub_9")
    subscriber = Subscriber((active(),), prepaid=("sub_8",))

    kept_once = prepaid(prepaid(subscriber, other), other)

    assert kept_once.prepaid == ("sub_8", "sub_9")
    assert prepaid(subscriber, known) is subscriber
    assert prepaid(subscriber, processed(active(), subscription_id=None)) is subscriber
    assert prepaid(NOBODY, processed(active(), status="pending")) is NOBODY


def test_of_subscriptions_that_have_all_ended_the_newest_tells_how_a_user_stands() -> None:
    first, second = (
        replace(active(), subscription_id=name, status=Status.CANCELLED)
        for name in ("sub_1", "sub_2")
    )

    assert foremost(Subscriber((first, second))) == second


def test_a_user_reads_which_plan_comes_next() -> None:
    chosen = evolve(active(), f.PlanChosen("plan_annual_pro"))

    told, plain = standing(chosen, RULES), standing(active(), RULES)

    assert (told.next_plan_id, told.billing_frequency) == ("plan_annual_pro", "monthly")
    assert plain.next_plan_id is None


# --- beginnings --------------------------------------------------------------------------------


def test_a_plan_that_sells_no_goods_has_none() -> None:
    one = begun(asked(items=GOODS, shipping_address=HOME))

    assert one is not None
    assert (one.goods, one.address) == ((), None)


def test_a_basket_is_refused_for_one_line_of_two() -> None:
    odd = OrderItem(product_id=" ", quantity=1, unit_price_minor=5_00)

    refusal = asked(plan_id="plan_save_weekly", items=(*GOODS, odd), shipping_address=HOME)

    assert refusal == (f.Refused("subscribe", "invalid_basket"),)


def test_who_begins_without_a_code_has_no_discount_left() -> None:
    assert (active().percent, active().percent_cycles) == (0, 0)


def test_a_start_tells_the_plans_figures_and_how_it_came_about() -> None:
    sold = active(discount_code="SAVE10", signup_source="web")

    told = says(sold, f.Started())

    assert told["plan"] == {
        "planId": "plan_monthly_basic",
        "name": "Basic Monthly",
        "billingCycle": "monthly",
        "price": 9.99,
        "currency": "USD",
    }
    assert (told["discountCode"], told["source"]) == ("SAVE10", "web")


def test_an_order_of_goods_names_them_and_the_card_that_paid() -> None:
    named = OrderItem(
        product_id="p1", product_name="Tea", sku="SKU1", quantity=1, unit_price_minor=5_00
    )
    weekly = active(plan_id="plan_save_weekly", items=(named,), shipping_address=HOME)
    by_card = evolve(weekly, f.MethodChanged(replace(weekly.method, last4="4242")))

    told = says(by_card, f.OrderPlaced("ord_1"))

    [line] = told["orderItems"]
    assert (line["productName"], line["sku"]) == ("Tea", "SKU1")
    assert told["payment"]["cardLastFour"] == "4242"


# --- renewals ----------------------------------------------------------------------------------


def renewed(subscription: Subscription, rules: Rules = RULES) -> f.Facts:
    """What paying the next invoice means."""
    billed = fired(subscription, "invoice", rules)
    if billed.owed is not None and not billed.owed.total_minor:
        at_ms = run_of("2025-02-28")
        return TIMERS["renewal"](billed, at_ms, rules)
    trying = fired(billed, "renewal", rules)
    return decide(trying, processed(trying), run_of("2025-02-28"), rules)


def test_a_renewal_names_its_payment_or_its_invoice_where_nothing_was_to_be_paid() -> None:
    free = pending(FREE, plan_id="plan_free")

    [by_charge] = [fact for fact in renewed(active()) if isinstance(fact, f.Renewed)]
    [by_nothing] = [fact for fact in renewed(free, FREE) if isinstance(fact, f.Renewed)]

    bill, invoice = fired(charged(), "overdue").invoice, fired(free, "invoice", FREE).invoice
    assert bill is not None
    assert invoice is not None
    assert by_charge.payment_id == bill.payment_id
    assert by_nothing.payment_id == invoice.invoice_id


@pytest.mark.parametrize(
    ("started", "plan_id", "hinted"),
    [
        (date(2024, 11, 30), "plan_monthly_basic", ["plan_monthly_pro"]),
        (date(2024, 10, 31), "plan_monthly_basic", []),
        (date(2024, 12, 1), "plan_monthly_basic", []),
        (date(2024, 11, 30), "plan_monthly_top", []),
    ],
)
def test_each_ninety_days_a_renewal_points_to_the_next_higher_plan_of_its_kind(
    started: date, plan_id: str, hinted: list[str]
) -> None:
    plans = {
        "plan_monthly_top": PlanSpec("Top", "monthly", 99_00, tier=9),
        "plan_monthly_euro": PlanSpec("Euro", "monthly", 20_00, tier=2, currency="EUR"),
        **RULES.own.plans,
    }
    rules = Rules(SubscriptionRules(plans=plans), BillingRules())
    subscription = replace(active(rules, plan_id=plan_id), started_on=started)

    facts = renewed(subscription, rules)

    assert [fact.plan_id for fact in facts if isinstance(fact, f.UpgradeHinted)] == hinted


def test_a_discount_of_two_invoices_lowers_two() -> None:
    first = replace(active(), percent=25, percent_cycles=2)

    second = paid(fired(fired(first, "invoice"), "renewal"), run_of("2025-02-28"))
    third = paid(fired(fired(second, "invoice"), "renewal"), run_of("2025-03-31"))

    assert [(one.percent, one.percent_cycles) for one in (second, third)] == [(25, 1), (0, 0)]


def test_a_customer_is_not_reminded_of_what_is_charged_that_day() -> None:
    issued = fired(active(), "invoice")

    [reminder] = TIMERS["reminder"](issued, run_of("2025-02-27"), RULES)

    assert reminder == f.Reminded(1)
    assert TIMERS["reminder"](issued, run_of("2025-02-28"), RULES) == ()


# --- ends --------------------------------------------------------------------------------------


def test_who_is_given_up_is_cancelled_at_once_and_charged_no_more() -> None:
    graced = lost(charged(), run_of("2025-02-28"), retryable=False)
    given_up = fired(graced, "grace")
    command = UpdatePaymentMethod(
        user_id="usr_1", payment_method=PaymentMethod(type="debit_card", token="tok_new")
    )

    told = says(given_up, f.GivenUp())
    bound = decide(given_up, command, run_of("2025-03-09"), RULES)

    assert (told["reason"], told["requestedBy"]) == ("payment_failure", "system")
    assert told["atPeriodEnd"] is False
    assert told["note"] == "Automatic cancellation after 0 failed payment attempts"
    assert given_up.status is Status.SUSPENDED
    assert "reactivation" not in dict(due_times(given_up, RULES))
    assert [type(fact) for fact in bound] == [f.MethodChanged]


@pytest.mark.parametrize(("reason", "tells"), [("payment_failure", True), ("too_expensive", False)])
def test_a_farewell_tells_of_failed_charges_where_they_are_its_reason(
    reason: str, *, tells: bool
) -> None:
    owing = lost(charged(), run_of("2025-02-28"))
    over = f.Cancelled(date(2025, 3, 1), reason, "support", None, was_told=False)

    told = says(owing, over)

    assert ("failedPaymentAttempts" in told) is tells
    assert ("lastPaymentAttempt" in told) is tells
    assert told["subscriptionDurationDays"] == 30


def test_an_answer_to_no_offer_changes_nothing() -> None:
    for accepted in (True, False):
        word = RespondToOffer(subscription_id="sub_1", user_id="usr_1", accepted=accepted)

        assert decide(active(), word, run_of("2025-02-10"), RULES) == ()


def test_nothing_waits_for_an_answer_that_was_given() -> None:
    leaving = evolve(active(), f.LeaveAsked("other", "customer", None))
    offered = evolve(leaving, f.OfferMade(START_MS, 25, START_MS + 7))

    declined = evolve_all(offered, (f.LeaveSettled(date(2025, 2, 28)),))

    assert "offer" in dict(due_times(offered, RULES))
    assert "offer" not in dict(due_times(declined, RULES))
    assert "offer" not in dict(due_times(evolve(offered, f.OfferClosed()), RULES))
    assert "offer" not in dict(due_times(leaving, RULES))
