"""Names of subscriptions: one that was asked for is called after the request, before it begins."""

from events.ids import derived_id


def subscription_id_of(event_id: str) -> str:
    """The name of the subscription that a SubscribeUser of that event id makes."""
    return f"sub_{derived_id(event_id, 'subscription')}"
