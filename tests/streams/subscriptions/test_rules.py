"""Every rule of a subscription as a row of a table; refusals in order of precedence."""

import dataclasses
from datetime import date
from functools import reduce
from itertools import accumulate
from typing import Any

import pytest
from msgspec.structs import replace

from events.fraud import ClearSuspension, FraudDetected
from events.subscriptions import (
    CancelSubscription,
    ChangePlan,
    PauseSubscription,
    RespondToOffer,
    UpdatePaymentMethod,
    UserSubscriptionCancelled,
    UserSubscriptionStarted,
)
from events.types import OrderItem, PaymentMethod, Plan
from streams.billing.rules import BillingRules
from streams.moments import DAY_MS, HOUR_MS, moment_of
from streams.notifications.subscription_facts import subscription_cancelled
from streams.orders.rules import OrderRules
from streams.subscriptions import facts as f
from streams.subscriptions.deadlines import NOT_SERVED, TIMERS, due_times
from streams.subscriptions.deciding import decide, time_up
from streams.subscriptions.evolution import evolve, evolve_all
from streams.subscriptions.failing import OtherMoney
from streams.subscriptions.leaving import cancel
from streams.subscriptions.outcomes import following
from streams.subscriptions.plans import PLANS, PlanSpec
from streams.subscriptions.rows import (
    ENDED,
    ENDED_KEPT_MAX,
    MOVES,
    Status,
    Subscriber,
    Subscription,
)
from streams.subscriptions.rules import Rules, SubscriptionRules
from streams.subscriptions.standing import WORDS, foremost, standing
from streams.subscriptions.subscriber import NOBODY, kept, locked, unlocked
from streams.subscriptions.subscribing import adopt
from tests.streams.subscriptions.samples import (
    GOODS,
    HOME,
    RULES,
    START_MS,
    active,
    asked,
    at_status,
    begun,
    cancel_command,
    charged,
    fired,
    lost,
    paid,
    pending,
    processed,
    refused,
    run_of,
)

LATER_MS = run_of("2025-05-10")
LIVE = Subscriber((active(),))


def basket(**told: Any) -> dict[str, Any]:
    line = {"product_id": "p1", "quantity": 2, "unit_price_minor": 5_00} | told
    items = (OrderItem(**line),)
    return {"plan_id": "plan_save_weekly", "items": items, "shipping_address": HOME}


@pytest.mark.parametrize(
    ("subscriber", "told", "why"),
    [
        (Subscriber(locked=True), {"plan_id": "plan_x"}, "unknown_plan"),
        (replace(LIVE, locked=True), {}, "account_locked"),
        (LIVE, {"subscription": "sub_2", "discount_code": "NOPE"}, "already_subscribed"),
        (NOBODY, {"discount_code": "NOPE"}, "unknown_discount"),
        (NOBODY, {"plan_id": "plan_save_weekly", "discount_code": "NOPE"}, "unknown_discount"),
        (NOBODY, {"plan_id": "plan_save_weekly"}, "invalid_basket"),
        (NOBODY, {"plan_id": "plan_save_weekly", "items": GOODS}, "invalid_basket"),
        (NOBODY, {"plan_id": "plan_save_weekly", "shipping_address": HOME}, "invalid_basket"),
        (NOBODY, basket() | {"items": GOODS * 51}, "invalid_basket"),
        (NOBODY, basket(quantity=101), "invalid_basket"),
        (NOBODY, basket(product_id=" "), "invalid_basket"),
        (NOBODY, basket(unit_price_minor=0), "invalid_basket"),
        (NOBODY, basket(total_price_minor=9_99), "invalid_basket"),
        (NOBODY, basket(unit_price_minor=25_000_01, quantity=2), "invalid_basket"),
    ],
)
def test_what_speaks_against_a_subscription_in_order(
    subscriber: Subscriber, told: dict[str, Any], why: str
) -> None:
    others = tuple([replace(s, subscription_id="sub_0") for s in subscriber.subscriptions])
    told.pop("subscription", None)

    [fact] = asked(replace(subscriber, subscriptions=others), **told)

    assert fact == f.Refused("subscribe", why)


@pytest.mark.parametrize(
    "told", [{}, {"quantity": 100}, {"unit_price_minor": 25_000_00}, {"total_price_minor": 10_00}]
)
def test_a_basket_within_the_limits_of_an_order_is_charged(told: dict[str, Any]) -> None:
    assert isinstance(asked(NOBODY, **basket(**told))[0], f.Began)


@pytest.mark.parametrize(
    ("prices", "refused"),
    [
        ({}, False),
        ({"p1:USD": 5_00, "p2:USD": 1}, False),
        ({"p1:USD": 5_02}, True),
        ({"p1:EUR": 5_00}, True),
    ],
)
def test_a_basket_costs_what_the_catalogue_says(
    prices: dict[str, int],
    refused: bool,  # noqa: FBT001 - a case
) -> None:
    """Orders checks no price of what a renewal has paid: goods were had for what one wrote."""
    rules = RULES._replace(orders=OrderRules(prices=prices))

    facts = asked(NOBODY, rules, **basket())

    assert (facts == (f.Refused("subscribe", "price_mismatch"),)) is refused


@pytest.mark.parametrize("limit", ["lines_max", "quantity_max", "total_minor_max"])
def test_a_basket_that_orders_would_refuse_by_their_settings_is_refused(limit: str) -> None:
    rules = RULES._replace(orders=OrderRules(**{limit: 1}))

    [fact] = asked(NOBODY, rules, **basket() | {"items": GOODS * 2})

    assert fact == f.Refused("subscribe", "invalid_basket")


@pytest.mark.parametrize(
    ("used", "plan", "days", "trial"),
    [
        (False, "plan_monthly_pro", None, 14),
        (False, "plan_monthly_pro", 7, 7),
        (False, "plan_monthly_pro", 0, 0),
        (False, "plan_monthly_pro", 90, 14),
        (True, "plan_monthly_pro", None, 0),
        (False, "plan_annual_pro", 14, 0),
    ],
)
def test_a_trial_is_the_plans_and_a_user_has_one(
    *, used: bool, plan: str, days: int | None, trial: int
) -> None:
    facts = asked(Subscriber(trial_used=used), plan_id=plan, trial_period_days=days)

    assert isinstance(facts[0], f.Began)
    assert facts[0].subscription.trial_days == trial
    assert any(isinstance(fact, f.ChargeBegun) for fact in facts) is (trial == 0)


