"""Messages sent to agents in memory, and what agents publish read back."""

from typing import Any, Self

import events
from engine.driver import Driver
from engine.records import Record
from engine.specs import TopicSpec
from events.base import Message
from events.envelope import Envelope
from topics import topic_of


def put(
    driver: Driver, message: Message, event_id: str, *, saga: str = "corr_1", metadata: Any = None,
    cause: str | None = None, off_ms: int = 0, partition: int | None = None,
) -> Record:  # fmt: skip
    """Append a message to its topic; nobody reads it yet. `off_ms`: its sender's clock is wrong."""
    value = events.encode(
        message,
        event_id=event_id,
        timestamp=driver.now_ms + off_ms,
        correlation_id=saga,
        causation_id=cause,
        metadata=metadata,
    )
    topic, headers = topic_of(type(message)), events.headers(message, saga)
    return driver.send(topic, value, events.key_of(message), headers=headers, partition=partition)


def heard(driver: Driver, *topics: TopicSpec) -> list[Envelope[Any]]:
    """Every message there, topic by topic and partition by partition."""
    return [
        events.decode(record.value or b"", record_timestamp_ms=record.timestamp)
        for topic in topics
        for record in driver.outputs(topic)
    ]


class Caller:
    """Numbers what it sends, so that what agents publish is told from it."""

    driver: Driver
    sent = 0

    def put(self, message: Message, *, event_id: str | None = None, **how: Any) -> Record:
        """Append a message to its topic; nobody reads it yet."""
        self.sent += 1
        return put(self.driver, message, event_id or f"event-{self.sent}", **how)

    def tell(self, *messages: Message, event_id: str | None = None) -> Self:
        """Send messages one after the other, each read before the next."""
        for message in messages:
            self.put(message, event_id=event_id)
            self.driver.run()
        return self

    def said(self, *topics: TopicSpec, name: str | None = None) -> list[Envelope[Any]]:
        """What the agents published there, of that name or of any."""
        found = [e for e in heard(self.driver, *topics) if not e.event_id.startswith("event-")]
        return [e for e in found if name in (None, e.event_type)]

    def names(self, *topics: TopicSpec) -> list[str]:
        """The names of what the agents published there."""
        return [envelope.event_type for envelope in self.said(*topics)]
