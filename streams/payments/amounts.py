"""What a payment's money comes to, in minor units of its currency."""

from streams.payments.refund import accepted_minor, open_minor
from streams.payments.states import Payment


def remaining_minor(payment: Payment) -> int:
    """Captured money that the shop still has, in minor units."""
    return payment.captured_minor - payment.refunded_minor - payment.charged_back_minor


def capture_minor(payment: Payment) -> int:
    """What to capture: what the order costs, but never more than is held (G-14)."""
    return min(payment.authorized_minor, payment.session.amount_minor)


def asked_capture_minor(payment: Payment) -> int:
    """What its newest capture was asked for; rows from before that was kept do not say."""
    return payment.capture_minor or capture_minor(payment)


def unaccepted_minor(payment: Payment) -> int:
    """What remains when every accepted refund has gone through."""
    return remaining_minor(payment) - accepted_minor(payment.refunds)


def available_minor(payment: Payment) -> int:
    """What may be asked back beside the refunds that are open."""
    return remaining_minor(payment) - open_minor(payment.refunds)
