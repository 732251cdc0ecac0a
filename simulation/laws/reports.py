"""The daily reports hold everything that happened, once: counted anew from what was told.

What happens near midnight, or is read late, counts on a day beside its own: until the end of any
day a report has all of the days before it, and nothing of those after the next. Most days are
quiet, so this leaves nothing open. Money is minor units.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from engine.records import Record
from simulation.laws.broken import Broken, insist
from simulation.laws.units import Data
from simulation.people import told_by

COUNTED: Final = "the reports hold what happened, once"
TOLD: Final = "a day's report is told once, as it is kept"
_DAY_MS: Final = 24 * 60 * 60_000
_EPOCH: Final = date(1970, 1, 1)
_PENCE: Final = {"GBP": 100, "USD": 79, "EUR": 86, "CAD": 58}

_ORDERS, _FULFILMENT = "daily_orders", "daily_fulfilment"
_PAYMENTS, _SUBSCRIPTIONS = "daily_payments", "daily_subscriptions"
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    _ORDERS: ("completed", "cancelled", "revenue_minor"),
    _FULFILMENT: (
        *("confirmed", "created", "dispatched", "delivered", "returned"),
        *("parcels_cancelled", "attempts_failed"),
    ),
    _PAYMENTS: (
        *("processed", "processed_minor", "failed", "refunds", "refunded_minor"),
        *("disputes", "disputed_minor", "fees_minor"),
    ),
    _SUBSCRIPTIONS: (
        *("started", "trials", "renewed", "recovered", "cancelled", "suspended", "migrated"),
        *("charged", "retried", "invoiced_minor", "paid_minor", "overdue"),
    ),
}
"""Fields that only grow as days go by, by table."""
TABLES: Final = tuple(_FIELDS)

_PARCELS: Final = {
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
        yield (_PAYMENTS, "processed", data["currency"]), 1
        yield (_PAYMENTS, "processed_minor", data["currency"]), _minor(data["amount"])


def _refunded(envelope: Data) -> Counts:
    if not (envelope.get("metadata") or {}).get("unprocessed"):
        yield from _sum("refunds", "refunded_minor")(envelope)


def _started(envelope: Data) -> Counts:
    data = envelope["data"]
    yield (_SUBSCRIPTIONS, "started", data["plan"]["planId"]), 1
    yield (_SUBSCRIPTIONS, "trials", ""), int(bool(data.get("trialPeriodDays")))


def _renewed(envelope: Data) -> Counts:
    yield (_SUBSCRIPTIONS, "renewed", ""), 1
    yield (_SUBSCRIPTIONS, "recovered", ""), int(bool(envelope["data"].get("recovered")))


def _invoiced(envelope: Data) -> Counts:
    data = envelope["data"]
    name = _INVOICES.get(data["status"])
    if name == "overdue":
        yield (_SUBSCRIPTIONS, name, ""), 1
    elif name is not None:
        yield (_SUBSCRIPTIONS, name, data["currency"]), _minor(data["total"])


def _due(envelope: Data) -> Counts:
    data = envelope["data"]
    if data["daysUntilDue"] == 0:
        yield (_SUBSCRIPTIONS, "retried" if data.get("retryAttempt") else "charged", ""), 1


def _confirmed(envelope: Data) -> Counts:
    if not envelope["data"].get("exchangeFor"):
        yield (_FULFILMENT, "confirmed", ""), 1


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
        yield (_PAYMENTS, number, data["currency"]), 1
        yield (_PAYMENTS, total, data["currency"]), _minor(data["amount"])

    return counts


def _fees(envelope: Data) -> Counts:
    data = envelope["data"]
    yield (_PAYMENTS, "fees_minor", data["currency"]), _minor(data["feeAmount"])


_COUNTS: Final[Mapping[str, Callable[[Data], Counts]]] = {
    "OrderConfirmed": _confirmed,
    "DeliveryFailed": _one(_FULFILMENT, "attempts_failed", "reasonCode"),
    "PaymentProcessed": _processed,
    "PaymentFailed": _one(_PAYMENTS, "failed", "failureReason"),
    "RefundIssued": _refunded,
    "ChargebackOpened": _sum("disputes", "disputed_minor"),
    "PaymentSettled": _fees,
    "UserSubscriptionStarted": _started,
    "UserSubscriptionCancelled": _one(_SUBSCRIPTIONS, "cancelled", "cancellationReason"),
    "SubscriptionRenewedEvent": _renewed,
    "SubscriptionSuspended": _one(_SUBSCRIPTIONS, "suspended"),
    "PlanMigrationCompleted": _one(_SUBSCRIPTIONS, "migrated", "toPlan", "planId"),
    "InvoiceGenerated": _invoiced,
    "SubscriptionPaymentDue": _due,
    **{name: _one(_FULFILMENT, counted) for name, counted in _PARCELS.items()},
}
_METRICS: Final = "OrderMetricsCalculated"
HEEDED: Final = frozenset({*_COUNTS, _METRICS})


@dataclass(slots=True)
class ReportsLaw:
    """Keeps what is told, and counts it where there are reports in the end."""

    rows: Mapping[str, dict[str, Any]]
    clock: Callable[[], int]
    records: list[tuple[str, Record]] = field(default_factory=list)
    """What is heeded, with its name: read only in lives that have reports."""
    days: dict[int, Counter[What]] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    """Orders by how they ended, and parcels by what became of them."""

    def said(self, name: str, record: Record) -> None:
        """Something was published."""
        self.records.append((name, record))

    def order(self, key: str, _before: Any, row: Any) -> None:
        """An order changed; one that replaces goods is no sale."""
        name = None if row is None or row.exchange else _ends(row)
        if name is None or (key, name) in self.seen:
            return
        self.seen.add((key, name))
        self._happened(self.clock(), (_ORDERS, name, ""), 1)
        if name == "completed":
            worth = row.total_minor * _PENCE[row.currency] / _PENCE["USD"]
            self._happened(self.clock(), (_ORDERS, "revenue_minor", ""), round(worth))

    def _happened(self, at_ms: int, what: What, many: int) -> None:
        if many:
            self.days.setdefault(at_ms // _DAY_MS, Counter())[what] += many

    def ended(self) -> None:
        """All is done."""
        if not self.rows[_ORDERS]:
            return
        metrics: dict[str, list[Data]] = {}
        for name, record in self.records:
            envelope = told_by(record)
            data = envelope["data"]
            if name == _METRICS:
                metrics.setdefault(data["period"]["date"], []).append(data["metrics"])
            elif name not in _PARCELS or self._is_news(name, data["shipmentId"]):
                for what, many in _COUNTS[name](envelope):
                    self._happened(record.timestamp, what, many)
        for table in TABLES:
            self._held(table)
        for day, row in self.rows[_ORDERS].items():
            _told(day, row, metrics.pop(day, []))
        insist(not metrics, TOLD, "reports", f"{metrics} are kept nowhere")

    def _is_news(self, name: str, shipment_id: str) -> bool:
        is_news = (name, shipment_id) not in self.seen
        self.seen.add((name, shipment_id))
        return is_news

    def _held(self, table: str) -> None:
        """Hold a table's reports, day by day, against the days up to then."""
        told, before, after = Counter[What](), self._growing(table), self._growing(table)
        for key, report in sorted(self.rows[table].items()):
            for what, many in _figures(table, report):
                told[what] += many
            day = (date.fromisoformat(key) - _EPOCH).days
            least, most = before(day), after(day + 2)
            for what in told.keys() | least.keys():
                # Revenue is converted a currency and day, here an order.
                off = told[_ORDERS, "completed", ""] if what[1] == "revenue_minor" else 0
                if not least[what] - off <= told[what] <= most[what] + off:
                    wanted = f"not {least[what]} to {most[what]}"
                    raise Broken(COUNTED, key, f"{told[what]} of {what}, {wanted}")

    def _growing(self, table: str) -> Callable[[int], Counter[What]]:
        """A sum of what happened before a day, to be asked for one day after the other."""
        found, left = Counter[What](), sorted(self.days, reverse=True)

        def until(end: int) -> Counter[What]:
            while left and left[-1] < end:
                for what, many in self.days[left.pop()].items():
                    if what[0] == table:
                        found[what] += many
            return found

        return until


def _ends(order: Any) -> str | None:
    """How an order ended; it may be delivered and refunded in one commit."""
    status = order.status.value
    if status == "cancelled":
        return "cancelled"
    was = [step.status.value for step in order.history] if status == "refunded" else [status]
    return "completed" if "delivered" in was else None


def _minor(amount: float) -> int:
    return round(100 * amount)


def _figures(table: str, report: Any) -> Iterator[tuple[What, int]]:
    """What a report has of anything."""
    for name in _FIELDS[table]:
        value = getattr(report, name)
        for label, many in (value if isinstance(value, dict) else {"": value}).items():
            if many:
                yield (table, name, label), many


def _told(day: str, row: Any, metrics: list[Data]) -> None:
    kept = [row.total, row.completed, row.cancelled, row.returned, row.revenue_minor]
    names = ("totalOrders", "completedOrders", "cancelledOrders", "returnedOrders")
    told = [[one[n] for n in names] + [_minor(one["totalRevenue"])] for one in metrics]
    insist(told == [kept], TOLD, day, f"{told} is told, {kept} is kept")
    total = row.completed + row.cancelled + row.returned
    insist(row.total == total, COUNTED, day, f"{row.total} orders ended, not {total}")
