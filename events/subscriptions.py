"""Subscriptions, keyed by userId."""

from datetime import date

from events.base import Command, Event, Query, Upcast, names
from events.moments import Moment
from events.money import Minor, SignedMinor
from events.scalars import Count, Id, Many, Text
from events.types import Address, OrderItem, PaymentMethod, Period, Plan
from events.vocabulary import CancelledBy, PlanChangeTiming, SubscriptionCancelReason


class SubscriptionCommand(Command):
    """A request to Subscriptions, from the API gateway."""

    topic = "subscriptions.{env}.commands"
    key_field = "user_id"
    source = "api-gateway"


class SubscriptionEvent(Event):
    """A fact about one subscription."""

    topic = "subscriptions.{env}.events"
    key_field = "user_id"
    source = "subscription-service"


class SubscribeUser(SubscriptionCommand):
    """Asks for a subscription. Items make it Subscribe & Save (G-45)."""

    model_config = names(signup_source=("source",))

    user_id: Id
    plan_id: Id
    payment_method_id: Id
    trial_period_days: Count | None = None
    discount_code: Text | None = None
    signup_source: Text | None = None
    items: Many[OrderItem] | None = None  # Subscribe & Save basket
    shipping_address: Address | None = None


class CancelSubscription(SubscriptionCommand):
    """Asks to end a subscription. payment_failure and policy_violation end it at once."""

    subscription_id: Id
    user_id: Id | None = None
    reason: SubscriptionCancelReason
    note: Text | None = None
    requested_by: CancelledBy
    at_period_end: bool = True
    decline_offer: bool = False


class RespondToOffer(SubscriptionCommand):
    """Answers the save offer (G-43). Silence lets the cancellation go through."""

    subscription_id: Id
    user_id: Id
    accepted: bool


class UpdatePaymentMethod(SubscriptionCommand):
    """Gives a new way to pay; an open invoice is charged at once."""

    user_id: Id
    subscription_id: Id | None = None
    payment_method: PaymentMethod


class ChangePlan(SubscriptionCommand):
    """Asks for another plan: an upgrade at once, a downgrade at period end (G-41)."""

    subscription_id: Id
    user_id: Id
    new_plan_id: Id
    effective: PlanChangeTiming | None = None


class PauseSubscription(SubscriptionCommand):
    """Asks for a pause of 1 to 90 days (G-43)."""

    subscription_id: Id
    user_id: Id
    resume_at: date | None = None


class ResumeSubscription(SubscriptionCommand):
    """Asks to end a pause."""

    subscription_id: Id
    user_id: Id


class GetSubscriptionStatus(Query):
    """A user's subscription. Answered by `GET /v1/subscriptions/{userId}/status`."""

    source = "subscription-service"

    user_id: Id


class UserSubscriptionStarted(SubscriptionEvent):
    """A subscription began. A trial does not move the billing anchor."""

    model_config = names(signup_source=("source",))
    upcast = Upcast(defaults={"trialPeriodDays": 0})

    subscription_id: Id
    user_id: Id
    plan: Plan
    trial_period_days: Count
    start_date: date
    next_billing_date: date
    payment_method_id: Id
    signup_source: Text | None = None
    discount_code: Text | None = None


class UserSubscriptionCancelled(SubscriptionEvent):
    """A subscription ends: at period end when the customer asks, today on payment failure."""

    upcast = Upcast(defaults={"refundAmount": 0})

    subscription_id: Id
    user_id: Id
    plan: Plan
    cancellation_reason: SubscriptionCancelReason
    cancellation_note: Text | None = None
    cancelled_by: CancelledBy
    effective_date: date
    refund_amount_minor: Minor
    failed_payment_attempts: Count | None = None
    last_payment_attempt: Moment | None = None
    subscription_duration_days: Count


class SubscriptionSuspended(SubscriptionEvent):
    """Dunning and grace ran out; the cancellation follows at once (K5)."""

    upcast = Upcast(timestamp_from="suspendedAt")

    subscription_id: Id
    user_id: Id
    plan: Plan
    suspended_at: Moment
    failed_payment_attempts: Count


class SubscriptionRenewedEvent(SubscriptionEvent):
    """The next period is paid. Orders places the Subscribe & Save order from it."""

    subscription_id: Id
    user_id: Id
    plan: Plan
    period: Period
    next_billing_date: date
    payment_id: Id
    recovered: bool | None = None


class PlanMigrationCompleted(SubscriptionEvent):
    """The plan changed. The proration may be owed either way (G-41)."""

    subscription_id: Id
    user_id: Id
    from_plan: Plan
    to_plan: Plan
    effective_date: date
    prorated_amount_minor: SignedMinor | None = None
