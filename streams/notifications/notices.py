"""From an event to the messages that tell it: one a channel, once an event (K14).

Ids derive from the event: a replay asks for the same messages, and the queue drops them.
"""

from functools import cache
from re import compile as pattern
from typing import Final

from events.alerts import AlertRaised
from events.base import Message
from events.ids import readable_id
from events.notifications import NotificationRecipient, SendNotification
from events.vocabulary import Channel, Priority
from streams.notifications.occasions import FACTS
from streams.notifications.rows import Buyer
from streams.notifications.rules import EMAIL, HIGH, NotificationRules

_HUMPS: Final = pattern(r"(?<=[a-z0-9])(?=[A-Z])")


@cache
def template_of(event: str) -> str:
    """A template's id: the event's name in kebab case (G-34)."""
    return _HUMPS.sub("-", event).lower()


def notices(
    event: Message,
    event_id: str,
    recipient: NotificationRecipient,
    rules: NotificationRules,
    *beside: str,
) -> tuple[SendNotification, ...]:
    """The messages that tell an event to one person, by every channel it goes to.

    `beside` tells the ids of several persons' messages apart.
    """
    channels = rules.channels_of(event.name)
    if not channels:
        return ()
    facts = FACTS[event.name](event)
    priority = rules.priority_of(event.name)
    return tuple(
        [
            _notice(event, readable_id(event_id, c, *beside), c, recipient, facts, priority)
            for c in channels
        ]
    )


def house_notice(
    event: Message, event_id: str, team: str, rules: NotificationRules
) -> SendNotification:
    """The mail that tells an event to one of the shop's own teams (G-25, G-34)."""
    is_security = team == rules.security_id
    address = rules.security_email if is_security else rules.ops_email
    return _notice(
        event,
        readable_id(event_id, EMAIL, team),
        EMAIL,
        NotificationRecipient(customer_id=team, email=address),
        FACTS[event.name](event),
        HIGH if _is_critical(event) else rules.priority_of(event.name),
        template=f"{template_of(event.name)}-security" if is_security else None,
    )


def _is_critical(event: Message) -> bool:
    """Whether it must not wait behind an hour's other mails to the same team."""
    return isinstance(event, AlertRaised) and event.severity == "critical"


def watcher_notice(
    event: Message, event_id: str, user_id: str, rules: NotificationRules
) -> tuple[SendNotification, ...]:
    """The messages that tell a watcher that a product is back."""
    return notices(event, event_id, NotificationRecipient(customer_id=user_id), rules, user_id)


def recipient_of(user_id: str, buyer: Buyer | None) -> NotificationRecipient:
    """The customer, with what their order says of where to reach them."""
    if buyer is None or buyer.user_id != user_id:
        return NotificationRecipient(customer_id=user_id)
    return NotificationRecipient(
        customer_id=user_id, email=buyer.email or None, phone=buyer.phone or None
    )


def _notice(  # noqa: PLR0913, PLR0917 - the message's fields
    event: Message,
    key: str,
    channel: Channel,
    recipient: NotificationRecipient,
    facts: dict[str, object],
    priority: Priority,
    template: str | None = None,
) -> SendNotification:
    return SendNotification.made(
        notification_id=key,
        recipient=recipient,
        channel=channel,
        template_id=template or template_of(event.name),
        template_data=facts,
        priority=priority,
        source_service=event.source,
        source_event_type=event.name,
        idempotency_key=key,
    )
