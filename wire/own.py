"""Values that only this application writes and reads."""

from typing import Any

import msgspec

from engine.records import Record


class PulseCodec:
    """Reads partial figures: msgspec JSON objects of this application's own."""

    def route(self, record: Record) -> str | None:  # noqa: ARG002 - one type only
        """There is one type."""
        return "Partial"

    def decode(self, record: Record, name: str | None) -> tuple[str, Any]:  # noqa: ARG002
        """Decode.

        Raises:
            msgspec.DecodeError: it is not JSON.
        """
        return "Partial", msgspec.json.decode(record.value or b"")

    def field(self, value: Any, field: str) -> str | None:
        """A field of the object."""
        found = value.get(field)
        return None if found is None else str(found)


class PlainCodec:
    """Leaves values as bytes, for this application's own hand-overs between its agents."""

    def __init__(self, name: str) -> None:
        self._name = name

    def route(self, record: Record) -> str | None:  # noqa: ARG002 - one type only
        """There is one type."""
        return self._name

    def decode(self, record: Record, name: str | None) -> tuple[str, bytes]:  # noqa: ARG002
        """The bytes as they are."""
        return self._name, record.value or b""

    def field(self, value: Any, field: str) -> str | None:  # noqa: ARG002
        """Nobody asks: what only we write lies where it belongs."""
        return None
