"""What came back or never came is paid back, to the last minor unit; what stayed is paid for.

And whoever is told of a refund when their order is cancelled gets that, and no other sum.

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
PROMISED: Final = "what goes back for a cancelled order is what its customer was told"
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
    given: Counter[str] = field(default_factory=Counter)
    """What went back, by order."""
    promised: dict[str, int] = field(default_factory=dict)
    """What went back in all once it is as told, by order that was cancelled."""
    paid: dict[str, dict[str, int]] = field(default_factory=dict)
    """What payments took that their order knew of when it was cancelled, by order."""
    favours: set[str] = field(default_factory=set)
    """Payments that somebody asked money back of."""

    def told(self, name: str, data: Data) -> None:
        """A label was issued, goods or money are back, or money is promised."""
        if name == "ReturnInitiated":
            self.labels[data["returnId"]] = data
        elif name == "PaymentProcessed":
            if data.get("orderId") and data["orderId"] not in self.promised:
                paid = self.paid.setdefault(data["orderId"], {})
                paid[data["paymentId"]] = round(100 * data["amount"])
        elif name == "RefundIssued":
            # What an amendment's charge took while its order was cancelled comes on top.
            order_id = data.get("orderId") or ""
            if data["paymentId"] in self.paid.get(order_id, {}):
                self.given[order_id] += round(100 * data["amount"])
        elif name == "OrderCancelled":
            if data.get("refund"):
                self._unheard(data["orderId"])
                told = round(100 * data["refund"]["amount"])
                self.promised[data["orderId"]] = self.given[data["orderId"]] + told
        else:
            self.received.setdefault(data["orderId"], []).append(data)

    def _unheard(self, order_id: str) -> None:
        """Leave out payments that were told and that the order has not heard of, the newest."""
        paid, order = self.paid.get(order_id, {}), self.rows["orders"][order_id]
        while len(paid) > 1 and sum(paid.values()) > order.captured_minor + order.tax_minor:
            paid.popitem()

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
            settled = self.favours.isdisjoint(payments)
            if not settled or not all(map(_is_undisputed, payments.values())):
                continue
            if key in self.promised:
                due, given = self.promised[key], self.given[key]
                insist(given == due, PROMISED, key, f"{given} went back, {due} were told")
            if _is_simple(order) and all(map(_is_plain, payments.values())):
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
    return all(one.reason in _PLAIN for one in payment.refunds)


def _is_undisputed(payment: Any) -> bool:
    claimed = payment.charged_back_minor or payment.status.value == "DISPUTED"
    ended = [one.state.value == "completed" for one in payment.refunds]
    return not (is_with_people(payment) or payment.owed or claimed) and all(ended)


def _is_simple(order: Any) -> bool:
    exchanged = order.exchange or any(one.swaps or one.replaced for one in order.returns)
    unpaid = order.unpaid or any(step.reason == "AMENDMENT_UNPAID" for step in order.history)
    is_sent = order.status.value in _SENT and order.total_minor > 0
    return is_sent and not (exchanged or unpaid or order.flags)


def _fee(label: Data) -> float:
    worth: float = sum(
        [(item.get("pricePerUnit") or 0) * item["quantity"] for item in label["items"]]
    )
    estimate: float = label["refundEstimate"]["amount"]
    return max(0.0, round(100 * (worth - estimate)))


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
