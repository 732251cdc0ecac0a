"""What inventory events add to the tally of their minute.

Cells: `held` (lines held, units), `short` (lines that found too little stock), `expired`
(holds that lapsed), `latency` (ms from ReserveStock to the hold), `slow` (holds beyond the
promise), `update_latency` (ms from any other change's command to its event). Ranked: units
held, by product; a product's events lie in one partition, so partitions share no product.
"""

from events import Envelope
from events.inventory import InventoryAdjusted, OutOfStock
from streams.pulse import ranking
from streams.pulse.latency import since_cause_ms
from streams.pulse.rules import PulseRules
from streams.pulse.tally import Tally, add, grown, observe

HELD = "order_reserved"
EXPIRED = "reservation_expired"
PARTLY = "PENDING"
"""Status of a hold of which another warehouse's part is still to come."""

_OF_AN_ORDER = frozenset(
    {"reservation_released", "order_cancelled", "order_amended", "order_shipped"}
)
"""Reasons that are neither a check nor an update of stock: they follow from an order's end."""


def adjusted(
    tally: Tally, envelope: Envelope[InventoryAdjusted], at_ms: int, rules: PulseRules
) -> Tally:
    """Count a change of stock as what it is: a hold, a lapsed hold, or an update."""
    change = envelope.data
    reason, units = change.reason, -change.adjusted_quantity
    if reason == HELD:
        return _held(tally, envelope, at_ms, rules) if units > 0 else tally
    if reason in _OF_AN_ORDER:
        return tally
    cells = tally.cells.copy()
    if reason == EXPIRED:
        add(cells, "expired")
        return grown(tally, cells)
    took_ms = since_cause_ms(envelope, at_ms)
    if took_ms is None:
        return tally
    observe(cells, "update_latency", took_ms)
    return grown(tally, cells)


def _held(
    tally: Tally, envelope: Envelope[InventoryAdjusted], at_ms: int, rules: PulseRules
) -> Tally:
    """Count units held; a line split over warehouses counts once, with its last part."""
    change, took_ms = envelope.data, since_cause_ms(envelope, at_ms)
    units, whole = -change.adjusted_quantity, change.reservation_status != PARTLY
    cells = tally.cells.copy()
    add(cells, "held", units, 1 if whole else 0)
    if whole and took_ms is not None:
        observe(cells, "latency", took_ms)
        if took_ms >= rules.stock_promise_s * 1000:
            add(cells, "slow")
    ranked, error = ranking.counted(
        tally.ranked, tally.ranked_error, change.product_id, units, rules.products_tracked
    )
    return Tally(tally.seq + 1, tally.published, cells, ranked, error)


def short(tally: Tally, envelope: Envelope[OutOfStock], _at_ms: int, _rules: PulseRules) -> Tally:
    """Count an order's line that could not be filled.

    The event also tells of the sale that emptied a shelf; that line was filled, and its
    quantity fell.
    """
    shortage = envelope.data
    if shortage.triggered_by_order_id is None:
        return tally
    if shortage.current_quantity < shortage.previous_quantity:
        return tally
    cells = tally.cells.copy()
    add(cells, "short")
    return grown(tally, cells)
