"""Subscriptions at points of their lives."""

from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from events.payments import PaymentFailed, PaymentProcessed
from events.subscriptions import CancelSubscription, SubscribeUser
from events.types import Address, OrderItem
from streams.billing.calendar import run_ms
from streams.billing.rules import BillingRules
from streams.subscriptions.deadlines import due_times
from streams.subscriptions.deciding import decide, time_up
from streams.subscriptions.evolution import evolve_all
from streams.subscriptions.facts import Began, Facts
from streams.subscriptions.rows import Status, Subscriber, Subscription
from streams.subscriptions.rules import Rules, SubscriptionRules
from streams.subscriptions.subscriber import NOBODY
from streams.subscriptions.subscribing import subscribe

RULES = Rules(SubscriptionRules(), BillingRules())
START_MS = round(datetime(2025, 1, 31, 10, tzinfo=UTC).timestamp() * 1000)
HOME = Address(line1="1 Main St", city="Austin", state="TX", country="US")
GOODS = (OrderItem(product_id="p1", quantity=3, unit_price_minor=5_55),)


def subscribe_user(**told: Any) -> SubscribeUser:
    return SubscribeUser(
        **{
            "user_id": "usr_1",
            "plan_id": "plan_monthly_basic",
            "payment_method_id": "tok_visa",
            **told,
        }
    )


def asked(subscriber: Subscriber = NOBODY, rules: Rules = RULES, **told: Any) -> Facts:
    """What SubscribeUser leads to."""
    command = subscribe_user(**told)
    return subscribe(subscriber, command, "sub_1", START_MS, "corr_1", rules)


def begun(facts: Facts) -> Subscription | None:
    """The subscription after facts that may begin it."""
    if not facts or not isinstance(facts[0], Began):
        return None
    return evolve_all(facts[0].subscription, facts[1:])


def pending(rules: Rules = RULES, **told: Any) -> Subscription:
    """One whose first charge is under way."""
    found = begun(asked(rules=rules, **told))
    assert found is not None
    return found


def processed(subscription: Subscription, **told: Any) -> PaymentProcessed:
    invoice = subscription.invoice
    assert invoice is not None
    return PaymentProcessed(
        **{
            "payment_id": invoice.payment_id,
            "user_id": "usr_1",
            "subscription_id": subscription.subscription_id,
            "amount_minor": invoice.total_minor,
            "currency": invoice.currency,
            "payment_method": "credit_card",
            "status": "confirmed",
            **told,
        }
    )


def refused(subscription: Subscription, **told: Any) -> PaymentFailed:
    invoice = subscription.invoice
    assert invoice is not None
    return PaymentFailed(
        **{
            "payment_id": invoice.payment_id,
            "customer_id": "usr_1",
            "subscription_id": subscription.subscription_id,
            "amount_minor": invoice.total_minor,
            "currency": invoice.currency,
            "failure_reason": "insufficient_funds",
            "retryable": True,
            **told,
        }
    )


def cancel_command(**told: Any) -> CancelSubscription:
    return CancelSubscription(
        **{
            "subscription_id": "sub_1",
            "user_id": "usr_1",
            "reason": "other",
            "requested_by": "customer",
            **told,
        }
    )


def paid(subscription: Subscription, at_ms: int, rules: Rules = RULES) -> Subscription:
    """The same with its charge gone through."""
    return evolve_all(subscription, decide(subscription, processed(subscription), at_ms, rules))


def lost(subscription: Subscription, at_ms: int, rules: Rules = RULES, **told: Any) -> Subscription:
    """The same with its charge refused."""
    facts = decide(subscription, refused(subscription, **told), at_ms, rules)
    return evolve_all(subscription, facts)


def fired(subscription: Subscription, kind: str, rules: Rules = RULES) -> Subscription:
    """The same after a timer it has."""
    due_ms = dict(due_times(subscription, rules))[kind]
    return evolve_all(subscription, time_up(subscription, kind, due_ms, rules))


def active(rules: Rules = RULES, **told: Any) -> Subscription:
    """One that runs from 31 January to 28 February."""
    return paid(pending(rules, **told), START_MS, rules)


def charged(rules: Rules = RULES) -> Subscription:
    """One whose renewal is under way."""
    return fired(fired(active(rules), "invoice", rules), "renewal", rules)


def at_status(status: Status, rules: Rules = RULES) -> Subscription:
    """One in that state, put there by hand where that is quicker."""
    subscription = charged(rules) if status in (Status.PAST_DUE, Status.GRACE) else active(rules)
    return replace(subscription, status=status)


def run_of(day: str) -> int:
    """The moment at which that day's work is done."""
    return run_ms(datetime.fromisoformat(day).date(), RULES.billing)
