"""What payment events add to the tally of their minute.

Cells: `confirmed|provider` (payments), `failed|provider|reason`
(attempts), `latency|provider` (ms, session to outcome), `slow` (beyond the promise),
`refunded|currency` (refunds, minor units), `refund_latency` (ms).
"""

from events import Envelope
from events.payments import PaymentFailed, PaymentProcessed
from events.refunds import RefundIssued
from streams.pulse.latency import provider_of, told_ms
from streams.pulse.rules import PulseRules
from streams.pulse.tally import Cell, Tally, add, grown, observe

CONFIRMED = "confirmed"


def is_charged(envelope: Envelope[PaymentProcessed]) -> bool:
    """Whether money came in: only `confirmed` is an outcome.

    An order paid with money that its subscription's renewal took says so: nothing was charged
    for it, and that charge was counted (G-45).
    """
    return envelope.data.status == CONFIRMED and not (envelope.metadata or {}).get("claimed")


def processed(
    tally: Tally, envelope: Envelope[PaymentProcessed], _at_ms: int, rules: PulseRules
) -> Tally:
    """Count a successful payment."""
    if not is_charged(envelope):
        return tally
    cells, provider = dict(tally.cells), provider_of(envelope)
    add(cells, "confirmed|" + provider)
    _time(cells, provider, told_ms(envelope), rules)
    return grown(tally, cells)


def failed(
    tally: Tally, envelope: Envelope[PaymentFailed], _at_ms: int, rules: PulseRules
) -> Tally:
    """Count a failed attempt by provider and reason; only a first one tells a latency (G-52)."""
    payment = envelope.data
    response = payment.gateway_response
    provider = provider_of(envelope, None if response is None else response.gateway_id)
    cells = tally.cells.copy()
    add(cells, f"failed|{provider}|{payment.failure_reason}")
    if payment.attempt_number in (None, 1):
        _time(cells, provider, told_ms(envelope), rules)
    return grown(tally, cells)


def refunded(
    tally: Tally, envelope: Envelope[RefundIssued], _at_ms: int, _rules: PulseRules
) -> Tally:
    """Count a refund, its amount and how long it took."""
    refund, took_ms = envelope.data, told_ms(envelope)
    cells = tally.cells.copy()
    add(cells, "refunded|" + refund.currency, refund.amount_minor)
    if took_ms is not None:
        observe(cells, "refund_latency", took_ms)
    return grown(tally, cells)


def _time(cells: dict[str, Cell], provider: str, took_ms: int | None, rules: PulseRules) -> None:
    if took_ms is None:
        return
    observe(cells, "latency|" + provider, took_ms)
    if took_ms >= rules.payment_promise_s * 1000:
        add(cells, "slow")
