"""Charges that come back: paid, failed, or for an invoice that is no more (K4, K5, G-42)."""

from typing import Final

from events.errors import ContractError
from events.payments import PaymentFailed, PaymentProcessed
from events.subscriptions import UpdatePaymentMethod
from streams.billing.dunning import grace_due_ms, retry_due_ms
from streams.billing.rows import Invoice, InvoiceStatus
from streams.moments import day_of
from streams.subscriptions import facts as f
from streams.subscriptions.charging import charge, settle
from streams.subscriptions.evolution import evolve_all
from streams.subscriptions.rows import ENDED, OWING, Method, Status, Subscription
from streams.subscriptions.rules import Rules

_WHAT: Final = "update_payment_method"
_PAYABLE_LATE = OWING | {Status.SUSPENDED}


class OtherMoney(ContractError):
    """A renewal's PaymentProcessed is not of what its invoice says; the invoice stays unpaid.

    Operator: `faust -A app dead-letters show` says whose word it was, for our own payments never
    differ. Have that producer say what it took, then replay; give back what is not owed.
    """


def processed(
    subscription: Subscription, event: PaymentProcessed, at_ms: int, rules: Rules
) -> f.Facts:
    """Take a charge's money in, once. What came in for a cancelled invoice goes back.

    Raises:
        OtherMoney: the charge is of another amount or currency than its invoice.
    """
    invoice = _charged(subscription, event.payment_id)
    if invoice is None or event.status != "confirmed":
        return ()
    if (event.amount_minor, event.currency) != (invoice.total_minor, invoice.currency):
        raise OtherMoney(
            f"{event.payment_id}: {event.amount_minor} {event.currency} minor units,"
            f" the invoice says {invoice.total_minor} {invoice.currency}"
        )
    if invoice.status is InvoiceStatus.CANCELLED:
        stray = f.StrayPayment(event.payment_id, event.amount_minor, event.currency)
        return (stray,)
    return settle(subscription, invoice, at_ms, rules)


def _charged(subscription: Subscription, payment_id: str) -> Invoice | None:
    """The invoice, if that payment is its charge under way."""
    invoice = subscription.invoice
    if invoice is None or not invoice.under_way or invoice.payment_id != payment_id:
        return None
    return invoice


def failed(subscription: Subscription, event: PaymentFailed, at_ms: int, rules: Rules) -> f.Facts:
    """Say what a failed charge means; one that the payment itself tries again means nothing yet.

    Ended: what it left to be paid is not asked for again. Pending: it never starts. To be
    cancelled at the period's end: it is over. Suspended: it stays so. Else it is past due, and
    tried again on day 1, 3 and 7, or at once if there is another way to pay by now; then, or where
    trying again cannot help, its grace begins.
    """
    invoice = _charged(subscription, event.payment_id)
    if invoice is None or event.next_retry_at is not None:
        return ()
    lost = f.ChargeFailed(at_ms)
    status = subscription.status
    if not invoice.is_open or status is Status.SUSPENDED:
        return (lost,)
    if status in ENDED:
        return lost, f.InvoiceCancelled()
    if status is Status.PENDING:
        return lost, f.InvoiceCancelled(), f.Moved(Status.CANCELLED)
    leaving = subscription.leaving
    if status is Status.CANCEL_SCHEDULED and leaving is not None:
        today = day_of(at_ms)
        over = f.Cancelled(today, leaving.reason, leaving.by, leaving.note, leaving.told)
        return lost, f.InvoiceCancelled(), over
    facts: f.Facts = (lost,) if status in OWING else (lost, f.Moved(Status.PAST_DUE))
    after = evolve_all(subscription, facts)
    return (*facts, *_next_step(after, at_ms, rules, is_final=not event.retryable))


def _next_step(subscription: Subscription, at_ms: int, rules: Rules, *, is_final: bool) -> f.Facts:
    invoice = subscription.owed
    assert invoice is not None, "nothing is owed"
    if invoice.method_id != subscription.method.method_id:
        return charge(subscription, at_ms, rules)
    if subscription.status is Status.GRACE:
        return suspend(at_ms, rules) if invoice.grace_due_ms <= at_ms else ()
    due_ms = 0 if is_final else retry_due_ms(invoice, at_ms, rules.billing)
    if due_ms:
        return (f.RetrySet(due_ms),)
    return (f.GraceBegun(grace_due_ms(at_ms, rules.billing)),)


def suspend(at_ms: int, rules: Rules) -> f.Facts:
    """Suspend, and cancel at once unless it may come back (K5, G-42, G-44)."""
    suspended = f.Suspended(at_ms)
    return (suspended,) if rules.own.reactivation else (suspended, f.GivenUp())


def update_method(
    subscription: Subscription, command: UpdatePaymentMethod, at_ms: int, rules: Rules
) -> f.Facts:
    """Bind a way to pay, and charge with it what is owed; not what is not due yet.

    The same one given again is bound already, and tried again: its account may have been filled.
    Refused, in order of precedence: not_active (it has ended, and nobody will charge it any more),
    no_token.
    """
    if subscription.status in ENDED:  # A card for all of them is for those that run.
        return (f.Refused(_WHAT, "not_active"),) if command.subscription_id else ()
    given = command.payment_method
    method_id = given.token or given.paypal_payer_id
    if not method_id:
        return (f.Refused(_WHAT, "no_token"),)
    method = Method(method_id, given.type, given.last4)
    changed: f.Facts = () if method == subscription.method else (f.MethodChanged(method),)
    after = evolve_all(subscription, changed)
    owing = after.status in _PAYABLE_LATE and after.owed is not None and not after.under_way
    if not owing or (after.status is Status.SUSPENDED and not after.suspended_at_ms):
        return changed
    return (*changed, *charge(after, at_ms, rules))
