"""What one partition erases: rows found by a customer and their orders, whatever table they are in.

A table says by its `key` where a customer's rows are, and by its `mask` what in them is personal;
`ALSO` says what else is. An order that went into the archive leaves nothing of the person either:
no later erasure would find its rows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from engine.specs import Context, TableSpec
from events.payment_ids import PAYMENT_PREFIX, order_of_payment, payment_id_of
from events.shipment_ids import SHIPMENT_PREFIX, order_of_shipment
from streams.erasure.blanking import blanked
from streams.erasure.business import (
    is_awaited,
    is_later,
    is_open,
    is_unpaid,
    is_untold,
    open_subscriptions,
    payments_of,
    remains,
)
from streams.erasure.rounds import Sweep, Swept
from streams.erasure.rules import ErasureRules
from tables.allocations import ALLOCATIONS
from tables.erasure import OTHERS_ORDERS
from tables.fraud import FRAUD
from tables.notifications import (
    BUYERS,
    CONTACTS,
    NOTIFICATIONS,
    PREFERENCES,
    WATCHED,
    WATCHERS,
)
from tables.orders import CUSTOMER_ORDERS, ORDERS
from tables.pairs import pair_key, pairs_range, second_of, second_of_dated
from tables.payments import CUSTOMER_PAYMENTS, PAYMENTS
from tables.registrations import WATCH_LISTS
from tables.shipping import FULFILMENTS, SHIPMENTS
from tables.subscriptions import INVOICES, SUBSCRIPTIONS

DROPPED: Final = (CONTACTS, PREFERENCES, WATCH_LISTS)
"""Tables of which nothing is worth keeping without the person, but for what they stopped."""
ARCHIVED: Final = (BUYERS, ALLOCATIONS, FULFILMENTS, SHIPMENTS, FRAUD)
"""Tables of which nothing is kept of an order that went into the archive."""
SUBSCRIBED: Final = (SUBSCRIPTIONS, INVOICES)
"""Tables that a subscription needs while it is open."""

ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "fraud": ("overrides.rationale",),
    "orders": ("returns.details",),
    "payments": ("resolved.note",),
    "shipments": (
        "scans.city",
        "scans.state",
        "scans.facility",
        "returning.details",
        "lapsed.details",
        "lapsed_before.details",
    ),
    "subscriptions": ("subscriptions.leaving.note",),
}
"""By table, what views show and an erasure empties all the same: a parcel's way ends at a door,
and what people write of a payment, a return or a subscription may name whose it was."""

Rows = Callable[[Context, TableSpec[Any], str], Iterator[tuple[str, Any]]]


def _one(ctx: Context, table: TableSpec[Any], key: str) -> Iterator[tuple[str, Any]]:
    row = ctx.table(table).get(key)
    if row is not None:
        yield key, row


def _numbered(prefix: str, order_of: Callable[[str], str]) -> Rows:
    """Rows of an order under its own name and under `<prefix><orderId>:2` and so on.

    Those of an order that is called `<orderId>:7` lie among them and are somebody else's.
    """

    def rows(ctx: Context, table: TableSpec[Any], order_id: str) -> Iterator[tuple[str, Any]]:
        first = prefix + order_id
        for found in (_one(ctx, table, first), ctx.table(table).scan(f"{first}:", f"{first};")):
            yield from ((key, row) for key, row in found if order_of(key) == order_id)

    return rows


def _several(ctx: Context, table: TableSpec[Any], customer_id: str) -> Iterator[tuple[str, Any]]:
    yield from ctx.table(table).scan(*pairs_range(customer_id))


BY_ORDER: Final[Mapping[str, Rows]] = {
    "orderId": _one,
    "paymentId": _numbered(PAYMENT_PREFIX, order_of_payment),
    "shipmentId": _numbered(SHIPMENT_PREFIX, order_of_shipment),
}
"""By the first word of a table's key: an order's rows in it."""
BY_CUSTOMER: Final[Mapping[str, Rows]] = {
    "customerId": _one,
    "userId": _one,
    "customerId,": _several,
    "userId,": _several,
}
"""The same for a customer's rows; a key that goes on after the customer has several."""


