"""How a subscription changes by a fact. No rule stands here, and nothing is refused.

Asserted: no state changes in a way that the contract does not have.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from msgspec.structs import replace

from streams.billing.calendar import plus_days
from streams.subscriptions import billing_folds as folds
from streams.subscriptions import facts as f
from streams.subscriptions.rows import MOVES, Leaving, Status, Subscription


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
        period_minor=fact.period_minor,
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
    f.InvoiceIssued: folds.issued,
    f.InvoiceSent: folds.sent,
    f.InvoiceOverdue: folds.overdue,
    f.InvoiceCancelled: folds.uninvoiced,
    f.InvoicePaid: folds.paid,
    f.Reminded: folds.reminded,
    f.ChargeBegun: folds.charging,
    f.ChargeFailed: folds.charge_failed,
    f.RetrySet: folds.retry_set,
    f.GraceBegun: folds.grace_begun,
    f.Suspended: folds.suspended,
    f.GivenUp: folds.given_up,
    f.Renewed: folds.renewed,
    f.UpgradeHinted: _same,
    f.StrayPayment: folds.stray,
    f.OrderPlaced: _same,
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
