"""What order events add to the tally of their minute.

Cells: `confirmed|currency` (orders, minor units), `refused|reason`, `cancelled|reason`,
`latency` (ms from PlaceOrder to OrderConfirmed), `slow` (orders beyond the promise).
"""

from events import Envelope
from events.orders import OrderCancelled, OrderConfirmed, OrderFailed
from streams.pulse.latency import since_cause_ms
from streams.pulse.rules import PulseRules
from streams.pulse.tally import Tally, add, grown, observe


def confirmed(
    tally: Tally, envelope: Envelope[OrderConfirmed], at_ms: int, rules: PulseRules
) -> Tally:
    """Count an accepted order, its value and how long the customer waited."""
    order, took_ms = envelope.data, since_cause_ms(envelope, at_ms)
    cells = tally.cells.copy()
    add(cells, "confirmed|" + order.currency, order.order_total_minor)
    if took_ms is not None:
        observe(cells, "latency", took_ms)
        if took_ms >= rules.order_promise_s * 1000:
            add(cells, "slow")
    return grown(tally, cells)


def refused(
    tally: Tally, envelope: Envelope[OrderFailed], _at_ms: int, _rules: PulseRules
) -> Tally:
    """Count a refused order by its reason."""
    cells = tally.cells.copy()
    add(cells, "refused|" + envelope.data.rejection_reason)
    return grown(tally, cells)


def cancelled(
    tally: Tally, envelope: Envelope[OrderCancelled], _at_ms: int, _rules: PulseRules
) -> Tally:
    """Count a cancelled order by its reason."""
    cells = tally.cells.copy()
    add(cells, "cancelled|" + envelope.data.cancellation_reason)
    return grown(tally, cells)
