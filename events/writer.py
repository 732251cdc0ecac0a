"""The way out: a prepared writer a message puts it into one canonical envelope."""

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, Final

import msgspec

from events.base import Message
from events.envelope import Envelope
from events.errors import ContractError
from events.moments import format_ms
from events.reader import reader_of

CONTENT_TYPE: Final = b"application/json"

_encode = msgspec.json.Encoder().encode
_Headers = list[tuple[str, bytes]]


class _Wire(msgspec.Struct, gc=False, omit_defaults=True, rename="camel"):
    """The envelope as it is written, in this order; what is None is left out."""

    event_id: str
    event_type: str
    event_version: str
    timestamp: str
    source: str
    metadata: Any = None
    correlation_id: str | None = None
    causation_id: str | None = None
    data: msgspec.Raw | None = None


class Writer:
    """Writes the records of one message."""

    __slots__ = ("_always_sent", "_key", "_read", "_to_json", "model", "told")

    def __init__(self, model: type[Message]) -> None:
        self.model = model
        self._to_json = model.__pydantic_serializer__.to_json
        self._always_sent = {
            field: b'"%b":null,' % (model.model_fields[field].serialization_alias or "").encode()
            for field in model.always_sent
        }
        self._read = reader_of(model.name)
        self.told = (("eventType", model.name.encode()), ("contentType", CONTENT_TYPE))
        """The headers that all its records have."""
        self._key: Callable[[Message], Any] | None = (
            attrgetter(model.key_field) if model.key_field else None
        )

    def record(  # noqa: PLR0913, PLR0917 - one argument a field of the envelope
        self,
        message: Message,
        event_id: str,
        moment: str,
        correlation_id: str,
        causation_id: str | None,
        metadata: Any,
        source: str,
    ) -> bytes:
        """Give the envelope as bytes; `moment` is RFC 3339."""
        model = self.model
        return _encode(
            _Wire(
                event_id,
                model.name,
                model.version,
                moment,
                source,
                metadata,
                correlation_id,
                causation_id,
                msgspec.Raw(self.data(message)),
            )
        )

    def written(
        self,
        message: Message,
        event_id: str,
        at_ms: int,
        correlation_id: str,
        causation_id: str | None,
        metadata: dict[str, Any] | None,
    ) -> tuple[bytes, Envelope[Any] | None]:
        """Give the envelope as bytes, and what these are read as.

        The second is None when only reading tells, because older producers put fields of this
        message into metadata. `at_ms` lies between 1970 and 9999.
        """
        model = self.model
        raw = self.record(
            message,
            event_id,
            format_ms(at_ms),
            correlation_id,
            causation_id,
            metadata,
            model.source,
        )
        if metadata and (self._read is None or not self._read.is_canonical(metadata)):
            return raw, None
        return raw, Envelope(
            event_id,
            model.name,
            model.version,
            at_ms,
            message,
            model.source,
            correlation_id,
            causation_id,
            metadata,
        )

    def data(self, message: Message) -> bytes:
        """Give the message's own fields as canonical JSON."""
        written = self._to_json(message, by_alias=True, exclude_none=True)
        if self._always_sent:
            nulls = (
                null for field, null in self._always_sent.items() if getattr(message, field) is None
            )
            written = b"{" + b"".join(nulls) + written[1:]
        return written

    def headers(self, correlation_id: str) -> _Headers:
        """Give the record's Kafka headers."""
        return [*self.told, ("correlationId", correlation_id.encode())]

    def key(self, message: Message) -> str:
        """Give the record's Kafka key.

        Raises:
            ContractError: a query, which has none, or its optional key field is absent.
        """
        model = self.model
        if self._key is None:
            raise ContractError(f"{model.name}: a query has no key")
        key = self._key(message) or message.fallback_key()
        if not key:
            raise ContractError(
                f"{model.name}.{model.key_field}: absent, expected the key of {model.topic}"
            )
        return str(key)


@cache
def writer_of(model: type[Message]) -> Writer:
    """Give the writer of a message, made at its first use."""
    return Writer(model)
