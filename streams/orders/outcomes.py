"""What follows from facts: messages for the others, and timers."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from events.base import Message
from events.exchanges import PlaceReplacement
from events.inventory import OutOfStock
from events.order_parts import InventoryDetails, PaymentFailureDetails, RefundInfo
from events.orders import OrderCancelled, OrderConfirmed, OrderFailed, PlaceOrder
from events.payments import PaymentFailed, PaymentInitiated
from events.types import OrderItem, OrderPayment, PaymentMethod, RiskContext
from streams.moments import moment_of
from streams.orders import strayed, uncollected, unreturned
from streams.orders.calendar import promised_on
from streams.orders.exchange_telling import EXCHANGES, return_asked, unsent
from streams.orders.facts import (
    Amended,
    AmendmentAsked,
    AmendmentEnded,
    Cancelled,
    Fact,
    Flagged,
    Noted,
    Placed,
    Rejected,
    ReturnAsked,
    Strayed,
    Unsent,
)
from streams.orders.flags import CHARGED_BACK
from streams.orders.returning import return_due_ms
from streams.orders.rows import Order
from streams.orders.rules import OrderRules
from streams.orders.telling import amended, let_go, release, reserve
from streams.payments.refund import refund_id_of_order

_RISK_FIELDS: Final = tuple(RiskContext.model_fields)

_SAYS: Final[Mapping[type, Callable[[Order, Any], Iterator[Message]]]] = {
    **EXCHANGES,
    AmendmentEnded: release,
    Amended: amended,
    Unsent: let_go,
    Strayed: strayed.told,
    Flagged: unreturned.told,
    Noted: uncollected.told,
}
"""What follows from a fact, whatever caused it; order is as it is afterwards."""


def opening(
    order: Order, facts: Iterable[Fact], command: PlaceOrder | PlaceReplacement, rules: OrderRules
) -> Iterator[Message]:
    """Announce a new order: confirmed, with the payment session that it needs, or failed."""
    for fact in facts:
        if isinstance(command, PlaceReplacement):
            yield _replacement(order, command, rules)
        elif isinstance(fact, Placed):
            items = _items(order)
            yield _confirmed(order, items, command, rules)
            yield _session(order, items, command)
        elif isinstance(fact, Rejected):
            yield OrderFailed(
                order_id=order.order_id,
                user_id=order.user_id,
                rejection_reason=fact.reason,
                details=fact.details,
            )


def following(
    order: Order, facts: Iterable[Fact], message: Message | None, at_ms: int, rules: OrderRules
) -> Iterator[Message]:
    """Announce what happened to an order; message is what caused it, None for a timer."""
    for fact in facts:
        if isinstance(fact, Cancelled):
            yield _order_cancelled(order, fact, message, at_ms)
            yield from unsent(order)
        elif isinstance(fact, ReturnAsked):
            yield from return_asked(order, fact, rules)
        elif isinstance(fact, AmendmentAsked):
            yield from reserve(order, fact, rules)
        elif says := _SAYS.get(type(fact)):
            yield from says(order, fact)


def due_times(order: Order | None) -> dict[str, int]:
    """Give when each timer of the order is due, by kind; what does not run is left out."""
    if order is None:
        return {}
    due = {}
    if order.backorder_due_ms:
        due["backorder"] = order.backorder_due_ms
    if order.pending is not None:
        due["amendment"] = order.pending.due_ms
    if order.returns and (due_ms := return_due_ms(order)):
        due["return"] = due_ms
    if order.review_due_ms:
        due["review"] = order.review_due_ms
    return due


def _items(order: Order) -> tuple[OrderItem, ...]:
    """Give the lines at list price, with totals that a discount has been taken off."""
    return tuple(
        [
            OrderItem(
                product_id=line.product_id,
                product_name=line.product_name,
                sku=line.sku,
                quantity=line.quantity,
                unit_price_minor=line.unit_price_minor,
                total_price_minor=line.total_minor,
            )
            for _, line in order.standing
        ]
    )


def _replacement(order: Order, command: PlaceReplacement, rules: OrderRules) -> OrderConfirmed:
    """Of what replaces other goods: what it costs beyond them is paid already."""
    return OrderConfirmed(
        order_id=order.order_id,
        user_id=order.user_id,
        order_items=_items(order),
        order_total_minor=order.total_minor,
        currency=order.currency,
        shipping_address=command.shipping_address,
        shipping_method=command.shipping_method,
        estimated_delivery_date=promised_on(order, rules),
        order_status="confirmed",
        confirmed_at=moment_of(order.placed_at_ms),
        payment=command.payment,
        exchange_for=command.exchange_for,
    )


def _confirmed(
    order: Order, items: tuple[OrderItem, ...], command: PlaceOrder, rules: OrderRules
) -> OrderConfirmed:
    return OrderConfirmed(
        order_id=order.order_id,
        user_id=order.user_id,
        order_items=items,
        order_total_minor=order.total_minor,
        currency=order.currency,
        shipping_address=command.shipping_address,
        shipping_method=command.shipping_method,
        estimated_delivery_date=promised_on(order, rules),
        payment=OrderPayment(
            payment_id=order.payment_id,
            method=command.payment.method,
            status="pending",
            amount_minor=order.total_minor,
            card_last_four=order.card_last_four,
        ),
        is_gift=command.is_gift,
        gift_details=command.gift_details,
        subscription_id=order.subscription_id,
        order_status="confirmed",
        confirmed_at=moment_of(order.placed_at_ms),
        cart_id=command.cart_id,
    )


def _session(order: Order, items: tuple[OrderItem, ...], command: PlaceOrder) -> PaymentInitiated:
    paid = command.payment
    risk: dict[str, Any] = {}
    if command.risk is not None:
        risk = {name: getattr(command.risk, name) for name in _RISK_FIELDS}
    return PaymentInitiated(
        payment_id=order.payment_id,
        order_id=order.order_id,
        customer_id=order.user_id,
        amount_minor=order.total_minor,
        currency=order.currency,
        payment_method=PaymentMethod(
            type=paid.method,
            token=paid.token,
            last4=paid.card_last_four,
            paypal_email=paid.paypal_email,
        ),
        shipping_address=command.shipping_address,
        billing_address=command.billing_address or command.shipping_address,
        items=items,
        discount_code=order.discount_code,
        subscription_id=order.subscription_id,
        initiated_at=moment_of(order.placed_at_ms),
        **risk,
    )


def _order_cancelled(
    order: Order, fact: Cancelled, message: Message | None, at_ms: int
) -> OrderCancelled:
    return OrderCancelled(
        order_id=order.order_id,
        user_id=order.user_id,
        cancellation_reason=fact.reason,
        cancellation_note=fact.note,
        order_items=_items(order),
        order_total_minor=order.total_minor,
        currency=order.currency,
        refund=_refund(order, fact),
        payment_failure_details=_failure(order, message),
        inventory_details=_shortage(order, message, at_ms),
        order_status="cancelled",
    )


def _refund(order: Order, fact: Cancelled) -> RefundInfo | None:
    """Give back all that was captured and has not gone back yet.

    None where that is nothing, and where the bank took it: nothing is refunded any more (G-18).
    """
    left_minor = (order.captured_minor or 0) + order.tax_minor - order.refunded_minor
    if left_minor <= 0 or CHARGED_BACK in order.flags:
        return None
    return RefundInfo(
        refund_id=refund_id_of_order(order.order_id),
        amount_minor=left_minor,
        method="original_payment_method",
        estimated_processing_days=fact.refund_days,
    )


def _failure(order: Order, message: Message | None) -> PaymentFailureDetails | None:
    if not isinstance(message, PaymentFailed):
        return None
    return PaymentFailureDetails(
        payment_id=message.payment_id,
        payment_method=order.payment_method,
        card_last_four=order.card_last_four,
        decline_code=message.failure_code or message.failure_reason,
        retry_count=message.attempt_number,
    )


def _shortage(order: Order, message: Message | None, at_ms: int) -> InventoryDetails | None:
    """What stock has just said of the order's own goods; of what would have replaced them, not."""
    own = {line.product_id for _, line in order.standing}
    if not isinstance(message, OutOfStock) or message.product_id not in own:
        return None
    return InventoryDetails(
        warehouse_id=message.warehouse_id,
        last_stock_check_at=moment_of(at_ms),
        available_quantity=message.current_quantity,
        next_restock_estimate=message.estimated_restock_date,
    )
