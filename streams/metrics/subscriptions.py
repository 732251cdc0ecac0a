"""What messages about subscriptions add to a day. Money is minor units, by currency."""

from events.billing import InvoiceGenerated, SubscriptionPaymentDue
from events.subscriptions import (
    PlanMigrationCompleted,
    SubscriptionRenewedEvent,
    SubscriptionSuspended,
    UserSubscriptionCancelled,
    UserSubscriptionStarted,
)
from streams.metrics.counts import SUBSCRIPTIONS, Count, Counts


def started(event: UserSubscriptionStarted) -> Counts:
    """Somebody subscribed, perhaps on trial."""
    begun = Count(SUBSCRIPTIONS, f"started|{event.plan.plan_id}")
    return (begun, Count(SUBSCRIPTIONS, "trials")) if event.trial_period_days else (begun,)


def cancelled(event: UserSubscriptionCancelled) -> Counts:
    """A cancellation went through, and how long it had lasted."""
    cell = f"cancelled|{event.cancellation_reason}"
    return (Count(SUBSCRIPTIONS, cell, event.subscription_duration_days),)


def renewed(event: SubscriptionRenewedEvent) -> Counts:
    """Another period is paid, perhaps only after a failure."""
    again = Count(SUBSCRIPTIONS, "renewed")
    return (again, Count(SUBSCRIPTIONS, "recovered")) if event.recovered else (again,)


def suspended(_event: SubscriptionSuspended) -> Counts:
    """Nobody paid."""
    return (Count(SUBSCRIPTIONS, "suspended"),)


def migrated(event: PlanMigrationCompleted) -> Counts:
    """A plan took another one's place."""
    return (Count(SUBSCRIPTIONS, f"migrated|{event.to_plan.plan_id}"),)


def invoiced(event: InvoiceGenerated) -> Counts:
    """An invoice was drawn, or went to another state."""
    return (Count(SUBSCRIPTIONS, f"invoice|{event.status}|{event.currency}", event.total_minor),)


def charged(event: SubscriptionPaymentDue) -> Counts:
    """A charge began: the period's first, or another try."""
    if event.days_until_due != 0:
        return ()
    return (Count(SUBSCRIPTIONS, "retried" if event.retry_attempt else "charged"),)
