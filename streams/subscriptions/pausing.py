"""Pauses: nothing is billed, and the period ends that many days later (G-43)."""

from events.subscriptions import PauseSubscription, ResumeSubscription
from streams.billing.calendar import plus_days
from streams.moments import day_of
from streams.subscriptions import facts as f
from streams.subscriptions.charging import withdrawn
from streams.subscriptions.rows import RENEWING, Status, Subscription
from streams.subscriptions.rules import Rules

WHAT = "pause"


def pause(
    subscription: Subscription, command: PauseSubscription, at_ms: int, rules: Rules
) -> f.Facts:
    """Pause until the day asked for, or as long as may be. Pausing twice is once.

    Refused, in order of precedence: not_active, charge_under_way, pause_length.
    """
    if subscription.status is Status.PAUSED:
        return ()
    if subscription.status not in RENEWING:
        return (f.Refused(WHAT, "not_active"),)
    if subscription.under_way:
        return (f.Refused(WHAT, "charge_under_way"),)
    today = day_of(at_ms)
    until = command.resume_at or plus_days(today, rules.own.pause_days_max)
    if not 1 <= (until - today).days <= rules.own.pause_days_max:
        return (f.Refused(WHAT, "pause_length"),)
    return (*withdrawn(subscription), f.Paused(today, until))


def resume(subscription: Subscription, _: ResumeSubscription, at_ms: int, _rules: Rules) -> f.Facts:
    """End a pause on the customer's word."""
    return resumed(subscription, at_ms, _rules)


def resumed(subscription: Subscription, at_ms: int, _rules: Rules) -> f.Facts:
    """End a pause: also the timer's rule."""
    if subscription.status is not Status.PAUSED:
        return ()
    return (*over(subscription, at_ms), f.Moved(Status.ACTIVE))


def over(subscription: Subscription, at_ms: int) -> f.Facts:
    """What ending a pause now adds to the period, if there is one."""
    if subscription.paused_on is None:
        return ()
    return (f.Extended((day_of(at_ms) - subscription.paused_on).days),)
