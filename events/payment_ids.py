"""Names of payments: an order's tell the order, so that a payment lies where its order lies.

The first payment of an order is `pay_<orderId>`; amendments bring `pay_<orderId>:2` and so on,
exchanges `pay_<orderId>:x1` and so on. An order whose own id ends like that has even its first
payment numbered, `pay_<orderId>:1`, so a name is never ambiguous.
"""

import re
from typing import Final

PAYMENT_PREFIX: Final = "pay_"

_NUMBERED: Final = re.compile(r":x?[1-9][0-9]{0,3}\Z", re.ASCII)


def payment_id_of(order_id: str) -> str:
    """The name of an order's first payment."""
    if ":" in order_id and _NUMBERED.search(order_id) is not None:
        return further_payment_of(order_id, "1")
    return PAYMENT_PREFIX + order_id


def further_payment_of(order_id: str, number: str) -> str:
    """The name of a further payment: `2` and so on, an exchange's `x1` and so on."""
    return f"{PAYMENT_PREFIX}{order_id}:{number}"


def order_of_payment(payment_id: str) -> str:
    """The order that a payment's name tells; of a foreign name, the name without its prefix."""
    stem = payment_id.removeprefix(PAYMENT_PREFIX)
    found = _NUMBERED.search(stem) if ":" in stem else None
    return stem if found is None else stem[: found.start()]
