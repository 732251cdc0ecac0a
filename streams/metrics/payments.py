"""What messages about payments add to a day. Money is minor units, by currency."""

from events import Envelope
from events.payments import PaymentFailed, PaymentProcessed, PaymentSettled
from events.refunds import ChargebackOpened, RefundIssued
from streams.metrics.counts import PAYMENTS, Count, Counts
from streams.pulse.payments import is_charged


def processed(envelope: Envelope[PaymentProcessed]) -> Counts:
    """Money came in. An order that claims a renewal's money (G-45) is no second income."""
    if not is_charged(envelope):
        return ()
    event = envelope.data
    return (Count(PAYMENTS, f"processed|{event.currency}", event.amount_minor),)


def failed(event: PaymentFailed) -> Counts:
    """An attempt to pay failed."""
    return (Count(PAYMENTS, f"failed|{event.failure_reason}", event.amount_minor),)


def refunded(envelope: Envelope[RefundIssued]) -> Counts:
    """Money went back; what was taken too late to pay for anything never came in."""
    if (envelope.metadata or {}).get("unprocessed"):
        return ()
    event = envelope.data
    return (Count(PAYMENTS, f"refunded|{event.currency}", event.amount_minor),)


def settled(event: PaymentSettled) -> Counts:
    """The provider paid out, less its fee."""
    return (
        Count(PAYMENTS, f"settled|{event.currency}", event.net_amount_minor),
        Count(PAYMENTS, f"fees|{event.currency}", event.fee_amount_minor),
    )


def disputed(event: ChargebackOpened) -> Counts:
    """Money is disputed."""
    return (Count(PAYMENTS, f"disputed|{event.currency}", event.amount_minor),)
