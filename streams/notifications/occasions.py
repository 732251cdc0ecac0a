"""What each event tells: when it is worth a message, and what its template needs.

A template's data is plain JSON: text, numbers, lists. Money is text in major units beside its
currency; moments are RFC 3339.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from events.analytics import OrderMetricsCalculated
from events.base import Message
from events.billing import InvoiceGenerated, SubscriptionPaymentDue
from events.fraud import FraudDetected
from events.inventory import InventoryAdjusted, LowStockAlert, OutOfStock
from events.orders import OrderAmended, OrderCancelled, OrderConfirmed
from events.payments import PaymentFailed, PaymentProcessed
from events.refunds import RefundIssued
from events.registrations import UserForgotPasswordEvent
from events.returns import ReturnInitiated, ReturnReceived
from events.scalars import format_moment
from events.shipping import (
    DeliveryFailed,
    ShipmentCreated,
    ShipmentDelivered,
    ShipmentDispatched,
    ShipmentInTransit,
    ShipmentRouteUpdated,
)
from events.subscriptions import (
    PlanMigrationCompleted,
    SubscriptionRenewedEvent,
    SubscriptionSuspended,
    UserSubscriptionCancelled,
    UserSubscriptionStarted,
)
from events.types import OrderItem, Plan
from streams.notifications.rules import NotificationRules

Facts = dict[str, Any]

ITEMS_MAX: Final = 10
"""Lines that a message lists; `more` counts the others."""


def money(minor: int) -> str:
    """An amount in major units: 3499 becomes 34.99, -5 becomes -0.05."""
    sign, minor = ("-", -minor) if minor < 0 else ("", minor)
    return f"{sign}{minor // 100}.{minor % 100:02d}"


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


def _plan(plan: Plan) -> str:
    return plan.name or plan.plan_id


def _order_confirmed(event: OrderConfirmed) -> Facts:
    delivery = event.estimated_delivery_date
    return {
        "orderId": event.order_id,
        "total": money(event.order_total_minor),
        "currency": event.currency,
        "delivery": delivery.isoformat() if delivery is not None else "",
        **_items(event.order_items),
    }


def _order_amended(event: OrderAmended) -> Facts:
    return {
        "orderId": event.order_id,
        "change": event.amendment_type,
        "total": money(event.new_order_total_minor),
        "currency": event.currency,
    }


def _order_cancelled(event: OrderCancelled) -> Facts:
    refund = event.refund
    return {
        "orderId": event.order_id,
        "reason": event.cancellation_reason.replace("_", " ").lower(),
        "refund": money(refund.amount_minor) if refund is not None else "",
        "currency": event.currency,
        "days": refund.estimated_processing_days if refund is not None else None,
    }


def _payment_processed(event: PaymentProcessed) -> Facts:
    return {
        "orderId": event.order_id or "",
        "invoiceId": event.invoice_id or "",
        "paymentId": event.payment_id,
        "amount": money(event.amount_minor),
        "currency": event.currency,
        "method": event.payment_method.replace("_", " "),
    }


def _payment_failed(event: PaymentFailed) -> Facts:
    retry_at = event.next_retry_at
    return {
        "orderId": event.order_id or "",
        "amount": money(event.amount_minor),
        "currency": event.currency,
        "reason": event.failure_reason.replace("_", " "),
        "nextRetryAt": format_moment(retry_at) if retry_at is not None else "",
    }


def _refund_issued(event: RefundIssued) -> Facts:
    return {
        "orderId": event.order_id or "",
        "amount": money(event.amount_minor),
        "currency": event.currency,
        "days": event.estimated_processing_days,
    }


def _fraud_detected(event: FraudDetected) -> Facts:
    return {
        "orderId": event.order_id or "",
        "paymentId": event.payment_id,
        "severity": event.severity,
        "kind": event.fraud_type,
        "score": event.risk_score,
    }


def _out_of_stock(event: OutOfStock) -> Facts:
    restock = event.estimated_restock_date
    return {
        "orderId": event.triggered_by_order_id or "",
        "product": event.product_name or event.sku,
        "backorder": bool(event.backorder_allowed),
        "restock": restock.isoformat() if restock is not None else "",
    }


def _back_in_stock(event: InventoryAdjusted) -> Facts:
    return {"productId": event.product_id, "product": event.product_name or event.product_id}


def _low_stock(event: LowStockAlert) -> Facts:
    return {
        "productId": event.product_id,
        "warehouseId": event.warehouse_id,
        "available": event.available_quantity,
        "reorderPoint": event.reorder_point,
        "suggested": event.suggested_reorder_quantity,
    }


def _shipment_created(event: ShipmentCreated) -> Facts:
    return {
        "orderId": event.order_id,
        "carrier": event.carrier,
        "tracking": event.tracking_number or "",
        "delivery": event.estimated_delivery.date().isoformat(),
    }


def _shipment_dispatched(event: ShipmentDispatched | ShipmentInTransit) -> Facts:
    return {
        "orderId": event.order_id,
        "carrier": event.carrier,
        "tracking": event.tracking_number,
        "delivery": event.estimated_delivery.date().isoformat(),
    }


def _shipment_delivered(event: ShipmentDelivered) -> Facts:
    return {
        "orderId": event.order_id,
        "carrier": event.carrier,
        "tracking": event.tracking_number,
        "deliveredAt": format_moment(event.delivered_at),
    }


def _route_updated(event: ShipmentRouteUpdated) -> Facts:
    return {"orderId": event.order_id, "delivery": event.updated_eta.date().isoformat()}


def _delivery_failed(event: DeliveryFailed) -> Facts:
    again = event.next_attempt_at
    return {
        "orderId": event.order_id,
        "reason": event.reason_code.replace("_", " ").lower(),
        "nextAttempt": again.date().isoformat() if again is not None else "",
    }


def _return_initiated(event: ReturnInitiated) -> Facts:
    return {
        "orderId": event.order_id,
        "returnId": event.return_id,
        "method": event.return_method.replace("_", " "),
    }


def _return_received(event: ReturnReceived) -> Facts:
    return {
        "orderId": event.order_id,
        "returnId": event.return_id,
        "resolution": event.resolution,
    }


def _invoice_generated(event: InvoiceGenerated) -> Facts:
    return {
        "invoiceNumber": event.invoice_number,
        "total": money(event.total_minor),
        "tax": money(event.tax_minor),
        "currency": event.currency,
        "due": event.due_date.isoformat(),
    }


def _payment_due(event: SubscriptionPaymentDue) -> Facts:
    return {
        "plan": _plan(event.plan),
        "amount": money(event.amount_minor),
        "currency": event.currency,
        "due": event.due_date.isoformat(),
    }


def _subscription_started(event: UserSubscriptionStarted) -> Facts:
    return {
        "plan": _plan(event.plan),
        "trialDays": event.trial_period_days,
        "nextBilling": event.next_billing_date.isoformat(),
    }


def _subscription_cancelled(event: UserSubscriptionCancelled) -> Facts:
    return {
        "plan": _plan(event.plan),
        "effective": event.effective_date.isoformat(),
        "reason": event.cancellation_reason.replace("_", " "),
    }


def _subscription_suspended(event: SubscriptionSuspended) -> Facts:
    return {"plan": _plan(event.plan), "attempts": event.failed_payment_attempts}


def _subscription_renewed(event: SubscriptionRenewedEvent) -> Facts:
    return {"plan": _plan(event.plan), "nextBilling": event.next_billing_date.isoformat()}


def _plan_migrated(event: PlanMigrationCompleted) -> Facts:
    return {
        "plan": _plan(event.to_plan),
        "was": _plan(event.from_plan),
        "effective": event.effective_date.isoformat(),
    }


def _password_forgotten(event: UserForgotPasswordEvent) -> Facts:
    """The token itself never travels in a message's data: only until when it holds."""
    expires = event.reset_token.get("expiresAt")
    return {"expiresAt": expires if isinstance(expires, str) else ""}


