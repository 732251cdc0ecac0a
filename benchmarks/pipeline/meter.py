"""Follows what becomes of orders, as a consumer sees it: committed events, at their arrival."""

import time
from collections.abc import Mapping
from typing import Final

from confluent_kafka import Message

from benchmarks.kafka import Reader

_PAYMENT: Final = b"pay_"
POLL_S: Final = 0.05
RECORDS_MAX: Final = 2_000


class Meter:
    """When each order was confirmed and paid."""

    def __init__(self, bootstrap: str, env: str) -> None:
        topics = [f"orders.{env}.events", f"payments.{env}.events"]
        self._reader = Reader(bootstrap, topics, from_now=True)
        self.confirmed_s: dict[bytes, float] = {}
        self.paid_s: dict[bytes, float] = {}
        self.failed: int = 0
        """Orders refused, cancelled or not paid at the first attempt: none is meant to be."""

    def poll(self) -> None:
        """Take in what has come."""
        messages = self._reader.next(POLL_S, RECORDS_MAX)
        now_s = time.time()
        for message in messages:
            self._take(message, now_s)

    def _take(self, message: Message, now_s: float) -> None:
        headers, key = message.headers(), message.key()
        name = headers[0][1] if headers else b""
        if name == b"OrderConfirmed":
            self.confirmed_s.setdefault(key, now_s)
        elif name == b"PaymentProcessed":
            self.paid_s.setdefault(key.removeprefix(_PAYMENT), now_s)
        elif name in (b"OrderFailed", b"OrderCancelled", b"PaymentFailed"):
            self.failed += 1

    def close(self) -> None:
        """Stop reading."""
        self._reader.close()


def latencies_ms(
    sent_s: Mapping[bytes, float], seen_s: Mapping[bytes, float], start_s: float, end_s: float
) -> list[float]:
    """How long each order sent within [start, end) took; those never seen are left out."""
    return [
        (seen_s[order] - at_s) * 1000
        for order, at_s in sent_s.items()
        if start_s <= at_s < end_s and order in seen_s
    ]
