"""The envelope every record travels in: who caused it, when, and the message itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Final, Generic, TypeVar

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.functional_validators import PlainValidator

from events.base import Message
from events.moments import epoch_ms
from events.scalars import Id, JsonObject

M_co = TypeVar("M_co", bound=Message, covariant=True)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_Version = Annotated[str, Field(pattern=r"^[0-9]{1,4}(\.[0-9]{1,6}){0,2}$")]


@dataclass(frozen=True, slots=True)
class Envelope(Generic[M_co]):
    """One decoded record. `event_id` is what a repeat is known by; `data` is the message.

    `correlation_id` is the first event id of the saga, `causation_id` the event that directly
    caused this one.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        extra="ignore", alias_generator=to_camel, coerce_numbers_to_str=True
    )

    event_id: Id
    event_type: Id
    event_version: _Version
    timestamp_ms: Annotated[int, PlainValidator(epoch_ms), Field(alias="timestamp")]
    """When it happened, in milliseconds since 1970."""

    data: M_co
    source: Id = ""
    correlation_id: Id = ""
    causation_id: Id | None = None
    metadata: JsonObject | None = None

    @property
    def timestamp(self) -> datetime:
        """When it happened, in UTC."""
        return _EPOCH + timedelta(milliseconds=self.timestamp_ms)


ENVELOPE_FIELDS: Final = frozenset(
    {
        "eventId",
        "eventType",
        "eventVersion",
        "timestamp",
        "data",
        "source",
        "metadata",
        "correlationId",
        "causationId",
    }
)


def correlation_of(metadata: Mapping[str, Any] | None, event_id: str) -> str:
    """Name the saga of a record that does not: what its metadata says, else the record itself."""
    named = (metadata or {}).get("correlationId")
    return named if isinstance(named, str) and named else event_id
