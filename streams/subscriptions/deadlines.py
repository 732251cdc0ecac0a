"""Which timers a subscription has, and what happens when one is due.

A timer is due at the run of its day, 00:05 UTC (G-40), but for an offer's, which has its hours;
it follows from the row alone, so a row that changes moves its timers. What lies in the past is
done at the next tick.
"""

from collections.abc import Callable, Iterator
from typing import Final

from events.vocabulary import SYSTEM
from streams.billing.calendar import plus_days, run_ms
from streams.billing.rows import CycleStatus, Invoice, InvoiceStatus
from streams.moments import day_of
from streams.subscriptions import facts as f
from streams.subscriptions import leaving, pausing
from streams.subscriptions.charging import charge, is_served, issue_next, plan_of
from streams.subscriptions.failing import suspend
from streams.subscriptions.rows import RENEWING, Status, Subscription
from streams.subscriptions.rules import Rules
from streams.subscriptions.wire import goods_address

Rule = Callable[[Subscription, int, Rules], f.Facts]
Due = tuple[str, int]

NOT_SERVED: Final = "Goods are not sent to this address any more"
"""What the customer is told whose basket ends for it."""
_DUE: Final = frozenset({InvoiceStatus.ISSUED, InvoiceStatus.SENT})


def due_times(subscription: Subscription, rules: Rules) -> Iterator[Due]:
    """The kind and the time of each timer that runs."""
    status, owed = subscription.status, subscription.owed
    if owed is not None and owed.status in _DUE:
        yield "overdue", run_ms(plus_days(owed.due_date, 1), rules.billing)
    if status in RENEWING:
        yield from _renewing(subscription, owed, rules)
    elif status is Status.CANCEL_SCHEDULED:
        yield from _leaving(subscription, rules)
    elif status is Status.PAUSED and subscription.resume_on is not None:
        yield "resume", run_ms(subscription.resume_on, rules.billing)
    elif status is Status.PAST_DUE and owed is not None and owed.retry_due_ms:
        yield "dunning", owed.retry_due_ms
    elif status is Status.GRACE and owed is not None and not owed.under_way:
        yield "grace", owed.grace_due_ms
    elif status is Status.SUSPENDED and subscription.suspended_at_ms:
        until = plus_days(day_of(subscription.suspended_at_ms), rules.own.reactivation_days)
        yield "reactivation", run_ms(until, rules.billing)


def _renewing(subscription: Subscription, owed: Invoice | None, rules: Rules) -> Iterator[Due]:
    end, billing = subscription.period_end, rules.billing
    if subscription.status is Status.TRIALING:
        trial_end = plus_days(subscription.started_on, subscription.trial_days)
        yield "trial", run_ms(trial_end, billing)
    if owed is not None:
        if owed.cycle is CycleStatus.SCHEDULED:
            yield "renewal", run_ms(owed.period_start, billing)
            if not owed.reminded:
                yield "reminder", run_ms(plus_days(end, -billing.reminder_days), billing)
    elif subscription.next_plan_id or plan_of(subscription, rules).auto_renew:
        yield "invoice", run_ms(plus_days(end, -billing.lead_days), billing)
    elif subscription.status is Status.ACTIVE:
        yield "period-end", run_ms(end, billing)


def _leaving(subscription: Subscription, rules: Rules) -> Iterator[Due]:
    if subscription.leaving is not None and subscription.leaving.offer_due_ms:
        yield "offer", subscription.leaving.offer_due_ms
    if not subscription.under_way:
        yield "period-end", run_ms(subscription.period_end, rules.billing)


def _trial_over(_subscription: Subscription, _now_ms: int, _rules: Rules) -> f.Facts:
    return (f.Moved(Status.ACTIVE),)


def _invoice_due(subscription: Subscription, now_ms: int, rules: Rules) -> f.Facts:
    """Draw the next invoice; a basket that nobody sends there any more ends instead."""
    address = goods_address(subscription)
    if address is not None and not is_served(address, rules):
        return (f.Cancelled(day_of(now_ms), "other", SYSTEM, NOT_SERVED, was_told=False),)
    return (issue_next(subscription, now_ms, rules),)


def _remind(subscription: Subscription, now_ms: int, _rules: Rules) -> f.Facts:
    """Tell how many days are left; when none is, the charge speaks for itself."""
    days = (subscription.period_end - day_of(now_ms)).days
    return (f.Reminded(days),) if days > 0 else ()


def _retry(subscription: Subscription, now_ms: int, rules: Rules) -> f.Facts:
    return charge(subscription, now_ms, rules, is_retry=True)


def _grace_over(_subscription: Subscription, now_ms: int, rules: Rules) -> f.Facts:
    return suspend(now_ms, rules)


def _overdue(_subscription: Subscription, _now_ms: int, _rules: Rules) -> f.Facts:
    return (f.InvoiceOverdue(),)


def _never_came_back(_subscription: Subscription, _now_ms: int, _rules: Rules) -> f.Facts:
    return (f.GivenUp(),)


TIMERS: Final[dict[str, Rule]] = {
    "trial": _trial_over,
    "invoice": _invoice_due,
    "reminder": _remind,
    "renewal": charge,
    "dunning": _retry,
    "grace": _grace_over,
    "overdue": _overdue,
    "offer": leaving.offer_over,
    "period-end": leaving.period_over,
    "resume": pausing.resumed,
    "reactivation": _never_came_back,
}
"""What each kind of timer does to a subscription whose `due_times` name it."""
