"""Messages about an order that nobody has placed yet (G-13).

Inside this application they do not occur: whatever speaks of an order was caused by it, and an
order's row is there before anything it causes is visible. They come from other producers,
whose topics race each other, or who mean an order that is not ours. So they wait, as they
came, for PlaceOrder, which takes them in the order of their arrival; after `early_ms` they go
to the dead letters of their topic, from where they can be replayed. They are not refused at
once, because a record that one agent refuses is undone for all agents that read it.
"""

from typing import Final

import msgspec

from events.errors import ContractError
from streams.orders.rules import OrderRules

EARLY_MAX: Final = 20
"""Messages that wait for one order; what comes beyond is refused at once."""


class OrderUnknown(ContractError):
    """A message is about an order that nobody placed within ten minutes.

    Operator: find out with `faust -A app dead-letters show` who sent it. If the order has been
    placed since, replay it.
    """


class EarlyMessage(msgspec.Struct, frozen=True, gc=False):
    """A record as it came, with where it came from."""

    source: str
    """The topic's name with `{env}` in it."""
    name: str
    topic: str
    partition: int
    offset: int
    at_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class EarlyMessages(msgspec.Struct, frozen=True, gc=False):
    """What waits for one order, oldest first."""

    due_ms: int
    """When it goes to the dead letters."""
    messages: tuple[EarlyMessage, ...]


def kept(
    waiting: EarlyMessages | None, order_id: str, message: EarlyMessage, rules: OrderRules
) -> EarlyMessages:
    """Add a message to what waits; all of it waits until the first one's time is over.

    Raises:
        OrderUnknown: `EARLY_MAX` messages wait already.
    """
    if waiting is None:
        return EarlyMessages(message.at_ms + rules.early_ms, (message,))
    if len(waiting.messages) >= EARLY_MAX:
        raise OrderUnknown(f"order {order_id}: {EARLY_MAX} messages wait for it already")
    return EarlyMessages(waiting.due_ms, (*waiting.messages, message))
