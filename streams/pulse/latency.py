"""How long something took, as a record tells it."""

from typing import Any

from events import Envelope


def since_cause_ms(envelope: Envelope[Any], at_ms: int) -> int | None:
    """Give the time from the cause's record to this record's, both stamped by the broker.

    An event that names its cause carries its cause's time. A foreign event names none; how
    long it took is unknown.
    """
    return None if envelope.causation_id is None else at_ms - envelope.timestamp_ms


def told_ms(envelope: Envelope[Any]) -> int | None:
    """Give the latency that the record's metadata tells; None when it tells none."""
    value = (envelope.metadata or {}).get("latencyMs")
    return value if type(value) is int and value >= 0 else None


def provider_of(envelope: Envelope[Any], otherwise: str | None = None) -> str:
    """Name the payment provider that the metadata tells, or `unknown`."""
    value = (envelope.metadata or {}).get("provider")
    if type(value) is str and value:
        return value.replace("|", "/")
    return otherwise or "unknown"