@pytest.mark.parametrize(
    ("left", "code", "subtotal"),
    [
        ((), None, 9_99),
        ((), "SAVE10", 8_99),
        ((), "ENTERPRISE20", 7_99),
        (("member",), None, 8_99),
        (("member",), "ENTERPRISE20", 7_99),
        (("save",), None, 9_99),
    ],
)
def test_the_better_discount_lowers_the_first_invoice(
    left: tuple[str, ...], code: str | None, subtotal: int
) -> None:
    issued = [
        fact
        for fact in asked(Subscriber(left=left), discount_code=code)
        if isinstance(fact, f.InvoiceIssued)
    ]

    assert [fact.invoice.subtotal_minor for fact in issued] == [subtotal]


@pytest.mark.parametrize(
    "told",
    [
        {"payment_id": "pay_other"},
        {"status": "pending"},
        {"status": "failed"},
        {"status": "failed", "amount_minor": 1},
    ],
)
def test_only_the_charge_under_way_pays(told: dict[str, Any]) -> None:
    subscription = pending()

    assert decide(subscription, processed(subscription, **told), START_MS, RULES) == ()


@pytest.mark.parametrize("told", [{"amount_minor": 1}, {"currency": "EUR"}])
def test_a_charge_of_other_money_than_its_invoices_is_not_passed_over(told: dict[str, Any]) -> None:
    subscription = pending()

    with pytest.raises(OtherMoney, match=r"^pay_sub_1"):
        decide(subscription, processed(subscription, **told), START_MS, RULES)


@pytest.mark.parametrize("told", [{"country": "BR"}, {"state": None}, {"city": " "}])
def test_goods_are_charged_only_where_orders_sends_them(told: dict[str, Any]) -> None:
    away = basket() | {"shipping_address": HOME.model_copy(update=told)}

    assert asked(NOBODY, **away) == (f.Refused("subscribe", "invalid_address"),)


def test_a_basket_whose_country_is_served_no_more_ends_before_its_next_charge() -> None:
    subscription = paid(pending(**basket()), START_MS)
    shut = RULES._replace(orders=OrderRules(countries=frozenset({"GB"})))

    after = fired(subscription, "invoice", shut)

    assert (after.status, after.owed) == (Status.CANCELLED, None)
    assert fired(subscription, "invoice").owed is not None


def test_the_customer_is_told_why_a_basket_ends_whose_country_is_served_no_more() -> None:
    subscription = paid(pending(**basket()), START_MS)
    shut = RULES._replace(orders=OrderRules(countries=frozenset({"GB"})))
    [(_, due_ms)] = [one for one in due_times(subscription, shut) if one[0] == "invoice"]

    facts = time_up(subscription, "invoice", due_ms, shut)
    told = list(following(subscription, facts, due_ms, shut, "evt_1"))

    [over] = [one for one in told if isinstance(one, UserSubscriptionCancelled)]
    assert subscription_cancelled(over)["reason"] == NOT_SERVED


def test_a_failure_that_the_payment_itself_will_try_again_means_nothing_yet() -> None:
    subscription = charged()
    event = refused(subscription, next_retry_at=moment_of(LATER_MS))

    assert decide(subscription, event, START_MS, RULES) == ()


def test_money_counts_once() -> None:
    subscription = charged()
    after = paid(subscription, LATER_MS)

    assert decide(after, processed(subscription), LATER_MS, RULES) == ()


def cancelling(subscription: Subscription, command: CancelSubscription, **told: Any) -> f.Facts:
    return cancel(subscription, command, LATER_MS, RULES, **{"locked": False, **told})


OLD_DEBT = lost(charged(), run_of("2025-02-28"))


@pytest.mark.parametrize(
    ("subscription", "told", "locked", "kinds"),
    [
        (at_status(Status.CANCELLED), {}, True, []),
        (at_status(Status.EXPIRED), {}, True, []),
        (pending(), {}, True, ["Refused first_charge_under_way"]),
        (active(), {}, True, ["Refused account_locked"]),
        (active(), {"requested_by": "support"}, True, ["LeaveAsked", "LeaveSettled"]),
        (OLD_DEBT, {}, False, ["Refused open_invoice"]),
        (OLD_DEBT, {"requested_by": "support"}, False, ["InvoiceCancelled", "Cancelled"]),
        (active(), {"reason": "policy_violation"}, False, ["Cancelled"]),
        (active(), {"requested_by": "support", "at_period_end": False}, False, ["Cancelled"]),
        (active(), {"at_period_end": False}, False, ["LeaveAsked", "OfferMade"]),
        (active(), {"decline_offer": True}, False, ["LeaveAsked", "LeaveSettled"]),
        (active(), {"requested_by": "system"}, False, ["LeaveAsked", "LeaveSettled"]),
        (fired(active(), "invoice"), {}, False, ["InvoiceCancelled", "LeaveAsked", "OfferMade"]),
        (charged(), {"decline_offer": True}, False, ["LeaveAsked"]),
    ],
)
def test_what_a_cancellation_means_in_order(
    subscription: Subscription, told: dict[str, Any], *, locked: bool, kinds: list[str]
) -> None:
    facts = cancelling(subscription, cancel_command(**told), locked=locked)

    assert [
        f"Refused {fact.why}" if isinstance(fact, f.Refused) else type(fact).__name__
        for fact in facts
    ] == kinds


def test_an_invoice_that_was_never_charged_has_no_last_attempt() -> None:
    """Its time is 0: the cancellation named the first of January 1970."""
    invoiced = fired(active(), "invoice")
    command = cancel_command(reason="payment_failure", requested_by="support")

    told = following(invoiced, cancelling(invoiced, command), LATER_MS, RULES, "evt_1")

    [over] = [one for one in told if isinstance(one, UserSubscriptionCancelled)]
    assert (over.failed_payment_attempts, over.last_payment_attempt) == (0, None)


@pytest.mark.parametrize(("days", "refused_for_debt"), [(30, False), (31, True)])
def test_an_open_invoice_of_more_than_thirty_days_keeps_its_customer(
    days: int,
    refused_for_debt: bool,  # noqa: FBT001 - a case
) -> None:
    owed = OLD_DEBT.owed
    assert owed is not None
    at_ms = owed.issued_at_ms + days * DAY_MS

    facts = cancel(OLD_DEBT, cancel_command(), at_ms, RULES, locked=False)

    assert (facts == (f.Refused("cancel", "open_invoice"),)) is refused_for_debt


def test_cancelling_twice_is_cancelling_once() -> None:
    once = evolve_all(active(), cancelling(active(), cancel_command()))

    assert cancelling(once, cancel_command()) == ()


@pytest.mark.parametrize(
    ("day", "offered", "percent"),
    [
        ("2025-03-01", None, 0),
        ("2025-03-02", None, 10),
        ("2025-04-30", None, 10),
        ("2025-05-01", None, 25),
        ("2025-12-01", "2025-06-04", 0),
        ("2025-12-01", "2025-06-03", 25),
    ],
)
def test_what_is_offered_for_staying(day: str, offered: str | None, percent: int) -> None:
    at_ms = run_of(day)
    subscription = replace(active(), offered_at_ms=run_of(offered) if offered else 0)

    facts = cancel(subscription, cancel_command(), at_ms, RULES, locked=False)

    assert [fact.percent for fact in facts if isinstance(fact, f.OfferMade)] == (
        [percent] if percent else []
    )


