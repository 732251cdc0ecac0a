"""What each event tells: when it is worth a message, and what its template is given.

A template's data is plain JSON: text, numbers, lists. Money is text in major units beside its
currency; moments are text too, to the minute.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from events.alerts import AlertRaised
from events.base import Message
from events.billing import SubscriptionPaymentDue
from events.fraud import FraudDetected
from events.inventory import InventoryAdjusted, OutOfStock
from events.payments import PaymentProcessed
from events.refunds import RefundFailed
from events.registrations import UserForgotPasswordEvent
from events.shipping import ShipmentRouteUpdated
from streams.alarms import is_a_services_own
from streams.notifications import order_facts as orders
from streams.notifications import parcel_facts as parcels
from streams.notifications import subscription_facts as subscriptions
from streams.notifications.rules import NotificationRules
from streams.notifications.wording import Facts

FACTS: Final[Mapping[str, Callable[[Any], Facts]]] = MappingProxyType(
    {
        "OrderConfirmed": orders.order_confirmed,
        "OrderAmended": orders.order_amended,
        "OrderCancelled": orders.order_cancelled,
        "OrderFailed": orders.order_failed,
        "PaymentProcessed": orders.payment_processed,
        "PaymentFailed": orders.payment_failed,
        "RefundIssued": orders.refund_issued,
        "RefundFailed": orders.refund_failed,
        "ChargebackOpened": orders.chargeback_opened,
        "ChargebackClosed": orders.chargeback_closed,
        "FraudDetected": orders.fraud_detected,
        "OutOfStock": orders.out_of_stock,
        "InventoryAdjusted": orders.back_in_stock,
        "LowStockAlert": orders.low_stock,
        "ShipmentCreated": parcels.shipment_created,
        "ShipmentBookingFailed": parcels.booking_failed,
        "ShipmentDispatched": parcels.shipment_dispatched,
        "ShipmentInTransit": parcels.shipment_dispatched,
        "ShipmentDelivered": parcels.shipment_delivered,
        "ShipmentRouteUpdated": parcels.route_updated,
        "DeliveryFailed": parcels.delivery_failed,
        "ReturnInitiated": parcels.return_initiated,
        "ReturnReceived": parcels.return_received,
        "InvoiceGenerated": subscriptions.invoice_generated,
        "SubscriptionPaymentDue": subscriptions.payment_due,
        "UserSubscriptionStarted": subscriptions.subscription_started,
        "UserSubscriptionCancelled": subscriptions.subscription_cancelled,
        "SubscriptionSuspended": subscriptions.subscription_suspended,
        "SubscriptionRenewedEvent": subscriptions.subscription_renewed,
        "PlanMigrationCompleted": subscriptions.plan_migrated,
        "UserForgotPasswordEvent": orders.password_forgotten,
        "OrderMetricsCalculated": orders.order_metrics,
        "AlertRaised": orders.alert_raised,
    }
)
"""By event, what its template is given."""


def _is_taken(event: PaymentProcessed, _: NotificationRules) -> bool:
    """Nobody has a receipt for nothing: an order may be free."""
    return event.status == "confirmed" and event.amount_minor > 0


def _is_grave(event: FraudDetected, rules: NotificationRules) -> bool:
    return event.severity in rules.severities


def _is_for_an_order(event: OutOfStock, _: NotificationRules) -> bool:
    return event.triggered_by_order_id is not None


def _is_refused(event: RefundFailed, _: NotificationRules) -> bool:
    """What a provider could not do, people look at, and the customer is told how it ended."""
    return event.rejected


def _is_back(event: InventoryAdjusted, _: NotificationRules) -> bool:
    """Units that those who wait for them took at once are back for nobody else."""
    return event.previous_quantity == 0 and event.new_quantity > 0 and not event.spoken_for


def _is_late(event: ShipmentRouteUpdated, _: NotificationRules) -> bool:
    return event.customer_notification_required


def _is_reminder(event: SubscriptionPaymentDue, rules: NotificationRules) -> bool:
    """Also one that is late; on the day itself the charge speaks for itself.

    Of nothing that is to be paid nobody is reminded: a credit or a discount may cover it all.
    """
    is_ahead = 0 < (event.days_until_due or 0) <= rules.reminder_days
    return is_ahead and event.amount_minor > 0


def _is_untold(event: UserForgotPasswordEvent, _: NotificationRules) -> bool:
    """Registration may have sent the mail itself."""
    return not (event.notification or {}).get("sentAt")


def _is_a_services_own(event: AlertRaised, _: NotificationRules) -> bool:
    """Of an alert on figures, which has a window, whoever watches the figures is told."""
    return is_a_services_own(event)


WHEN: Final[Mapping[str, Callable[[Any, NotificationRules], bool]]] = MappingProxyType(
    {
        "PaymentProcessed": _is_taken,
        "FraudDetected": _is_grave,
        "RefundFailed": _is_refused,
        "OutOfStock": _is_for_an_order,
        "InventoryAdjusted": _is_back,
        "ShipmentRouteUpdated": _is_late,
        "SubscriptionPaymentDue": _is_reminder,
        "UserForgotPasswordEvent": _is_untold,
        "AlertRaised": _is_a_services_own,
    }
)
"""By event, when it is told; always, where nothing stands here."""


def is_told(
    event: Message, rules: NotificationRules, beside: Mapping[str, Any] | None = None
) -> bool:
    """Whether the event is worth a message at all.

    `beside` is its metadata: an order that is paid with money which its subscription's renewal
    took says so there. Whoever has that charge's receipt would take another for a second charge.
    """
    if beside is not None and beside.get("claimed"):
        return False
    when = WHEN.get(event.name)
    return when is None or when(event, rules)
