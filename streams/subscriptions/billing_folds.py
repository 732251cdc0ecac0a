"""How facts about invoices and charges change a subscription.

Asserted: no invoice and no cycle changes in a way that the contract does not have.
"""

from typing import Any

from msgspec.structs import replace

from streams.billing.rows import CYCLE_MOVES, INVOICE_MOVES, CycleStatus, Invoice, InvoiceStatus
from streams.subscriptions import facts as f
from streams.subscriptions.rows import Status, Subscription


def issued(subscription: Subscription, fact: f.InvoiceIssued) -> Subscription:
    """This is the newest invoice."""
    return replace(subscription, invoice=fact.invoice, invoices=subscription.invoices + 1)


def _billed(subscription: Subscription, **changes: Any) -> Subscription:
    """Change the invoice."""
    before = subscription.invoice
    assert before is not None, "no invoice"
    after: Invoice = replace(before, **changes)
    if after.status is not before.status:
        move = (before.status, after.status)
        assert move in INVOICE_MOVES, f"invoice {move[0]} to {move[1]}"
    if after.cycle is not before.cycle:
        step = (before.cycle, after.cycle)
        assert step in CYCLE_MOVES, f"cycle {step[0]} to {step[1]}"
    return replace(subscription, invoice=after)


def sent(subscription: Subscription, _: f.InvoiceSent) -> Subscription:
    """The customer has it."""
    return _billed(subscription, status=InvoiceStatus.SENT)


def overdue(subscription: Subscription, _: f.InvoiceOverdue) -> Subscription:
    """It was due and is not paid."""
    return _billed(subscription, status=InvoiceStatus.OVERDUE)


def uninvoiced(subscription: Subscription, _: f.InvoiceCancelled) -> Subscription:
    """It is not to be paid; a charge under way still owes its outcome."""
    return _billed(subscription, status=InvoiceStatus.CANCELLED, retry_due_ms=0, grace_due_ms=0)


def reminded(subscription: Subscription, _: f.Reminded) -> Subscription:
    """The customer knows of the charge."""
    return _billed(subscription, reminded=True)


def charging(subscription: Subscription, fact: f.ChargeBegun) -> Subscription:
    """A charge is under way, with the way to pay that there is now."""
    invoice = subscription.invoice
    assert invoice is not None, "no invoice"
    cycle = {
        CycleStatus.SCHEDULED: CycleStatus.PROCESSING,
        CycleStatus.FAILED: CycleStatus.RETRYING,
    }.get(invoice.cycle, invoice.cycle)
    return _billed(
        subscription,
        cycle=cycle,
        charge_key=fact.key,
        under_way=True,
        method_id=subscription.method.method_id,
        attempt=invoice.attempt + 1,
        last_attempt_at_ms=fact.at_ms,
        retries=invoice.retries + fact.is_retry,
        retry_due_ms=0,
    )


def charge_failed(subscription: Subscription, fact: f.ChargeFailed) -> Subscription:
    """No charge is under way; the first failure is remembered."""
    invoice = subscription.invoice
    assert invoice is not None, "no invoice"
    first = invoice.first_failure_at_ms or fact.at_ms
    cycle = invoice.cycle
    if cycle is CycleStatus.PROCESSING:
        cycle = CycleStatus.FAILED
    return _billed(subscription, under_way=False, first_failure_at_ms=first, cycle=cycle)


def retry_set(subscription: Subscription, fact: f.RetrySet) -> Subscription:
    """The cycle has failed until the charge is tried again."""
    return _billed(subscription, cycle=CycleStatus.FAILED, retry_due_ms=fact.due_ms)


def grace_begun(subscription: Subscription, fact: f.GraceBegun) -> Subscription:
    """In grace the cycle waits to be tried again: it is retrying until that ends."""
    after = _billed(subscription, cycle=CycleStatus.RETRYING, grace_due_ms=fact.due_ms)
    return replace(after, status=Status.GRACE)


def suspended(subscription: Subscription, fact: f.Suspended) -> Subscription:
    """The cycle is over unpaid."""
    after = _billed(subscription, cycle=CycleStatus.SUSPENDED, grace_due_ms=0)
    return replace(after, status=Status.SUSPENDED, suspended_at_ms=fact.at_ms)


def given_up(subscription: Subscription, _: f.GivenUp) -> Subscription:
    """Nothing is waited for any more."""
    return replace(subscription, suspended_at_ms=0)


def paid(subscription: Subscription, _: f.InvoicePaid) -> Subscription:
    """The invoice is paid, and what it used of discounts and credit is gone."""
    invoice = subscription.invoice
    assert invoice is not None, "no invoice"
    if invoice.cycle is CycleStatus.SCHEDULED:  # Nothing was to be paid, so nothing was charged.
        subscription = _billed(subscription, cycle=CycleStatus.PROCESSING)
    # A suspended cycle is over; what brings the subscription back pays its invoice all the same.
    suspended = invoice.cycle is CycleStatus.SUSPENDED
    cycle = CycleStatus.SUSPENDED if suspended else CycleStatus.PAID
    after = _billed(
        subscription,
        status=InvoiceStatus.PAID,
        cycle=cycle,
        under_way=False,
        retry_due_ms=0,
        grace_due_ms=0,
    )
    left = max(0, subscription.percent_cycles - 1) if invoice.percent else after.percent_cycles
    return replace(
        after,
        percent=after.percent if left else 0,
        percent_cycles=left,
        period_percent=invoice.percent,
        period_minor=invoice.plan_minor,
        balance_minor=-invoice.credit_minor,
    )


def renewed(subscription: Subscription, fact: f.Renewed) -> Subscription:
    """The next period runs."""
    return replace(
        subscription,
        period_start=fact.start,
        period_end=fact.end,
        anchor_day=fact.anchor_day,
        suspended_at_ms=0,
    )


def stray(subscription: Subscription, _: f.StrayPayment) -> Subscription:
    """The outcome of the charge is known."""
    return _billed(subscription, under_way=False)
