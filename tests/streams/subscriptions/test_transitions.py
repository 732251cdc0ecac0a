"""The contract's machines of a subscription, its billing cycle and its invoice: all happens."""

from collections.abc import Callable

import pytest

from events.base import Message
from events.subscriptions import (
    PauseSubscription,
    RespondToOffer,
    ResumeSubscription,
    UpdatePaymentMethod,
)
from events.types import PaymentMethod
from streams.billing.rows import CYCLE_MOVES, INVOICE_MOVES, CycleStatus, InvoiceStatus
from streams.billing.rules import BillingRules
from streams.subscriptions.deciding import decide, invoice_sent
from streams.subscriptions.evolution import evolve_all
from streams.subscriptions.leaving import cancel
from streams.subscriptions.plans import PlanSpec
from streams.subscriptions.rows import MOVES, Status, Subscription
from streams.subscriptions.rules import Rules, SubscriptionRules
from tests.streams.subscriptions.samples import (
    RULES,
    START_MS,
    active,
    cancel_command,
    charged,
    fired,
    lost,
    paid,
    pending,
    run_of,
)

S, C, B = Status, CycleStatus, InvoiceStatus
Act = Callable[[Subscription], Subscription]

AT_MS = run_of("2025-02-28")
"""When the renewal of the first period is due."""
FORGIVING = Rules(SubscriptionRules(reactivation=True), BillingRules())
"""A suspended subscription may come back."""
LONG_TRIAL = Rules(
    SubscriptionRules(plans={"plan_w": PlanSpec("Weekly", "weekly", 5_00, trial_days=30)}),
    BillingRules(),
)
"""A trial that is longer than the period, so that a renewal may fail in it."""
ONCE = Rules(
    SubscriptionRules(plans={"plan_1": PlanSpec("Season", "monthly", 5_00, auto_renew=False)}),
    BillingRules(),
)


def say(message: Message, at_ms: int = AT_MS, rules: Rules = RULES) -> Act:
    return lambda one: evolve_all(one, decide(one, message, at_ms, rules))


def leave(*, at_once: bool = False) -> Act:
    """The customer leaves with the period; support may end it at once."""
    words = {"requested_by": "support", "at_period_end": False} if at_once else {}

    def act(one: Subscription) -> Subscription:
        facts = cancel(one, cancel_command(**words), START_MS, RULES, locked=False)
        return evolve_all(one, facts)

    return act


def give_up(one: Subscription) -> Subscription:
    """The shop ends what nobody pays for: the same instant, unless it may come back."""
    command = cancel_command(reason="payment_failure", requested_by="system")
    return evolve_all(one, cancel(one, command, AT_MS, FORGIVING, locked=False))


def time_up(kind: str, rules: Rules = RULES) -> Act:
    return lambda one: fired(one, kind, rules)


def fail(*, for_good: bool = False, rules: Rules = RULES) -> Act:
    return lambda one: lost(one, AT_MS, rules, retryable=not for_good)


def pay(rules: Rules = RULES) -> Act:
    return lambda one: paid(one, AT_MS, rules)


def sent(one: Subscription) -> Subscription:
    assert one.invoice is not None
    return evolve_all(one, invoice_sent(one, one.invoice.correlation_id))


NEW_CARD = say(
    UpdatePaymentMethod(
        user_id="usr_1", payment_method=PaymentMethod(type="debit_card", token="tok_new")
    )
)
PAUSE = say(
    PauseSubscription(subscription_id="sub_1", user_id="usr_1", resume_at="2025-03-10"), START_MS
)
STAY = say(RespondToOffer(subscription_id="sub_1", user_id="usr_1", accepted=True))
RESUME = say(ResumeSubscription(subscription_id="sub_1", user_id="usr_1"))

TRIALING = pending(plan_id="plan_monthly_pro")
LONG = fired(
    fired(pending(LONG_TRIAL, plan_id="plan_w"), "invoice", LONG_TRIAL), "renewal", LONG_TRIAL
)
PAUSED = PAUSE(active())
LEAVING = leave()(active())
PAST_DUE = lost(charged(), AT_MS)
RETRIED = fired(PAST_DUE, "dunning")
GRACE = lost(charged(), AT_MS, retryable=False)
SUSPENDED = fired(lost(charged(FORGIVING), AT_MS, FORGIVING, retryable=False), "grace", FORGIVING)


def third_retry(one: Subscription) -> Subscription:
    """All three retries fail."""
    for _ in range(3):
        one = lost(fired(one, "dunning"), AT_MS)
    return one


