"""The fast way in: a prepared validator a message takes a canonical envelope in one pass."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from events.base import Message
from events.envelope import Envelope, correlation_of
from events.registry import MESSAGES


class Reader:
    """Reads the envelopes of one message."""

    __slots__ = ("_major", "_moved", "_validate", "model")

    def __init__(self, model: type[Message]) -> None:
        self.model = model
        adapter: TypeAdapter[Envelope[Any]] = TypeAdapter(Envelope[model])  # type: ignore[valid-type]  # made at run time
        self._validate: Callable[..., Envelope[Any]] = adapter.validator.validate_json
        self._major = f"{model.version.partition('.')[0]}."
        # Fields that older producers put into the envelope's metadata: their presence calls for the
        # upcaster.
        self._moved = frozenset(
            path.removeprefix("metadata.")
            for paths in model.upcast.paths.values()
            for path in paths
            if path.startswith("metadata.")
        )

    def is_canonical(self, metadata: Mapping[str, Any] | None) -> bool:
        """Whether no field of the message has to be looked for in this metadata."""
        return not metadata or self._moved.isdisjoint(metadata)

    def read(self, raw: bytes) -> Envelope[Any]:
        """Validate a canonical envelope.

        Raises:
            ValidationError: a field is missing or wrong.
            ValueError, RecursionError: numbers or nesting beyond what the parser takes.
        """
        return self._validate(raw, by_alias=True, by_name=False)

    def read_canonical(self, raw: bytes) -> Envelope[Any] | None:
        """Validate what may be a canonical envelope of this message, or say None."""
        try:
            envelope = self._validate(raw, by_alias=True, by_name=False)
        except (ValidationError, ValueError, RecursionError):
            return None
        if envelope.event_type != self.model.name or not envelope.event_version.startswith(
            self._major
        ):
            return None
        if not self.is_canonical(envelope.metadata):
            return None
        if envelope.source and envelope.correlation_id:
            return envelope
        return replace(
            envelope,
            source=envelope.source or self.model.source,
            correlation_id=envelope.correlation_id
            or correlation_of(envelope.metadata, envelope.event_id),
        )


@cache
def _reader(name: str) -> Reader:
    return Reader(MESSAGES[name])


def reader_of(name: str) -> Reader | None:
    """Give the reader of the message with exactly this name, made at its first use (about 2 ms)."""
    # Only known names are cached: names come from producers, and a cache of those would have no
    # bound.
    return _reader(name) if name in MESSAGES else None