def _order_metrics(event: OrderMetricsCalculated) -> Facts:
    metrics = event.metrics
    return {
        "day": event.period.date.isoformat(),
        "orders": metrics.total_orders,
        "revenue": money(metrics.total_revenue_minor),
        "currency": metrics.currency or "",
    }


FACTS: Final[Mapping[str, Callable[[Any], Facts]]] = MappingProxyType(
    {
        "OrderConfirmed": _order_confirmed,
        "OrderAmended": _order_amended,
        "OrderCancelled": _order_cancelled,
        "PaymentProcessed": _payment_processed,
        "PaymentFailed": _payment_failed,
        "RefundIssued": _refund_issued,
        "FraudDetected": _fraud_detected,
        "OutOfStock": _out_of_stock,
        "InventoryAdjusted": _back_in_stock,
        "LowStockAlert": _low_stock,
        "ShipmentCreated": _shipment_created,
        "ShipmentDispatched": _shipment_dispatched,
        "ShipmentInTransit": _shipment_dispatched,
        "ShipmentDelivered": _shipment_delivered,
        "ShipmentRouteUpdated": _route_updated,
        "DeliveryFailed": _delivery_failed,
        "ReturnInitiated": _return_initiated,
        "ReturnReceived": _return_received,
        "InvoiceGenerated": _invoice_generated,
        "SubscriptionPaymentDue": _payment_due,
        "UserSubscriptionStarted": _subscription_started,
        "UserSubscriptionCancelled": _subscription_cancelled,
        "SubscriptionSuspended": _subscription_suspended,
        "SubscriptionRenewedEvent": _subscription_renewed,
        "PlanMigrationCompleted": _plan_migrated,
        "UserForgotPasswordEvent": _password_forgotten,
        "OrderMetricsCalculated": _order_metrics,
    }
)
"""By event, what its template is given."""


def _is_confirmed(event: PaymentProcessed, _: NotificationRules) -> bool:
    return event.status == "confirmed"


def _is_grave(event: FraudDetected, rules: NotificationRules) -> bool:
    return event.severity in rules.severities


def _is_for_an_order(event: OutOfStock, _: NotificationRules) -> bool:
    return event.triggered_by_order_id is not None


def _is_back(event: InventoryAdjusted, _: NotificationRules) -> bool:
    return event.previous_quantity == 0 and event.new_quantity > 0


def _is_late(event: ShipmentRouteUpdated, _: NotificationRules) -> bool:
    return event.customer_notification_required


def _is_reminder(event: SubscriptionPaymentDue, rules: NotificationRules) -> bool:
    return event.days_until_due == rules.reminder_days


def _is_untold(event: UserForgotPasswordEvent, _: NotificationRules) -> bool:
    """Registration may have sent the mail itself."""
    return not (event.notification or {}).get("sentAt")


WHEN: Final[Mapping[str, Callable[[Any, NotificationRules], bool]]] = MappingProxyType(
    {
        "PaymentProcessed": _is_confirmed,
        "FraudDetected": _is_grave,
        "OutOfStock": _is_for_an_order,
        "InventoryAdjusted": _is_back,
        "ShipmentRouteUpdated": _is_late,
        "SubscriptionPaymentDue": _is_reminder,
        "UserForgotPasswordEvent": _is_untold,
    }
)
"""By event, when it is told; always, where nothing stands here."""


def is_told(event: Message, rules: NotificationRules) -> bool:
    """Whether the event is worth a message at all."""
    when = WHEN.get(event.name)
    return when is None or when(event, rules)