class Erasing:
    """Erases from tables, those of every agent."""

    def __init__(self, tables: Iterable[TableSpec[Any]]) -> None:
        known = {t.name: t for t in tables}
        personal = {n: t for n, t in known.items() if t.mask or n in ALSO or t in DROPPED}
        self._by_order = _found(personal.values(), BY_ORDER)
        self._archived = _found([t for t in known.values() if t in ARCHIVED], BY_ORDER)
        self._by_customer = _found(personal.values(), BY_CUSTOMER)
        self._by_payment = [t for t in personal.values() if t.key.startswith("paymentId")]

    def sweep(self, ctx: Context, step: Sweep, rules: ErasureRules) -> Swept:
        """Erase what this partition has of the customer, as much as a round may."""
        busy, done = _orders(ctx, step)
        unpaid, opened = _opened(ctx, step)
        busy += unpaid
        subscriber = ctx.table(SUBSCRIPTIONS).get(step.customer_id)
        subscribed = 0 if subscriber is None else open_subscriptions(subscriber)
        rows = 0
        renewals = () if subscribed else step.payments
        found = self._rows(ctx, step, done, (*opened, *renewals), subscribed=bool(subscribed))
        for table, key, row in found:
            if rows == rules.rows_max:
                break
            if table is NOTIFICATIONS and is_untold(row):
                busy += 1
            else:
                rows += _erase(ctx, table, key, row)
        rows += _stop_watching(ctx, step.customer_id)
        invoices = _several(ctx, INVOICES, step.customer_id)
        payments = tuple([name for _, invoice in invoices for name in payments_of(invoice)])
        return Swept(step.customer_id, step.round, ctx.partition, rows, busy + subscribed, payments)

    def archive(self, ctx: Context, customer_id: str, order_id: str) -> None:
        """Keep of an order that went into the archive what was paid for it, and nobody's name."""
        if ctx.table(ORDERS).get(order_id) is not None:
            return  # It is somebody else's archive that tells of it.
        for table, rows in self._archived:
            for key, _ in list(rows(ctx, table, order_id)):
                del ctx.table(table)[key]
        for table, rows in self._by_order:
            for key, row in list(rows(ctx, table, order_id)):
                _erase(ctx, table, key, row)
        del ctx.table(OTHERS_ORDERS)[pair_key(customer_id, order_id)]

    def _rows(
        self,
        ctx: Context,
        step: Sweep,
        orders: Iterable[str],
        payments: Iterable[str],
        *,
        subscribed: bool,
    ) -> Iterator[tuple[TableSpec[Any], str, Any]]:
        for table, rows in self._by_customer:
            if not subscribed or table not in SUBSCRIBED:
                yield from ((table, *found) for found in rows(ctx, table, step.customer_id))
        for order_id in orders:
            for table, rows in self._by_order:
                yield from ((table, *found) for found in rows(ctx, table, order_id))
        for payment_id in payments:
            for table in self._by_payment:
                yield from ((table, *found) for found in _one(ctx, table, payment_id))


def _found(
    tables: Iterable[TableSpec[Any]], ways: Mapping[str, Rows]
) -> list[tuple[TableSpec[Any], Rows]]:
    return [(t, ways[word]) for t in tables if (word := t.key.split()[0]) in ways]


def _orders(ctx: Context, step: Sweep) -> tuple[int, list[str]]:
    """How many of the customer's orders here are open, and which are not."""
    busy, done = 0, []
    for key, placed_at_ms in _several(ctx, CUSTOMER_ORDERS, step.customer_id):
        order = ctx.table(ORDERS).get(second_of_dated(key))
        if is_later(order, placed_at_ms, step.asked_at_ms):
            continue
        if order is not None and is_open(order):
            busy += 1
        else:
            done.append(second_of_dated(key))
    for key, confirmed_at_ms in _several(ctx, OTHERS_ORDERS, step.customer_id):
        if confirmed_at_ms > step.asked_at_ms:
            continue
        if _is_awaited(ctx, second_of(key)):
            busy += 1
        else:
            done.append(second_of(key))
    return busy, done


def _is_awaited(ctx: Context, order_id: str) -> bool:
    """Whether another system's order still needs its address."""
    fulfilment = ctx.table(FULFILMENTS).get(order_id)
    if fulfilment is None:
        return False
    shipments = [ctx.table(SHIPMENTS).get(name) for name in fulfilment.shipments]
    payment = ctx.table(PAYMENTS).get(payment_id_of(order_id))
    return is_awaited(fulfilment, [one for one in shipments if one is not None], payment)


def _opened(ctx: Context, step: Sweep) -> tuple[int, list[str]]:
    """How many of the payments that no order's name leads to wait for money, and which do not."""
    unpaid, done = 0, []
    for key, opened_at_ms in _several(ctx, CUSTOMER_PAYMENTS, step.customer_id):
        payment = ctx.table(PAYMENTS).get(second_of(key))
        if payment is None or opened_at_ms > step.asked_at_ms:
            continue
        if is_unpaid(payment):
            unpaid += 1
        else:
            done.append(second_of(key))
    return unpaid, done


def _erase(ctx: Context, table: TableSpec[Any], key: str, row: Any) -> bool:
    """Erase one row; whether there was anything to erase."""
    if table in DROPPED:
        after = remains(row)
    else:
        after = blanked(row, (*table.mask, *ALSO.get(table.name, ())))
    if after == row:
        return False
    if after is None:
        del ctx.table(table)[key]
        return True
    ctx.table(table)[key] = after
    return True


def _stop_watching(ctx: Context, customer_id: str) -> int:
    """Have the customer wait for no product any more."""
    watched, waiting = ctx.table(WATCHED), ctx.table(WATCHERS)
    keys = [key for key, _ in _several(ctx, WATCHED, customer_id)]
    for key in keys:
        del watched[key]
        del waiting[pair_key(second_of(key), customer_id)]
    return len(keys)
