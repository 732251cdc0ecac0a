"""A record of a saga, with its cause."""

import json
from typing import Any

from engine.records import Header, Record

SAGA = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"
TRACE = 0x4BF92F3577B34DA6A3CE929D0E0E4736
CAUSED_MS = 1_790_000_000_000
AT_MS = CAUSED_MS + 40


def record(
    topic: str = "payments.dev.events", key: str | None = "pay_ord_1", *,
    headers: tuple[Header, ...] = (), raw: bytes | None = None, **envelope: Any,
) -> Record:  # fmt: skip
    """A record that the broker got at AT_MS, 40 ms after its cause."""
    told = {
        "eventId": "evt_2", "eventType": "PaymentProcessed", "eventVersion": "1.0.0",
        "timestamp": "2026-09-21T14:13:20.000Z", "source": "payment-service",
        "correlationId": SAGA, "causationId": "evt_1",
        "data": {"cardholder": "Ann Lee", "email": "ann@example.com"}, **envelope,
    }  # fmt: skip
    value = json.dumps(told).encode() if raw is None else raw
    return Record(topic, 3, 17, AT_MS, key and key.encode(), value, headers=headers)
