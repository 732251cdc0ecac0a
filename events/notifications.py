"""Notifications: the queue that feeds them and what became of each, keyed by the user."""

from events.base import Command, Event, Part, Query, Upcast
from events.moments import Moment
from events.scalars import Count, Email, Id, JsonObject, Many, Text
from events.vocabulary import (
    Channel,
    InteractionKind,
    NotificationFailureReason,
    Priority,
    ReadStatus,
)


class NotificationRecipient(Part):
    """Whom to tell, and where. The phone number is E.164."""

    customer_id: Id
    email: Email | None = None
    phone: Text | None = None
    device_tokens: Many[Text] | None = None


class Interaction(Part):
    """What a customer did with a message; interactions nest."""

    interaction_id: Id
    kind: InteractionKind
    channel: Channel
    occurred_at: Moment
    details: JsonObject | None = None
    children: Many["Interaction"] | None = None


class NotificationEvent(Event):
    """What became of one notification."""

    topic = "notifications.{env}.events"
    key_field = "user_id"
    source = "notification-service"


class SendNotification(Command):
    """Asks to tell somebody something, once an idempotency key (K14).

    The key is the causing event's id and the channel, so a replay sends nothing twice. A record of
    more than 256 KB is refused: it goes to the dead letters.
    """

    bytes_max = 262_144

    upcast = Upcast(defaults={"priority": "NORMAL"})
    topic = "notifications.{env}.queue"
    key_field = "recipient.customer_id"
    source = "orders-service"

    notification_id: Id
    recipient: NotificationRecipient
    channel: Channel
    template_id: Id
    template_data: JsonObject | None = None
    priority: Priority
    scheduled_at: Moment | None = None
    source_service: Text | None = None
    source_event_type: Text | None = None
    idempotency_key: Id


class GetUserNotifications(Query):
    """A user's history, newest first (G-38)."""

    source = "notification-service"

    user_id: Id
    status: ReadStatus | None = None
    limit: Count | None = None
    offset: Count | None = None


class GetNotificationDetails(Query):
    """One notification."""

    source = "notification-service"

    notification_id: Id


class NotificationSent(NotificationEvent):
    """A provider accepted a message."""

    upcast = Upcast(timestamp_from="sentAt")

    notification_id: Id
    user_id: Id
    channel: Channel
    template_id: Id
    provider: Text | None = None
    attempts: Count
    sent_at: Moment
    latency_ms: Count | None = None


class NotificationFailed(NotificationEvent):
    """A message was not sent."""

    notification_id: Id
    user_id: Id
    channel: Channel
    reason: NotificationFailureReason
    attempts: Count
    dead_lettered: bool


class CustomerEngagementRecorded(NotificationEvent):
    """A customer opened, clicked or dismissed. `totalInteractions` counts the tree's nodes."""

    upcast = Upcast(timestamp_from="recordedAt")
    key_field = "customer_id"

    engagement_id: Id
    customer_id: Id
    notification_id: Id
    campaign_id: Id | None = None
    root_interaction: Interaction
    total_interactions: Count
    recorded_at: Moment
