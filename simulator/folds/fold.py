"""What one kind of message adds to the pages."""

from collections.abc import Callable

from simulator.heard import Data, Said
from simulator.pages import Pages

Fold = Callable[[Pages, Said, int], None]
"""(the pages, what was said, the broker's time of it in ms)"""


def order_of(data: Data) -> str:
    """The order that a payment's message is about."""
    return data.order_id or (data.payment_id or "").removeprefix("pay_")
