"""What all shoppers know: what there is to buy, how to pay, and what they ordered."""

from dataclasses import dataclass
from typing import Final

from events.types import Address, OrderItem
from simulation.people import Post
from streams.moments import DAY_MS, MINUTE_MS

PRODUCTS: Final = {"prd_a": 1_999, "prd_b": 45_000, "prd_c": 799}
"""List prices in minor units."""
SAMPLE: Final = "prd_c"
"""What some shops give away."""
TOKENS: Final = (
    *("tok_fine",) * 10,
    "tok_declined_once",
    "tok_insufficient_twice",
    "tok_declined",
    "tok_expired",
    "tok_unknown",
    "tok_unknown_declined",
    "tok_lost_call",
    "tok_silent",
    "tok_network_once",
    "tok_capture_expired",
    "tok_refund_refused",
    "tok_refund_pending",
    "tok_refund_fails",
    "tok_misbooked",
    "tok_dispute_lost",
)


@dataclass(slots=True)
class Shopping:
    """One order as its shopper remembers it."""

    order_id: str
    user_id: str
    items: tuple[OrderItem, ...]
    address: Address


def price_of(post: Post, product: str) -> int:
    """What the shop takes for one of it, in minor units."""
    return 0 if post.habits.samples and product == SAMPLE else PRODUCTS[product]


def one_of(post: Post, kinds: tuple[str, ...]) -> str:
    """The first of them, which makes no trouble, or any."""
    return kinds[0] if post.may(post.habits.luck) else post.chance.choice(kinds)


def sometime(post: Post) -> int:
    """A while in which somebody changes their mind, up to four days, in ms."""
    longest = post.chance.choice((500, 5_000, 20 * MINUTE_MS, DAY_MS, 4 * DAY_MS))
    return post.chance.randint(0, longest)
