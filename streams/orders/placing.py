"""PlaceOrder: an order begins, confirmed or rejected. Only the first of an id counts."""

from msgspec.structs import replace

from events.orders import PlaceOrder
from events.payment_ids import payment_id_of
from streams.addresses import kept_address
from streams.orders.checks import refusals, request_refusals
from streams.orders.facts import Fact, Placed, Rejected
from streams.orders.pricing import discount_percent, listed, priced
from streams.orders.rows import Line, Order, Status, Step
from streams.orders.rules import OrderRules


def place(
    command: PlaceOrder,
    at_ms: int,
    rules: OrderRules,
    correlation_id: str,
    channel: str = "",
    *,
    eligible: bool = True,
) -> tuple[Fact, ...]:
    """Begin an order: Placed, or Rejected with every refusal that was found.

    `eligible` is what is known of the customer: False for a suspended account (G-10), which still
    gets what a renewal has paid for. `channel` is where it was sold.
    """
    found = list(request_refusals(command, rules))
    lines: tuple[Line, ...] = ()
    if not found:
        lines, seen_minor = _priced(command, rules)
        total_minor = sum([line.total_minor for line in lines])
        may_order = eligible or command.subscription_id is not None
        found = list(refusals(command, total_minor, seen_minor, rules, eligible=may_order))
    if not found:
        placed = _order(command, lines, Status.CONFIRMED, "PLACED", at_ms, correlation_id)
        percent = discount_percent(command.discount_code, rules.discounts_percent) or None
        return (Placed(replace(placed, channel=channel, discount_percent=percent)),)
    reason = found[0][0]
    order = _order(command, lines, Status.REJECTED, reason, at_ms, correlation_id)
    return (Rejected(order, reason, tuple([detail for _, detail in found])),)


def _priced(command: PlaceOrder, rules: OrderRules) -> tuple[tuple[Line, ...], int]:
    """The lines at their prices, and the total that the client saw.

    A renewal has its own prices, and was paid for at them.
    """
    percent = discount_percent(command.discount_code, rules.discounts_percent) or 0
    lines = own = priced(command.order_items, percent)
    if rules.prices and command.subscription_id is None:
        lines = priced(listed(command.order_items, command.currency, rules.prices), percent)
    seen_minor = command.payment.amount_minor
    if seen_minor is None:
        seen_minor = sum([line.total_minor for line in own])
    return lines, seen_minor


def _order(
    command: PlaceOrder,
    lines: tuple[Line, ...],
    status: Status,
    reason: str,
    at_ms: int,
    correlation_id: str,
) -> Order:
    order_id = command.order_id or ""
    billing = command.billing_address
    return Order(
        order_id=order_id,
        user_id=command.user_id,
        status=status,
        placed_at_ms=at_ms,
        currency=command.currency,
        total_minor=sum([line.total_minor for line in lines]),
        lines=lines,
        shipping_address=kept_address(command.shipping_address),
        shipping_method=command.shipping_method,
        payment_id=payment_id_of(order_id),
        payment_method=command.payment.method,
        correlation_id=correlation_id,
        history=(Step(at_ms, status, reason),),
        billing_address=None if billing is None else kept_address(billing),
        card_last_four=command.payment.card_last_four,
        discount_code=command.discount_code or None,
        subscription_id=command.subscription_id,
        substitutes_allowed=bool(command.allow_substitutes),
    )
