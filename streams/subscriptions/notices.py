"""What is asked of Notification where no event tells the customer. Each has its template."""

from typing import Any, Final

from events.base import Message
from events.ids import derived_id
from events.notifications import NotificationRecipient, SendNotification
from events.vocabulary import Priority
from streams.subscriptions import facts as f
from streams.subscriptions.rows import Subscription
from streams.subscriptions.rules import Rules

REFUSED: Final = "subscription-request-refused"
METHOD_NEEDED: Final = "payment-method-update-needed"
OFFER: Final = "subscription-save-offer"
COME_BACK: Final = "subscription-reactivation-offer"
EXPIRED: Final = "subscription-renewal-notice"
UPGRADE: Final = "subscription-upgrade-hint"
TEMPLATES: Final = frozenset({REFUSED, METHOD_NEEDED, OFFER, COME_BACK, EXPIRED, UPGRADE})


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
    return notice(user_id, REFUSED, about, subscription_id, fact.what, cause_id)


def grace_begun(after: Subscription, fact: f.GraceBegun, rules: Rules) -> Message:
    """Ask for another way to pay, while access is limited (G-42)."""
    about = {**_about(after, rules), "graceEndsAt": fact.due_ms}
    seed = (after.subscription_id, str(fact.due_ms))
    return notice(after.user_id, METHOD_NEEDED, about, *seed, priority="HIGH")


def offer_made(after: Subscription, fact: f.OfferMade, rules: Rules) -> Message:
    """Make the save offer (G-43)."""
    about = {
        **_about(after, rules),
        "percent": fact.percent,
        "cycles": rules.own.offer_cycles,
        "validUntil": fact.due_ms,
    }
    return notice(after.user_id, OFFER, about, after.subscription_id, str(fact.due_ms))


def come_back(after: Subscription, rules: Rules) -> Message:
    """Invite somebody back who left (G-44)."""
    about = {**_about(after, rules), "percent": rules.own.winback_percent}
    return notice(after.user_id, COME_BACK, about, after.subscription_id)


def expired(after: Subscription, rules: Rules) -> Message:
    """Say that the subscription does not renew itself and is over."""
    return notice(after.user_id, EXPIRED, _about(after, rules), after.subscription_id)


def upgrade_hinted(after: Subscription, fact: f.UpgradeHinted, rules: Rules) -> Message:
    """Point to a higher plan, after a while with this one."""
    about = {**_about(after, rules), "higherPlan": rules.own.plans[fact.plan_id].name}
    seed = (after.subscription_id, after.period_start.isoformat())
    return notice(after.user_id, UPGRADE, about, *seed, priority="LOW")


def _about(after: Subscription, rules: Rules) -> dict[str, Any]:
    plan = rules.own.plans[after.plan_id].name
    return {"subscriptionId": after.subscription_id, "planId": after.plan_id, "plan": plan}
