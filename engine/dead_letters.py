"""Records that cannot be processed: how they are kept and read back.

A dead letter is the record as it came (key, value, headers) on `<topic>.dlq`, with headers
`dlq.*` that say why and where from. The original headers come first, so that a replay can
put back exactly what was there.
"""

from datetime import UTC, datetime

import msgspec

from engine.records import Headers, Output, Record

SUFFIX = ".dlq"
_PREFIX = "dlq."
_REASON_MAX = 500
"""Characters of a reason that are kept."""


class DeadLetter(msgspec.Struct, frozen=True):
    """One dead letter, read back."""

    letter_partition: int
    letter_offset: int
    topic: str
    """The public topic: where a replay goes."""
    read_from: str
    """The topic it was read from: the same, or a repartition topic."""
    partition: int
    offset: int
    timestamp_ms: int
    agent: str
    error: str
    reason: str
    key: bytes | None
    value: bytes | None
    headers: Headers

    @property
    def at(self) -> datetime:
        """When the broker got the record, UTC."""
        return datetime.fromtimestamp(self.timestamp_ms / 1000, UTC)


def dead_letter(record: Record, topic: str, agent: str, error: Exception) -> Output:
    """The dead letter of a record that came from topic (the public one, if re-keyed)."""
    reason = " ".join(str(error).split())[:_REASON_MAX] or type(error).__name__
    why = {
        "error": type(error).__name__,
        "reason": reason,
        "topic": topic,
        "read-from": record.topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "timestamp": str(record.timestamp),
        "agent": agent,
    }
    headers = [*record.headers, *((_PREFIX + name, text.encode()) for name, text in why.items())]
    return Output(topic + SUFFIX, 0, record.key, record.value, headers)


def read_dead_letter(record: Record) -> DeadLetter:
    """Read a record of a dead-letter topic. Missing `dlq.*` headers read as empty."""
    why = {k[len(_PREFIX) :]: v.decode() for k, v in record.headers if k.startswith(_PREFIX)}
    return DeadLetter(
        letter_partition=record.partition,
        letter_offset=record.offset,
        topic=why.get("topic", record.topic.removesuffix(SUFFIX)),
        read_from=why.get("read-from", ""),
        partition=int(why.get("partition", -1)),
        offset=int(why.get("offset", -1)),
        timestamp_ms=int(why.get("timestamp", record.timestamp)),
        agent=why.get("agent", ""),
        error=why.get("error", ""),
        reason=why.get("reason", ""),
        key=record.key,
        value=record.value,
        headers=tuple((k, v) for k, v in record.headers if not k.startswith(_PREFIX)),
    )