@pytest.mark.parametrize(
    ("running", "cycles", "percents"),
    [(10, 1, [25]), (20, 2, [25]), (20, 3, []), (50, 1, []), (60, 1, []), (50, 0, [25])],
)
def test_an_offer_is_worth_more_than_the_discount_that_runs_or_is_not_made(
    running: int, cycles: int, percents: list[int]
) -> None:
    subscription = replace(active(), percent=running, percent_cycles=cycles)

    facts = cancel(subscription, cancel_command(), run_of("2025-12-01"), RULES, locked=False)

    assert [fact.percent for fact in facts if isinstance(fact, f.OfferMade)] == percents
    assert [fact for fact in facts if isinstance(fact, f.LeaveSettled)] or percents


@pytest.mark.parametrize(
    ("subscription", "until", "why"),
    [
        (OLD_DEBT, "2025-01-01", "not_active"),
        (charged(), "2025-01-01", "charge_under_way"),
        (active(), "2025-05-10", "pause_length"),
        (active(), "2025-08-09", "pause_length"),
        (active(), "2025-05-11", ""),
        (active(), "2025-08-08", ""),
        (at_status(Status.PAUSED), "2025-05-11", None),
    ],
)
def test_what_speaks_against_a_pause_in_order(
    subscription: Subscription, until: str, why: str | None
) -> None:
    command = PauseSubscription(subscription_id="sub_1", user_id="usr_1", resume_at=until)

    facts = decide(subscription, command, LATER_MS, RULES)

    expected = () if why is None else (f.Refused("pause", why),)
    assert facts == expected or (why == "" and isinstance(facts[-1], f.Paused))


@pytest.mark.parametrize(
    ("subscription", "plan", "effective", "kinds"),
    [
        (OLD_DEBT, "plan_x", None, ["Refused unknown_plan"]),
        (OLD_DEBT, "plan_save_weekly", None, ["Refused other_family"]),
        (OLD_DEBT, "plan_annual_pro", None, ["Refused not_active"]),
        (charged(), "plan_annual_pro", None, ["Refused charge_under_way"]),
        (active(), "plan_monthly_basic", None, []),
        (active(), "plan_monthly_pro", None, ["PlanChanged"]),
        (active(), "plan_monthly_pro", "period_end", ["PlanChosen"]),
        (fired(active(), "invoice"), "plan_monthly_pro", None, ["InvoiceCancelled", "PlanChanged"]),
        (active(plan_id="plan_annual_pro"), "plan_monthly_basic", "immediate", ["PlanChosen"]),
        (active(plan_id="plan_annual_pro"), "plan_monthly_pro", "immediate", ["PlanChosen"]),
    ],
)
def test_what_another_plan_means_in_order(
    subscription: Subscription, plan: str, effective: Any, kinds: list[str]
) -> None:
    command = ChangePlan(
        subscription_id="sub_1", user_id="usr_1", new_plan_id=plan, effective=effective
    )

    facts = decide(subscription, command, LATER_MS, RULES)

    assert [
        f"Refused {fact.why}" if isinstance(fact, f.Refused) else type(fact).__name__
        for fact in facts
    ] == kinds


@pytest.mark.parametrize("effective", ["immediate", "period_end"])
@pytest.mark.parametrize("status", [Status.ACTIVE, Status.PAUSED])
def test_no_plan_is_changed_for_one_of_another_currency(effective: Any, status: Status) -> None:
    abroad = PlanSpec("Pro Monthly (EU)", "monthly", 27_99, tier=2, currency="EUR")
    own = dataclasses.replace(RULES.own, plans={**RULES.own.plans, "plan_eu_pro": abroad})
    command = ChangePlan(
        subscription_id="sub_1", user_id="usr_1", new_plan_id="plan_eu_pro", effective=effective
    )

    facts = decide(at_status(status), command, LATER_MS, RULES._replace(own=own))

    assert facts == (f.Refused("change_plan", "other_currency"),)


@pytest.mark.parametrize(
    ("effective", "kinds"),
    [("immediate", [f.PlanChanged]), (None, [f.PlanChanged]), ("period_end", [])],
)
def test_an_upgrade_that_waits_for_the_periods_end_is_given_at_once_to_who_asks_for_that(
    effective: Any, kinds: list[type]
) -> None:
    waiting = evolve(active(), f.PlanChosen("plan_monthly_pro"))
    command = UPGRADE.model_copy(update={"effective": effective})

    facts = decide(waiting, command, LATER_MS, RULES)

    assert [type(fact) for fact in facts] == kinds
    assert not kinds or evolve_all(waiting, facts).next_plan_id == "", "nothing waits any more"


@pytest.mark.parametrize("plan", ["plan_monthly_basic", "plan_annual_pro"])
def test_an_invoice_of_a_plan_that_is_chosen_no_more_is_withdrawn(plan: str) -> None:
    chosen = fired(evolve(active(), f.PlanChosen("plan_monthly_pro")), "invoice")
    command = ChangePlan(
        subscription_id="sub_1", user_id="usr_1", new_plan_id=plan, effective="period_end"
    )

    facts = decide(chosen, command, LATER_MS, RULES)

    assert [type(fact) for fact in facts] == [f.InvoiceCancelled, f.PlanChosen]


def test_choosing_the_running_plan_takes_back_a_choice() -> None:
    chosen = evolve(active(), f.PlanChosen("plan_annual_pro"))
    command = ChangePlan(subscription_id="sub_1", user_id="usr_1", new_plan_id="plan_monthly_basic")

    assert decide(chosen, command, LATER_MS, RULES) == (f.PlanChosen(""),)


UPGRADE = ChangePlan(subscription_id="sub_1", user_id="usr_1", new_plan_id="plan_monthly_pro")


def upgraded_minor(subscription: Subscription, day: str) -> int:
    """What an upgrade on that day costs until the running period ends."""
    [fact] = [
        one
        for one in decide(subscription, UPGRADE, run_of(day), RULES)
        if isinstance(one, f.PlanChanged)
    ]
    return fact.prorated_minor


def test_an_upgrade_on_a_periods_first_day_costs_what_the_plans_differ_by() -> None:
    in_march = paid(charged(), run_of("2025-02-28"))
    assert (in_march.period_start, in_march.period_end) == (date(2025, 2, 28), date(2025, 3, 31))

    assert upgraded_minor(active(), "2025-01-31") == 29_99 - 9_99
    assert upgraded_minor(in_march, "2025-02-28") == 29_99 - 9_99


