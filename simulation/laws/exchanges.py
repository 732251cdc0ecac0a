"""An exchange is goods or money, never both and never neither, and holds stock no longer than that.

Read from what is published and from the rows of orders and payments. Units are counted by the
product that was bought first.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from events.payment_ids import payment_id_of
from simulation.laws.broken import insist
from simulation.laws.marks import exchange_of, is_with_people, replacement_of
from simulation.laws.replacement import Instead
from simulation.laws.units import Data, Units, by_line, lines_of, sound, units_of

HOLDS: Final = "what an exchange holds is let go with it"
SOUND: Final = "what the shop did not do wrong is replaced once it came back sound"
FREE: Final = "a replacement costs what was paid beyond, before it was ordered"
EITHER: Final = "goods or money, not both"
ONE_OF_THEM: Final = "goods or money, one of them"
BEYOND: Final = "what was paid beyond goes back with what it was paid for"
MISSING: Final = "people know of goods that went out for nothing"
_AT_ONCE: Final = frozenset({"wrong_item", "defective_item"})
_UNPAID: Final = frozenset({"DISPUTED", "CHARGED_BACK"})


@dataclass(slots=True)
class ExchangeLaw:
    """What came back for an exchange, and what went out or was paid for it."""

    rows: Mapping[str, dict[str, Any]]
    labels: dict[str, Data] = field(default_factory=dict)
    """ReturnInitiated, by return."""
    received: dict[str, Data] = field(default_factory=dict)
    """ReturnReceived of an exchange, by return."""
    instead: dict[str, Instead] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)
    """Returns that led to another order."""
    extra: dict[str, int] = field(default_factory=dict)
    """What was paid beyond, by payment, in minor units."""
    extra_back: Counter[str] = field(default_factory=Counter)
    """What of it was asked back."""
    given: dict[str, Units] = field(default_factory=lambda: defaultdict(Counter))
    """By order: what was taken back of it for an exchange."""
    priced: dict[str, Units] = field(default_factory=lambda: defaultdict(Counter))
    """By order: what its price was asked for of."""
    asked: list[Data] = field(default_factory=list)
    """RefundGoods."""
    refunded: set[str] = field(default_factory=set)
    """Returns of which money went back."""
    refused: set[str] = field(default_factory=set)
    """Orders of which a refund was refused: a person looks."""

    def told(self, name: str, data: Data) -> None:
        """Something of an exchange was published."""
        HEEDED[name](self, data)

    def initiated(self, data: Data) -> None:
        """A label was issued."""
        self.labels[data["returnId"]] = data

    def came_back(self, data: Data) -> None:
        """Something was inspected."""
        other = self.instead.get(data["orderId"])
        if other is not None:
            label = self.labels[data["returnId"]]
            name = data["shipmentId"]
            other.back.setdefault(name, Counter()).update(by_line(label["items"], sound(data)))
            if name not in other.lost:
                other.gone[name] = other.back[name]
        elif data["resolution"] == "exchange":
            self.received[data["returnId"]] = data
            self.given[data["orderId"]].update(sound(data))

    def place(self, data: Data) -> None:
        """Another order is to replace what comes back."""
        return_id, order_id = data["returnId"], data["orderId"]
        insist(return_id not in self.replaced, EITHER, order_id, f"{return_id} was replaced before")
        units = [item["quantity"] for item in data["orderItems"]]
        self.instead[order_id] = Instead(
            order_id, data["exchangeFor"], list(zip(data["replaces"], units, strict=True))
        )
        self.replaced.add(return_id)
        self._may_go(return_id, order_id, sum(units))

    def _may_go(self, return_id: str, order_id: str, sent: int) -> None:
        came, label = self.received.get(return_id), self.labels[return_id]
        if came is None:
            at_once = label["reason"] in _AT_ONCE and label["reshipping"]
            insist(at_once, SOUND, order_id, f"{return_id} never came back: {label['reason']}")
        units = label["items"] if came is None else [{"quantity": sound(came).total()}]
        most = sum(item["quantity"] for item in units)
        insist(sent <= most, SOUND, order_id, f"{sent} are sent for {most}")

    def confirmed(self, data: Data) -> None:
        """A replacement asks for nothing."""
        if data["orderId"] in self.instead:
            other = self.instead[data["orderId"]]
            other.paid_with = (data.get("payment") or {}).get("paymentId", "")
            total, paid = round(data["orderTotal"] * 100), self.extra.get(other.paid_with, 0)
            insist(total == paid, FREE, other.order_id, f"{total} is asked, {paid} were paid")

    def opened(self, data: Data) -> None:
        """No money is taken for one."""
        insist(data.get("orderId") not in self.instead, FREE, data["paymentId"], "it is charged")

    def captured(self, data: Data) -> None:
        """Something was paid beyond the price of what comes back."""
        if exchange_of(data["paymentId"]):
            self.extra[data["paymentId"]] = round(data["amount"] * 100)

    def cancelled(self, data: Data) -> None:
        """Nothing of a replacement is sent."""
        other = self.instead.get(data["orderId"])
        if other is not None:
            other.cancelled = True

    def boxed(self, data: Data) -> None:
        """What is in a replacement's parcel."""
        other = self.instead.get(data["orderId"])
        if other is not None:
            packages = [package.get("items") or () for package in data["packages"]]
            other.boxes[data["shipmentId"]] = lines_of([item for part in packages for item in part])

    def dispatched(self, data: Data) -> None:
        """A replacement's parcel has left the house."""
        other = self.instead.get(data["orderId"])
        if other is not None:
            other.left = True

    def unboxed(self, data: Data) -> None:
        """A replacement's parcel is not sent."""
        other = self.instead.get(data["orderId"])
        if other is not None:
            other.unsent[data["shipmentId"]] = lines_of(data.get("items") or [])

    def failed(self, data: Data) -> None:
        """A replacement's parcel is lost."""
        other = self.instead.get(data["orderId"])
        if other is not None and data.get("reasonCode") == "LOST":
            other.lost.add(data["shipmentId"])
            other.gone[data["shipmentId"]] = other.boxes[data["shipmentId"]]

    def price(self, data: Data) -> None:
        """The price of goods is asked back, of no more than nothing went out for."""
        order_id = data["orderId"]
        if data.get("amount") is not None:
            self.extra_back[data["paymentId"]] += round(data["amount"] * 100)
        if data["reason"] != "EXCHANGE" or data.get("amount") is not None:
            return
        self.asked.append(data)
        self.priced[order_id].update(units_of(data["items"]))
        more = self.priced[order_id] - self._due(order_id)
        insist(not more, EITHER, order_id, f"{more} are paid back as well")

    def paid(self, data: Data) -> None:
        """Money went back for a return; for an exchange, because the order asked for it."""
        return_id = data.get("returnId")
        if return_id:
            self.refunded.add(return_id)
        if return_id in self.received:
            asked = any(one.get("returnId") == return_id for one in self.asked)
            insist(asked, EITHER, data["orderId"], f"nobody asked for the price of {return_id}")

    def unpaid(self, data: Data) -> None:
        """Money did not."""
        if data.get("orderId"):
            self.refused.add(data["orderId"])

    # -- looking

    def quiet(self) -> None:
        """Nothing is to be read: what is held, is held for an exchange that goes on."""
        for key, row in self.rows["reservations"].items():
            name = replacement_of(key)
            if name and row.status in {"PENDING", "CONFIRMED"}:
                backs = self.rows["orders"][row.order_id].returns
                goes_on = any(one.replacement == name and not one.replaced for one in backs)
                insist(goes_on, HOLDS, row.order_id, f"{key} is {row.status}")

    def ended(self) -> None:
        """All is done: each return has led to the one or to the other."""
        for order_id in {*self.given, *(one.first for one in self.instead.values())}:
            self._settled(order_id)
        for data in self.asked:
            self._followed(data)
        for payment_id, paid in self.extra.items():
            self._went_back(payment_id, paid)

    def _went_back(self, payment_id: str, paid: int) -> None:
        """All of it where nothing is sent for it, none where all stayed or is still to be sent."""
        found = exchange_of(payment_id)
        assert found is not None, f"{payment_id} is for no exchange"
        order_id, number = found
        order = self.rows["orders"][order_id]
        other = next((one for one in self._of(order_id) if one.paid_with == payment_id), None)
        back, way_back = self.extra_back[payment_id], order.returns[number - 1]
        waits = bool(way_back.swaps and way_back.due_ms) and not way_back.replaced
        gone = not waits and (other is None or other.cancelled)
        stays = waits or (other is not None and other.is_whole)
        fine = back <= paid and (back == paid or not gone) and (not back or not stays)
        excused = order.refund_status == "refunded" or "CHARGED_BACK" in order.flags
        insist(fine or excused, BEYOND, order_id, f"{back} of {paid} went back of {payment_id}")

    def _due(self, order_id: str) -> Units:
        """Units that were taken back and for which nothing went out."""
        return self.given[order_id] - self._sent(order_id)

    def _sent(self, order_id: str) -> Units:
        sent: Units = Counter()
        for other in self._of(order_id):
            sent.update(other.stays())
        return sent

    def _of(self, order_id: str) -> Iterator[Instead]:
        return (one for one in self.instead.values() if one.first == order_id)

    def _settled(self, order_id: str) -> None:
        order = self.rows["orders"][order_id]
        left = self._due(order_id) - self.priced[order_id]
        excused = order.refund_status == "refunded" or "CHARGED_BACK" in order.flags
        insist(not left or excused, ONE_OF_THEM, order_id, f"{left} have neither")
        if not any(back.due_ms for back in order.returns):
            out = self._sent(order_id) - self.given[order_id]
            known = "UNRETURNED" in order.flags
            insist(known == bool(out), MISSING, order_id, f"{out} are out, known: {known}")

    def _followed(self, data: Data) -> None:
        """What was asked for is paid, or somebody knows why not."""
        order_id, return_id = data["orderId"], data.get("returnId")
        order, payment = (
            self.rows["orders"][order_id],
            self.rows["payments"][payment_id_of(order_id)],
        )
        excused = is_with_people(payment) or payment.owed or payment.status.value in _UNPAID
        excused = excused or order_id in self.refused or order.refund_status == "refunded"
        # The ways back, and what went back as a difference, may come to all that the goods cost.
        excused = excused or round(100 * data["fee"]) >= _cost_minor(order, data["items"])
        pending = any(one.return_id == return_id for one in payment.refunds)
        paid = return_id in self.refunded or pending
        insist(paid or excused, ONE_OF_THEM, order_id, f"{return_id} is not paid")