# from, to, what causes it, and how it comes about.
SUBSCRIPTION: list[tuple[Subscription, Status, str, Act]] = [
    (pending(), S.ACTIVE, "PaymentProcessed", pay()),
    (pending(), S.CANCELLED, "PaymentFailed", fail()),
    (TRIALING, S.ACTIVE, "timer:trial", time_up("trial")),
    (charged(), S.ACTIVE, "PaymentProcessed", pay()),
    (charged(), S.PAST_DUE, "PaymentFailed", fail()),
    (LONG, S.PAST_DUE, "PaymentFailed", fail(rules=LONG_TRIAL)),
    (RETRIED, S.ACTIVE, "PaymentProcessed", pay()),
    (PAST_DUE, S.GRACE, "the third retry fails", third_retry),
    (PAST_DUE, S.GRACE, "not retryable", lambda one: fail(for_good=True)(fired(one, "dunning"))),
    (GRACE, S.ACTIVE, "PaymentProcessed", lambda one: pay()(NEW_CARD(one))),
    (
        lost(charged(FORGIVING), AT_MS, FORGIVING, retryable=False),
        S.SUSPENDED,
        "timer:grace",
        time_up("grace", FORGIVING),
    ),
    (SUSPENDED, S.ACTIVE, "PaymentProcessed", lambda one: pay(FORGIVING)(NEW_CARD(one))),
    (SUSPENDED, S.CANCELLED, "CancelSubscription", give_up),
    (active(), S.PAUSED, "PauseSubscription", PAUSE),
    (TRIALING, S.PAUSED, "PauseSubscription", PAUSE),
    (PAUSED, S.ACTIVE, "ResumeSubscription", RESUME),
    (PAUSED, S.ACTIVE, "timer:resume", time_up("resume")),
    *[
        (one, S.CANCEL_SCHEDULED, "CancelSubscription", leave())
        for one in (active(), TRIALING, PAUSED)
    ],
    (LEAVING, S.ACTIVE, "RespondToOffer", STAY),
    (LEAVING, S.CANCELLED, "timer:period-end", time_up("period-end")),
    *[
        (one, S.CANCELLED, "CancelSubscription at once", leave(at_once=True))
        for one in (active(), TRIALING, PAUSED, PAST_DUE, GRACE)
    ],
    (active(ONCE, plan_id="plan_1"), S.EXPIRED, "timer:period-end", time_up("period-end", ONCE)),
]


def named(cases: list) -> list[str]:
    return [f"{one.status.value} to {to.value} by {cause}" for one, to, cause, _ in cases]


@pytest.mark.parametrize(
    ("before", "to", "act"),
    [(before, to, act) for before, to, _, act in SUBSCRIPTION],
    ids=named(SUBSCRIPTION),
)
def test_every_transition_of_a_subscription_happens(
    before: Subscription, to: Status, act: Act
) -> None:
    now = act(before)

    assert now.status is to
    assert now.version > before.version


def test_the_cases_are_the_contracts_moves() -> None:
    happened = {(before.status, to) for before, to, _, _ in SUBSCRIPTION if before.status is not to}
    at_birth = {(S.PENDING, S.TRIALING)}

    assert TRIALING.status is S.TRIALING
    assert happened | at_birth == MOVES


def invoice_of(one: Subscription) -> tuple[InvoiceStatus, CycleStatus]:
    assert one.invoice is not None
    return one.invoice.status, one.invoice.cycle


ISSUED = fired(active(), "invoice")
SENT = sent(ISSUED)
OVERDUE = fired(PAST_DUE, "overdue")

# The subscription before, what happens to it, and its invoice with its cycle after.
INVOICE: list[tuple[Subscription, Act, InvoiceStatus, CycleStatus]] = [
    (ISSUED, sent, B.SENT, C.SCHEDULED),
    (ISSUED, time_up("renewal"), B.ISSUED, C.PROCESSING),
    (charged(), pay(), B.PAID, C.PAID),
    (fired(SENT, "renewal"), pay(), B.PAID, C.PAID),
    (charged(), fail(), B.ISSUED, C.FAILED),
    (PAST_DUE, time_up("dunning"), B.ISSUED, C.RETRYING),
    (RETRIED, pay(), B.PAID, C.PAID),
    (RETRIED, fail(), B.ISSUED, C.FAILED),
    (PAST_DUE, time_up("overdue"), B.OVERDUE, C.FAILED),
    (lost(fired(SENT, "renewal"), AT_MS), time_up("overdue"), B.OVERDUE, C.FAILED),
    (NEW_CARD(OVERDUE), pay(), B.PAID, C.PAID),
    (ISSUED, leave(), B.CANCELLED, C.SCHEDULED),
    (SENT, leave(), B.CANCELLED, C.SCHEDULED),
    (OVERDUE, leave(at_once=True), B.CANCELLED, C.FAILED),
    (third_retry(PAST_DUE), time_up("grace"), B.ISSUED, C.SUSPENDED),
]


@pytest.mark.parametrize(("before", "act", "invoice", "cycle"), INVOICE)
def test_every_transition_of_an_invoice_and_its_cycle_happens(
    before: Subscription, act: Act, invoice: InvoiceStatus, cycle: CycleStatus
) -> None:
    assert invoice_of(act(before)) == (invoice, cycle)


def test_the_cases_are_the_contracts_moves_of_invoices_and_cycles() -> None:
    steps = [(invoice_of(one), (invoice, cycle)) for one, _, invoice, cycle in INVOICE]

    assert {(was[0], now[0]) for was, now in steps if was[0] is not now[0]} == INVOICE_MOVES
    assert {(was[1], now[1]) for was, now in steps if was[1] is not now[1]} == CYCLE_MOVES


def test_who_leaves_while_a_charge_is_under_way_is_gone_once_it_fails() -> None:
    no = say(RespondToOffer(subscription_id="sub_1", user_id="usr_1", accepted=False))
    rules = Rules(SubscriptionRules(offer_age_days=0), BillingRules())
    owing = charged()
    asked = evolve_all(owing, cancel(owing, cancel_command(), START_MS, rules, locked=False))
    declined = no(asked)
    assert (asked.status, declined.status) == (Status.CANCEL_SCHEDULED,) * 2
    assert asked.leaving is not None
    assert declined.leaving is not None
    assert (asked.leaving.offer_percent > 0, declined.leaving.offer_percent) == (True, 0)

    gone = lost(declined, AT_MS)

    assert gone.status is Status.CANCELLED
    assert invoice_of(gone)[0] is InvoiceStatus.CANCELLED