def test_an_upgrade_in_a_period_that_was_paid_at_a_discount_bears_the_discount() -> None:
    cheaper = active(discount_code="SAVE10")
    invoiced = fired(cheaper, "invoice")
    renewed = paid(fired(invoiced, "renewal"), run_of("2025-02-28"))

    assert upgraded_minor(cheaper, "2025-01-31") == 26_99 - 8_99
    assert upgraded_minor(invoiced, "2025-01-31") == 26_99 - 8_99
    assert upgraded_minor(renewed, "2025-02-28") == 29_99 - 9_99


def test_an_upgrade_after_a_pause_counts_days_of_service_only() -> None:
    pausing = PauseSubscription(subscription_id="sub_1", user_id="usr_1", resume_at="2025-03-17")
    paused = evolve_all(active(), decide(active(), pausing, run_of("2025-02-14"), RULES))
    again = fired(paused, "resume")
    assert again.period_end == date(2025, 3, 31)

    # 14 of 28 days of each plan, as without the pause.
    assert upgraded_minor(again, "2025-03-17") == upgraded_minor(active(), "2025-02-14")


def test_an_upgrade_in_a_period_that_a_short_month_began_counts_to_the_anchors_day() -> None:
    in_march = paid(charged(), run_of("2025-02-28"))

    # 15 of the 31 days from 28 February to 31 March.
    assert upgraded_minor(in_march, "2025-03-16") == round(29_99 * 15 / 31) - round(9_99 * 15 / 31)


def test_an_upgrade_where_the_next_period_is_late_costs_nothing_for_days_that_are_over() -> None:
    assert upgraded_minor(active(), "2025-03-05") == 0


def test_an_upgrade_on_trial_costs_nothing_for_the_trial() -> None:
    trial = pending(plan_id="plan_monthly_pro")
    command = ChangePlan(
        subscription_id="sub_1", user_id="usr_1", new_plan_id="plan_annual_enterprise"
    )

    [fact] = decide(trial, command, START_MS, RULES)

    assert isinstance(fact, f.PlanChanged)
    assert fact.prorated_minor == 0


def test_an_upgrade_in_a_period_that_was_free_is_credited_nothing_for_it() -> None:
    free = fired(pending(plan_id="plan_monthly_pro"), "trial")
    command = ChangePlan(
        subscription_id="sub_1", user_id="usr_1", new_plan_id="plan_annual_enterprise"
    )

    [fact] = decide(free, command, run_of("2025-02-18"), RULES)

    assert free.status is Status.ACTIVE
    assert isinstance(fact, f.PlanChanged)
    assert fact.prorated_minor == round(499_00 * 10 / 365)


TO_ENTERPRISE = UPGRADE.model_copy(update={"new_plan_id": "plan_annual_enterprise"})


def test_an_upgrade_after_the_period_that_was_free_is_credited_what_was_paid() -> None:
    free = fired(pending(plan_id="plan_monthly_pro"), "trial")
    in_march = paid(fired(fired(free, "invoice"), "renewal"), run_of("2025-02-28"))

    [fact] = decide(in_march, TO_ENTERPRISE, run_of("2025-02-28"), RULES)

    assert isinstance(fact, f.PlanChanged)
    assert fact.prorated_minor == round(499_00 * 31 / 365) - 29_99


def test_a_second_upgrade_in_a_period_that_was_free_is_credited_the_first() -> None:
    tried = PlanSpec("Basic", "monthly", 9_99, tier=1, trial_days=14)
    own = dataclasses.replace(RULES.own, plans={**PLANS, "plan_monthly_basic": tried})
    rules = RULES._replace(own=own)
    free = fired(pending(rules), "trial", rules)
    at_ms = run_of("2025-02-18")
    first = evolve_all(free, decide(free, UPGRADE, at_ms, rules))

    second = evolve_all(first, decide(first, TO_ENTERPRISE, at_ms, rules))

    # Both are owed together what the second alone would have been.
    assert first.balance_minor == round(29_99 * 10 / 28)
    assert second.balance_minor == round(499_00 * 10 / 365)


@pytest.mark.parametrize(
    ("subscription", "charges"),
    [
        (active(), False),
        (fired(active(), "invoice"), False),
        (charged(), False),
        (lost(charged(), run_of("2025-02-28")), True),
        (lost(charged(), run_of("2025-02-28"), retryable=False), True),
    ],
)
def test_a_new_card_is_charged_with_what_is_owed_and_with_nothing_else(
    subscription: Subscription, *, charges: bool
) -> None:
    command = UpdatePaymentMethod(
        user_id="usr_1", payment_method=PaymentMethod(type="debit_card", token="tok_new")
    )

    facts = decide(subscription, command, LATER_MS, RULES)

    assert any(isinstance(fact, f.ChargeBegun) for fact in facts) is charges
    assert isinstance(facts[0], f.MethodChanged)


@pytest.mark.parametrize("end", [Status.CANCELLED, Status.EXPIRED])
@pytest.mark.parametrize(
    ("named", "facts"), [("sub_1", (f.Refused("update_payment_method", "not_active"),)), (None, ())]
)
def test_one_that_has_ended_keeps_no_new_card_and_says_so_where_it_is_named(
    end: Status, named: str | None, facts: f.Facts
) -> None:
    command = UpdatePaymentMethod(
        user_id="usr_1",
        subscription_id=named,
        payment_method=PaymentMethod(type="debit_card", token="tok_new"),
    )

    assert decide(replace(active(), status=end), command, LATER_MS, RULES) == facts


def test_the_same_way_to_pay_given_again_is_tried_at_once_where_something_is_owed() -> None:
    same = PaymentMethod(type="paypal", paypal_payer_id="PAYER")
    command = UpdatePaymentMethod(user_id="usr_1", payment_method=same)
    owing = evolve_all(OLD_DEBT, decide(OLD_DEBT, command, LATER_MS, RULES)[:1])
    by_paypal = evolve_all(active(), decide(active(), command, LATER_MS, RULES))

    [again] = decide(owing, command, LATER_MS, RULES)

    assert isinstance(again, f.ChargeBegun)
    assert not again.is_retry, "it uses up no retry"
    assert decide(evolve(owing, again), command, LATER_MS, RULES) == (), "one is under way"
    assert decide(by_paypal, command, LATER_MS, RULES) == (), "nothing is owed"


def test_a_card_that_came_during_a_charge_is_tried_as_soon_as_that_fails() -> None:
    command = UpdatePaymentMethod(
        user_id="usr_1", payment_method=PaymentMethod(type="debit_card", token="tok_new")
    )
    subscription = evolve_all(charged(), decide(charged(), command, LATER_MS, RULES))

    after = lost(subscription, LATER_MS, retryable=False)

    assert (after.status, after.under_way) == (Status.PAST_DUE, True)


