"""What messages say about orders, their money and stock, and to the shop's own teams."""

from typing import Final

from events.alerts import AlertRaised
from events.analytics import OrderMetricsCalculated
from events.fraud import FraudDetected
from events.inventory import InventoryAdjusted, LowStockAlert, OutOfStock
from events.orders import OrderAmended, OrderCancelled, OrderConfirmed, OrderFailed
from events.payments import PaymentFailed, PaymentProcessed
from events.refunds import ChargebackClosed, ChargebackOpened, RefundFailed, RefundIssued
from events.registrations import UserForgotPasswordEvent
from events.types import OrderItem
from streams.notifications.wording import Facts, minute, money, words

_TOO_MUCH: Final = "amount_exceeds_payment"
ITEMS_MAX: Final = 10
"""Lines that a message lists; `more` counts the others."""


def _items(items: tuple[OrderItem, ...]) -> Facts:
    listed = [
        {
            "name": item.product_name or item.product_id,
            "quantity": item.quantity,
            "total": money(item.total_price_minor),
        }
        for item in items[:ITEMS_MAX]
    ]
    return {"items": listed, "more": max(0, len(items) - ITEMS_MAX)}


def order_confirmed(event: OrderConfirmed) -> Facts:
    """What a message of OrderConfirmed says."""
    delivery = event.estimated_delivery_date
    return {
        "orderId": event.order_id,
        "total": money(event.order_total_minor),
        "currency": event.currency,
        "delivery": delivery.isoformat() if delivery is not None else "",
        "replaces": event.exchange_for or "",
        **_items(event.order_items),
    }


def order_amended(event: OrderAmended) -> Facts:
    """What a message of OrderAmended says."""
    return {
        "orderId": event.order_id,
        "change": event.amendment_type,
        "changes": _changes(event),
        "missing": _missing(event),
        "replaced": _replaced(event),
        "total": money(event.new_order_total_minor),
        "currency": event.currency,
    }


def _changes(event: OrderAmended) -> list[Facts]:
    return [
        {
            "name": one.product_name or one.product_id,
            "quantity": one.new_quantity,
            "before": one.previous_quantity,
        }
        for one in event.amendments[:ITEMS_MAX]
    ]


def _missing(event: OrderAmended) -> list[str]:
    """The products that the shop took away because it could not send them."""
    return [] if event.cancellation_reason is None else _taken_away(event)


def _replaced(event: OrderAmended) -> list[str]:
    """The products that the shop sends others for: what customers add takes nothing away."""
    return _taken_away(event) if event.amendment_type == "ITEM_ADDED" else []


def _taken_away(event: OrderAmended) -> list[str]:
    gone = [one for one in event.amendments if one.new_quantity < one.previous_quantity]
    return [one.product_name or one.product_id for one in gone[:ITEMS_MAX]]


def order_cancelled(event: OrderCancelled) -> Facts:
    """What a message of OrderCancelled says."""
    refund = event.refund
    return {
        "orderId": event.order_id,
        "reason": words(event.cancellation_reason),
        "refund": money(refund.amount_minor) if refund is not None else "",
        "currency": event.currency,
        "days": refund.estimated_processing_days if refund is not None else None,
    }


def order_failed(event: OrderFailed) -> Facts:
    """What a message of OrderFailed says."""
    return {
        "orderId": event.order_id,
        "reason": words(event.rejection_reason),
        "details": list((event.details or ())[:ITEMS_MAX]),
    }


def payment_processed(event: PaymentProcessed) -> Facts:
    """What a message of PaymentProcessed says."""
    return {
        "orderId": event.order_id or "",
        "invoiceId": event.invoice_id or "",
        "paymentId": event.payment_id,
        "amount": money(event.amount_minor),
        "currency": event.currency,
        "method": words(event.payment_method),
    }


