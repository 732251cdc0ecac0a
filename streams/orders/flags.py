"""What people should know of an order: disputes, refunds that failed, goods that did not come back.

G-17, G-18, G-33.
"""

from typing import Final

from events.refunds import ChargebackClosed, ChargebackOpened
from streams.orders.facts import Fact, Flagged
from streams.orders.rows import Order
from streams.orders.rules import OrderRules

DISPUTED: Final = "DISPUTED"
CHARGED_BACK: Final = "CHARGED_BACK"
REFUND_FAILED: Final = "REFUND_FAILED"
UNRETURNED: Final = "UNRETURNED"


def flagged(order: Order, flag: str, at_ms: int, reason: str) -> tuple[Fact, ...]:
    """Raise a flag, once."""
    if flag in order.flags:
        return ()
    return (Flagged(at_ms, (*order.flags, flag), reason),)


def lowered(order: Order, flag: str, at_ms: int, reason: str) -> tuple[Fact, ...]:
    """Take a flag down."""
    if flag not in order.flags:
        return ()
    return (Flagged(at_ms, tuple([one for one in order.flags if one != flag]), reason),)


def disputed(
    order: Order, _event: ChargebackOpened, at_ms: int, _rules: OrderRules
) -> tuple[Fact, ...]:
    """Flag an order whose payment the bank claims back."""
    if CHARGED_BACK in order.flags:
        return ()
    return flagged(order, DISPUTED, at_ms, "CHARGEBACK_OPENED")


def dispute_over(
    order: Order, event: ChargebackClosed, at_ms: int, _rules: OrderRules
) -> tuple[Fact, ...]:
    """Flag an order whose money is lost for good; one that was won back is as before."""
    if event.outcome != "lost":
        return lowered(order, DISPUTED, at_ms, f"CHARGEBACK_{event.outcome.upper()}")
    if CHARGED_BACK in order.flags:
        return ()
    others = tuple([flag for flag in order.flags if flag != DISPUTED])
    return (Flagged(at_ms, (*others, CHARGED_BACK), "CHARGEBACK_LOST"),)