def test_a_retry_under_way_is_not_begun_again() -> None:
    retrying = fired(lost(charged(), run_of("2025-02-28")), "dunning")

    assert (retrying.status, retrying.under_way) == (Status.PAST_DUE, True)
    assert "dunning" not in dict(due_times(retrying, RULES))


def test_a_third_card_waits_for_the_charge_of_the_second() -> None:
    owing = lost(charged(), run_of("2025-02-28"))
    for token in ("tok_2", "tok_3"):
        command = UpdatePaymentMethod(
            user_id="usr_1", payment_method=PaymentMethod(type="debit_card", token=token)
        )
        facts = decide(owing, command, LATER_MS, RULES)
        owing = evolve_all(owing, facts)

    assert [type(fact) for fact in facts] == [f.MethodChanged]
    assert owing.invoice is not None
    assert owing.invoice.method_id == "tok_2"


def test_an_adopted_subscription_that_never_paid_comes_back_on_a_new_anchor() -> None:
    rules = Rules(SubscriptionRules(reactivation=True), BillingRules())
    adopted = replace(pending(rules), status=Status.ACTIVE)
    suspended = fired(lost(adopted, START_MS, rules, retryable=False), "grace", rules)
    command = UpdatePaymentMethod(
        user_id="usr_1", payment_method=PaymentMethod(type="debit_card", token="tok_new")
    )
    at_ms = run_of("2025-02-20")
    trying = evolve_all(suspended, decide(suspended, command, at_ms, rules))

    back = paid(trying, at_ms, rules)

    assert (back.status, back.period_start, back.period_end) == (
        Status.ACTIVE,
        date(2025, 2, 20),
        date(2025, 3, 20),
    )


def test_a_plan_that_begins_to_count_months_is_anchored_where_it_begins() -> None:
    weekly = active(plan_id="plan_save_weekly", items=GOODS, shipping_address=HOME)
    monthly = evolve(weekly, f.PlanChosen("plan_save_monthly"))

    renewed = paid(fired(fired(monthly, "invoice"), "renewal"), run_of("2025-02-07"))

    assert (renewed.period_start, renewed.period_end) == (date(2025, 2, 7), date(2025, 3, 7))
    assert (renewed.plan_id, renewed.anchor_day) == ("plan_save_monthly", 7)


def test_a_customer_is_reminded_once() -> None:
    issued = fired(active(), "invoice")

    assert "reminder" in dict(due_times(issued, RULES))
    assert "reminder" not in dict(due_times(fired(issued, "reminder"), RULES))


def test_a_card_without_a_token_is_refused() -> None:
    command = UpdatePaymentMethod(user_id="usr_1", payment_method=PaymentMethod(type="debit_card"))

    assert decide(active(), command, LATER_MS, RULES) == (
        f.Refused("update_payment_method", "no_token"),
    )


def test_a_charge_under_way_outlasts_the_grace() -> None:
    graced = lost(charged(), run_of("2025-02-28"), retryable=False)
    command = UpdatePaymentMethod(
        user_id="usr_1", payment_method=PaymentMethod(type="debit_card", token="tok_new")
    )
    trying = evolve_all(graced, decide(graced, command, run_of("2025-03-06"), RULES))

    assert "grace" not in dict(due_times(trying, RULES))
    late = lost(trying, run_of("2025-03-08"))
    assert late.status is Status.SUSPENDED
    assert paid(trying, run_of("2025-03-08")).status is Status.ACTIVE


@pytest.mark.parametrize(
    ("day", "status"), [("2025-03-06", Status.GRACE), ("2025-03-07", Status.SUSPENDED)]
)
def test_a_new_card_that_fails_during_the_grace_leaves_what_is_left_of_it(
    day: str, status: Status
) -> None:
    rules = Rules(SubscriptionRules(reactivation=True), BillingRules())
    graced = lost(charged(rules), run_of("2025-02-28"), rules, retryable=False)
    command = UpdatePaymentMethod(
        user_id="usr_1", payment_method=PaymentMethod(type="debit_card", token="tok_new")
    )
    trying = evolve_all(graced, decide(graced, command, run_of("2025-03-05"), rules))

    assert lost(trying, run_of(day), rules).status is status


@pytest.mark.parametrize("ended", [True, False], ids=["it had ended", "it never began"])
def test_a_charge_that_failed_for_nobody_is_waited_for_no_more(*, ended: bool) -> None:
    thrown_out = cancel_command(reason="policy_violation", requested_by="support")
    gone = evolve_all(charged(), cancelling(charged(), thrown_out))
    failing = gone if ended else pending()

    after = lost(failing, LATER_MS)

    assert after.status is Status.CANCELLED
    assert decide(after, processed(after), LATER_MS, RULES) == (), "it is no stray payment"


def test_a_trial_longer_than_the_period_goes_from_trialing_to_past_due() -> None:
    weekly = PlanSpec("Weekly", "weekly", 5_00, trial_days=30)
    rules = Rules(SubscriptionRules(plans={"plan_w": weekly}), BillingRules())
    trial = pending(rules, plan_id="plan_w")
    billed = fired(fired(trial, "invoice", rules), "renewal", rules)

    assert paid(billed, START_MS, rules).status is Status.TRIALING
    assert lost(billed, START_MS, rules).status is Status.PAST_DUE


def test_a_plan_that_does_not_renew_itself_expires() -> None:
    once = PlanSpec("Season", "monthly", 5_00, auto_renew=False)
    rules = Rules(SubscriptionRules(plans={"plan_once": once}), BillingRules())

    season = active(rules, plan_id="plan_once")

    assert fired(season, "period-end", rules).status is Status.EXPIRED


def test_a_plan_that_does_not_renew_itself_gives_way_to_the_one_that_was_chosen() -> None:
    once = PlanSpec("Season", "monthly", 5_00, auto_renew=False)
    rules = Rules(SubscriptionRules(plans={**RULES.own.plans, "plan_once": once}), BillingRules())
    season = active(rules, plan_id="plan_once")
    choice = ChangePlan(
        subscription_id="sub_1",
        user_id="usr_1",
        new_plan_id="plan_monthly_basic",
        effective="period_end",
    )

    chosen = evolve_all(season, decide(season, choice, START_MS, rules))
    renewed = paid(fired(fired(chosen, "invoice", rules), "renewal", rules), START_MS, rules)

    assert renewed.plan_id == "plan_monthly_basic"
    assert renewed.period_start == season.period_end


