"""The answer to GetSubscriptionStatus: the state in the query's four words, and our own."""

from typing import Final

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


def standing(subscription: Subscription, rules: Rules) -> dict[str, str | int]:
    """How a subscription stands, under the query's field names."""
    plan = rules.own.plans[subscription.plan_id]
    return {
        "subscriptionId": subscription.subscription_id,
        "userId": subscription.user_id,
        "subscriptionStatus": WORDS[subscription.status],
        "state": subscription.status.value,
        "planId": subscription.plan_id,
        "billingFrequency": "yearly" if plan.cycle == _YEARLY else "monthly",
        "nextBillingDate": subscription.period_end.isoformat(),
    }


def foremost(subscriber: Subscriber) -> Subscription | None:
    """The subscription that a user's status is about: the newest live one, else the newest."""
    live = [one for one in subscriber.subscriptions if one.status not in ENDED]
    found = live or list(subscriber.subscriptions)
    return found[-1] if found else None
