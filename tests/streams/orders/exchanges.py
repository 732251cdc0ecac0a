"""An exchange from the request to the order that replaces."""

from typing import Any

from events.base import Message
from events.exchange_ids import hold_id_of, replacement_id_of
from events.exchanges import PlaceReplacement
from events.returns import ReturnReceived
from events.types import ShippedItem
from streams.orders.deciding import decide
from streams.orders.evolution import fold
from streams.orders.outcomes import following
from streams.orders.replacing import begin
from streams.orders.rows import Order
from tests.streams.orders.returns import DELIVERED, advised, ask, ware
from tests.streams.orders.returns import received as refunded_return
from tests.streams.orders.samples import (
    AT_MS,
    RULES,
    after,
)
from tests.streams.orders.samples import held as line_held

FIRST = replacement_id_of("ord_1", 1)


def swap(*items: ShippedItem, **given: object) -> Any:
    return ask(*items, resolution="exchange", **given)


def held(number: int = 1, replacement: str = FIRST, **given: object) -> Message:
    name = hold_id_of(replacement, number)
    return line_held(1, reservation_id=name, **given)


def gone(number: int = 1, status: str = "EXPIRED") -> Message:
    return held(number, reason="reservation_expired", reservation_status=status)


def received(*items: tuple[str, int, str], **given: Any) -> ReturnReceived:
    came = refunded_return(*(items or (("p1", 1, "new"),)), **given)
    return came.model_copy(update={"resolution": "exchange"})


def told(order: Order, message: Message, at_ms: int = AT_MS) -> list[Message]:
    """What follows from a message, in order."""
    facts = decide(order, message, at_ms, RULES)
    row = fold(order, facts) if facts else order
    return list(following(row, facts, message, at_ms, RULES))


GOING = after(DELIVERED, swap(ware("p1", 2)), held(), advised(1, ware("p1", 2)))


WHOLE = received(("p1", 2, "new"))


def place(**given: object) -> PlaceReplacement:
    [asked] = told(GOING, WHOLE)
    return asked.model_copy(update=given)


def replacing() -> Order:
    return fold(None, begin(place(), AT_MS, "corr_1"))