def test_a_free_period_is_paid_without_a_charge() -> None:
    free = PlanSpec("Free", "monthly", 0)
    rules = Rules(SubscriptionRules(plans={"plan_free": free}), BillingRules())

    subscription = pending(rules, plan_id="plan_free")

    assert subscription.status is Status.ACTIVE
    assert fired(fired(subscription, "invoice", rules), "renewal", rules).period_end == date(
        2025, 3, 31
    )


def test_credit_that_an_invoice_does_not_use_up_lowers_the_next() -> None:
    credited = replace(active(), balance_minor=-15_00)
    first = fired(fired(credited, "invoice"), "renewal")

    second = fired(first, "invoice")

    assert first.balance_minor == -(15_00 - 9_99)
    assert second.invoice is not None
    assert second.invoice.subtotal_minor == 9_99 - (15_00 - 9_99)


def test_a_discount_is_gone_after_its_last_invoice() -> None:
    cheaper = active(discount_code="SAVE10")

    assert cheaper.invoice is not None
    assert cheaper.invoice.percent == 10
    assert (cheaper.percent, cheaper.percent_cycles) == (0, 0)


def test_a_timer_that_is_not_due_means_nothing() -> None:
    subscription = active()
    [(kind, due_ms)] = due_times(subscription, RULES)

    assert time_up(subscription, kind, due_ms - 1, RULES) == ()
    assert all(
        time_up(subscription, other, due_ms, RULES) == () for other in TIMERS if other != kind
    )


@pytest.mark.parametrize("status", sorted(ENDED))
def test_what_has_ended_has_no_timers(status: Status) -> None:
    assert list(due_times(at_status(status), RULES)) == []


def test_only_the_contracts_transitions_happen() -> None:
    for status in Status:
        for to in Status:
            if status is to or (status, to) in MOVES:
                continue
            with pytest.raises(AssertionError):
                evolve(replace(active(), status=status), f.Moved(to))


def test_ended_subscriptions_are_kept_within_a_bound_and_live_ones_always() -> None:
    row = Subscriber((active(),))
    for number in range(20):
        ended = replace(active(), subscription_id=f"sub_e{number}", status=Status.CANCELLED)
        row = kept(row, ended, RULES)

    assert len(row.subscriptions) == 1 + ENDED_KEPT_MAX
    assert row.find("sub_1") is not None
    assert row.find("sub_e19") is not None
    assert row.left == ()


def test_a_user_who_leaves_is_remembered() -> None:
    row = kept(Subscriber((active(),)), replace(active(), status=Status.CANCELLED), RULES)

    assert row.left == ("member",)


def others(plan: str) -> UserSubscriptionStarted:
    """A subscription that another producer began."""
    return UserSubscriptionStarted(
        subscription_id="sub_9",
        user_id="usr_1",
        plan=Plan(plan_id=plan),
        trial_period_days=0,
        start_date="2025-01-31",
        next_billing_date="2025-02-28",
        payment_method_id="pm_1",
    )


@pytest.mark.parametrize("plan", ["plan_unknown", "plan_save_weekly"])
def test_others_subscriptions_to_plans_we_cannot_bill_are_left_alone(plan: str) -> None:
    assert adopt(NOBODY, others(plan), START_MS, "corr_1", RULES) == ()


@pytest.mark.parametrize(
    ("plan", "today", "period", "skipped"),
    [
        ("plan_monthly_pro", "2025-02-27", ("2025-01-31", "2025-02-28"), 0),
        ("plan_monthly_pro", "2025-02-28", ("2025-02-28", "2025-03-31"), 1),
        ("plan_monthly_pro", "2027-01-01", ("2026-12-31", "2027-01-31"), 23),
        ("plan_annual_pro", "2027-01-01", ("2026-02-28", "2027-02-28"), 2),
        ("plan_weekly_pro", "2025-03-13", ("2025-03-07", "2025-03-14"), 2),
    ],
)
def test_what_was_over_before_it_was_known_is_skipped(
    plan: str, today: str, period: tuple[str, str], skipped: int
) -> None:
    weekly = PlanSpec("Weekly", "weekly", 9_99)
    own = dataclasses.replace(RULES.own, plans={**RULES.own.plans, "plan_weekly_pro": weekly})
    one = begun(adopt(NOBODY, others(plan), run_of(today), "corr_1", RULES._replace(own=own)))

    assert one is not None
    assert (str(one.period_start), str(one.period_end)) == period
    assert one.skipped == skipped
    assert one.invoice is not None
    assert str(one.invoice.period_start) == period[0]


@pytest.mark.parametrize(
    ("starts", "told", "following"),
    [
        ("2025-01-31", "2025-02-28", "2025-03-31"),
        ("2025-01-01", "2025-01-15", "2025-02-15"),
        ("2025-01-31", "2025-03-03", "2025-04-03"),
        ("2024-02-29", "2025-02-28", "2025-03-29"),
        ("2023-12-31", "2025-04-30", "2025-05-31"),
    ],
)
def test_others_subscriptions_go_on_from_the_day_that_their_customers_were_told(
    starts: str, told: str, following: str
) -> None:
    event = others("plan_monthly_pro").model_copy(
        update={
            "start_date": date.fromisoformat(starts),
            "next_billing_date": date.fromisoformat(told),
        }
    )
    one = begun(adopt(NOBODY, event, run_of(starts), "corr_1", RULES))
    assert one is not None
    first = paid(one, run_of(starts))

    second = fired(fired(first, "invoice"), "renewal")

    assert first.invoice is not None
    assert second.invoice is not None
    assert (str(second.invoice.period_start), str(second.invoice.period_end)) == (told, following)
    assert second.invoice.payment_id != first.invoice.payment_id, "it is another charge"


@pytest.mark.parametrize(
    ("today", "status", "charges"),
    [
        ("2025-02-01", Status.TRIALING, False),
        ("2025-02-27", Status.TRIALING, False),
        ("2025-02-28", Status.ACTIVE, True),
    ],
)
def test_others_subscriptions_on_trial_are_charged_from_their_second_period_on(
    today: str, status: Status, *, charges: bool
) -> None:
    event = others("plan_monthly_pro").model_copy(update={"trial_period_days": 14})

    one = begun(adopt(NOBODY, event, run_of(today), "corr_1", RULES))

    assert one is not None
    assert (one.status, one.trial_days, one.under_way) == (status, 14, charges)


@pytest.mark.parametrize(("trial_days", "status"), [(28, "active"), (29, "trialing")])
def test_others_trial_longer_than_a_period_goes_on_in_the_next_until_its_last_day(
    trial_days: int, status: str
) -> None:
    event = others("plan_monthly_pro").model_copy(update={"trial_period_days": trial_days})

    one = begun(adopt(NOBODY, event, run_of("2025-02-28"), "corr_1", RULES))

    assert one is not None
    assert one.status == status


