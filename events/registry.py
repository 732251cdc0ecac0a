"""Every message by name, by alias and by topic."""

import difflib
from collections.abc import Iterator, Mapping
from types import MappingProxyType, ModuleType
from typing import Final

from events import (
    alerts,
    analytics,
    billing,
    books,
    carriers,
    charges,
    erasure,
    exchanges,
    fraud,
    holds,
    inventory,
    notifications,
    orders,
    payments,
    refunds,
    registrations,
    returns,
    shipping,
    subscriptions,
)
from events.base import Message
from events.errors import NAME_CHARS_MAX, UnknownMessage, quoted

_MODULES: Final = (
    orders,
    analytics,
    inventory,
    holds,
    payments,
    refunds,
    charges,
    books,
    fraud,
    shipping,
    returns,
    exchanges,
    carriers,
    notifications,
    subscriptions,
    billing,
    registrations,
    erasure,
    alerts,
)

ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "OrderPlaced": "OrderConfirmed",
        "OrderCreated": "OrderConfirmed",
        "order.placed": "OrderConfirmed",
        "UserSignedUp": "UserSignedUpEvent",
        "UserForgotPassword": "UserForgotPasswordEvent",
        "SubscriptionRenewed": "SubscriptionRenewedEvent",
        "charge.succeeded": "StripeChargeSucceeded",
        "charge.failed": "StripeChargeFailed",
    }
)
"""Other names of messages, as producers and provider webhooks write them."""


def _messages(module: ModuleType) -> Iterator[type[Message]]:
    """Yield the messages a module defines, leaving out the bases: those add no field."""
    for member in vars(module).values():
        if (
            isinstance(member, type)
            and issubclass(member, Message)
            and member.__module__ == module.__name__
            and member.model_fields
        ):
            yield member


MESSAGES: Final[Mapping[str, type[Message]]] = MappingProxyType(
    {model.name: model for module in _MODULES for model in _messages(module)}
)
"""Every message by its wire name."""


def _by_topic() -> dict[str, tuple[type[Message], ...]]:
    topics: dict[str, tuple[type[Message], ...]] = {}
    for model in MESSAGES.values():
        if model.topic:
            topics[model.topic] = (*topics.get(model.topic, ()), model)
    return topics


TOPICS: Final[Mapping[str, tuple[type[Message], ...]]] = MappingProxyType(_by_topic())
"""Every topic pattern to the messages that travel on it."""


def message_named(name: str) -> type[Message]:
    """Find a message by its name or an alias, with or without an `Event` suffix.

    Raises:
        UnknownMessage: no message goes by that name; the text lists the closest names.
    """
    for candidate in (name, ALIASES.get(name, ""), name.removesuffix("Event"), f"{name}Event"):
        if candidate in MESSAGES:
            return MESSAGES[candidate]
    close = difflib.get_close_matches(name[:NAME_CHARS_MAX], MESSAGES, n=3, cutoff=0.5)
    hint = f"; close names: {', '.join(close)}" if close else ""
    raise UnknownMessage(f"no message is named {quoted(name)}{hint}")
