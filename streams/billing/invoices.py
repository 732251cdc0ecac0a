"""Drawing an invoice: its lines and sums, its number, and the ids of its charges."""

from collections.abc import Iterable
from datetime import date
from typing import Final

import msgspec

from events.ids import derived_id
from events.vocabulary import BillingCycle
from streams.billing.amounts import net, tax_of
from streams.billing.calendar import is_by_days, plus_days
from streams.billing.rows import Invoice, Item
from streams.billing.rules import BillingRules
from streams.moments import day_of

CHARGE_KEY_CHARS_MAX: Final = 100
"""Payments and reservations are named after a charge, and an id has at most 128 characters."""


class Sold(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Something that a period of a subscription costs: the plan itself, or goods."""

    description: str
    quantity: int
    list_price_minor: int


class Terms(msgspec.Struct, frozen=True, gc=False):
    """Whose invoice it is, and for what."""

    subscription_id: str
    user_id: str
    plan_id: str
    currency: str
    sold: tuple[Sold, ...]
    percents: tuple[int, ...]
    """Discounts, one after the other; the last is the one that the invoice remembers."""
    balance_minor: int
    """Owed besides: prorations of the running period; below 0 it is owed to the customer."""
    number: int
    """How many invoices the subscription had before: it tells them apart."""


def draw(terms: Terms, period: tuple[date, date], at_ms: int, rules: BillingRules) -> Invoice:
    """Draw an invoice for a period, issued now. A credit lowers it to nothing at most."""
    items, credit_minor = _items(terms)
    subtotal = sum([item.total_minor for item in items])
    tax = tax_of(subtotal, rules.tax_basis_points)
    return Invoice(
        invoice_id="inv_" + derived_id(terms.subscription_id, "invoice", str(terms.number)),
        user_id=terms.user_id,
        subscription_id=terms.subscription_id,
        plan_id=terms.plan_id,
        items=items,
        subtotal_minor=subtotal,
        tax_minor=tax,
        total_minor=subtotal + tax,
        currency=terms.currency,
        period_start=period[0],
        period_end=period[1],
        issued_at_ms=at_ms,
        due_date=plus_days(day_of(at_ms), rules.due_days),
        percent=terms.percents[-1],
        credit_minor=credit_minor,
    )


def _items(terms: Terms) -> tuple[tuple[Item, ...], int]:
    """The lines, and the credit that is left over. A line is never below nothing."""
    items = list(_sold(terms.sold, terms.percents))
    credit = max(0, -terms.balance_minor)
    if terms.balance_minor > 0:
        items.append(_item("Plan change, proration", 1, terms.balance_minor))
    elif credit:
        items, credit = _credited(items, credit)
    return tuple(items), credit


def _sold(sold: Iterable[Sold], percents: tuple[int, ...]) -> Iterable[Item]:
    for one in sold:
        yield _item(one.description, one.quantity, net(one.list_price_minor, *percents))


def _item(description: str, quantity: int, unit_price_minor: int) -> Item:
    return Item(description, quantity, unit_price_minor, quantity * unit_price_minor)


def _credited(items: list[Item], credit: int) -> tuple[list[Item], int]:
    """Take a credit off lines of one piece; lines of goods must stay what the order costs."""
    left = []
    for item in items:
        taken = min(credit, item.total_minor) if item.quantity == 1 else 0
        credit -= taken
        left.append(_item(item.description, item.quantity, item.unit_price_minor - taken))
    return left, credit


def charge_key(
    subscription_id: str,
    cycle: BillingCycle,
    period_start: date,
    attempt: int,
    *,
    before: date,
) -> str:
    """The idempotency key of a charge: readable, or derived where it would be too long.

    Cycles shorter than a month need the day as well to tell periods apart; so does a period that
    starts in the same month as the one before it, as a first one that others cut short may have it.
    """
    shares_month = (before.year, before.month) == (period_start.year, period_start.month)
    by_day = is_by_days(cycle) or (shares_month and before != period_start)
    period = f"{period_start:%Y_%m_%d}" if by_day else f"{period_start:%Y_%m}"
    key = f"{subscription_id}_{period}" + (f"_{attempt}" if attempt > 1 else "")
    if len(key) <= CHARGE_KEY_CHARS_MAX:
        return key
    return derived_id(subscription_id, period, str(attempt))


def invoice_number(issued_on: date, sequence: int, partition: int, rules: BillingRules) -> str:
    """The number of a partition's nth invoice of a year, counted from 0; unique in the year."""
    assert partition < rules.number_lanes, "more partitions than BillingRules.number_lanes"
    return f"INV-{issued_on.year}-{sequence * rules.number_lanes + partition:05d}"
