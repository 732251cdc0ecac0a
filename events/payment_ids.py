"""Names of payments: an order's tells the order, so that a payment lies where its order lies."""

from typing import Final

PAYMENT_PREFIX: Final = "pay_"
"""Orders opens its payment as `pay_<orderId>`, so that both share a partition."""


def order_of_payment(payment_id: str) -> str:
    """What decides where a payment lies: an order has further ones, `pay_<orderId>:2` and so on."""
    return payment_id.removeprefix(PAYMENT_PREFIX).partition(":")[0]
