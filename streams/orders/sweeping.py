"""The sweep over all orders: those that stand still are shown to people, old ones are archived.

Nothing on an order's way pays for it: rows are looked at a few at a time, round and round.
"""

from typing import Final

from events.alerts import AlertRaised
from events.ids import derived_id
from events.orders import LegacyOrderArchived
from streams.moments import moment_of
from streams.orders.facts import Fact
from streams.orders.flags import flagged, lowered
from streams.orders.rows import Order, Status
from streams.orders.rules import OrderRules

STUCK: Final = "STUCK"
RULE: Final = "stuck_order"

_MOVING: Final = frozenset({Status.CONFIRMED, Status.PAID, Status.PROCESSING})
"""States that somebody is at work on: in others an order waits, or has ended."""


def looked_at(order: Order, now_ms: int, rules: OrderRules) -> tuple[Fact, ...]:
    """Flag an order that has not moved for too long, and unflag one that moves again."""
    since_ms = max([s.at_ms for s in order.history if s.reason != STUCK], default=0)
    late = now_ms - since_ms > _patience_ms(order, rules)
    if order.status in _MOVING and late:
        return flagged(order, STUCK, now_ms, STUCK)
    return lowered(order, STUCK, now_ms, "MOVES_AGAIN")


def alarm(order: Order, now_ms: int) -> AlertRaised:
    """Say that an order stands still; once a standstill."""
    return AlertRaised(
        alert_id=derived_id("alert", RULE, order.order_id, str(order.version)),
        rule=RULE,
        severity="warn",
        subject=order.order_id,
        value=round((now_ms - order.history[-2].at_ms) / 60_000),
        threshold=0,
        unit="minutes",
        runbook=f"docs/runbooks/{RULE}.md",
        raised_at=moment_of(now_ms),
    )


def is_old(order: Order, now_ms: int, rules: OrderRules) -> bool:
    """Whether the order belongs into the archive (contract: after seven years)."""
    return now_ms - order.placed_at_ms > rules.archive_ms


def archived(order: Order, now_ms: int, rules: OrderRules) -> LegacyOrderArchived:
    """Tell the archive all that it keeps; the order itself is forgotten thereby."""
    placed = moment_of(order.placed_at_ms)
    return LegacyOrderArchived(
        order_id=order.order_id,
        customer_id=order.user_id,
        location={
            "bucket": rules.archive_bucket,
            "objectKey": f"{placed:%Y/%m/%d}/{order.order_id}.json",
            "storageClass": "GLACIER",
        },
        line_items=tuple(
            [
                {
                    "sku": line.sku or line.product_id,
                    "quantity": line.quantity,
                    "productName": line.product_name or line.product_id,
                }
                for _, line in order.standing
            ]
        ),
        original_order_date=placed,
        total_amount_minor_units=order.total_minor,
        currency_code=order.currency,
        archived_at=moment_of(now_ms),
        gdpr_erasure_applied=not order.shipping_address.line1,
    )


def _patience_ms(order: Order, rules: OrderRules) -> int:
    """An unpaid order has its holds' time, a paid one the time to fulfil it."""
    return rules.stuck_unpaid_ms if order.status is Status.CONFIRMED else rules.stuck_paid_ms