def _cost_minor(order: Any, items: Iterable[Data]) -> int:
    """What items were sold for, a part of a line's units cut to whole minor units."""
    sold = [(order.lines[int(one["itemId"].rpartition(":")[2]) - 1], one) for one in items]
    return sum([line.total_minor * one["quantity"] // line.quantity for line, one in sold])


HEEDED: Final[Mapping[str, Callable[[ExchangeLaw, Data], None]]] = {
    "ReturnInitiated": ExchangeLaw.initiated,
    "ReturnReceived": ExchangeLaw.came_back,
    "PlaceReplacement": ExchangeLaw.place,
    "OrderConfirmed": ExchangeLaw.confirmed,
    "PaymentInitiated": ExchangeLaw.opened,
    "PaymentProcessed": ExchangeLaw.captured,
    "OrderCancelled": ExchangeLaw.cancelled,
    "ShipmentCreated": ExchangeLaw.boxed,
    "ShipmentDispatched": ExchangeLaw.dispatched,
    "ShipmentCancelled": ExchangeLaw.unboxed,
    "DeliveryFailed": ExchangeLaw.failed,
    "RefundGoods": ExchangeLaw.price,
    "RefundIssued": ExchangeLaw.paid,
    "RefundFailed": ExchangeLaw.unpaid,
}
