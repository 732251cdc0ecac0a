"""Once nothing is under way, what one service knows of another is so."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from simulation.laws.broken import insist
from simulation.laws.marks import is_with_people

PARCELS: Final = "an order knows where its parcels are"
SENT: Final = "what was ordered is sent, no more and no less"
REPAID: Final = "an order knows what of its money went back"
QUEUED: Final = "who reviews sees every open case, and no other"
LISTED: Final = "each order is listed among its customer's, and no other"
LEVELS: Final = "subscriptions are counted by the state that they are in"
WAITS: Final = "letters that wait for a provider are counted"
STANDS: Final = "a subscription's status is told as it is"
_ON_ITS_WAY: Final = frozenset({"dispatched", "lost"})
_KNOWN_AS: Final[Mapping[str, frozenset[str | None]]] = {
    "pending": frozenset({None}),
    "booking_failed": frozenset({None}),
    "created": frozenset({"created"}),
    **dict.fromkeys(("dispatched", "in_transit", "delivery_failed", "returning"), _ON_ITS_WAY),
    **dict.fromkeys(("delivered", "return_initiated"), frozenset({"delivered"})),
    "returned": frozenset({"returned"}),
    "cancelled": frozenset({None, "cancelled", "unsent"}),
}
"""By the status of a shipment: what its order may know it as."""
OF_PARTITIONS: Final = frozenset({"subscription_levels", "notification_depths"})
"""Tables with one row a partition: of each its number is the key here."""
_OVER: Final = frozenset({"delivered", "returned", "refunded"})
_ENDED: Final = frozenset({"cancelled", "expired"})


class AgreementLaw:
    """Holds the rows of services against each other."""

    def __init__(self, rows: Mapping[str, dict[str, Any]]) -> None:
        self._rows = rows

    def ended(self) -> None:
        """All is done."""
        sent: dict[str, Counter[int]] = {}
        for shipment in self._rows["shipments"].values():
            self._known(shipment)
            if shipment.dispatched_at_ms:
                sent.setdefault(shipment.order_id, Counter()).update(_units(shipment))
        for key, order in self._rows["orders"].items():
            if order.status.value in _OVER:
                _sent(key, order, sent.get(key, Counter()))
            self._repaid(key, order)
        self._queued()
        self._listed()
        for key, standing in self._rows["subscription_statuses"].items():
            self._stands(key, standing)
        self._counted()

    def _known(self, shipment: Any) -> None:
        order = self._rows["orders"].get(shipment.order_id)
        if order is not None:
            name, status = shipment.shipment_id, shipment.status.value
            known = {parcel.shipment_id: parcel.state.value for parcel in order.parcels}.get(name)
            insist(known in _KNOWN_AS[status], PARCELS, name, f"it is {status}, known as {known}")

    def _repaid(self, key: str, order: Any) -> None:
        for told in order.refunds:
            payment = self._rows["payments"][told.payment_id]
            settled = is_with_people(payment) or payment.owed
            fine = settled or told.amount_minor == payment.refunded_minor
            insist(fine, REPAID, key, f"{told}, and {payment.refunded_minor} went back")

    def _queued(self) -> None:
        cases = {key for key, case in self._rows["fraud"].items() if case.state == "open"}
        queue = {waiting.payment_id for waiting in self._rows["review_queue"].values()}
        insist(cases == queue, QUEUED, "reviews", f"{queue} wait, {cases} are open")

    def _listed(self) -> None:
        orders = {(row.user_id, key, row.placed_at_ms) for key, row in self._rows["orders"].items()}
        listed = set()
        for key, placed_at_ms in self._rows["customer_orders"].items():
            customer_id, _, order_id = key.split("\x1f")
            listed.add((customer_id, order_id, placed_at_ms))
        insist(orders == listed, LISTED, "orders", f"one of two has {orders ^ listed}")

    def _counted(self) -> None:
        """Sums that partitions keep, against the rows that they are of."""
        levels, found = Counter[str](), Counter[str]()
        for kept in self._rows["subscription_levels"].values():
            levels.update(kept.states)
        for row in self._rows["subscriptions"].values():
            found.update([one.status.value for one in filter(_is_live, row.subscriptions)])
        insist(+levels == found, LEVELS, "subscriptions", f"{levels} are told, {found} are there")
        waiting = sum([kept.waiting for kept in self._rows["notification_depths"].values()])
        there = sum([one.status == "sending" for one in self._rows["notifications"].values()])
        insist(waiting == there, WAITS, "letters", f"{waiting} are told, {there} are there")

    def _stands(self, key: str, standing: Any) -> None:
        """Of the newest that has not ended, else of the newest."""
        known = self._rows["subscriptions"][key].subscriptions
        if known:
            one = next(filter(_is_live, reversed(known)), known[-1])
            told = (standing.subscription_id, standing.state, standing.plan_id)
            fine = told == (one.subscription_id, one.status.value, one.plan_id)
            insist(fine, STANDS, key, f"{told} is told of {one.subscription_id}: {one.status}")


def _units(shipment: Any) -> Counter[int]:
    """Units by line."""
    units = Counter[int]()
    for item in [item for package in shipment.packages for item in package.items]:
        units[int(item.item_id.rpartition(":")[2])] += item.quantity
    return units


def _sent(key: str, order: Any, sent: Counter[int]) -> None:
    """What is not sent after all is known as such."""
    unsent = [one.lines for one in order.parcels if one.state.value == "unsent"]
    for number, units in [line for lines in unsent for line in lines]:
        sent[number] += units
    ordered = {number: line.quantity for number, line in order.standing}
    insist(+sent == ordered, SENT, key, f"{dict(sent)} left, {ordered} were ordered")


def _is_live(subscription: Any) -> bool:
    return subscription.status.value not in _ENDED
