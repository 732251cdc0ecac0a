"""What one message adds to the figures of its day. Money is minor units."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from simulation.laws.units import Data

ORDERS: Final = "daily_orders"
FULFILMENT: Final = "daily_fulfilment"
PAYMENTS: Final = "daily_payments"
SUBSCRIPTIONS: Final = "daily_subscriptions"
PARCELS: Final = {
    "ShipmentCreated": "created",
    "ShipmentDispatched": "dispatched",
    "ShipmentDelivered": "delivered",
    "ShipmentCancelled": "parcels_cancelled",
    "ReturnReceived": "returned",
}
"""Each of them counts once a parcel."""
_INVOICES: Final = {"issued": "invoiced_minor", "paid": "paid_minor", "overdue": "overdue"}

What = tuple[str, str, str]
"""Table, field, and the currency, plan or reason; empty: the field is one number."""
Counts = Iterator[tuple[What, int]]


def _processed(envelope: Data) -> Counts:
    data = envelope["data"]
    if data["status"] == "confirmed" and not (envelope.get("metadata") or {}).get("claimed"):
        yield (PAYMENTS, "processed", data["currency"]), 1
        yield (PAYMENTS, "processed_minor", data["currency"]), minor(data["amount"])


def _refunded(envelope: Data) -> Counts:
    if not (envelope.get("metadata") or {}).get("unprocessed"):
        yield from _sum("refunds", "refunded_minor")(envelope)


def _started(envelope: Data) -> Counts:
    data = envelope["data"]
    yield (SUBSCRIPTIONS, "started", data["plan"]["planId"]), 1
    yield (SUBSCRIPTIONS, "trials", ""), int(bool(data.get("trialPeriodDays")))


def _renewed(envelope: Data) -> Counts:
    yield (SUBSCRIPTIONS, "renewed", ""), 1
    yield (SUBSCRIPTIONS, "recovered", ""), int(bool(envelope["data"].get("recovered")))


def _invoiced(envelope: Data) -> Counts:
    data = envelope["data"]
    name = _INVOICES.get(data["status"])
    if name == "overdue":
        yield (SUBSCRIPTIONS, name, ""), 1
    elif name is not None:
        yield (SUBSCRIPTIONS, name, data["currency"]), minor(data["total"])


def _due(envelope: Data) -> Counts:
    data = envelope["data"]
    if data["daysUntilDue"] == 0:
        yield (SUBSCRIPTIONS, "retried" if data.get("retryAttempt") else "charged", ""), 1


def _confirmed(envelope: Data) -> Counts:
    if not envelope["data"].get("exchangeFor"):
        yield (FULFILMENT, "confirmed", ""), 1


def _one(table: str, name: str, *path: str) -> Callable[[Data], Counts]:
    """One more, under what the path leads to."""

    def counts(envelope: Data) -> Counts:
        label: Any = envelope["data"]
        for part in path:
            label = label[part]
        yield (table, name, label if path else ""), 1

    return counts


def _sum(number: str, total: str) -> Callable[[Data], Counts]:
    """One more, and its amount, by currency."""

    def counts(envelope: Data) -> Counts:
        data = envelope["data"]
        yield (PAYMENTS, number, data["currency"]), 1
        yield (PAYMENTS, total, data["currency"]), minor(data["amount"])

    return counts


def _fees(envelope: Data) -> Counts:
    data = envelope["data"]
    yield (PAYMENTS, "fees_minor", data["currency"]), minor(data["feeAmount"])


COUNTS: Final[Mapping[str, Callable[[Data], Counts]]] = {
    "OrderConfirmed": _confirmed,
    "DeliveryFailed": _one(FULFILMENT, "attempts_failed", "reasonCode"),
    "PaymentProcessed": _processed,
    "PaymentFailed": _one(PAYMENTS, "failed", "failureReason"),
    "RefundIssued": _refunded,
    "ChargebackOpened": _sum("disputes", "disputed_minor"),
    "PaymentSettled": _fees,
    "UserSubscriptionStarted": _started,
    "UserSubscriptionCancelled": _one(SUBSCRIPTIONS, "cancelled", "cancellationReason"),
    "SubscriptionRenewedEvent": _renewed,
    "SubscriptionSuspended": _one(SUBSCRIPTIONS, "suspended"),
    "PlanMigrationCompleted": _one(SUBSCRIPTIONS, "migrated", "toPlan", "planId"),
    "InvoiceGenerated": _invoiced,
    "SubscriptionPaymentDue": _due,
    **{name: _one(FULFILMENT, counted) for name, counted in PARCELS.items()},
}


def minor(amount: float) -> int:
    """An amount as it stands on the wire, in minor units."""
    return round(100 * amount)
