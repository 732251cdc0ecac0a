"""Plan changes: upgrades at once with proration, others when the period ends (G-41)."""

from events.subscriptions import ChangePlan
from streams.billing.amounts import net, prorated
from streams.billing.calendar import next_date, plus_days
from streams.moments import day_of
from streams.subscriptions import facts as f
from streams.subscriptions.charging import plan_of, withdrawn
from streams.subscriptions.plans import PlanSpec
from streams.subscriptions.rows import RENEWING, Status, Subscription
from streams.subscriptions.rules import Rules

WHAT = "change_plan"


def change(subscription: Subscription, command: ChangePlan, at_ms: int, rules: Rules) -> f.Facts:
    """Change the plan. An invoice of the old one that is not charged yet is drawn anew.

    Refused, in order of precedence: unknown_plan, other_family, other_currency, not_active,
    charge_under_way.
    Only a higher tier counts as an upgrade; whatever else is asked for waits for the period's
    end. Choosing the running plan takes back a choice that waits.
    """
    why = _refusal(subscription, command, rules)
    if why:
        return (f.Refused(WHAT, why),)
    to = command.new_plan_id
    if to == subscription.plan_id:
        if not subscription.next_plan_id:
            return ()
        return (*withdrawn(subscription), f.PlanChosen(""))
    is_upgrade = rules.own.plans[to].tier > plan_of(subscription, rules).tier
    if is_upgrade and command.effective != "period_end":
        return (*withdrawn(subscription), _upgraded(subscription, to, at_ms, rules))
    if to == subscription.next_plan_id:
        return ()
    return (*withdrawn(subscription), f.PlanChosen(to))


def _refusal(subscription: Subscription, command: ChangePlan, rules: Rules) -> str:
    plan = rules.own.plans.get(command.new_plan_id)
    if plan is None:
        return "unknown_plan"
    if plan.family != plan_of(subscription, rules).family:
        return "other_family"
    if plan.currency != plan_of(subscription, rules).currency:
        return "other_currency"  # What was paid, and is owed, is not worth as much in it (G-12).
    if subscription.status not in RENEWING:
        return "not_active"
    return "charge_under_way" if subscription.under_way else ""


def _upgraded(subscription: Subscription, to: str, at_ms: int, rules: Rules) -> f.PlanChanged:
    """Give the new plan now; the running period's discount lowers what it costs more.

    Nothing is prorated while on trial; in what is left of its free period nothing is credited,
    because nothing was paid.
    """
    old, new = plan_of(subscription, rules), rules.own.plans[to]
    today, owed = day_of(at_ms), 0
    price_minor = net(new.price_minor, subscription.period_percent)
    if subscription.status is not Status.TRIALING:
        left = (subscription.period_end - max(today, subscription.period_start)).days
        days = _days(subscription, old), _days(subscription, new)
        owed = prorated(_paid_minor(subscription, old), price_minor, max(0, left), *days)
    return f.PlanChanged(subscription.plan_id, to, today, owed, price_minor)


def _paid_minor(subscription: Subscription, plan: PlanSpec) -> int:
    """What a period of the plan cost that runs: plans may cost something else by now."""
    if _is_free(subscription):
        return 0
    known = subscription.period_minor
    return net(plan.price_minor, subscription.period_percent) if known is None else known


def _is_free(subscription: Subscription) -> bool:
    """Whether the running period began with a trial, and no upgrade is owed for it yet."""
    first = subscription.period_start == subscription.started_on
    return subscription.trial_days > 0 and first and subscription.balance_minor <= 0


def _days(subscription: Subscription, plan: PlanSpec) -> int:
    """How long a period of a plan is that starts with the running one, pauses left out.

    One that starts on the last day of a short month ends on its anchor's day.
    """
    start = subscription.period_start
    is_clamped = plus_days(start, 1).month != start.month
    anchor_day = max(start.day, subscription.anchor_day) if is_clamped else start.day
    return (next_date(start, plan.cycle, anchor_day) - start).days