@pytest.mark.parametrize(("today", "charges"), [("2025-02-27", True), ("2025-02-28", False)])
def test_others_subscriptions_that_do_not_renew_are_charged_while_they_run(
    today: str, *, charges: bool
) -> None:
    once = {"plan_once": PlanSpec("Once", "monthly", 9_99, auto_renew=False)}
    rules = RULES._replace(own=dataclasses.replace(RULES.own, plans=once))

    one = begun(adopt(NOBODY, others("plan_once"), run_of(today), "corr_1", rules))

    assert one is not None
    assert (one.skipped, one.under_way) == (0, charges)


def test_every_state_has_a_word_for_the_query() -> None:
    words = set(WORDS.values())
    assert {word: {str(s) for s in WORDS if WORDS[s] == word} for word in words} == {
        "active": {"trialing", "active", "past_due", "grace", "cancel_scheduled"},
        "pending": {"pending", "paused", "suspended"},
        "canceled": {"cancelled"},
        "expired": {"expired"},
    }
    assert foremost(NOBODY) is None
    ended = replace(active(), subscription_id="sub_2", status=Status.EXPIRED)
    assert foremost(Subscriber((active(), ended))) == active()
    told = standing(replace(active(plan_id="plan_annual_pro"), status=Status.GRACE), RULES)
    assert (told.subscription_status, told.state) == ("active", "grace")
    assert (told.billing_frequency, told.next_billing_date) == ("yearly", date(2026, 1, 31))


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.EXPIRED])
def test_a_subscription_that_has_ended_has_no_next_billing_date(status: Status) -> None:
    assert standing(replace(active(), status=status), RULES).next_billing_date is None


@pytest.mark.parametrize("running", [0, 5], ids=["no discount ran", "a discount ran"])
def test_an_offer_taken_while_an_invoice_is_charged_lowers_the_two_after_it(running: int) -> None:
    sold = replace(active(), percent=running, percent_cycles=1 if running else 0)
    charging = fired(fired(sold, "invoice"), "renewal")
    at_ms = run_of("2025-03-05")
    leaving = cancel(charging, cancel_command(), at_ms, RULES, locked=False)
    asked_to_leave = evolve_all(charging, leaving)
    stays = RespondToOffer(subscription_id="sub_1", user_id="usr_1", accepted=True)

    stayed = evolve_all(asked_to_leave, decide(asked_to_leave, stays, at_ms, RULES))
    after = paid(stayed, at_ms)

    assert (after.period_percent, after.percent, after.percent_cycles) == (running, 10, 2)


def test_an_offer_lowers_two_invoices_after_a_period_that_a_code_lowered() -> None:
    cheaper = active(discount_code="SAVE10")
    at_ms = run_of("2025-12-01")
    asked_to_leave = evolve_all(
        cheaper, cancel(cheaper, cancel_command(), at_ms, RULES, locked=False)
    )
    stays = RespondToOffer(subscription_id="sub_1", user_id="usr_1", accepted=True)

    stayed = evolve_all(asked_to_leave, decide(asked_to_leave, stays, at_ms, RULES))

    assert (stayed.percent, stayed.percent_cycles) == (25, 2)


@pytest.mark.parametrize(("day", "offered"), [("2025-12-28", False), ("2025-12-29", True)])
def test_who_stayed_is_offered_nothing_for_180_days(day: str, *, offered: bool) -> None:
    stays = RespondToOffer(subscription_id="sub_1", user_id="usr_1", accepted=True)
    at_ms = run_of("2025-07-01")
    one = evolve_all(active(), cancel(active(), cancel_command(), at_ms, RULES, locked=False))
    one = evolve_all(one, decide(one, stays, at_ms, RULES))
    spent = replace(one, percent=0, percent_cycles=0)

    facts = cancel(spent, cancel_command(), run_of(day), RULES, locked=False)

    assert any(isinstance(fact, f.OfferMade) for fact in facts) is offered


def test_who_said_no_is_told_once_when_it_ends() -> None:
    leaving = evolve_all(active(), cancelling(active(), cancel_command(decline_offer=True)))
    no = RespondToOffer(subscription_id="sub_1", user_id="usr_1", accepted=False)

    assert decide(leaving, no, LATER_MS, RULES) == ()
    assert cancelling(leaving, cancel_command(decline_offer=True)) == ()


def test_who_declines_an_offer_by_cancelling_again_is_told_when_it_ends() -> None:
    offered = evolve_all(active(), cancelling(active(), cancel_command()))

    facts = cancelling(offered, cancel_command(decline_offer=True))

    assert facts == (f.LeaveSettled(active().period_end),)


@pytest.mark.parametrize("day", ["2025-02-28", "2025-03-01"])
def test_who_was_told_the_day_is_told_nothing_else_when_support_ends_it_then(day: str) -> None:
    support = cancel_command(requested_by="support", at_period_end=False)
    leaving = evolve_all(active(), cancelling(active(), cancel_command(decline_offer=True)))

    [over] = cancel(leaving, support, run_of(day), RULES, locked=False)

    assert isinstance(over, f.Cancelled)
    assert over.was_told


@pytest.mark.parametrize("stays", [True, False])
def test_who_stayed_after_all_or_was_told_no_day_is_told_that_support_ends_it(
    *, stays: bool
) -> None:
    support = cancel_command(requested_by="support", at_period_end=False)
    word = RespondToOffer(subscription_id="sub_1", user_id="usr_1", accepted=True)
    asked_to_leave = evolve_all(active(), cancelling(active(), cancel_command()))
    told = evolve_all(active(), cancelling(active(), cancel_command(decline_offer=True)))
    one = evolve_all(told, decide(told, word, LATER_MS, RULES)) if stays else asked_to_leave

    over = cancelling(one, support)[-1]

    assert isinstance(over, f.Cancelled)
    assert not over.was_told


def test_who_resumed_gains_no_days_for_the_pause_once_more_by_leaving() -> None:
    pausing = PauseSubscription(subscription_id="sub_1", user_id="usr_1")
    paused = evolve_all(active(), decide(active(), pausing, run_of("2025-02-10"), RULES))
    again = fired(paused, "resume")

    facts = cancelling(again, cancel_command(decline_offer=True))

    assert [type(fact) for fact in facts] == [f.LeaveAsked, f.LeaveSettled]


def test_a_pause_of_no_day_moves_no_anchor() -> None:
    in_february = paid(charged(), run_of("2025-02-28"))
    short = replace(in_february, period_end=date(2025, 4, 30))
    paused = evolve(short, f.Paused(date(2025, 4, 1), date(2025, 4, 30)))

    again = evolve(paused, f.Extended(0))

    assert (again.period_end, again.anchor_day) == (date(2025, 4, 30), 31)


def upgraded_late() -> Subscription:
    """One whose upgrade is owed, and which renews itself no more."""
    at_ms = run_of("2025-02-14")
    return evolve_all(active(), decide(active(), UPGRADE, at_ms, RULES))


