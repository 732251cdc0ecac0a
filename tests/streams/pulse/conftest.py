"""Envelopes as agents get them."""

from collections.abc import Callable
from typing import Any

import pytest

from events import Envelope, Message

Wrap = Callable[..., Envelope[Any]]


@pytest.fixture
def wrap() -> Wrap:
    """Wrap a message in an envelope whose cause happened at 1,000 ms."""

    def wrapped(
        message: Message,
        *,
        caused_at_ms: int = 1_000,
        causation_id: str | None = "cause",
        metadata: dict[str, Any] | None = None,
        source: str = "",
    ) -> Envelope[Any]:
        return Envelope(
            event_id="event",
            event_type=message.name,
            event_version="1.0.0",
            timestamp_ms=caused_at_ms,
            data=message,
            source=source,
            causation_id=causation_id,
            metadata=metadata,
        )

    return wrapped
