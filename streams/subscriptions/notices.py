"""What is asked of Notification where no event tells the customer."""

from typing import Any

from events.base import Message
from events.ids import derived_id
from events.notifications import NotificationRecipient, SendNotification
from events.vocabulary import Priority
from streams.subscriptions import facts as f
from streams.subscriptions.rows import Subscription


def notice(
    user_id: str,
    template_id: str,
    about: dict[str, Any],
    *seed: str,
    priority: Priority = "NORMAL",
) -> SendNotification:
    """Ask for a mail, once for the same seed."""
    key = derived_id(user_id, template_id, *seed)
    return SendNotification(
        notification_id=key,
        recipient=NotificationRecipient(customer_id=user_id),
        channel="EMAIL",
        template_id=template_id,
        template_data=about,
        priority=priority,
        source_service="subscription-service",
        idempotency_key=key,
    )


def refused(user_id: str, subscription_id: str, fact: f.Refused, cause_id: str) -> SendNotification:
    """Say what was not done, and why: once a request, however often it arrives."""
    about = {"subscriptionId": subscription_id, "request": fact.what, "reason": fact.why}
    return notice(
        user_id, "subscription-request-refused", about, subscription_id, fact.what, cause_id
    )


def grace_begun(after: Subscription, fact: f.GraceBegun) -> Message:
    """Ask for another way to pay, while access is limited (G-42)."""
    about = {"subscriptionId": after.subscription_id, "graceEndsAt": fact.due_ms}
    return notice(
        after.user_id,
        "payment-method-update-needed",
        about,
        after.subscription_id,
        str(fact.due_ms),
        priority="HIGH",
    )


def offer_made(after: Subscription, fact: f.OfferMade) -> Message:
    """Make the save offer (G-43)."""
    about = {
        "subscriptionId": after.subscription_id,
        "percent": fact.percent,
        "validUntil": fact.due_ms,
    }
    return notice(
        after.user_id, "subscription-save-offer", about, after.subscription_id, str(fact.due_ms)
    )


def over(after: Subscription, template_id: str) -> Message:
    """Invite somebody back whose subscription is over."""
    about = {"subscriptionId": after.subscription_id, "planId": after.plan_id}
    return notice(after.user_id, template_id, about, after.subscription_id)
