"""Whoever is forgotten is forgotten: no row names where they live or how to reach them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from simulation.laws.broken import Broken, insist

FORGOTTEN: Final = "of whoever was erased nothing personal is left"
ENDS: Final = "an erasure ends"
TABLES: Final = ("orders", "shipments", "notifications", "contacts", "fulfilments", "erasures")
_TRACES: Final = (b"1 Main Street", b"2 Side Street", b"@example.com", b"+1202")
"""What people in the simulation write of themselves."""

_text = msgspec.json.Encoder().encode


@dataclass(slots=True)
class PeopleLaw:
    """Reads every row that belongs to somebody."""

    rows: Mapping[str, dict[str, Any]]
    """Committed rows by table and key."""

    def told(self, _name: str, data: Mapping[str, Any]) -> None:
        """Somebody is said to be erased."""
        customer_id = data["customerId"]
        since_ms = int(datetime.fromisoformat(data["requestedAt"]).timestamp() * 1000)
        for table in TABLES:
            for key, row in self.rows[table].items():
                if self._is_of(customer_id, key, row, since_ms):
                    left = [trace.decode() for trace in _TRACES if trace in _text(row)]
                    if left:
                        raise Broken(FORGOTTEN, customer_id, f"{table} {key} still has {left}")

    def _is_of(self, customer_id: str, key: str, row: Any, since_ms: int) -> bool:
        """Whether it is theirs, and of an order that was placed before they asked."""
        order_id = getattr(row, "order_id", None)
        if order_id is None:
            mine = key == customer_id or getattr(row, "user_id", None) == customer_id
            return mine and not self._is_back(customer_id, since_ms)
        order = self.rows["orders"].get(order_id)
        if order is None or order.user_id != customer_id:
            return False
        return order.exchange is not None or int(order.placed_at_ms) <= since_ms

    def _is_back(self, customer_id: str, since_ms: int) -> bool:
        """Whether they ordered after they asked: they are known anew."""
        return any(
            row.user_id == customer_id and row.placed_at_ms > since_ms
            for row in self.rows["orders"].values()
        )

    def ended(self) -> None:
        """All is done: what nobody ended waits for its next round."""
        for customer_id, row in self.rows["erasures"].items():
            over = row.erased_at_ms or row.next_ms
            insist(over, ENDS, customer_id, f"round {row.round}, answers {row.swept}")