def payment_failed(event: PaymentFailed) -> Facts:
    """What a message of PaymentFailed says."""
    retry_at = event.next_retry_at
    return {
        "orderId": event.order_id or "",
        "amount": money(event.amount_minor),
        "currency": event.currency,
        "subscriptionId": event.subscription_id or "",
        "reason": words(event.failure_reason),
        "nextRetryAt": minute(retry_at) if retry_at is not None else "",
    }


def refund_issued(event: RefundIssued) -> Facts:
    """What a message of RefundIssued says."""
    return {
        "orderId": event.order_id or "",
        "amount": money(event.amount_minor),
        "currency": event.currency,
        "days": event.estimated_processing_days,
    }


def refund_failed(event: RefundFailed) -> Facts:
    """What a message of RefundFailed says; no amount, where nothing would have gone back."""
    is_nothing = not event.amount_minor and event.failure_reason == _TOO_MUCH
    return {
        "orderId": event.order_id or "",
        "amount": money(event.amount_minor) if event.amount_minor else "",
        "currency": event.currency,
        "reason": "nothing is left to give back" if is_nothing else words(event.failure_reason),
    }


def chargeback_opened(event: ChargebackOpened) -> Facts:
    """What a message of ChargebackOpened says."""
    return {
        "orderId": event.order_id or "",
        "paymentId": event.payment_id,
        "amount": money(event.amount_minor),
        "currency": event.currency,
        "reason": event.reason.replace("_", " "),
        "evidenceDue": event.evidence_due_by.date().isoformat(),
    }


def chargeback_closed(event: ChargebackClosed) -> Facts:
    """What a message of ChargebackClosed says."""
    return {
        "orderId": event.order_id or "",
        "paymentId": event.payment_id,
        "amount": money(event.amount_minor),
        "currency": event.currency,
        "outcome": event.outcome,
    }


def fraud_detected(event: FraudDetected) -> Facts:
    """What a message of FraudDetected says."""
    return {
        "orderId": event.order_id or "",
        "paymentId": event.payment_id,
        "severity": event.severity,
        "blocked": _is_blocked(event),
        "kind": event.fraud_type,
        "score": event.risk_score,
    }


def _is_blocked(event: FraudDetected) -> bool:
    """Whether the payment is refused for good: no word of its customer changes that."""
    return event.severity == "critical" or "payment_blocked" in (event.actions_taken or ())


def out_of_stock(event: OutOfStock) -> Facts:
    """What a message of OutOfStock says."""
    restock = event.estimated_restock_date
    return {
        "orderId": event.triggered_by_order_id or "",
        "product": event.product_name or event.sku,
        "backorder": bool(event.backorder_allowed),
        "left": event.current_quantity,
        "restock": restock.isoformat() if restock is not None else "",
    }


def back_in_stock(event: InventoryAdjusted) -> Facts:
    """What a message of InventoryAdjusted says."""
    return {"productId": event.product_id, "product": event.product_name or event.product_id}


def low_stock(event: LowStockAlert) -> Facts:
    """What a message of LowStockAlert says."""
    return {
        "productId": event.product_id,
        "warehouseId": event.warehouse_id,
        "available": event.available_quantity,
        "reorderPoint": event.reorder_point,
        "suggested": event.suggested_reorder_quantity,
    }


def password_forgotten(event: UserForgotPasswordEvent) -> Facts:
    """The token itself never travels in a message's data: only until when it holds."""
    expires = event.reset_token.get("expiresAt")
    return {"expiresAt": expires if isinstance(expires, str) else ""}


def order_metrics(event: OrderMetricsCalculated) -> Facts:
    """What a message of OrderMetricsCalculated says."""
    metrics = event.metrics
    return {
        "day": event.period.date.isoformat(),
        "orders": metrics.total_orders,
        "revenue": money(metrics.total_revenue_minor),
        "currency": metrics.currency or "",
    }


def alert_raised(event: AlertRaised) -> Facts:
    """What a message of AlertRaised says."""
    return {
        "rule": event.rule.replace("_", " "),
        "severity": event.severity,
        "subject": event.subject or "",
        "value": f"{event.value:.10g}",
        "unit": event.unit or "",
        "runbook": event.runbook,
    }
