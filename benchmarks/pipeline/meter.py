"""Follows what becomes of orders, as a consumer sees it: committed events, at their arrival."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from confluent_kafka import Message

from benchmarks.kafka import Reader

_PAYMENT: Final = b"pay_"
_OF_ORDER: Final = b"pay_ord_"
"""Payments of subscriptions are called otherwise."""
_OUTSIDE: Final = frozenset({"EMAIL", "SMS", "PUSH"})
POLL_S: Final = 0.05
RECORDS_MAX: Final = 2_000


class _Told(msgspec.Struct, rename="camel"):
    channel: str
    sent_at: datetime
    latency_ms: int


class _NotificationSent(msgspec.Struct):
    data: _Told


_decode: Final = msgspec.json.Decoder(_NotificationSent).decode


class Letter(NamedTuple):
    """A letter that its provider took. Both are of `time.time`."""

    caused_s: float
    """When the broker had the event that it tells."""
    seen_s: float
    """When a consumer had its NotificationSent."""


class Meter:
    """When each order was confirmed and paid and, where they are asked for, each letter sent."""

    def __init__(self, bootstrap: str, env: str, *, letters: bool = False) -> None:
        topics = [f"orders.{env}.events", f"payments.{env}.events"]
        if letters:
            topics.append(f"notifications.{env}.events")
        self._reader = Reader(bootstrap, topics, from_now=True)
        self.confirmed_s: dict[bytes, float] = {}
        self.paid_s: dict[bytes, float] = {}
        self.letters: list[Letter] = []
        """To the outside: what is shown in the shop needs no provider."""
        self.failed: int = 0
        """Orders refused, cancelled or not paid at the first attempt: none is meant to be."""
        self.unsent: int = 0
        """Tries to send a letter that failed."""

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
        elif name == b"PaymentProcessed" and key.startswith(_OF_ORDER):
            self.paid_s.setdefault(key.removeprefix(_PAYMENT), now_s)
        elif name == b"NotificationSent":
            letter = letter_of(message.value(), now_s)
            if letter is not None:
                self.letters.append(letter)
        elif name == b"NotificationFailed":
            self.unsent += 1
        elif name in (b"OrderFailed", b"OrderCancelled", b"PaymentFailed"):
            self.failed += 1

    def close(self) -> None:
        """Stop reading."""
        self._reader.close()


def letter_of(value: bytes, seen_s: float) -> Letter | None:
    """The letter that a NotificationSent tells of; None when it stayed in the house."""
    told = _decode(value).data
    if told.channel not in _OUTSIDE:
        return None
    return Letter(told.sent_at.timestamp() - told.latency_ms / 1000, seen_s)


def latencies_ms(
    sent_s: Mapping[bytes, float], seen_s: Mapping[bytes, float], start_s: float, end_s: float
) -> list[float]:
    """How long each order sent within [start, end) took; those never seen are left out."""
    return [
        (seen_s[order] - at_s) * 1000
        for order, at_s in sent_s.items()
        if start_s <= at_s < end_s and order in seen_s
    ]
