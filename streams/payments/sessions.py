"""Opening a payment, and the end of its order."""

from events.orders import OrderCancelled, OrderFailed
from events.payments import PaymentInitiated
from events.types import PaymentMethod
from streams.payments import charge_facts as cf
from streams.payments import dispute_facts as df
from streams.payments import facts as f
from streams.payments.amendments import amend
from streams.payments.amounts import remaining_minor
from streams.payments.decisions import decide_fraud
from streams.payments.declines import fraud_failure
from streams.payments.early_news import Early
from streams.payments.evolution import evolve, evolve_all
from streams.payments.lines import awaits_claim
from streams.payments.rules import PaymentRules
from streams.payments.session import Method, Session
from streams.payments.states import PAID, TERMINAL, Owed, Payment, Status
from streams.payments.steps import Facts, end, refund_rest, with_allotment


def open_session(
    payment: Payment | None,
    early: Early | None,
    event: PaymentInitiated,
    at_ms: int,
    correlation_id: str,
    rules: PaymentRules,
) -> Facts:
    """Begin a payment, with what came before it.

    A session that is open already stays as it is, but that an order may claim money which was
    taken for it beforehand.
    """
    if payment is not None:
        return _claim(payment, event, at_ms)
    opened = f.Opened(
        _session(event, at_ms, correlation_id),
        lines=len(event.items or ()),
        due_ms=at_ms + rules.session_ms,
    )
    return (opened,) if early is None else (opened, *_catch_up(opened, early, at_ms, rules))


def _claim(payment: Payment, event: PaymentInitiated, at_ms: int) -> Facts:
    """Pay an order with money that its subscription's renewal took (G-45).

    Only the order that the renewal was charged for: the same customer, subscription, currency
    and number of lines, at no more than what was taken. It is paid once it has all its stock.
    """
    session, order_id = payment.session, event.order_id
    if order_id is None or session.order_id is not None or not awaits_claim(payment):
        return ()
    asked = (event.customer_id, event.subscription_id, event.currency, len(event.items or ()))
    taken = (session.customer_id, session.subscription_id, session.currency, payment.lines)
    if asked != taken or not 0 < event.amount_minor <= remaining_minor(payment):
        return ()
    return with_allotment(payment, (f.Claimed(order_id, event.amount_minor),), at_ms)


def _session(event: PaymentInitiated, at_ms: int, correlation_id: str) -> Session:
    return Session(
        customer_id=event.customer_id,
        amount_minor=event.amount_minor,
        currency=event.currency,
        method=_method(event.payment_method),
        initiated_at_ms=at_ms,
        correlation_id=correlation_id,
        order_id=event.order_id,
        subscription_id=event.subscription_id,
        invoice_id=event.invoice_id,
        recurring=event.checkout_type == "recurring",
    )


def _method(method: PaymentMethod) -> Method:
    return Method(
        type=method.type,
        token=method.token,
        brand=method.brand,
        last4=method.last4,
        expiry_month=method.expiry_month,
        expiry_year=method.expiry_year,
        wallet_type=method.wallet_type,
        paypal_email=method.paypal_email,
        paypal_payer_id=method.paypal_payer_id,
    )


def _catch_up(opened: f.Opened, early: Early, at_ms: int, rules: PaymentRules) -> Facts:
    """Apply what came before the session: a cancellation outranks all else."""
    if early.cancel_reason:
        return (f.Cancelled(early.cancel_reason),)
    payment = evolve(None, opened)
    changed = () if early.amended is None else amend(payment, (), early.amended, at_ms, rules)
    facts: Facts = (*changed, *[f.LineHeld(line) for line in early.held])
    if early.lines and not opened.lines:
        facts = (f.LinesCounted(early.lines), *facts)
    if not early.decision:
        return facts
    payment = evolve_all(payment, facts)
    failure = fraud_failure(too_many=early.too_many)
    return (*facts, *decide_fraud(payment, early.decision, failure, at_ms, rules))


def cancel(payment: Payment, event: OrderCancelled, at_ms: int, rules: PaymentRules) -> Facts:
    """Say what the order's cancellation means, in order of precedence.

    1. Said before, or the payment has ended: nothing; but what a lost dispute left of it is for a
       person, because nothing is refunded after one (G-18).
    2. The money is in: full refund, which needs no approval (G-9).
    3. Disputed: noted; refunds wait for the dispute's end (G-18).
    4. A capture is under way: noted; the money is refunded when it comes in.
    5. A retry is waited for: noted, and ended at the next tick.
    6. Else the payment ends, and what it holds is let go.

    Nobody need look at it any more.
    """
    facts = _cancelled(payment, event, at_ms, rules)
    return (*facts, f.ReviewWaived()) if facts and payment.fraud == "MANUAL_REVIEW" else facts


def _cancelled(payment: Payment, event: OrderCancelled, at_ms: int, rules: PaymentRules) -> Facts:
    reason = event.cancellation_reason
    noted = f.CancelNoted(reason)
    if payment.cancel_reason or payment.status in TERMINAL:
        owed = payment.status is Status.CHARGED_BACK and remaining_minor(payment)
        return (noted, df.Puzzled()) if owed and not payment.cancel_reason else ()
    if payment.status in PAID:
        return noted, *refund_rest(payment, at_ms, rules)
    if payment.status is Status.DISPUTED or payment.owed is Owed.CAPTURE:
        return (noted,)
    if payment.status is Status.FAILED:
        return noted, cf.Hurried(at_ms)
    return end(payment, f.Cancelled(reason), reason, at_ms, rules)


def order_refused(payment: Payment, event: OrderFailed, at_ms: int, rules: PaymentRules) -> Facts:
    """Give back what a renewal took for goods, where their order was never confirmed (G-45)."""
    if not awaits_claim(payment) or payment.session.customer_id != event.user_id:
        return ()
    return f.CancelNoted(event.rejection_reason), *refund_rest(payment, at_ms, rules)
