"""What a payment knows of its order's lines, and what they let the money do."""

from streams.payments.states import PAID, Payment


def lines_committed(payment: Payment) -> int:
    """How many of the order's lines are committed; one may be told before its amendment is."""
    return sum([is_of_order(payment, line) for line in payment.committed])


def is_of_order(payment: Payment, line: str) -> bool:
    """Whether a line is part of the order, as far as is known: an amendment may yet bring it."""
    known = payment.lines - len(payment.added) + len(payment.dropped)
    if known <= 0 or not (line.isascii() and line.isdecimal()):
        return True
    return line not in payment.dropped and (int(line) <= known or line in payment.added)


def awaits_claim(payment: Payment) -> bool:
    """Whether taken money is meant for an order that does not have all its stock yet (G-45).

    What goes back for another cause meanwhile leaves the order paid.
    """
    return (
        payment.session.recurring
        and payment.lines > 0
        and not payment.allotted
        and not payment.cancel_reason
        and payment.status in PAID
    )


def gate_is_open(payment: Payment) -> bool:
    """Whether the money may be captured: fraud approves, and every line is held (ADR-004)."""
    if payment.fraud != "APPROVED":
        return False
    if payment.session.order_id is None:
        return True
    known = payment.lines > 0 or bool(payment.dropped)
    return known and payment.lines <= len(payment.held)
