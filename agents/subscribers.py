"""What the agent `subscriptions` keeps of a user beside their subscriptions."""

from collections.abc import Callable
from typing import Any, Final

from engine.specs import Context, Delivery, Handler
from streams.subscriptions.rows import Subscriber
from streams.subscriptions.subscriber import NOBODY, prepaid
from tables.subscriptions import SUBSCRIPTIONS

_BY_CUSTOMER: Final = frozenset(
    {"PaymentFailed", "FraudDetected", "FraudCheckCompleted", "ClearSuspension"}
)
"""Messages that name the user as their customer."""


def user_of(delivery: Delivery) -> str:
    """The user that a message is about: named, or by the key of its record."""
    data = delivery.value.data
    if delivery.name in _BY_CUSTOMER:
        return str(data.customer_id)
    if data.user_id is None:
        return (delivery.record.key or b"").decode("utf-8", "replace")
    return str(data.user_id)


def paying(advance: Handler) -> Handler:
    """A payment for a subscription: known, or another producer's that becomes known later."""
    remember = turning(prepaid)

    def handler(ctx: Context, delivery: Delivery) -> None:
        remember(ctx, delivery)
        advance(ctx, delivery)

    return handler


def turning(turn: Callable[[Subscriber, Any], Subscriber]) -> Handler:
    """What is known of the user beside their subscriptions changes."""

    def handler(ctx: Context, delivery: Delivery) -> None:
        user_id, table = user_of(delivery), ctx.table(SUBSCRIPTIONS)
        subscriber = table.get(user_id) or NOBODY
        after = turn(subscriber, delivery.value.data)
        if after is not subscriber:
            table[user_id] = after

    return handler
