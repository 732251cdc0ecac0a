"""What a trace and a span are called, and which traces are told."""

from hashlib import blake2b
from typing import Final
from uuid import UUID

_RANDOM_BITS: Final = 56


def is_sampled(trace_id: int, ratio: float) -> bool:
    """Whether the spans of that trace are told: all of them or none.

    By the 56 bits that W3C has as the random ones: of a UUID the ones before say its version.
    """
    return trace_id % (1 << _RANDOM_BITS) >= (1.0 - ratio) * (1 << _RANDOM_BITS)


def trace_id_of(correlation_id: str) -> int:
    """A saga's trace: the 128 bits of a UUID or of 32 hexadecimal digits, else a hash."""
    try:
        own = UUID(correlation_id).int
    except ValueError:
        own = 0
    return own or _hash(correlation_id, 16)


def span_id_of(event_id: str) -> int:
    """The span that tells how an event came about."""
    return _hash(event_id, 8)


def _hash(text: str, size_bytes: int) -> int:
    raw = blake2b(text.encode(errors="replace"), digest_size=size_bytes).digest()
    return int.from_bytes(raw) or 1
