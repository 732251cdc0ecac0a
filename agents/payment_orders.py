"""What an order's news means for its payments: its own, and those that amendments brought."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from msgspec.structs import replace

from agents.payment_rows import (
    balance_further,
    carry_out,
    differences,
    for_payment,
    further,
    keep,
    of_order,
    sale_of,
)
from agents.wiring import cause_of
from engine.specs import Context, Delivery, Handler
from streams.payments import awaiting, goods
from streams.payments.amendments import amend, needless, under_way, unpaid_minor
from streams.payments.disputes import offer_evidence
from streams.payments.early import early_amendment
from streams.payments.evolution import evolve_all
from streams.payments.giving_back import asked_first, give_back
from streams.payments.rules import PaymentRules
from streams.payments.sales import Sale, amended
from streams.payments.sessions import cancel
from streams.payments.states import Payment
from streams.payments.steps import Facts
from tables.payments import EARLY_PAYMENTS, SALES

GoodsMoved = Callable[[Payment, Sale, Any, PaymentRules], goods.Moved]


def cancelling(rules: PaymentRules, first: Handler) -> Handler:
    """End every payment of an order: its own with `first`, then those that amendments brought."""

    def handler(ctx: Context, delivery: Delivery) -> None:
        first(ctx, delivery)
        event, at_ms = delivery.value.data, delivery.record.timestamp
        for payment_id, payment in further(ctx, event.order_id).items():
            facts = cancel(payment, event, at_ms, rules)
            cause = for_payment(cause_of(delivery), payment_id)
            carry_out(ctx, cause, payment_id, payment, facts, rules)

    return handler


def amending(rules: PaymentRules) -> Handler:
    """Take over what an order costs now, and of what."""

    def handler(ctx: Context, delivery: Delivery) -> None:
        event, cause = delivery.value.data, cause_of(delivery)
        payment_id, payment = of_order(ctx, event)
        if payment is None:
            early = ctx.table(EARLY_PAYMENTS).get(payment_id)
            keep(ctx, payment_id, early, early_amendment(early, event, cause.at_ms, rules))
            return
        if event.lines:
            sale = sale_of(ctx, payment_id)
            recurring = payment.session.recurring
            ctx.table(SALES)[payment_id] = amended(sale, event.lines, recurring=recurring)
        others = differences(ctx, event.order_id)
        facts = amend(payment, tuple(others.values()), event, cause.at_ms, rules)
        carry_out(ctx, cause, payment_id, payment, facts, rules)
        if facts and others:
            after = evolve_all(payment, facts[:1])
            balance_further(ctx, cause, after, others, rules)
            for own_id, ends in needless(after, others, rules):
                carry_out(ctx, for_payment(cause, own_id), own_id, others[own_id], ends, rules)

    return handler


def moving(rules: PaymentRules, move: GoodsMoved) -> Handler:
    """Follow the goods of an order that has a payment; of others nothing is known."""

    def handler(ctx: Context, delivery: Delivery) -> None:
        event, cause = delivery.value.data, cause_of(delivery)
        payment_id, payment = of_order(ctx, event)
        if payment is None:
            return
        before, charges = _sold(ctx, event.order_id, payment_id, payment)
        moved = awaiting.moved(partial(move, payment), before, charges, event, rules)
        if moved.sale != before:
            ctx.table(SALES)[payment_id] = moved.sale
        if not moved.arrived and moved.back is None:
            return
        payments = {payment_id: payment, **further(ctx, event.order_id)}
        for own_id, facts in _told(payments, moved, cause.at_ms, rules):
            own = cause if own_id == payment_id else for_payment(cause, own_id)
            carry_out(ctx, own, own_id, payments[own_id], facts, rules)

    return handler


def _told(
    payments: Mapping[str, Payment], moved: goods.Moved, at_ms: int, rules: PaymentRules
) -> Iterable[tuple[str, Facts]]:
    """What goods that moved mean for each payment of their order."""
    if moved.back is None:
        return [(own_id, offer_evidence(one, moved.sale)) for own_id, one in payments.items()]
    return give_back(asked_first(payments, moved.back), moved.back, at_ms, rules)


def _sold(
    ctx: Context, order_id: str, payment_id: str, payment: Payment
) -> tuple[Sale, dict[str, int]]:
    """What was sold to an order, with what of it nobody paid, and what charges may pay of that."""
    sale, short = sale_of(ctx, payment_id), unpaid_minor(payment)
    charges: dict[str, int] = {}
    if short:
        others = differences(ctx, order_id)
        short, charges = unpaid_minor(payment, others.values()), under_way(others)
    return sale if sale.unpaid_minor == short else replace(sale, unpaid_minor=short), charges
