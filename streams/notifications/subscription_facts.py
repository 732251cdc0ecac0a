"""What messages about subscriptions and invoices say."""

from events.billing import InvoiceGenerated, SubscriptionPaymentDue
from events.subscriptions import (
    PlanMigrationCompleted,
    SubscriptionRenewedEvent,
    SubscriptionSuspended,
    UserSubscriptionCancelled,
    UserSubscriptionStarted,
)
from events.types import Plan
from streams.notifications.wording import Facts, money, words


def _plan(plan: Plan) -> str:
    return plan.name or plan.plan_id


def invoice_generated(event: InvoiceGenerated) -> Facts:
    """What a message of InvoiceGenerated says."""
    return {
        "invoiceNumber": event.invoice_number,
        "total": money(event.total_minor),
        "tax": money(event.tax_minor),
        "currency": event.currency,
        "due": event.due_date.isoformat(),
        "status": event.status,
    }


def payment_due(event: SubscriptionPaymentDue) -> Facts:
    """What a message of SubscriptionPaymentDue says."""
    return {
        "plan": _plan(event.plan),
        "amount": money(event.amount_minor),
        "currency": event.currency,
        "due": event.due_date.isoformat(),
    }


def subscription_started(event: UserSubscriptionStarted) -> Facts:
    """What a message of UserSubscriptionStarted says."""
    return {
        "plan": _plan(event.plan),
        "trialDays": event.trial_period_days,
        "nextBilling": event.next_billing_date.isoformat(),
    }


def subscription_cancelled(event: UserSubscriptionCancelled) -> Facts:
    """What a message of UserSubscriptionCancelled says: why, in the shop's words where it ended it.

    Notes of customers and support are not for the mail.
    """
    by_shop = event.cancelled_by == "system" and event.cancellation_reason == "other"
    said = event.cancellation_note if by_shop else None
    return {
        "plan": _plan(event.plan),
        "effective": event.effective_date.isoformat(),
        "reason": said or words(event.cancellation_reason),
    }


def subscription_suspended(event: SubscriptionSuspended) -> Facts:
    """What a message of SubscriptionSuspended says."""
    return {"plan": _plan(event.plan)}


def subscription_renewed(event: SubscriptionRenewedEvent) -> Facts:
    """What a message of SubscriptionRenewedEvent says."""
    return {"plan": _plan(event.plan), "nextBilling": event.next_billing_date.isoformat()}


def plan_migrated(event: PlanMigrationCompleted) -> Facts:
    """What a message of PlanMigrationCompleted says."""
    return {
        "plan": _plan(event.to_plan),
        "was": _plan(event.from_plan),
        "effective": event.effective_date.isoformat(),
    }
