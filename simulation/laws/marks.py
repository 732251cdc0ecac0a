"""What is an exchange's by its name, and a person's by its marks.

A name tells at its end: an order's own id may look like anything before.
"""

import re
from typing import Any, Final

_HOLD: Final = re.compile(r"(.+):x[0-9]+", re.ASCII | re.DOTALL)
_FURTHER: Final = re.compile(r"pay_(.+):x([1-9][0-9]{0,3})", re.ASCII | re.DOTALL)


def replacement_of(reservation_id: str) -> str | None:
    """The order that a reservation is held for until it is one; None: it is a line's own."""
    found = _HOLD.fullmatch(reservation_id)
    return None if found is None else found[1]


def exchange_of(payment_id: str) -> tuple[str, int] | None:
    """The order and the number of its return that a payment is for; None: it is for neither."""
    found = _FURTHER.fullmatch(payment_id)
    return None if found is None else (found[1], int(found[2]))


def is_with_people(payment: Any) -> bool:
    """Whether a person must look at it, or has settled it outside: the shop knows not how."""
    return bool(payment.stuck or payment.resolved)
