"""Messages about an order that nobody has placed yet (G-13).

Inside this application they do not occur: whatever speaks of an order was caused by it, and an
order's row is there before anything it causes is visible. They come from other producers,
whose topics race each other, or who mean an order that is not ours. So they wait, as they
came, for PlaceOrder, which takes them in the order of their arrival; after `early_ms`, or when
too much waits already, they go to the dead letters of their topic, from where they can be
replayed. They are put there, not refused by raising: a record that one agent refuses is undone
for all agents that read it, and the payment of somebody else's order is still a payment.
"""

from typing import Final

import msgspec

from events.errors import ContractError
from streams.orders.rules import OrderRules

EARLY_MAX: Final = 20
"""Messages that wait for one order."""
EARLY_BYTES_MAX: Final = 200_000
"""What the messages that wait for one order weigh."""


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
    headers: tuple[tuple[str, bytes | None], ...]


class EarlyMessages(msgspec.Struct, frozen=True, gc=False):
    """What waits for one order, oldest first."""

    due_ms: int
    """When it goes to the dead letters."""
    messages: tuple[EarlyMessage, ...]


def kept(
    waiting: EarlyMessages | None, message: EarlyMessage, rules: OrderRules
) -> EarlyMessages | None:
    """Add a message to what waits, until the first one's time is over; None: there is no room."""
    if waiting is None:
        waiting = EarlyMessages(message.at_ms + rules.early_ms, ())
    messages = (*waiting.messages, message)
    weight = sum([len(one.value or b"") for one in messages])
    if len(messages) > EARLY_MAX or weight > EARLY_BYTES_MAX:
        return None
    return EarlyMessages(waiting.due_ms, messages)
