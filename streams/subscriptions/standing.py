"""The answer to GetSubscriptionStatus: the state in the query's four words, and our own."""

from datetime import date
from typing import Final, Literal

import msgspec

from streams.subscriptions.rows import ENDED, Status, Subscriber, Subscription
from streams.subscriptions.rules import Rules

WORDS: Final = {
    Status.PENDING: "pending",
    Status.TRIALING: "active",
    Status.ACTIVE: "active",
    Status.PAST_DUE: "active",
    Status.GRACE: "active",
    Status.CANCEL_SCHEDULED: "active",
    Status.PAUSED: "pending",
    Status.SUSPENDED: "pending",
    Status.CANCELLED: "canceled",
    Status.EXPIRED: "expired",
}
"""By state, in the query's spelling."""

_YEARLY: Final = "annual"


class Standing(msgspec.Struct, frozen=True, gc=False):
    """How a user's subscription stands: the fields of GetSubscriptionStatus, and our own word."""

    subscription_id: str
    user_id: str
    subscription_status: str
    state: str
    """Our own word, of ten."""
    plan_id: str
    billing_frequency: Literal["monthly", "yearly"]
    next_billing_date: date | None
    """None: it has ended, so nothing is billed any more."""
    next_plan_id: str | None = None
    """What the customer chose to have from then on; None: the same plan."""


def standing(subscription: Subscription, rules: Rules) -> Standing:
    """Say how a subscription stands."""
    plan = rules.own.plans[subscription.plan_id]
    return Standing(
        subscription_id=subscription.subscription_id,
        user_id=subscription.user_id,
        subscription_status=WORDS[subscription.status],
        state=subscription.status.value,
        plan_id=subscription.plan_id,
        billing_frequency="yearly" if plan.cycle == _YEARLY else "monthly",
        next_billing_date=None if subscription.status in ENDED else subscription.period_end,
        next_plan_id=subscription.next_plan_id or None,
    )


def foremost(subscriber: Subscriber) -> Subscription | None:
    """The subscription that a user's status is about: the newest live one, else the newest."""
    live = [one for one in subscriber.subscriptions if one.status not in ENDED]
    found = live or list(subscriber.subscriptions)
    return found[-1] if found else None
