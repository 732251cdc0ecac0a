"""The sweep over all orders: what stands still is shown to people, then ended; the old is archived.

Nothing on an order's way pays for it: rows are looked at a few at a time, round and round.
"""

from typing import Final

from events.alerts import AlertRaised
from events.orders import LegacyOrderArchived
from streams import alarms
from streams.moments import moment_of
from streams.orders.amending import without_pending
from streams.orders.cancelling import ended_by_shop
from streams.orders.facts import Fact
from streams.orders.flags import flagged, lowered
from streams.orders.rows import STUCK, Order, Status
from streams.orders.rules import OrderRules

RULE: Final = "stuck_order"
NEVER_SENT: Final = "NEVER_SENT"

_AT_HOME: Final = frozenset({Status.CONFIRMED, Status.PAID, Status.PROCESSING})
"""States that somebody is at work on before dispatch: in others an order waits, or has ended."""


def looked_at(order: Order, now_ms: int, rules: OrderRules) -> tuple[Fact, ...]:
    """Flag an order that has not moved for too long, and unflag one that moves again.

    One that nobody sends at all is cancelled, whatever it waits for: a carrier, a parcel in the
    place of one that was cancelled, the first scan.
    """
    still_ms = now_ms - max([s.at_ms for s in order.history if s.reason != STUCK], default=0)
    if order.status in _AT_HOME and still_ms > rules.unsent_ms:
        ended = ended_by_shop(now_ms, "OTHER", rules, NEVER_SENT)
        return without_pending(order, ended, now_ms)
    if _is_awaited(order) and still_ms > _patience_ms(order, rules):
        return flagged(order, STUCK, now_ms, STUCK)
    return lowered(order, STUCK, now_ms, "MOVES_AGAIN")


def alarm(order: Order, now_ms: int) -> AlertRaised:
    """Say that an order stands still; once a standstill."""
    return alarms.alarm(
        RULE,
        (order.order_id, str(order.version)),
        order.order_id,
        round((now_ms - order.history[-2].at_ms) / 60_000),
        "minutes",
        now_ms,
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


def _is_awaited(order: Order) -> bool:
    """Whether something has yet to happen; the parcels of an order may be lost and paid back."""
    sent = order.status is Status.SHIPPED and order.refund_status != "refunded"
    return sent or order.status in _AT_HOME


def _patience_ms(order: Order, rules: OrderRules) -> int:
    """An unpaid order has its holds' time, a paid one the time to fulfil it, or to arrive."""
    if order.status is Status.SHIPPED:
        return rules.stuck_sent_ms
    return rules.stuck_unpaid_ms if order.status is Status.CONFIRMED else rules.stuck_paid_ms
