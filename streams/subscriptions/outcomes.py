"""Each fact as the messages that follow from it."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from events.base import Message
from events.orders import PlaceOrder
from events.refunds import RefundPayment
from events.subscriptions import (
    CancelSubscription,
    PlanMigrationCompleted,
    SubscriptionRenewedEvent,
    SubscriptionSuspended,
    UserSubscriptionCancelled,
    UserSubscriptionStarted,
)
from events.types import OrderPayment, Period
from events.vocabulary import SYSTEM
from streams.billing import messages as billing
from streams.moments import moment_of
from streams.subscriptions import facts as f
from streams.subscriptions import notices
from streams.subscriptions.evolution import evolve
from streams.subscriptions.rows import Subscription
from streams.subscriptions.rules import Rules
from streams.subscriptions.wire import goods_address, wire_goods, wire_method, wire_plan

Said = Iterator[Message]


def following(
    before: Subscription | None, facts: f.Facts, at_ms: int, rules: Rules, cause_id: str
) -> Iterator[Message]:
    """Announce facts in their order, each as the row stands right after it.

    What leaves no trace in the row is named after its cause, so that a repeat says the same.
    """
    after = before
    for fact in facts:
        after = evolve(after, fact)
        speak = _SPEAK.get(type(fact))
        if isinstance(fact, f.Refused):
            yield notices.refused(after.user_id, after.subscription_id, fact, cause_id)
        elif speak is not None:
            yield from speak(after, fact, at_ms, rules)


def _started(after: Subscription, _: f.Started, _at_ms: int, rules: Rules) -> Said:
    yield UserSubscriptionStarted(
        subscription_id=after.subscription_id,
        user_id=after.user_id,
        plan=wire_plan(after.plan_id, rules),
        trial_period_days=after.trial_days,
        start_date=after.started_on,
        next_billing_date=after.period_end,
        payment_method_id=after.method.method_id,
        signup_source=after.signup_source,
        discount_code=after.discount_code,
    )


def _invoice(after: Subscription, _: f.Fact, _at_ms: int, _rules: Rules) -> Said:
    assert after.invoice is not None, "no invoice"
    yield billing.generated(after.invoice)


def _reminded(after: Subscription, fact: f.Reminded, _at_ms: int, rules: Rules) -> Said:
    invoice = after.invoice
    assert invoice is not None, "no invoice"
    plan = wire_plan(invoice.plan_id, rules)
    yield billing.payment_due(invoice, plan, wire_method(after), fact.days)


def _charging(after: Subscription, fact: f.ChargeBegun, _at_ms: int, rules: Rules) -> Said:
    invoice = after.invoice
    assert invoice is not None, "no invoice"
    method = wire_method(after)
    yield billing.payment_due(invoice, wire_plan(invoice.plan_id, rules), method, 0)
    goods, address = wire_goods(after, invoice), goods_address(after)
    yield billing.charge_opened(invoice, method, fact.at_ms, goods, address)


def _renewed(after: Subscription, fact: f.Renewed, _at_ms: int, rules: Rules) -> Said:
    yield SubscriptionRenewedEvent(
        subscription_id=after.subscription_id,
        user_id=after.user_id,
        plan=wire_plan(after.plan_id, rules),
        period=Period(start=fact.start, end=fact.end),
        next_billing_date=fact.end,
        payment_id=fact.payment_id,
        recovered=fact.recovered,
    )


def _hinted(after: Subscription, fact: f.UpgradeHinted, _at_ms: int, rules: Rules) -> Said:
    yield notices.upgrade_hinted(after, fact, rules)


def _grace(after: Subscription, fact: f.GraceBegun, _at_ms: int, rules: Rules) -> Said:
    yield notices.grace_begun(after, fact, rules)


def _suspended(after: Subscription, fact: f.Suspended, _at_ms: int, rules: Rules) -> Said:
    yield SubscriptionSuspended(
        subscription_id=after.subscription_id,
        user_id=after.user_id,
        plan=wire_plan(after.plan_id, rules),
        suspended_at=moment_of(fact.at_ms),
        failed_payment_attempts=_retries(after),
    )


def _retries(subscription: Subscription) -> int:
    return 0 if subscription.invoice is None else subscription.invoice.retries


def _given_up(after: Subscription, _: f.GivenUp, _at_ms: int, _rules: Rules) -> Said:
    yield CancelSubscription(
        subscription_id=after.subscription_id,
        user_id=after.user_id,
        reason="payment_failure",
        note=f"Automatic cancellation after {_retries(after)} failed payment attempts",
        requested_by=SYSTEM,
        at_period_end=False,
    )


def _stray(after: Subscription, fact: f.StrayPayment, _at_ms: int, _rules: Rules) -> Said:
    yield RefundPayment(
        payment_id=fact.payment_id,
        amount_minor=fact.amount_minor,
        currency=fact.currency,
        reason=f"Invoice of {after.subscription_id} was cancelled before its charge came back",
        requested_by=SYSTEM,
        idempotency_key=f"{fact.payment_id}:stray",
    )


def _order(after: Subscription, fact: f.OrderPlaced, _at_ms: int, _rules: Rules) -> Said:
    """Place the order whose payment is the charge: it is captured already (G-45)."""
    invoice, address = after.invoice, goods_address(after)
    assert invoice is not None, "no invoice"
    assert address is not None, "goods go somewhere"
    yield PlaceOrder(
        order_id=fact.order_id,
        user_id=after.user_id,
        order_items=wire_goods(after, invoice),
        shipping_address=address,
        payment=OrderPayment(
            payment_id=invoice.payment_id,
            method=after.method.type,
            status="captured",
            amount_minor=invoice.subtotal_minor,
            card_last_four=after.method.last4,
        ),
        currency=invoice.currency,
        subscription_id=after.subscription_id,
    )


def _migrated(after: Subscription, fact: f.PlanChanged, _at_ms: int, rules: Rules) -> Said:
    yield PlanMigrationCompleted(
        subscription_id=after.subscription_id,
        user_id=after.user_id,
        from_plan=wire_plan(fact.from_plan_id, rules),
        to_plan=wire_plan(fact.to_plan_id, rules),
        effective_date=fact.on,
        prorated_amount_minor=fact.prorated_minor,
    )


def _offered(after: Subscription, fact: f.OfferMade, _at_ms: int, rules: Rules) -> Said:
    yield notices.offer_made(after, fact, rules)


def _settled(after: Subscription, fact: f.LeaveSettled, _at_ms: int, rules: Rules) -> Said:
    yield _farewell(after, fact.effective_on, rules)


def _cancelled(after: Subscription, fact: f.Cancelled, _at_ms: int, rules: Rules) -> Said:
    if not fact.was_told:
        yield _farewell(after, fact.effective_on, rules)
    if fact.reason != "policy_violation" or fact.by == "customer":  # Nobody thrown out is invited.
        yield notices.come_back(after, rules)


def _farewell(after: Subscription, effective_on: Any, rules: Rules) -> UserSubscriptionCancelled:
    leaving, invoice = after.leaving, after.invoice
    assert leaving is not None, "nobody leaves"
    unpaid = invoice if leaving.reason == "payment_failure" else None
    tried_ms = 0 if unpaid is None else unpaid.last_attempt_at_ms
    return UserSubscriptionCancelled(
        subscription_id=after.subscription_id,
        user_id=after.user_id,
        plan=wire_plan(after.plan_id, rules),
        cancellation_reason=leaving.reason,
        cancellation_note=leaving.note,
        cancelled_by=leaving.by,
        effective_date=effective_on,
        refund_amount_minor=0,
        failed_payment_attempts=None if unpaid is None else unpaid.retries,
        last_payment_attempt=moment_of(tried_ms) if tried_ms else None,
        subscription_duration_days=max(0, (effective_on - after.started_on).days) + 1,
    )


def _expired(after: Subscription, _: f.Expired, _at_ms: int, rules: Rules) -> Said:
    yield notices.expired(after, rules)


_SPEAK: Final[dict[type, Callable[[Subscription, Any, int, Rules], Said]]] = {
    f.Started: _started,
    f.InvoiceIssued: _invoice,
    f.InvoiceOverdue: _invoice,
    f.InvoiceCancelled: _invoice,
    f.InvoicePaid: _invoice,
    f.Reminded: _reminded,
    f.ChargeBegun: _charging,
    f.Renewed: _renewed,
    f.UpgradeHinted: _hinted,
    f.GraceBegun: _grace,
    f.Suspended: _suspended,
    f.GivenUp: _given_up,
    f.StrayPayment: _stray,
    f.OrderPlaced: _order,
    f.PlanChanged: _migrated,
    f.OfferMade: _offered,
    f.LeaveSettled: _settled,
    f.Cancelled: _cancelled,
    f.Expired: _expired,
}
