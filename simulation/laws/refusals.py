"""What must be refused is: orders that are wrong, strangers, requests that come too late.

Times are ms. What a service is told, it is held to from the next pause on: until then the news
may still be on its way to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from simulation.laws.broken import Broken, insist

WRONG: Final = "a wrong order is not taken"
STRANGER: Final = "only its customer changes an order"
LATE: Final = "goods come back within thirty days"
LATE_MONEY: Final = "money is asked back within thirty days"
CLAIMED: Final = "nothing is sent while a bank claims its price"
SILENT: Final = "who said stop is not written to"
IN_TURN: Final = "who waits longest is served first"
BOOKINGS: Final = "a carrier is asked three times"
_DAY_MS: Final = 24 * 60 * 60_000
_WINDOW_MS: Final = 30 * _DAY_MS
_ON_ITS_WAY_MS: Final = 2 * _DAY_MS
"""From a request to its label: carriers may be down for as long."""
_AGAIN_MS: Final = 2 * 14 * _DAY_MS
"""So much longer goods may be announced again that were announced in time."""
_BOOKINGS_MAX: Final = 3
_COUNTRIES: Final = frozenset({"US", "CA", "GB", "DE", "FR", "IE", "NL", "ES", "IT", "AU"})
_UNITS_MAX: Final = 100
_CODES: Final = frozenset({None, "SAVE10", "ENTERPRISE20"})

HEEDED: Final = frozenset(
    {"OrderConfirmed", "ShipmentDispatched", "ChargebackOpened", "ChargebackClosed"}
    | {"BookCarrier", "ShipmentDelivered", "ReturnInitiated", "FraudDetected"}
)


@dataclass(slots=True)
class RefusalsLaw:
    """Remembers what was asked, and by whom."""

    rows: Mapping[str, dict[str, Any]]
    wrong: dict[str, str] = field(default_factory=dict)
    """Why an order must be refused, by order; empty: it need not be."""
    amended_by: dict[str, set[str]] = field(default_factory=dict)
    claimed: set[tuple[str, str]] = field(default_factory=set)
    """Orders whose payment a bank claims, and its claim: news, and known since the last pause."""
    known_claims: set[tuple[str, str]] = field(default_factory=set)
    suspects: set[str] = field(default_factory=set)
    """Customers whose account was suspended: news."""
    suspended: set[str] = field(default_factory=set)
    """The same, known since the last pause."""
    stopped: dict[str, frozenset[str]] = field(default_factory=dict)
    """Channels that somebody closed, as of the last pause."""

    announced: set[str] = field(default_factory=set)
    """Shipments that a carrier was asked in time for a label for, whether or not one was issued."""
    delivered_ms: dict[str, int] = field(default_factory=dict)
    """When a delivery became known, which is long after it where a claim held its parcel."""

    # -- what is asked

    def ordered(self, data: dict[str, Any]) -> None:
        """Somebody asks for an order; of two requests of that name either may come first."""
        order_id, why = data["orderId"], _flaw(data)
        if data["userId"] in self.suspended:
            why = why or "its customer is suspended"
        self.wrong[order_id] = why and self.wrong.get(order_id, why)

    def amending(self, data: dict[str, Any]) -> None:
        """Somebody asks for a change."""
        self.amended_by.setdefault(data["orderId"], set()).add(data["userId"])

    def cleared(self, data: dict[str, Any]) -> None:
        """Somebody asks to let a customer in again, who may be at any time from now on."""
        self.suspects.discard(data["customerId"])
        self.suspended.discard(data["customerId"])

    # -- what is told

    def told(self, name: str, data: dict[str, Any], at_ms: int) -> None:
        """Something was published."""
        order_id = data.get("orderId") or ""
        if name == "OrderConfirmed":
            why = self.wrong.get(order_id, "")
            insist(not why, WRONG, order_id, why)
        elif name == "ChargebackOpened":
            self.claimed.add((order_id, data["chargebackId"]))
        elif name == "ChargebackClosed" and data["outcome"] != "lost":
            self.claimed.discard((order_id, data["chargebackId"]))
            self.known_claims.discard((order_id, data["chargebackId"]))
        elif name == "FraudDetected" and data["severity"] == "critical":
            self.suspects.add(data["customerId"])
        elif name == "ShipmentDispatched":
            claimed = any(order == order_id for order, _ in self.known_claims)
            insist(not claimed, CLAIMED, data["shipmentId"], "it is sent")
        elif name == "BookCarrier":
            number = data["attempt"]
            insist(number <= _BOOKINGS_MAX, BOOKINGS, data["shipmentId"], f"attempt {number}")
            if data["purpose"] == "return" and self._late_ms(data["shipmentId"], at_ms) <= 0:
                self.announced.add(data["shipmentId"])
        elif name == "ShipmentDelivered":
            self.delivered_ms[data["shipmentId"]] = at_ms
        elif name == "ReturnInitiated" and data["reason"] != "delivery_failed":
            self._returned(data, at_ms)

    def _returned(self, data: dict[str, Any], at_ms: int) -> None:
        name = data["shipmentId"]
        late_ms = self._late_ms(name, at_ms) - (_AGAIN_MS if name in self.announced else 0)
        if late_ms > 0:
            raise Broken(LATE, name, f"its label is {late_ms} ms too late")

    def _late_ms(self, name: str, at_ms: int) -> int:
        return at_ms - self.delivered_ms.get(name, 0) - _WINDOW_MS - _ON_ITS_WAY_MS

    # -- what is kept

    def order(self, key: str, _before: Any, row: Any) -> None:
        """An order changed: what counts as its customer's change, they asked for."""
        asked = not row.amendments or row.user_id in self.amended_by.get(key, ())
        insist(asked, STRANGER, key, f"{row.user_id} never asked")

    def payment(self, key: str, _before: Any, row: Any) -> None:
        """A payment changed: what anybody asked of it came in time."""
        for one in row.refunds:
            late = one.asked_at_ms - row.captured_at_ms > _WINDOW_MS
            taken = one.reason == "goodwill" and one.state.value != "failed"
            if late and taken:
                raise Broken(LATE_MONEY, key, f"{one} of {row.captured_at_ms}")

    def stock(self, key: str, _before: Any, row: Any) -> None:
        """A product's queue changed."""
        times = [line.ordered_at_ms for line in row.queue]
        insist(times == sorted(times), IN_TURN, key, f"they wait since {times}")

    def notification(self, key: str, before: Any, row: Any) -> None:
        """A message is tried: its channel was not closed by whom it is for."""
        if row is None or (before is not None and before.attempts == row.attempts):
            return
        person = self.rows["preferences"].get(row.user_id)
        closed = row.channel in self.stopped.get(row.user_id, ())
        still = closed and person is not None and row.channel in person.opted_out
        insist(not (still and row.attempts), SILENT, key, f"{row.channel} is tried")

    def quiet(self) -> None:
        """Everybody has heard everything."""
        self.known_claims |= self.claimed
        self.claimed.clear()
        self.suspended |= self.suspects
        preferences = self.rows["preferences"]
        self.stopped = {key: frozenset(row.opted_out) for key, row in preferences.items()}


def _flaw(data: dict[str, Any]) -> str:
    """What is wrong with an order; empty when nothing is."""
    if data["shippingAddress"]["country"] not in _COUNTRIES:
        return "nothing is sent there"
    if any(not 1 <= item["quantity"] <= _UNITS_MAX for item in data["orderItems"]):
        return "too many units"
    if data.get("discountCode") not in _CODES:
        return "there is no such discount"
    offered = (data.get("payment") or {}).get("amount")
    least = sum(item["quantity"] * item["unitPrice"] for item in data["orderItems"]) / 2
    return "" if offered is None or offered >= least else "it costs more"