def test_a_plan_that_ends_with_its_period_is_charged_what_an_upgrade_cost() -> None:
    plans = {name: dataclasses.replace(plan, auto_renew=False) for name, plan in PLANS.items()}
    rules = RULES._replace(own=dataclasses.replace(RULES.own, plans=plans))

    over = fired(upgraded_late(), "period-end", rules)

    assert over.status is Status.EXPIRED
    assert over.invoice is not None
    assert over.invoice.subtotal_minor == upgraded_late().balance_minor == 10_00
    assert over.invoice.under_way


def test_support_charges_an_upgrade_only_to_who_pays_and_where_no_charge_has_it_already() -> None:
    support = cancel_command(requested_by="support", at_period_end=False)
    charging = fired(fired(upgraded_late(), "invoice"), "renewal")
    owing = lost(charging, run_of("2025-02-28"))

    def charges(one: Subscription) -> bool:
        return any(isinstance(fact, f.ChargeBegun) for fact in cancelling(one, support))

    assert charges(upgraded_late())
    assert not charges(charging)
    assert not charges(owing)
    assert not charges(replace(owing, status=Status.SUSPENDED))


def test_who_is_suspended_leaves_at_once() -> None:
    rules = Rules(SubscriptionRules(reactivation=True), BillingRules())
    owing = lost(charged(rules), run_of("2025-02-28"), rules, retryable=False)
    suspended = fired(owing, "grace", rules)

    facts = cancel(suspended, cancel_command(), LATER_MS, rules, locked=False)

    assert [type(fact) for fact in facts] == [f.InvoiceCancelled, f.Cancelled]


def test_who_leaves_during_a_charge_is_told_when_once_its_outcome_is_known() -> None:
    leaving = evolve_all(charged(), cancelling(charged(), cancel_command()))
    no = RespondToOffer(subscription_id="sub_1", user_id="usr_1", accepted=False)

    declined = evolve_all(leaving, decide(leaving, no, LATER_MS, RULES))
    facts = decide(declined, processed(declined), LATER_MS, RULES)

    assert decide(leaving, no, LATER_MS, RULES) == (f.OfferClosed(),)
    assert decide(declined, no, LATER_MS, RULES) == ()
    assert facts[-1] == f.LeaveSettled(date(2025, 3, 31))


def test_accepting_after_the_offer_is_over_only_withdraws_the_cancellation() -> None:
    at_ms = LATER_MS + 9 * HOUR_MS
    offered = cancel(active(), cancel_command(), at_ms, RULES, locked=False)
    asked_to_leave = evolve_all(active(), offered)
    command = RespondToOffer(subscription_id="sub_1", user_id="usr_1", accepted=True)

    assert asked_to_leave.leaving is not None
    due_ms = asked_to_leave.leaving.offer_due_ms

    late = decide(asked_to_leave, command, due_ms, RULES)
    in_time = decide(asked_to_leave, command, due_ms - 1, RULES)

    assert due_ms == at_ms + 7 * DAY_MS
    assert late == (f.Stayed(),)
    assert in_time == (f.OfferTaken(25, 2), f.Stayed())


def test_what_is_said_depends_on_the_facts_alone() -> None:
    facts = asked()

    first = list(following(None, facts, START_MS, RULES, "event-1"))

    assert first == list(following(None, facts, START_MS, RULES, "event-1"))
    assert [message.name for message in first] == [
        "InvoiceGenerated",
        "SubscriptionPaymentDue",
        "PaymentInitiated",
    ]


def spoken(subscription: Subscription, *facts: f.Fact) -> Any:
    """The one message that says the facts."""
    [message] = following(subscription, facts, START_MS, RULES, "event-1")
    return message


def test_an_order_of_goods_is_paid_with_what_its_invoice_took_for_them() -> None:
    weekly = active(plan_id="plan_save_weekly", items=GOODS, shipping_address=HOME)
    assert weekly.invoice is not None

    order = spoken(weekly, f.OrderPlaced("ord_1"))

    assert (order.subscription_id, order.currency) == ("sub_1", "USD")
    assert order.payment.payment_id == weekly.invoice.payment_id
    assert (order.payment.status, order.payment.amount_minor) == ("captured", 3 * 5_00)
    assert [item.total_price_minor for item in order.order_items] == [3 * 5_00]


def test_a_stray_payment_goes_back_in_the_currency_it_came_in() -> None:
    stray = spoken(charged(), f.StrayPayment("pay_1", 10_79, "EUR"))

    assert (stray.payment_id, stray.amount_minor, stray.currency) == ("pay_1", 10_79, "EUR")


@pytest.mark.parametrize(
    ("fact", "priority", "about"),
    [
        (f.GraceBegun(7), "HIGH", {"graceEndsAt": 7}),
        (f.UpgradeHinted("plan_monthly_pro"), "LOW", {"higherPlan": "Pro Monthly"}),
        (f.Expired(), "NORMAL", {}),
        (
            f.Cancelled(date(2025, 2, 1), "other", "customer", None, was_told=True),
            "NORMAL",
            {"percent": 10},
        ),
    ],
)
def test_a_notice_has_the_words_that_its_template_asks_for(
    fact: f.Fact, priority: str, about: dict[str, Any]
) -> None:
    subscription = lost(charged(), LATER_MS) if isinstance(fact, f.GraceBegun) else active()

    notice = spoken(subscription, fact)

    basic = {"subscriptionId": "sub_1", "planId": "plan_monthly_basic", "plan": "Basic Monthly"}
    assert notice.template_data == basic | about
    assert notice.priority == priority


def test_an_offer_says_what_it_is_worth_and_until_when() -> None:
    leaving = evolve(active(), f.LeaveAsked("other", "customer", None))

    notice = spoken(leaving, f.OfferMade(START_MS, 25, START_MS + 7))

    told = notice.template_data
    assert told["plan"] == "Basic Monthly"
    assert (told["percent"], told["cycles"], told["validUntil"]) == (25, 2, START_MS + 7)


def test_an_account_stays_locked_until_each_finding_that_locked_it_is_cleared() -> None:
    findings = [
        FraudDetected(payment_id=name, fraud_type="stolen_card", severity="critical")
        for name in ("pay_1", "pay_2", "pay_2")
    ]
    words = [
        ClearSuspension(payment_id=name, customer_id="usr_1", reviewer="kim", rationale="honest")
        for name in ("pay_1", "pay_3", "pay_2")
    ]

    subscriber = reduce(locked, findings, NOBODY)
    cleared = list(accumulate(words, unlocked, initial=subscriber))

    assert [one.locked for one in cleared] == [True, True, True, False]
    assert cleared[-1] == NOBODY
