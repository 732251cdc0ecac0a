"""What every message and every part of one have in common.

Models are frozen and say in class variables what the wire needs to know: name, version, topic, key
and source. Python names are snake_case; wire names are camelCase, and a money field drops its
`_minor` (`order_total_minor` travels as `orderTotal`). Fields that the contract does not know are
ignored.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, ClassVar, Final, Self

from pydantic import AliasChoices, AliasGenerator, BaseModel, ConfigDict

RECORD_BYTES_MAX: Final = 1_048_576
"""The largest record read: Kafka's own default."""

ANY_OTHER: Final = "$other"
"""In `Part.spellings`: the value that every unlisted word becomes."""

Spellings = Mapping[str, Mapping[str, str]]
"""Wire field to the words older producers used for its values, and what they mean."""

_set: Final = object.__setattr__
"""Models are frozen."""
_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


def wire_name(field_name: str) -> str:
    """Give the wire name of a Python field: camelCase, and money without `_minor`."""
    head, *tail = field_name.removesuffix("_minor").split("_")
    return head + "".join(word.capitalize() for word in tail)


def names(**known: tuple[str, ...]) -> ConfigDict:
    """Configure a model some of whose fields go by other wire names.

    The first name of a field is written; on reading, the first one present wins.
    """

    def reads(field_name: str) -> str | AliasChoices:
        choices = known.get(field_name)
        if choices is None:
            return wire_name(field_name)
        return choices[0] if len(choices) == 1 else AliasChoices(*choices)

    def writes(field_name: str) -> str:
        return known.get(field_name, (wire_name(field_name),))[0]

    return ConfigDict(
        alias_generator=AliasGenerator(validation_alias=reads, serialization_alias=writes)
    )


@dataclass(frozen=True, slots=True)
class Upcast:
    """How older shapes of one message become the canonical one, beyond renamed fields.

    Keys are wire names.

    Applied only to a record that is not canonical already, in this order: paths, derive, defaults.
    """

    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Field to dotted paths into the data, first present wins; `metadata.x` is the envelope's."""

    derive: Mapping[str, Callable[[dict[str, Any]], Any]] = field(default_factory=dict)
    """Field to a function of the data that supplies it when absent, or None when it cannot."""

    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Required field to the value it takes when absent.

    Optional fields keep their default in the model.
    """

    timestamp_from: str | None = None
    """The data field that tells when it happened, for a record without a timestamp."""


class Part(BaseModel):
    """A piece of a message: frozen, without unknown fields, taking a number for an id."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=AliasGenerator(validation_alias=wire_name, serialization_alias=wire_name),
        populate_by_name=True,
        coerce_numbers_to_str=True,
        allow_inf_nan=False,
    )

    scalar: ClassVar[str | None] = None
    """The field a bare value stands for, where older producers sent that and no object."""

    scalar_defaults: ClassVar[Mapping[str, Any]] = _NONE
    spellings: ClassVar[Spellings] = _NONE

    @classmethod
    def made(cls, **fields: Any) -> Self:
        """Give the same as the constructor without looking at the values, in a third of the time.

        For what is known to hold: taken from a message or a row that was checked. Pydantic's own
        `model_construct` takes longer than checking.

        Raises:
            TypeError: a field is missing that must be there, or is not one.
        """
        blank, wanted = _shape(cls)
        values = {**blank, **fields}
        if len(values) != len(blank) or not wanted <= fields.keys():
            names = sorted((fields.keys() - blank.keys()) | (wanted - fields.keys()))
            raise TypeError(f"{cls.__name__}: missing or unknown: {', '.join(names)}")
        part = cls.__new__(cls)
        _set(part, "__dict__", values)
        _set(part, "__pydantic_fields_set__", set(fields))
        _set(part, "__pydantic_extra__", None)
        _set(part, "__pydantic_private__", None)
        return part


@cache
def _shape(model: type[Part]) -> tuple[dict[str, Any], frozenset[str]]:
    """Every field in order with its default, and the names of those that have none."""
    fields = model.model_fields
    wanted = frozenset(
        [name for name, field in fields.items() if field.is_required() or field.default_factory]
    )
    return {name: None if name in wanted else fields[name].default for name in fields}, wanted


class Message(Part):
    """A whole message. Subclass `Event`, `Command` or `Query`, not this."""

    kind: ClassVar[str]
    name: ClassVar[str]
    """The wire's `eventType`: the class name."""

    version: ClassVar[str] = "1.0.0"
    topic: ClassVar[str] = ""
    """A pattern such as `orders.{env}.events`; empty for a query, which travels over HTTP."""

    key_field: ClassVar[str] = ""
    """The Python field, dotted when nested, whose value is the Kafka key."""

    source: ClassVar[str]
    """The service that first publishes it, in kebab case."""

    bytes_max: ClassVar[int] = RECORD_BYTES_MAX
    """The largest record of it that is read; one with a bound of its own says so."""

    upcast: ClassVar[Upcast] = Upcast()
    always_sent: ClassVar[tuple[str, ...]] = ()
    """Python fields that travel as null when they are None; all others are left out."""

    def __init_subclass__(cls) -> None:
        """Name the message after its class."""
        super().__init_subclass__()
        cls.name = cls.__name__

    def fallback_key(self) -> str | None:
        """Give the key of a message whose key field is absent, if anything else tells it."""
        return None


class Event(Message):
    """A fact that already happened: corrected by a later event, never edited."""

    kind = "event"


class Command(Message):
    """A request to one service, which may refuse it."""

    kind = "command"


class Query(Message):
    """A question to one service; it changes nothing and travels over HTTP, not Kafka."""

    kind = "query"
