"""Moments of the wire as milliseconds since 1970, and back."""

from datetime import UTC, datetime


def ms_of(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware moment."""
    return round(moment.timestamp() * 1000)


def moment_of(at_ms: int) -> datetime:
    """The UTC moment of milliseconds since 1970."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)
