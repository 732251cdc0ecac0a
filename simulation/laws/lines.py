"""A line that cannot be had goes alone: what is left of its order is told, paid and sent exactly.

Amounts are minor units.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from events.payment_ids import order_of_payment
from simulation.laws.broken import Broken, insist
from simulation.laws.marks import is_with_people

ADDS_UP: Final = "an order costs what its lines cost"
FOR_WANT: Final = "the shop takes away only what stock does not have"
LAST: Final = "an order ends for want of stock with its last line"
LETS_GO: Final = "a line that was taken away holds no stock"
PAID_FOR: Final = "what is kept is paid for, and nothing else"
TOLD: Final = frozenset(
    {"OrderConfirmed", "OrderAmended", "OrderCancelled", "OutOfStock", "InventoryAdjusted"}
)
_SHORT: Final = "OUT_OF_STOCK"
_UNPAID: Final = "AMENDMENT_UNPAID"
_WAIVED_MINOR: Final = 50
"""A difference up to this that a customer's amendment makes is nobody's (G-8)."""
_SENT: Final = frozenset({"shipped", "delivered"})


@dataclass(slots=True)
class LinesLaw:
    """Orders by their lines, as they are told."""

    rows: Mapping[str, dict[str, Any]]
    """Committed rows by table and key."""
    lines: dict[str, dict[int, int]] = field(default_factory=dict)
    """Units by line, by order."""
    totals: dict[str, int] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    """Reservations that stock could not make, or not keep."""
    cycles: set[str] = field(default_factory=set)
    """Orders of subscriptions and of exchanges, which are all or nothing (G-33, G-45)."""

    def told(self, name: str, data: dict[str, Any]) -> None:
        """A message of those that lines are known by."""
        if name == "OrderConfirmed":
            order_id = data["orderId"]
            items = data["orderItems"]
            self.lines[order_id] = {n: one["quantity"] for n, one in enumerate(items, 1)}
            self.totals[order_id] = _minor(data["orderTotal"])
            if data.get("subscriptionId") or data.get("exchangeFor"):
                self.cycles.add(order_id)
        elif name == "OrderAmended":
            self._amended(data)
        elif name == "OrderCancelled":
            self._cancelled(data)
        elif name == "OutOfStock" or data["reason"] == "reservation_expired":
            self.refused.add(data.get("reservationId") or "")

    def _amended(self, data: dict[str, Any]) -> None:
        order_id = data["orderId"]
        before, total = _minor(data["previousOrderTotal"]), _minor(data["newOrderTotal"])
        changes = [
            _minor(one["newLineTotal"]) - _minor(one["previousLineTotal"])
            for one in data["amendments"]
        ]
        sums = (self.totals[order_id], sum(_minor(one["totalPrice"]) for one in data["lines"]))
        fine = (before, total) == sums and before + sum(changes) == total
        insist(fine, ADDS_UP, order_id, f"{sums} by its lines, told {before}, {changes}, {total}")
        now = {one["number"]: one["quantity"] for one in data["lines"]}
        if data.get("cancellationReason"):
            was = self.lines[order_id]
            gone = [n for n, units in was.items() if units and not now[n]]
            self._refused(FOR_WANT, order_id, gone)
            less = [n for n, units in was.items() if now[n] not in (0, units)]
            insist(gone and not less, FOR_WANT, order_id, f"lines {less} lost some units")
        self.lines[order_id], self.totals[order_id] = now, total

    def _cancelled(self, data: dict[str, Any]) -> None:
        order_id = data["orderId"]
        if data["cancellationReason"] == _SHORT and order_id not in self.cycles:
            left = [n for n, units in self.lines[order_id].items() if units]
            self._refused(LAST, order_id, left)

    def _refused(self, law: str, order_id: str, numbers: Iterable[int]) -> None:
        for number in numbers:
            name = f"{order_id}:{number}"
            insist(name in self.refused, law, order_id, f"stock never refused {name}")

    # -- in the end

    def ended(self) -> None:
        """All is done."""
        for key, order in self.rows["orders"].items():
            if key in self.lines and order.status.value != "cancelled":
                insist(any(self.lines[key].values()), LAST, key, "no line of it is left")
                self._lets_go(key)
            if order.status.value in _SENT and key not in self.cycles:
                self._paid(key, order)

    def _lets_go(self, key: str) -> None:
        for number, units in self.lines[key].items():
            one = self.rows["reservations"].get(f"{key}:{number}")
            if not units and one is not None:
                over = one.status not in {"PENDING", "CONFIRMED"}
                insist(over, LETS_GO, key, f"{one.reservation_id} is {one.status}")

    def _paid(self, key: str, order: Any) -> None:
        """Where nothing but amendments moved money, it is the price, to the last minor unit.

        What an amendment added, nobody paid and a parcel has already, people are to collect (G-8).
        """
        first = order.payment_id
        payments = [
            row
            for name, row in self.rows["payments"].items()
            if name == first or order_of_payment(name) == key
        ]
        if order.returns or order.flags or any(map(_is_troubled, payments)):
            return
        kept = sum(one.captured_minor - one.refunded_minor for one in payments)
        short, waived = order.total_minor - kept, _WAIVED_MINOR * order.amendments
        owed = sum([order.lines[number - 1].total_minor for number in order.unpaid])
        told = any(step.reason == _UNPAID for step in order.history)
        if not -waived <= short <= waived + (owed if told else 0):
            raise Broken(PAID_FOR, key, f"it costs {order.total_minor}, {kept} are kept")


def _is_troubled(payment: Any) -> bool:
    """Whether somebody claims money back, or nobody knows where it is."""
    if is_with_people(payment) or payment.owed or payment.charged_back_minor or payment.dispute:
        return True
    return any(refund.reason != "AMENDMENT" for refund in payment.refunds)


def _minor(amount: float) -> int:
    return round(amount * 100)
