"""One entry to every rule: what a message or a timer means for a subscription."""

from collections.abc import Callable
from typing import Any, Final

from events.base import Message
from events.payments import PaymentFailed, PaymentProcessed
from events.subscriptions import (
    ChangePlan,
    PauseSubscription,
    RespondToOffer,
    ResumeSubscription,
    UpdatePaymentMethod,
)
from streams.billing.rows import InvoiceStatus
from streams.subscriptions import facts as f
from streams.subscriptions.changing import change
from streams.subscriptions.deadlines import TIMERS, due_times
from streams.subscriptions.failing import failed, processed, update_method
from streams.subscriptions.leaving import respond
from streams.subscriptions.pausing import pause, resume
from streams.subscriptions.rows import Subscription
from streams.subscriptions.rules import Rules

Rule = Callable[[Subscription, Any, int, Rules], f.Facts]

_RULES: Final[dict[type[Message], Rule]] = {
    UpdatePaymentMethod: update_method,
    ChangePlan: change,
    PauseSubscription: pause,
    ResumeSubscription: resume,
    RespondToOffer: respond,
    PaymentProcessed: processed,
    PaymentFailed: failed,
}


def decide(subscription: Subscription, message: Message, at_ms: int, rules: Rules) -> f.Facts:
    """Say what a message means; no facts: it is a repeat, or nothing that minds it.

    SubscribeUser, UserSubscriptionStarted and CancelSubscription need more than one subscription:
    see `subscribing` and `leaving`.
    """
    return _RULES[type(message)](subscription, message, at_ms, rules)


def invoice_sent(subscription: Subscription, correlation_id: str) -> f.Facts:
    """The customer has the newest invoice, if that is of the saga in which one was handed over."""
    invoice = subscription.invoice
    if invoice is None or invoice.status is not InvoiceStatus.ISSUED:
        return ()
    return (f.InvoiceSent(),) if invoice.correlation_id == correlation_id else ()


def time_up(subscription: Subscription, kind: str, now_ms: int, rules: Rules) -> f.Facts:
    """Say what a timer means; one of which the subscription has none due by now means nothing."""
    for named, due_ms in due_times(subscription, rules):
        if named == kind and due_ms <= now_ms:
            return TIMERS[kind](subscription, now_ms, rules)
    return ()
