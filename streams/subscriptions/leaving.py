"""Cancellation, the save offer, and staying after all (G-43)."""

from datetime import date

from events.subscriptions import CancelSubscription, RespondToOffer
from streams.billing.calendar import plus_days
from streams.moments import DAY_MS, day_of
from streams.subscriptions import facts as f
from streams.subscriptions.charging import left_over, withdrawn
from streams.subscriptions.pausing import over as pause_over
from streams.subscriptions.rows import ENDED, OWING, Status, Subscription
from streams.subscriptions.rules import Rules

WHAT = "cancel"
_AT_ONCE = frozenset({"payment_failure", "policy_violation"})


def cancel(
    subscription: Subscription,
    command: CancelSubscription,
    at_ms: int,
    rules: Rules,
    *,
    locked: bool,
) -> f.Facts:
    """Say what a cancellation means, in order of precedence.

    1. It has ended: nothing, twice is once.
    2. The customer's account is locked, or they owe too old an invoice, or the first charge is
       under way: refused.
    3. payment_failure, policy_violation, support that will not wait, and whoever owes the
       running period: it is over at once. Whom support lets go is charged what an upgrade cost;
       who was told a later day is told this one.
    4. It leaves already: an offer that is declined is settled, else nothing.
    5. It leaves when its period ends; the customer may be offered a discount first.
    """
    if subscription.status in ENDED:
        return ()
    why = _refusal(subscription, command, at_ms, rules, locked=locked)
    if why:
        return (f.Refused(WHAT, why),)
    today = day_of(at_ms)
    if _is_at_once(subscription, command):
        leaves = subscription.leaving is not None and subscription.leaving.told
        was_told = leaves and subscription.period_end <= today
        over = f.Cancelled(today, command.reason, command.requested_by, command.note, was_told)
        return (*withdrawn(subscription), *_left_over(subscription, command, at_ms, rules), over)
    if subscription.status is Status.CANCEL_SCHEDULED:
        return _settle(subscription) if command.decline_offer else ()
    return _schedule(subscription, command, at_ms, rules)


def _refusal(
    subscription: Subscription,
    command: CancelSubscription,
    at_ms: int,
    rules: Rules,
    *,
    locked: bool,
) -> str:
    if subscription.status is Status.PENDING:
        return "first_charge_under_way"
    if command.requested_by != "customer":
        return ""
    if locked:
        return "account_locked"
    owed = subscription.owed
    if subscription.status in OWING and owed is not None:
        age_days = (day_of(at_ms) - day_of(owed.issued_at_ms)).days
        return "open_invoice" if age_days > rules.billing.open_invoice_days_max else ""
    return ""


def _is_at_once(subscription: Subscription, command: CancelSubscription) -> bool:
    if command.reason in _AT_ONCE:
        return True
    if command.requested_by == "support" and not command.at_period_end:
        return True
    return subscription.status in OWING or subscription.status is Status.SUSPENDED


def _left_over(
    subscription: Subscription, command: CancelSubscription, at_ms: int, rules: Rules
) -> f.Facts:
    """Charge what no next invoice will have, of who pays and was not thrown out.

    Customers who give the shop's reasons as theirs were not. A charge under way that has it comes
    back whole: its outcome must find its own invoice.
    """
    may_pay = subscription.status not in OWING and subscription.status is not Status.SUSPENDED
    thrown_out = command.reason in _AT_ONCE and command.requested_by != "customer"
    if thrown_out or not may_pay or subscription.under_way:
        return ()
    return left_over(subscription, at_ms, rules)


def _schedule(
    subscription: Subscription, command: CancelSubscription, at_ms: int, rules: Rules
) -> f.Facts:
    """Stop billing, and settle the cancellation or make an offer. A charge under way goes on."""
    facts = pause_over(subscription, at_ms)
    days = sum([fact.days for fact in facts if isinstance(fact, f.Extended)])
    if not subscription.under_way:
        facts = (*facts, *withdrawn(subscription))
    facts = (*facts, f.LeaveAsked(command.reason, command.requested_by, command.note))
    percent = 0
    if command.requested_by == "customer" and not command.decline_offer:
        percent = _offer(subscription, day_of(at_ms), rules)
    if not percent:
        settled = f.LeaveSettled(plus_days(subscription.period_end, days))
        return facts if subscription.under_way else (*facts, settled)
    due_ms = at_ms + rules.own.offer_valid_days * DAY_MS
    return (*facts, f.OfferMade(at_ms, percent, due_ms))


def _offer(subscription: Subscription, today: date, rules: Rules) -> int:
    """What can be offered for staying, in percent; 0: nothing.

    It would take the place of the discount that runs: one that is worth no more is not offered.
    """
    own = rules.own
    age_days = (today - subscription.started_on).days
    if age_days < own.offer_age_days:
        return 0
    offered_at_ms = subscription.offered_at_ms
    if offered_at_ms and (today - day_of(offered_at_ms)).days <= own.offer_again_days:
        return 0
    percent = own.offer_percent if age_days >= own.offer_tenure_days else own.offer_percent_new
    running = subscription.percent * subscription.percent_cycles
    return percent if percent * own.offer_cycles > running else 0


def respond(
    subscription: Subscription, command: RespondToOffer, at_ms: int, rules: Rules
) -> f.Facts:
    """Stay, with the discount if the offer still stands; or let the cancellation go through.

    Accepting without an offer withdraws the cancellation, until the period ends. An invoice that
    is being charged has the discount that ran before, and uses up none of the offer's.
    """
    leaving = subscription.leaving
    if subscription.status is not Status.CANCEL_SCHEDULED or leaving is None:
        return ()
    if not command.accepted:
        return _settle(subscription)
    if leaving.offer_percent and leaving.offer_due_ms > at_ms:
        charged = subscription.invoice if subscription.under_way else None
        before = 1 if charged is not None and charged.percent else 0
        return f.OfferTaken(leaving.offer_percent, rules.own.offer_cycles + before), f.Stayed()
    return (f.Stayed(),)


def _settle(subscription: Subscription) -> f.Facts:
    """Let the cancellation go through, once; when is known as soon as no charge is under way."""
    leaving = subscription.leaving
    if leaving is None or leaving.told:
        return ()
    if subscription.under_way:
        return (f.OfferClosed(),) if leaving.offer_percent else ()
    return (f.LeaveSettled(subscription.period_end),)


def offer_over(subscription: Subscription, _now_ms: int, _rules: Rules) -> f.Facts:
    """Take silence for a no."""
    return _settle(subscription)


def period_over(subscription: Subscription, now_ms: int, rules: Rules) -> f.Facts:
    """End a subscription with its period: one that leaves, or one that does not renew itself.

    What it owes for an upgrade is charged, once.
    """
    leaving, owed = subscription.leaving, left_over(subscription, now_ms, rules)
    if subscription.status is Status.ACTIVE:
        return (*owed, f.Expired())
    if leaving is None:
        return ()
    end = subscription.period_end
    return (*owed, f.Cancelled(end, leaving.reason, leaving.by, leaving.note, leaving.told))
