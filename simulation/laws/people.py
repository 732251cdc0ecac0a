"""Whoever is forgotten is forgotten: no row names where they live or how to reach them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from engine.records import Record
from simulation.laws.broken import Broken, insist
from simulation.people import told_by

FORGOTTEN: Final = "of whoever was erased nothing personal is left"
ENDS: Final = "an erasure ends"
TABLES: Final = ("orders", "shipments", "notifications", "contacts", "fulfilments", "erasures")
_TRACES: Final = (b"1 Main Street", b"2 Side Street", b"@example.com", b"+1202")
"""What people in the simulation write of themselves."""

_WORDS: Final = frozenset(
    {"PlaceOrder", "UserSignedUpEvent", "UserForgotPasswordEvent", "SendNotification"}
    | {"SubscribeUser", "UpdateCart"}
)
_UNDER_WAY_MS: Final = 6 * 60 * 60_000
"""How long a record may be on its way here."""

_text = msgspec.json.Encoder().encode


@dataclass(slots=True)
class PeopleLaw:
    """Reads every row that belongs to somebody."""

    rows: Mapping[str, dict[str, Any]]
    words_ms: dict[str, int] = field(default_factory=dict)
    """When somebody told of themselves last."""
    """Committed rows by table and key."""

    def heard(self, name: str, record: Record) -> None:
        """Somebody outside tells of themselves."""
        if name in _WORDS:
            data = told_by(record)["data"]
            who = data.get("userId") or data["recipient"]["customerId"]
            self.words_ms[who] = record.timestamp

    def told(self, _name: str, data: Mapping[str, Any]) -> None:
        """Somebody is said to be erased."""
        since_ms = int(datetime.fromisoformat(data["requestedAt"]).timestamp() * 1000)
        self._forgotten(data["customerId"], since_ms)

    def _forgotten(self, customer_id: str, since_ms: int) -> None:
        """Who spoke up meanwhile, or just before, is known anew."""
        if self.words_ms.get(customer_id, 0) > since_ms - _UNDER_WAY_MS:
            return
        for table in TABLES:
            for key, row in self.rows[table].items():
                if self._is_of(customer_id, key, row, since_ms):
                    left = [trace.decode() for trace in _TRACES if trace in _text(row)]
                    if left:
                        raise Broken(FORGOTTEN, customer_id, f"{table} {key} still has {left}")

    def _is_of(self, customer_id: str, key: str, row: Any, since_ms: int) -> bool:
        """Whether it is theirs, and of an order that was placed before they asked.

        What replaces goods, and what a subscription brings, was begun by the shop.
        """
        order_id = getattr(row, "order_id", None)
        if order_id is None:
            return key == customer_id or getattr(row, "user_id", None) == customer_id
        order = self.rows["orders"].get(order_id)
        if order is None or order.user_id != customer_id:
            return False
        by_shop = bool(order.exchange or order.subscription_id)
        return by_shop or int(order.placed_at_ms) <= since_ms

    def ended(self) -> None:
        """All is done: what nobody ended waits for its next round, and nothing came back since."""
        for customer_id, row in self.rows["erasures"].items():
            over = row.erased_at_ms or row.next_ms
            insist(over, ENDS, customer_id, f"round {row.round}, answers {row.swept}")
            if row.erased_at_ms:
                self._forgotten(customer_id, row.requested_at_ms)
