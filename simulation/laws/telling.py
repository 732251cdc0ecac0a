"""What is told once is told once, and nothing lands among the dead letters that need not."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from simulation.laws.broken import Broken, insist

ONCE: Final = "told once"
ONE_NOTIFICATION: Final = "one notification a cause and template"
TEMPLATE: Final = "every message can be written"
ONE_KEY: Final = "an idempotency key stands for one operation"
ONE_REFUND: Final = "a refund is one payment's"
EVERY: Final = "whoever is concerned is told"
ATTEMPTS: Final = "attempts to deliver"
_DELIVERIES_MAX: Final = 3
LETTERS: Final = "no dead letter without need"
TIMERS: Final = "timers do not fail"

_ONCE: Final[dict[str, tuple[str, ...]]] = {
    "OrderConfirmed": ("orderId",),
    "OrderFailed": ("orderId",),
    "OrderCancelled": ("orderId",),
    "PaymentInitiated": ("paymentId", "checkoutType"),
    "PaymentProcessed": ("paymentId", "status", "orderId"),
    "PaymentComplete": ("paymentId",),
    "RefundIssued": ("refundId",),
    "ShipmentDispatched": ("shipmentId",),
    "ShipmentDelivered": ("shipmentId",),
    "ShipmentCancelled": ("shipmentId",),
    "ReturnInitiated": ("returnId",),
    "ReturnReceived": ("returnId",),
    "UserSubscriptionStarted": ("subscriptionId",),
    "UserSubscriptionCancelled": ("subscriptionId", "effectiveDate"),
    "SubscriptionSuspended": ("subscriptionId",),
    "SubscriptionRenewedEvent": ("paymentId",),
    "ChargebackOpened": ("chargebackId",),
    "ChargebackClosed": ("chargebackId",),
    "NotificationSent": ("notificationId",),
}
"""Messages that may appear once for the values of these fields."""
_LEAVES: Final = "UserSubscriptionCancelled"
_EITHER: Final = frozenset({"OrderConfirmed", "OrderFailed"})
"""At most one of these an order."""
_ONCE_AN_ORDER: Final = frozenset({"order-confirmed", "order-cancelled", "order-failed"})

_CONCERNS: Final = frozenset(
    {"OrderConfirmed", "OrderFailed", "OrderAmended", "OrderCancelled", "PaymentFailed"}
    | {"ShipmentCreated", "ShipmentDispatched", "ShipmentDelivered", "DeliveryFailed"}
    | {"ReturnInitiated", "ReturnReceived", "RefundIssued", "FraudDetected"}
    | {"ChargebackOpened", "ChargebackClosed", "UserSubscriptionStarted"}
    | {"UserSubscriptionCancelled", "SubscriptionSuspended", "SubscriptionRenewedEvent"}
    | {"InvoiceGenerated"}
)
"""Messages each of which a notification follows, whatever becomes of it (G-34)."""

HEEDED: Final = frozenset({*_ONCE, *_CONCERNS, "NotificationFailed", "RefundCharge"})

_EXPECTED: Final = frozenset(
    {
        "OverrideRefused",
        "CartRefused",
        "CommandRefused",
        "NotSent",
        "OrderUnknown",
        "CarrierError",
        "_CarrierDown",
    }
)
"""Errors of letters that somebody outside is to blame for."""


@dataclass(slots=True)
class TellingLaw:
    """Counts what is told."""

    seen: Counter[tuple[str, ...]] = field(default_factory=Counter)

    keys: dict[str, str] = field(default_factory=dict)
    """Charges by the idempotency key of their refund."""
    refunds: dict[str, str] = field(default_factory=dict)
    """Payments by the refund that they ask for."""
    stayed: Counter[str] = field(default_factory=Counter)
    """How often somebody asked for a subscription to go on after all: it may be cancelled again."""
    untold: dict[str, str] = field(default_factory=dict)
    """Messages that nobody was told of yet, by event id."""
    dead: set[str] = field(default_factory=set)
    """Notifications that were given up: they may be asked for again."""

    def answered(self, data: dict[str, Any]) -> None:
        """Somebody was asked to stay."""
        self.stayed[data["subscriptionId"]] += data["accepted"]

    def told(self, name: str, envelope: dict[str, Any]) -> None:
        """A message was published on a topic of its own."""
        data = envelope["data"]
        if name in _CONCERNS:
            self.untold[envelope["eventId"]] = name
        fields = _ONCE.get(name)
        if fields is not None:
            again = self.stayed[data["subscriptionId"]] if name == _LEAVES else 0
            self._count(ONCE, name, *(str(data.get(one)) for one in fields), most=1 + again)
        if name == "NotificationFailed":
            code = (envelope.get("metadata") or {}).get("code")
            insist(code != "unknown_template", TEMPLATE, data["notificationId"], str(envelope))
        if name == "DeliveryFailed":
            number = data.get("attemptNumber") or 1
            insist(number <= _DELIVERIES_MAX, ATTEMPTS, data["shipmentId"], f"attempt {number}")
        if name == "RefundCharge":
            self._of_one(ONE_KEY, self.keys, data["idempotencyKey"], data["chargeId"])
            self._of_one(ONE_REFUND, self.refunds, data["refundId"], data["paymentId"])
        if name in _EITHER:
            self._count(ONCE, "confirmed or failed", data["orderId"])

    def notified(self, _key: str, before: Any, row: Any) -> None:
        """A notification was taken up: again only when it is among the dead letters."""
        if row is not None:
            self.untold.pop(row.notification_id.partition(":")[0], None)
        if row is not None and row.status.value == "dead_lettered":
            self.dead.add(row.idempotency_key)
        if before is not None or row is None or row.idempotency_key in self.dead:
            return
        self._count(ONE_NOTIFICATION, row.idempotency_key)
        self._count(ONE_NOTIFICATION, row.cause_id, row.template_id, row.channel, row.user_id)
        order = row.template_data.get("orderId")
        if row.template_id in _ONCE_AN_ORDER and order:
            self._count(ONE_NOTIFICATION, order, row.template_id, row.channel)

    def _of_one(self, law: str, owners: dict[str, str], name: str, owner: str) -> None:
        first = owners.setdefault(name, owner)
        insist(first == owner, law, owner, f"{first} has {name} too")

    def _count(self, law: str, *what: str, most: int = 1) -> None:
        self.seen[(law, *what)] += 1
        times = self.seen[(law, *what)]
        insist(times <= most, law, what[-1], f"{' '.join(what)} was told {times} times")

    def buried(self, error: str, agent: str, reason: str) -> None:
        """A dead letter."""
        if error not in _EXPECTED:
            raise Broken(LETTERS, agent, f"{error}: {reason}")

    def ended(self) -> None:
        """All is done."""
        for event_id, name in self.untold.items():
            raise Broken(EVERY, event_id, f"nobody was told of this {name}")
