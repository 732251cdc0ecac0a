"""A user's row: how it changes with one of their subscriptions."""

from msgspec.structs import replace

from events.fraud import ClearSuspension, FraudCheckCompleted, FraudDetected
from events.payments import PaymentProcessed
from streams.subscriptions.rows import (
    ENDED,
    ENDED_KEPT_MAX,
    LOCKS_MAX,
    PREPAID_MAX,
    Status,
    Subscriber,
    Subscription,
)
from streams.subscriptions.rules import Rules

NOBODY = Subscriber()


def kept(subscriber: Subscriber, after: Subscription, rules: Rules) -> Subscriber:
    """Keep a subscription as it is now; of those that ended, the newest few."""
    before = subscriber.find(after.subscription_id)
    others = [one for one in subscriber.subscriptions if one is not before]
    return replace(
        subscriber,
        subscriptions=_bounded((*others, after)),
        trial_used=subscriber.trial_used or after.trial_days > 0,
        left=_left(subscriber, before, after, rules),
    )


def _bounded(subscriptions: tuple[Subscription, ...]) -> tuple[Subscription, ...]:
    ended = [one for one in subscriptions if one.status in ENDED]
    gone = ended[: max(0, len(ended) - ENDED_KEPT_MAX)]
    return tuple([one for one in subscriptions if one not in gone])


def _left(
    subscriber: Subscriber, before: Subscription | None, after: Subscription, rules: Rules
) -> tuple[str, ...]:
    """Families that were left; one whose first charge failed was never joined."""
    joined = before is not None and before.status not in ENDED | {Status.PENDING}
    if not joined or after.status is not Status.CANCELLED:
        return subscriber.left
    family = rules.own.plans[after.plan_id].family
    return subscriber.left if family in subscriber.left else (*subscriber.left, family)


def prepaid(subscriber: Subscriber, event: PaymentProcessed) -> Subscriber:
    """Keep that a subscription was paid for which nobody here knows yet: others charged it."""
    paid = event.subscription_id
    if paid is None or event.status != "confirmed" or paid in subscriber.prepaid:
        return subscriber
    if subscriber.find(paid) is not None:
        return subscriber
    return replace(subscriber, prepaid=(*subscriber.prepaid, paid)[-PREPAID_MAX:])


def locked(subscriber: Subscriber, event: FraudDetected) -> Subscriber:
    """Lock the account where fraud is certain enough to suspend it (domain §3 Fraud)."""
    known = _locks(subscriber)
    if event.severity != "critical" or event.payment_id in known:
        return subscriber
    return _locked_by(subscriber, (*known, event.payment_id)[-LOCKS_MAX:])


def unlocked(subscriber: Subscriber, word: ClearSuspension | FraudCheckCompleted) -> Subscriber:
    """Unlock the account once each finding that locks it is cleared (G-24)."""
    cleared = not isinstance(word, FraudCheckCompleted) or word.decision == "APPROVED"
    known = _locks(subscriber)
    left = tuple([one for one in known if one != word.payment_id])
    if not (subscriber.locked and cleared) or (known and left == known):
        return subscriber
    return _locked_by(subscriber, left)


def _locks(subscriber: Subscriber) -> tuple[str, ...]:
    first = (subscriber.locked_by,) if subscriber.locked_by else ()
    return (*first, *subscriber.locked_too)


def _locked_by(subscriber: Subscriber, payments: tuple[str, ...]) -> Subscriber:
    first = next(iter(payments), "")
    return replace(subscriber, locked=bool(payments), locked_by=first, locked_too=payments[1:])
