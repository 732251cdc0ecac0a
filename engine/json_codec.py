"""A codec for topics that carry one type of JSON object: for examples, tests, small topics."""

from typing import Any

import msgspec

from engine.errors import BadRecord, TopologyError
from engine.records import Record


class JsonCodec:
    """Values are JSON of one msgspec type; the type's name is the record's."""

    def __init__(self, row: type[Any]) -> None:
        self._name = row.__name__
        self._decode = msgspec.json.Decoder(row).decode

    def route(self, record: Record) -> str | None:  # noqa: ARG002 - one type only
        """There is one type."""
        return self._name

    def decode(self, record: Record, name: str | None) -> tuple[str, Any]:  # noqa: ARG002
        """Decode and validate.

        Raises:
            BadRecord: it is no JSON, or not of that type.
        """
        try:
            return self._name, self._decode(record.value or b"")
        except msgspec.DecodeError as exc:
            raise BadRecord(str(exc)) from exc

    def field(self, value: Any, field: str) -> str | None:
        """An attribute of the value.

        Raises:
            TopologyError: there is none of that name.
        """
        try:
            found = getattr(value, field)
        except AttributeError:
            raise TopologyError(
                f"{self._name} has no field {field!r}, by which an agent's source wants it"
            ) from None
        return None if found is None else str(found)
