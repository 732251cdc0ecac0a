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
from simulation.laws.counts import (
    COUNTS,
    FULFILMENT,
    ORDERS,
    PARCELS,
    PAYMENTS,
    SUBSCRIPTIONS,
    What,
    minor,
)
from simulation.laws.units import Data
from simulation.people import told_by

COUNTED: Final = "the reports hold what happened, once"
TOLD: Final = "a day's report is told once, as it is kept"
CATEGORIES: Final = "what was sold is in its categories, once"
CUSTOMERS: Final = "a day's customers are counted, each once"
_DAY_MS: Final = 24 * 60 * 60_000
_EPOCH: Final = date(1970, 1, 1)
_PENCE: Final = {"GBP": 100, "USD": 79, "EUR": 86, "CAD": 58}

_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    ORDERS: ("completed", "cancelled", "returned", "revenue_minor"),
    FULFILMENT: (
        *("confirmed", "created", "dispatched", "delivered", "returned"),
        *("parcels_cancelled", "attempts_failed"),
    ),
    PAYMENTS: (
        *("processed", "processed_minor", "failed", "refunds", "refunded_minor"),
        *("disputes", "disputed_minor", "fees_minor"),
    ),
    SUBSCRIPTIONS: (
        *("started", "trials", "renewed", "recovered", "cancelled", "suspended", "migrated"),
        *("charged", "retried", "invoiced_minor", "paid_minor", "overdue"),
    ),
}
"""Fields that only grow as days go by, by table."""
TABLES: Final = tuple(_FIELDS)

_METRICS: Final = "OrderMetricsCalculated"
_MET: Final = "PaymentInitiated"
HEEDED: Final = frozenset({*COUNTS, _METRICS, _MET})


@dataclass(slots=True)
class ReportsLaw:
    """Keeps what is told, and counts it where there are reports in the end."""

    rows: Mapping[str, dict[str, Any]]
    clock: Callable[[], int]
    records: list[tuple[str, Record]] = field(default_factory=list)
    """What is heeded, with its name: read only in lives that have reports."""
    days: dict[int, Counter[What]] = field(default_factory=dict)
    met: dict[int, set[str]] = field(default_factory=dict)
    """Customers who opened a payment for an order, by day."""
    seen: set[tuple[str, str]] = field(default_factory=set)
    """Orders by how they ended, and parcels by what became of them."""

    def said(self, name: str, record: Record) -> None:
        """Something was published."""
        self.records.append((name, record))

    def order(self, key: str, _before: Any, row: Any) -> None:
        """An order changed; one that replaces goods is no sale."""
        for name in () if row is None or row.exchange else _ends(row):
            if (key, name) not in self.seen:
                self.seen.add((key, name))
                self._happened(self.clock(), (ORDERS, name, ""), 1)
                if name == "completed":
                    worth = row.total_minor * _PENCE[row.currency] / _PENCE["USD"]
                    self._happened(self.clock(), (ORDERS, "revenue_minor", ""), round(worth))

    def _happened(self, at_ms: int, what: What, many: int) -> None:
        if many:
            self.days.setdefault(at_ms // _DAY_MS, Counter())[what] += many

    def ended(self) -> None:
        """All is done."""
        if not self.rows[ORDERS]:
            return
        metrics: dict[str, list[Data]] = {}
        for name, record in self.records:
            envelope = told_by(record)
            data = envelope["data"]
            if name == _METRICS:
                metrics.setdefault(data["period"]["date"], []).append(data["metrics"])
            elif name == _MET:
                if data.get("orderId"):
                    met = self.met.setdefault(record.timestamp // _DAY_MS, set())
                    met.add(data["customerId"])
            elif name not in PARCELS or self._is_news(name, data["shipmentId"]):
                for what, many in COUNTS[name](envelope):
                    self._happened(record.timestamp, what, many)
        for table in TABLES:
            self._held(table)
        for day, row in self.rows[ORDERS].items():
            _told(day, row, metrics.pop(day, []))
        self._customers()
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
                off = told[ORDERS, "completed", ""] if what[1] == "revenue_minor" else 0
                if not least[what] - off <= told[what] <= most[what] + off:
                    wanted = f"not {least[what]} to {most[what]}"
                    raise Broken(COUNTED, key, f"{told[what]} of {what}, {wanted}")

    def _customers(self) -> None:
        """Hold customers of days against who paid until then, and until a day before."""
        told = 0
        for key, report in sorted(self.rows[ORDERS].items()):
            told += report.customers
            end = (date.fromisoformat(key) - _EPOCH).days
            least = set[str]().union(*[who for day, who in self.met.items() if day < end])
            most = sum([len(who) for day, who in self.met.items() if day <= end + 1])
            fine = len(least) <= told <= most
            insist(fine, CUSTOMERS, key, f"{told} until then, not {len(least)} to {most}")

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


def _ends(order: Any) -> Iterator[str]:
    """How an order ended; it may be delivered, returned and refunded in one commit."""
    was = {order.status.value, *(step.status.value for step in order.history)}
    if "cancelled" in was:
        yield "cancelled"
    if "delivered" in was:
        yield "completed"
    if "returned" in was or ("refunded" in was and _is_back(order)):
        yield "returned"


def _is_back(order: Any) -> bool:
    """Whether all of it came back: once refunded an order says so no more."""
    sent = [one for one in order.parcels if one.state.value != "cancelled"]
    return bool(sent) and all(one.units <= one.units_back for one in sent)


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
    told = [[one[n] for n in names] + [minor(one["totalRevenue"])] for one in metrics]
    insist(told == [kept], TOLD, day, f"{told} is told, {kept} is kept")
    total = row.completed + row.cancelled + row.returned
    insist(row.total == total, COUNTED, day, f"{row.total} orders ended, not {total}")
    # Nobody sorts products here: all are of one category, whatever an order has.
    sold = [(one.orders, one.revenue_minor) for one in row.categories]
    fine = sold == [(row.completed, row.revenue_minor)] * bool(row.completed)
    insist(fine, CATEGORIES, day, f"{sold} of {row.completed} orders, {row.revenue_minor}")
