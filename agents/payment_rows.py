"""Rows of payments: how the agent `payments` finds them, and keeps what follows from facts."""

from collections.abc import Sequence
from typing import Final, Protocol

from msgspec.structs import replace

from agents import payment_books
from agents.wiring import Cause, announce, timer_cause
from engine.specs import Context, Timer
from events.ids import derived_id
from events.inventory import InventoryAdjusted
from events.payment_ids import further_payment_of, order_of_payment, payment_id_of
from events.payments import PaymentInitiated
from streams.payments import awaiting
from streams.payments.alarms import EARLY
from streams.payments.amendments import overpaid, overpaid_further
from streams.payments.early_news import Early
from streams.payments.facts import Fact
from streams.payments.fold import fold
from streams.payments.rules import PaymentRules
from streams.payments.sales import NOTHING_SOLD, Sale, amended
from streams.payments.sales import sale_of as sale_of_session
from streams.payments.sessions import open_session
from streams.payments.states import Payment
from tables.pairs import pair_key
from tables.payments import (
    CUSTOMER_PAYMENTS,
    EARLY_PAYMENTS,
    PAYMENTS,
    SALES,
)

AGENT: Final = "payments"


class _OfOrder(Protocol):
    @property
    def order_id(self) -> str: ...


def further(ctx: Context, order_id: str) -> dict[str, Payment]:
    """The payments of an order beyond its first; they lie where that one lies."""
    own, first = further_payment_of(order_id, ""), payment_id_of(order_id)
    return {
        payment_id: payment
        for payment_id, payment in ctx.table(PAYMENTS).scan(own, own[:-1] + ";")
        if payment_id != first and order_of_payment(payment_id) == order_id
    }


def differences(ctx: Context, order_id: str) -> dict[str, Payment]:
    """Those that amendments brought: an exchange's are no part of the order's total."""
    found = further(ctx, order_id).items()
    return {name: row for name, row in found if name.rpartition(":")[2].isdecimal()}


def for_payment(cause: Cause, payment_id: str) -> Cause:
    """The cause of what one of several payments says: ids must not meet."""
    return replace(cause, event_id=derived_id(cause.event_id, payment_id))


def sale_of(ctx: Context, payment_id: str) -> Sale:
    """What was sold under a payment: for a further one its order's goods."""
    sales = ctx.table(SALES)
    found = sales.get(payment_id) or sales.get(payment_id_of(order_of_payment(payment_id)))
    return found or NOTHING_SOLD


def id_of_order(message: _OfOrder) -> str:
    """The name of the payment that belongs to the order a message is about."""
    return payment_id_of(message.order_id)


def id_of_stock(event: InventoryAdjusted) -> str | None:
    """The payment that waits for a reservation: named, or that of the order it is for."""
    if event.payment_id is not None or event.order_id is None:
        return event.payment_id
    return payment_id_of(event.order_id)


def of_order(ctx: Context, message: _OfOrder) -> tuple[str, Payment | None]:
    """That payment with its name; None where nobody opened it."""
    payment_id = id_of_order(message)
    return payment_id, ctx.table(PAYMENTS).get(payment_id)


def saga(payment: Payment, timer: Timer, now_ms: int) -> Cause:
    """A timer as a cause, in the saga that opened the payment."""
    return timer_cause(AGENT, timer, now_ms, payment.session.correlation_id)


def carry_out(
    ctx: Context,
    cause: Cause,
    payment_id: str,
    payment: Payment | None,
    facts: Sequence[Fact],
    rules: PaymentRules,
) -> None:
    """Keep the row that follows from facts, and have its messages and timers run."""
    if not facts:
        return
    step = fold(payment_id, payment, facts, rules)
    after = step.payment
    if payment is None or after.status is not payment.status:
        after = replace(after, updated_at_ms=cause.at_ms)
    ctx.table(PAYMENTS)[payment_id] = after
    payment_books.note(ctx, cause, payment_id, payment, after)
    for kind, due_ms, is_set in step.alarms:
        change = ctx.set_timer if is_set else ctx.cancel_timer
        change(kind, payment_id, due_ms)
    for position, (message, metadata) in enumerate(step.announcements):
        # One cause may lead to several messages of a name: their ids must differ.
        announce(ctx, f"{AGENT} {position}" if position else AGENT, cause, (message,), metadata)
        if isinstance(message, PaymentInitiated):
            # Open with what asks for it: the next news of the order must find it.
            open_payment(ctx, for_payment(cause, message.payment_id), message, rules)
    if after.captured_minor and (payment is None or not payment.captured_minor):
        _balance_order(ctx, cause, payment_id, after, rules)


