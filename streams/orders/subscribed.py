"""Orders of subscriptions, so that a cancelled subscription can end what it still has to send.

An order lies in its own partition, a subscription in its user's. A row a subscription, in the
user's partition, tells which orders it has; those dated after the day on which the subscription
ends are cancelled by the shop, whether they come before the cancellation is heard of or after
it (G-45). Orders refuses what is dispatched already. A subscription that renews itself behind
that day has stayed after all (G-43): its orders go on.
"""

from datetime import date
from typing import Final

import msgspec
from msgspec.structs import replace

from events.orders import CancelOrder, OrderConfirmed
from events.subscriptions import SubscriptionRenewedEvent, UserSubscriptionCancelled
from events.vocabulary import SYSTEM
from streams.clock import TRUE, Clock
from streams.moments import day_of, ms_of

ORDERS_MAX: Final = 24
"""Orders of one subscription that are remembered: the newest."""
REASON: Final = "SUBSCRIPTION_CANCELLED"


class SubscribedOrder(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One order of a subscription."""

    order_id: str
    placed_at_ms: int


class SubscribedOrders(msgspec.Struct, frozen=True, gc=False):
    """The newest orders of a subscription, in the order in which they were confirmed."""

    orders: tuple[SubscribedOrder, ...] = ()
    ends: date | None = None
    """The day on which it ends or ended; None: nobody cancelled it."""


def confirmed(
    row: SubscribedOrders, event: OrderConfirmed, at_ms: int, clock: Clock = TRUE
) -> tuple[SubscribedOrders, tuple[CancelOrder, ...]]:
    """Remember an order, and cancel it when its subscription is over."""
    if any(one.order_id == event.order_id for one in row.orders):
        return row, ()
    placed = event.confirmed_at
    placed_at_ms = clock.calendar_ms(at_ms if placed is None else ms_of(placed))
    new = SubscribedOrder(event.order_id, placed_at_ms)
    after = replace(row, orders=(*row.orders, new)[-ORDERS_MAX:])
    return after, _cancelled((new,), after.ends)


def ended(
    row: SubscribedOrders, event: UserSubscriptionCancelled
) -> tuple[SubscribedOrders, tuple[CancelOrder, ...]]:
    """Cancel what is dated after the subscription's last day; the earliest such day counts."""
    if row.ends is not None and row.ends <= event.effective_date:
        return row, ()
    after = replace(row, ends=event.effective_date)
    known = () if row.ends is None else _cancelled(row.orders, row.ends)
    told = {one.order_id for one in known}
    commands = _cancelled(after.orders, after.ends)
    return after, tuple([one for one in commands if one.order_id not in told])


def renewed(row: SubscribedOrders, event: SubscriptionRenewedEvent) -> SubscribedOrders:
    """Forget a last day that the subscription has outlived: its cancellation was withdrawn."""
    if row.ends is None or event.period.end <= row.ends:
        return row
    return replace(row, ends=None)


def _cancelled(orders: tuple[SubscribedOrder, ...], ends: date | None) -> tuple[CancelOrder, ...]:
    return tuple(
        [
            CancelOrder(
                order_id=one.order_id,
                user_id=SYSTEM,
                cancellation_reason=REASON,
                cancellation_note=f"the subscription ended on {ends}",
            )
            for one in orders
            if ends is not None and day_of(one.placed_at_ms) > ends
        ]
    )
