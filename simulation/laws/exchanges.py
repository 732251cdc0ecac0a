"""An exchange is goods or money, never both and never neither, and holds stock no longer than that.

Read from what is published and from the rows of orders and payments.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from simulation.laws.broken import insist

HOLDS: Final = "what an exchange holds is let go with it"
SOUND: Final = "only what came back sound is replaced"
FREE: Final = "a replacement costs nothing"
EITHER: Final = "goods or money, not both"
ONE_OF_THEM: Final = "goods or money, one of them"
_UNPAID: Final = frozenset({"DISPUTED", "CHARGED_BACK"})

HEEDED: Final = frozenset(
    {
        "PlaceReplacement",
        "ReturnReceived",
        "OrderConfirmed",
        "PaymentInitiated",
        "RefundIssued",
        "RefundFailed",
    }
)


@dataclass(slots=True)
class ExchangeLaw:
    """What came back for an exchange, and what went out or was paid for it, by return."""

    rows: Mapping[str, dict[str, Any]]
    received: dict[str, dict[str, Any]] = field(default_factory=dict)
    """ReturnReceived of an exchange, by return."""
    replaced: dict[str, str] = field(default_factory=dict)
    """The order that replaces what came back, by return."""
    free: set[str] = field(default_factory=set)
    """Orders that replace something."""
    refunded: set[str] = field(default_factory=set)
    """Returns of which money went back."""
    refused: set[str] = field(default_factory=set)
    """Orders of which a refund was refused: a person looks."""

    def told(self, name: str, data: dict[str, Any]) -> None:
        """Something of an exchange was published."""
        if name == "ReturnReceived" and data["resolution"] == "exchange":
            self.received[data["returnId"]] = data
        elif name == "PlaceReplacement":
            self._replaced(data)
        elif name == "OrderConfirmed" and data["orderId"] in self.free:
            paid = data["orderTotal"] or data.get("payment")
            insist(not paid, FREE, data["orderId"], f"{paid} is asked for it")
        elif name == "PaymentInitiated":
            insist(data.get("orderId") not in self.free, FREE, data["paymentId"], "it is charged")
        elif name == "RefundIssued" and data.get("returnId"):
            self.refunded.add(data["returnId"])
        elif name == "RefundFailed" and data.get("orderId"):
            self.refused.add(data["orderId"])

    def _replaced(self, data: dict[str, Any]) -> None:
        return_id, order_id = data["returnId"], data["orderId"]
        insist(return_id not in self.replaced, EITHER, order_id, f"{return_id} was replaced before")
        insist(return_id in self.received, SOUND, order_id, f"{return_id} never came back")
        sent = sum(item["quantity"] for item in data["orderItems"])
        sound = _sound_units(self.received[return_id])
        insist(sent <= sound, SOUND, order_id, f"{sent} are sent for {sound} that came back")
        self.replaced[return_id] = order_id
        self.free.add(order_id)

    def quiet(self) -> None:
        """Nothing is to be read: what is held, is held for an exchange that goes on."""
        for key, row in self.rows["reservations"].items():
            name, is_hold, _ = key.rpartition(":x")
            if is_hold and row.status in {"PENDING", "CONFIRMED"}:
                backs = self.rows["orders"][row.order_id].returns
                goes_on = any(one.replacement == name and not one.replaced for one in backs)
                insist(goes_on, HOLDS, row.order_id, f"{key} is {row.status}")

    def ended(self) -> None:
        """All is done: each return has led to the one or to the other."""
        for return_id, data in self.received.items():
            self._settled(return_id, data["orderId"], _sound_units(data))

    def _settled(self, return_id: str, order_id: str, sound: int) -> None:
        order = self.rows["orders"][order_id]
        replacement = self.rows["orders"].get(self.replaced.get(return_id, ""))
        if replacement is not None and replacement.status.value != "cancelled":
            insist(return_id not in self.refunded, EITHER, order_id, f"{return_id} has both")
            return
        payment = self.rows["payments"][f"pay_{order_id}"]
        excused = payment.stuck or payment.owed or payment.status.value in _UNPAID
        excused = excused or order_id in self.refused or order.refund_status == "refunded"
        pending = any(one.return_id == return_id for one in payment.refunds)
        paid = return_id in self.refunded or pending or not sound
        insist(paid or excused, ONE_OF_THEM, order_id, f"{return_id} has neither")


def _sound_units(received: dict[str, Any]) -> int:
    """Units that the inspection lets pass."""
    return sum(item["quantity"] for item in received["items"] if item["refundable"])
