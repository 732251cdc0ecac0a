"""Sending to and reading from an in-memory shop, for the tests of fraud detection."""

from typing import Any

import events
from engine.driver import Driver
from engine.records import Record
from events.base import Message
from tests.agents.caller import put
from topics import PAYMENTS_EVENTS

START_MS = 1_750_000_000_000


def send(shop: Driver, message: Message, event_id: str | None = None) -> None:
    """Append a message now. Its id is made of its name and key; its saga, of its id."""
    name = event_id or f"evt_{message.name}_{events.key_of(message)}"
    put(shop, message, name, saga=f"saga_{name}")


def name_of(record: Record) -> str:
    """The message's name as its header has it; empty without headers."""
    return record.headers[0][1].decode() if record.headers else ""


def told(shop: Driver, name: str) -> list[events.Envelope[Any]]:
    """Every message of that name on the payments topic, partition by partition."""
    return [
        events.decode(record.value or b"", record_timestamp_ms=record.timestamp)
        for record in shop.outputs(PAYMENTS_EVENTS)
        if name_of(record) == name
    ]
