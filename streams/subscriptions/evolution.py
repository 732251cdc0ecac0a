"""How a subscription changes by a fact. No rule stands here, and nothing is refused.

Asserted: no state changes in a way that the contract does not have.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from msgspec.structs import replace

from streams.billing.calendar import plus_days
from streams.billing.rows import CYCLE_MOVES, INVOICE_MOVES, CycleStatus, Invoice, InvoiceStatus
from streams.subscriptions import facts as f
from streams.subscriptions.rows import MOVES, ORDERS_KEPT_MAX, Leaving, Status, Subscription


def evolve(subscription: Subscription | None, fact: f.Fact) -> Subscription:
    """Give the subscription after one fact."""
    if isinstance(fact, f.Began):
        return fact.subscription
    assert subscription is not None, "a subscription begins with Began"
    after = _FOLDS[type(fact)](subscription, fact)
    if after.status is not subscription.status:
        move = (subscription.status, after.status)
        assert move in MOVES, f"{move[0]} to {move[1]} by {type(fact).__name__}"
    return replace(after, version=subscription.version + 1)


def evolve_all(subscription: Subscription, facts: Iterable[f.Fact]) -> Subscription:
    """Give the subscription after several facts."""
    for fact in facts:
        subscription = evolve(subscription, fact)
    return subscription


def _same(subscription: Subscription, _: f.Fact) -> Subscription:
    return subscription


def _moved(subscription: Subscription, fact: f.Moved) -> Subscription:
    return replace(subscription, status=fact.to)


# --- billing -----------------------------------------------------------------------------------


def _issued(subscription: Subscription, fact: f.InvoiceIssued) -> Subscription:
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


def _sent(subscription: Subscription, _: f.InvoiceSent) -> Subscription:
    return _billed(subscription, status=InvoiceStatus.SENT)


def _overdue(subscription: Subscription, _: f.InvoiceOverdue) -> Subscription:
    return _billed(subscription, status=InvoiceStatus.OVERDUE)


def _uninvoiced(subscription: Subscription, _: f.InvoiceCancelled) -> Subscription:
    return _billed(subscription, status=InvoiceStatus.CANCELLED, retry_due_ms=0, grace_due_ms=0)


def _reminded(subscription: Subscription, _: f.Reminded) -> Subscription:
    return _billed(subscription, reminded=True)


def _charging(subscription: Subscription, fact: f.ChargeBegun) -> Subscription:
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


def _charge_failed(subscription: Subscription, fact: f.ChargeFailed) -> Subscription:
    invoice = subscription.invoice
    assert invoice is not None, "no invoice"
    first = invoice.first_failure_at_ms or fact.at_ms
    cycle = invoice.cycle
    if cycle is CycleStatus.PROCESSING:
        cycle = CycleStatus.FAILED
    return _billed(subscription, under_way=False, first_failure_at_ms=first, cycle=cycle)


def _retry_set(subscription: Subscription, fact: f.RetrySet) -> Subscription:
    return _billed(subscription, cycle=CycleStatus.FAILED, retry_due_ms=fact.due_ms)


def _grace_begun(subscription: Subscription, fact: f.GraceBegun) -> Subscription:
    """In grace the cycle waits to be tried again: it is retrying until that ends."""
    after = _billed(subscription, cycle=CycleStatus.RETRYING, grace_due_ms=fact.due_ms)
    return replace(after, status=Status.GRACE)


def _suspended(subscription: Subscription, fact: f.Suspended) -> Subscription:
    after = _billed(subscription, cycle=CycleStatus.SUSPENDED, grace_due_ms=0)
    return replace(after, status=Status.SUSPENDED, suspended_at_ms=fact.at_ms)


def _given_up(subscription: Subscription, _: f.GivenUp) -> Subscription:
    return replace(subscription, suspended_at_ms=0)


def _paid(subscription: Subscription, _: f.InvoicePaid) -> Subscription:
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
        balance_minor=-invoice.credit_minor,
    )


def _renewed(subscription: Subscription, fact: f.Renewed) -> Subscription:
    return replace(
        subscription,
        period_start=fact.start,
        period_end=fact.end,
        anchor_day=fact.anchor_day,
        suspended_at_ms=0,
    )


def _stray(subscription: Subscription, _: f.StrayPayment) -> Subscription:
    return _billed(subscription, under_way=False)


def _order_placed(subscription: Subscription, fact: f.OrderPlaced) -> Subscription:
    orders = (*subscription.orders, fact.order)[-ORDERS_KEPT_MAX:]
    return replace(subscription, orders=orders)


# --- what customers ask for --------------------------------------------------------------------


def _method_changed(subscription: Subscription, fact: f.MethodChanged) -> Subscription:
    return replace(subscription, method=fact.method)


def _plan_chosen(subscription: Subscription, fact: f.PlanChosen) -> Subscription:
    return replace(subscription, next_plan_id=fact.plan_id)


def _plan_changed(subscription: Subscription, fact: f.PlanChanged) -> Subscription:
    return replace(
        subscription,
        plan_id=fact.to_plan_id,
        next_plan_id="",
        balance_minor=subscription.balance_minor + fact.prorated_minor,
    )


def _paused(subscription: Subscription, fact: f.Paused) -> Subscription:
    return replace(subscription, status=Status.PAUSED, paused_on=fact.on, resume_on=fact.resume_on)


def _extended(subscription: Subscription, fact: f.Extended) -> Subscription:
    end = plus_days(subscription.period_end, fact.days)
    return replace(
        subscription,
        period_end=end,
        anchor_day=end.day if fact.days else subscription.anchor_day,
        paused_on=None,
        resume_on=None,
    )


def _leave_asked(subscription: Subscription, fact: f.LeaveAsked) -> Subscription:
    leaving = Leaving(fact.reason, fact.by, fact.note)
    return replace(subscription, status=Status.CANCEL_SCHEDULED, leaving=leaving)


def _offer_made(subscription: Subscription, fact: f.OfferMade) -> Subscription:
    assert subscription.leaving is not None, "nobody leaves"
    leaving = replace(subscription.leaving, offer_percent=fact.percent, offer_due_ms=fact.due_ms)
    return replace(subscription, leaving=leaving, offered_at_ms=fact.at_ms)


def _offer_closed(subscription: Subscription, _: f.OfferClosed) -> Subscription:
    assert subscription.leaving is not None, "nobody leaves"
    leaving = replace(subscription.leaving, offer_percent=0, offer_due_ms=0)
    return replace(subscription, leaving=leaving)


def _offer_taken(subscription: Subscription, fact: f.OfferTaken) -> Subscription:
    return replace(subscription, percent=fact.percent, percent_cycles=fact.cycles)


def _leave_settled(subscription: Subscription, _: f.LeaveSettled) -> Subscription:
    assert subscription.leaving is not None, "nobody leaves"
    leaving = replace(subscription.leaving, told=True, offer_percent=0, offer_due_ms=0)
    return replace(subscription, leaving=leaving)


def _stayed(subscription: Subscription, _: f.Stayed) -> Subscription:
    return replace(subscription, status=Status.ACTIVE, leaving=None)


def _cancelled(subscription: Subscription, fact: f.Cancelled) -> Subscription:
    leaving = Leaving(fact.reason, fact.by, fact.note, told=True)
    return replace(subscription, status=Status.CANCELLED, leaving=leaving)


def _expired(subscription: Subscription, _: f.Expired) -> Subscription:
    return replace(subscription, status=Status.EXPIRED)


_FOLDS: Final[dict[type, Callable[[Subscription, Any], Subscription]]] = {
    f.Started: _same,
    f.Moved: _moved,
    f.InvoiceIssued: _issued,
    f.InvoiceSent: _sent,
    f.InvoiceOverdue: _overdue,
    f.InvoiceCancelled: _uninvoiced,
    f.InvoicePaid: _paid,
    f.Reminded: _reminded,
    f.ChargeBegun: _charging,
    f.ChargeFailed: _charge_failed,
    f.RetrySet: _retry_set,
    f.GraceBegun: _grace_begun,
    f.Suspended: _suspended,
    f.GivenUp: _given_up,
    f.Renewed: _renewed,
    f.StrayPayment: _stray,
    f.OrderPlaced: _order_placed,
    f.MethodChanged: _method_changed,
    f.PlanChosen: _plan_chosen,
    f.PlanChanged: _plan_changed,
    f.Paused: _paused,
    f.Extended: _extended,
    f.LeaveAsked: _leave_asked,
    f.OfferMade: _offer_made,
    f.OfferClosed: _offer_closed,
    f.OfferTaken: _offer_taken,
    f.LeaveSettled: _leave_settled,
    f.Stayed: _stayed,
    f.Cancelled: _cancelled,
    f.Expired: _expired,
    f.Refused: _same,
}
