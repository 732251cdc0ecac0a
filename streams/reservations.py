"""Reservations are named after what they are for: `<orderId>:<line>`, lines counted from 1."""

_DIGITS_MAX = 4


def line_of(reservation_id: str | None, order_id: str | None) -> int:
    """The line that a reservation is for; 0 when it is not one of this order's lines' names."""
    owner, _, number = (reservation_id or "").rpartition(":")
    if owner != order_id or not number.isdecimal() or not number.isascii():
        return 0
    return int(number[:_DIGITS_MAX])
