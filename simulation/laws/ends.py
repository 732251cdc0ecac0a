"""What an order's end means for its money, its stock and its parcels."""

from collections.abc import Mapping
from typing import Any, Final

from simulation.laws.broken import insist
from simulation.laws.marks import is_with_people, replacement_of

MONEY: Final = "an order that ended keeps no money"
STOCK: Final = "an order that ended holds no stock"
DELIVERED: Final = "delivered with the last parcel"
MINE: Final = "only its customer cancels an order"
AWAITED: Final = "an order is under way as long as one of its parcels is"
LOST: Final = "lost"
PAID: Final = "paid in full before it leaves"

_ENDED: Final = frozenset({"cancelled", "rejected"})
_ARRIVED: Final = frozenset({"delivered", "returned", "return_initiated"})


def _place(parcel: Any) -> str:
    """Where a parcel is; nobody waits for one that was lost, whether or not it is seen again."""
    status = str(parcel.status.value)
    was_lost = any(step.reason == "LOST" for step in parcel.history)
    return LOST if was_lost and status not in _ARRIVED else status


class EndLaw:
    """Holds orders against the rows of the other services."""

    def __init__(self, rows: Mapping[str, dict[str, Any]]) -> None:
        self._rows = rows
        self._asked: dict[str, set[str]] = {}

    def asked(self, data: dict[str, Any]) -> None:
        """Somebody asked to cancel an order."""
        self._asked.setdefault(data["orderId"], set()).add(data["userId"])

    def order(self, key: str, before: Any, row: Any) -> None:
        """An order changed: it is delivered when all its parcels are."""
        status = row.status.value
        if before is None or before.status.value == status:
            return
        if status == "cancelled" and row.cancellation_reason == "CUSTOMER_REQUEST":
            insist(row.user_id in self._asked.get(key, ()), MINE, key, "its customer never asked")
        parcels = [one for one in self._rows["shipments"].values() if one.order_id == key]
        if status == "delivered":
            where = {one.shipment_id: _place(one) for one in parcels}
            left = [place for place in where.values() if place not in {"cancelled", LOST}]
            arrived = left and all(place in _ARRIVED for place in left)
            insist(arrived, DELIVERED, key, f"its parcels are {where}")

    def ended(self) -> None:
        """All is done."""
        for key, order in self._rows["orders"].items():
            status = order.status.value
            if status in _ENDED:
                self._no_stock(key)
                self._no_money(key, order)
            elif status in {"shipped", "delivered"} and order.exchange is None:
                self._paid(key, order)
            if status == "delivered":
                self._no_stock(key)
            if status == "shipped":
                self._awaited(key, order)

    def _no_stock(self, key: str) -> None:
        for one in self._rows["reservations"].values():
            if one.order_id == key and replacement_of(one.reservation_id) is None:
                over = one.status not in {"PENDING", "CONFIRMED"}
                insist(over, STOCK, key, f"{one.reservation_id} is {one.status}")

    def _no_money(self, key: str, order: Any) -> None:
        payment = self._rows["payments"].get(order.payment_id)
        if payment is None or is_with_people(payment) or payment.owed:
            return
        kept = payment.captured_minor - payment.refunded_minor - payment.charged_back_minor
        # Of money that the bank claims, or took, nothing goes back by us (G-18).
        disputed = payment.status.value in {"DISPUTED", "CHARGED_BACK"}
        insist(kept == 0 or disputed, MONEY, key, f"{kept} of {payment.captured_minor} are kept")

    def _awaited(self, key: str, order: Any) -> None:
        parcels = [one for one in self._rows["shipments"].values() if one.order_id == key]
        # Of money that a bank claims nothing goes back: what is not sent waits for its word.
        places = {_place(one) for one in parcels}
        known = places <= _ARRIVED | {LOST, "cancelled"} and places != {"cancelled"}
        over = bool(places) and known and not {"DISPUTED", "CHARGED_BACK"} & {*order.flags}
        insist(not over, AWAITED, key, f"it is shipped, and its parcels are {places}")

    def _paid(self, key: str, order: Any) -> None:
        payment = self._rows["payments"].get(order.payment_id)
        # What costs nothing is captured as well.
        paid = payment is not None and payment.captured_at_ms > 0
        insist(paid, PAID, key, "nothing was captured")
