"""What came back or never came is paid back, to the last minor unit; what stayed is paid for.

Of orders whose money nothing else moved: no exchange, no dispute, no goodwill, nobody's mistake.
Amounts are minor units.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from events.payment_ids import order_of_payment
from simulation.laws.broken import insist
from simulation.laws.marks import is_with_people
from simulation.laws.units import Data

LAW: Final = "what is kept is the price of what stayed"
_WAIVED_MINOR: Final = 50
"""A difference up to this that a customer's amendment makes is nobody's (G-8)."""
_SENT: Final = frozenset({"shipped", "delivered", "returned", "refunded"})
_PLAIN: Final = frozenset({"RETURN", "LOST", "NOT_SENT", "AMENDMENT"})
_USED: Final = 0.9
"""What of its price goes back for what was used (G-32)."""
_UNDELIVERED: Final = "delivery_failed"


@dataclass(slots=True)
class WorthLaw:
    """Counts what is worth something of orders, as it came back."""

    rows: Mapping[str, dict[str, Any]]
    labels: dict[str, Data] = field(default_factory=dict)
    """ReturnInitiated, by return."""
    received: dict[str, list[Data]] = field(default_factory=dict)
    """ReturnReceived, by order."""
    favours: set[str] = field(default_factory=set)
    """Payments that somebody asked money back of."""

    def told(self, name: str, data: Data) -> None:
        """A label was issued, or goods are back."""
        if name == "ReturnInitiated":
            self.labels[data["returnId"]] = data
        else:
            self.received.setdefault(data["orderId"], []).append(data)

    def asked(self, data: Data) -> None:
        """Somebody asks for money back."""
        self.favours.add(data["paymentId"])

    def ended(self) -> None:
        """All is done."""
        for key, order in self.rows["orders"].items():
            payments = {
                name: row
                for name, row in self.rows["payments"].items()
                if name == order.payment_id or order_of_payment(name) == key
            }
            alone = self.favours.isdisjoint(payments) and all(map(_is_plain, payments.values()))
            if alone and _is_simple(order):
                self._exact(key, order, payments.values())

    def _exact(self, key: str, order: Any, payments: Any) -> None:
        taken = sum([one.captured_minor for one in payments])
        kept = taken - sum([one.refunded_minor for one in payments])
        # A renewal takes the tax as well, and gives it back with the goods.
        paid = taken if order.subscription_id else order.total_minor
        parts = list(self._gone(order, paid / order.total_minor))
        due = paid - sum(parts)
        off = len(parts) + 1 + _WAIVED_MINOR * order.amendments
        insist(abs(due - kept) <= off, LAW, key, f"{kept} of {taken} are kept, not {due:.0f}")

    def _gone(self, order: Any, factor: float) -> Iterator[float]:
        """What goes back for each parcel, return and item."""
        prices = {
            number: factor * line.total_minor / line.quantity for number, line in order.standing
        }
        left = Counter({number: line.quantity for number, line in order.standing})
        lost = {one.shipment_id for one in order.parcels if one.lost}
        for parcel in order.parcels:
            if parcel.lost or parcel.state.value == "unsent":
                for number, units in parcel.lines:
                    left[number] -= units
                    yield prices[number] * units
        for data in self.received.get(order.order_id, ()):
            if data["shipmentId"] not in lost:
                yield from self._back(order, data, left, prices)

    def _back(
        self, order: Any, data: Data, left: Counter[int], prices: dict[int, float]
    ) -> Iterator[float]:
        label = self.labels[data["returnId"]]
        unused = label["reason"] == _UNDELIVERED
        parts: list[float] = []
        for item in data["items"]:
            share = _USED if item["condition"] == "refurbished" and not unused else 1.0
            share = share if item["refundable"] else 0.0
            for number, units in _taken(order, item, left):
                parts.append(share * units * prices[number])
        fee = 0.0 if unused else _fee(label)
        yield from parts
        yield -min(fee, sum(parts))


def _is_plain(payment: Any) -> bool:
    claimed = payment.charged_back_minor or payment.status.value == "DISPUTED"
    refunds = [one.reason in _PLAIN and one.state.value == "completed" for one in payment.refunds]
    return not (is_with_people(payment) or payment.owed or claimed) and all(refunds)


def _is_simple(order: Any) -> bool:
    exchanged = order.exchange or any(one.swaps or one.replaced for one in order.returns)
    unpaid = order.unpaid or any(step.reason == "AMENDMENT_UNPAID" for step in order.history)
    is_sent = order.status.value in _SENT and order.total_minor > 0
    return is_sent and not (exchanged or unpaid or order.flags)


def _fee(label: Data) -> float:
    worth = sum([(item.get("pricePerUnit") or 0) * item["quantity"] for item in label["items"]])
    return max(0.0, round(100 * (worth - label["refundEstimate"]["amount"])))


def _taken(order: Any, item: Data, left: Counter[int]) -> Iterator[tuple[int, int]]:
    """Units of it by line, that which it names first, never more than are left."""
    names = {item.get("productId"), item["sku"]} - {None}
    own = (item.get("itemId") or item["sku"]).rpartition(":")[2]
    units = item["quantity"]
    for number, line in sorted(order.standing, key=lambda one: str(one[0]) != own):
        if {line.product_id, line.sku} & names and units:
            many = min(units, left[number])
            left[number] -= many
            units -= many
            yield number, many