def _balance_order(
    ctx: Context, cause: Cause, payment_id: str, taken: Payment, rules: PaymentRules
) -> None:
    """Have an order's payments give back what a further one took too much by now."""
    order_id = order_of_payment(payment_id)
    first_id = payment_id_of(order_id)
    is_further = payment_id != first_id and taken.session.order_id == order_id
    first = ctx.table(PAYMENTS).get(first_id) if is_further else None
    if first is not None:
        others = differences(ctx, order_id)
        facts = overpaid(first, cause.at_ms, rules, tuple(others.values()))
        carry_out(ctx, for_payment(cause, first_id), first_id, first, facts, rules)
        balance_further(ctx, cause, first, others, rules)
        _give_back_for_goods(ctx, cause, first_id, payment_id, rules)


def _give_back_for_goods(
    ctx: Context, cause: Cause, first_id: str, payment_id: str, rules: PaymentRules
) -> None:
    """Have a further payment that was taken pay for goods that came back before."""
    sale, payment = sale_of(ctx, first_id), ctx.table(PAYMENTS).get(payment_id)
    if not sale.owed or payment is None:
        return
    after, facts = awaiting.taken(sale, payment_id, payment, cause.at_ms, rules)
    ctx.table(SALES)[first_id] = after
    own = for_payment(cause, f"{payment_id} goods")
    carry_out(ctx, own, payment_id, payment, facts, rules)


def balance_further(
    ctx: Context, cause: Cause, first: Payment, others: dict[str, Payment], rules: PaymentRules
) -> None:
    """Have further payments give back what is too much by the first one as it is now."""
    for own_id, facts in list(overpaid_further(first, others, cause.at_ms, rules)):
        carry_out(ctx, for_payment(cause, own_id), own_id, others[own_id], facts, rules)


def open_payment(ctx: Context, cause: Cause, event: PaymentInitiated, rules: PaymentRules) -> None:
    """Keep a payment with what was sold under it; one that is open already stays as it is."""
    payment_id = event.payment_id
    payment = ctx.table(PAYMENTS).get(payment_id)
    early = None if payment is not None else taken(ctx, payment_id)
    facts = open_session(payment, early, event, cause.at_ms, cause.correlation_id, rules)
    carry_out(ctx, cause, payment_id, payment, facts, rules)
    if payment is None and order_of_payment(payment_id) != event.order_id:
        # No order leads to it: an erasure finds it by its customer.
        own = pair_key(event.customer_id, payment_id)
        ctx.table(CUSTOMER_PAYMENTS)[own] = cause.at_ms
    sold = sale_of_session(event) if payment is None else None
    if sold is not None:
        changed = early.amended.lines if early is not None and early.amended is not None else ()
        recurring = event.checkout_type == "recurring"
        sold = amended(sold, changed, recurring=recurring) if changed else sold
        ctx.table(SALES)[payment_id] = sold


def keep(ctx: Context, payment_id: str, before: Early | None, early: Early | None) -> None:
    """Keep news until it is wanted or expires."""
    if early is None or early == before:
        return
    ctx.table(EARLY_PAYMENTS)[payment_id] = early
    if before is not None and before.expires_at_ms != early.expires_at_ms:
        ctx.cancel_timer(EARLY, payment_id, before.expires_at_ms)
    ctx.set_timer(EARLY, payment_id, early.expires_at_ms)


def taken(ctx: Context, payment_id: str) -> Early | None:
    """What came before the session, which is forgotten thereby."""
    table = ctx.table(EARLY_PAYMENTS)
    early = table.get(payment_id)
    if early is not None:
        del table[payment_id]
        ctx.cancel_timer(EARLY, payment_id, early.expires_at_ms)
    return early


def forget(ctx: Context, timer: Timer, _now_ms: int) -> None:
    """Let go of news whose payment was never opened."""
    del ctx.table(EARLY_PAYMENTS)[timer.key]
