"""What people should know of an order: disputes, refunds that failed, goods that did not come back.

G-17, G-18, G-33.
"""

from typing import Final

from events.refunds import ChargebackClosed, ChargebackOpened
from streams.orders.facts import Fact, Flagged
from streams.orders.rows import CLAIMS_MAX, Order
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
    order: Order, event: ChargebackOpened, at_ms: int, _rules: OrderRules
) -> tuple[Fact, ...]:
    """Flag an order of which a bank claims money back, whichever payment took it."""
    claim = event.chargeback_id
    if CHARGED_BACK in order.flags or claim in order.claims:
        return ()
    flags = order.flags if DISPUTED in order.flags else (*order.flags, DISPUTED)
    claims = (*order.claims, claim)[-CLAIMS_MAX:]
    return (Flagged(at_ms, flags, "CHARGEBACK_OPENED", claims),)


def dispute_over(
    order: Order, event: ChargebackClosed, at_ms: int, _rules: OrderRules
) -> tuple[Fact, ...]:
    """Flag an order whose money is lost for good; one that was won back whole is as before."""
    others = tuple([flag for flag in order.flags if flag != DISPUTED])
    if event.outcome == "lost":
        lost = Flagged(at_ms, (*others, CHARGED_BACK), "CHARGEBACK_LOST", ())
        return () if CHARGED_BACK in order.flags else (lost,)
    left = tuple([claim for claim in order.claims if claim != event.chargeback_id])
    if DISPUTED not in order.flags or (left and left == order.claims):
        return ()
    flags = order.flags if left else others
    return (Flagged(at_ms, flags, f"CHARGEBACK_{event.outcome.upper()}", left),)
