"""The contract's scalars: how each looks on the wire, how it is held inside, its bound.

Money is the one whose two sides differ. On the wire it is a decimal number of major units with at
most two decimals; inside it is an integer of minor units. Validating JSON therefore reads major
units, while building a model in Python takes minor units, so the two cannot be mixed up: a float is
refused in Python.
"""

import math
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Annotated, Any, Final, TypeVar

from pydantic import (
    AfterValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import core_schema

MINOR_MAX: Final = 10**13
COUNT_MAX: Final = 10**12
QUANTITY_MAX: Final = 10**9
ID_CHARS_MAX: Final = 128
TEXT_CHARS_MAX: Final = 4096
ITEMS_MAX: Final = 1000
OBJECT_DEPTH_MAX: Final = 32

_INT64_MAX: Final = 2**63 - 1
_DECIMAL_CHARS_MAX: Final = 40
_MONEY_EXPECTED: Final = "money is a decimal number of major units"
_CENT: Final = Decimal("0.01")
_ROUNDING_NOISE: Final = 1e-6
_YEAR_MIN: Final = 1970
_MS_MAX: Final = 253_402_300_799_999  # The last millisecond of 9999.
_MOMENTS_CACHED: Final = 4096
_MOMENT_EXPECTED: Final = "expected RFC 3339 UTC, such as 2025-11-16T10:15:29.553Z"
_EPOCH_MS_WATERSHED: Final = (
    2e10  # As pydantic has it: a larger number counts milliseconds, a smaller one seconds.
)
_TWO_DIGITS: Final = tuple(f"{number:02d}" for number in range(60))


# --- money ---


def minor_units(value: object) -> int:
    """Turn a wire amount in major units into minor units, rounding half up at the second decimal.

    Raises:
        ValueError: not a number, negative, or above `MINOR_MAX` minor units.
    """
    if type(value) is float:
        scaled = value * 100
        nearest = round(scaled) if scaled < MINOR_MAX else MINOR_MAX + 1
        if value >= 0 and nearest <= MINOR_MAX and abs(scaled - nearest) < _ROUNDING_NOISE:
            return nearest
    elif type(value) is int and 0 <= value <= MINOR_MAX // 100:
        return value * 100
    minor = _signed_minor_units(value)
    if minor < 0:
        raise ValueError("money is never negative")
    return minor


def _signed_minor_units(value: object) -> int:
    text = str(value) if isinstance(value, (float, str)) else value
    if isinstance(value, bool) or not isinstance(text, (int, str)):
        raise ValueError(_MONEY_EXPECTED)  # noqa: TRY004 - pydantic reports only ValueError
    if isinstance(text, str) and len(text) > _DECIMAL_CHARS_MAX:
        raise ValueError(_MONEY_EXPECTED)
    try:
        # A float's text has the digits that were written: 1.005 rounds as the producer's text says,
        # not as its binary form.
        exact = Decimal(text)
    except InvalidOperation:
        raise ValueError(_MONEY_EXPECTED) from None
    # Arithmetic on a huge exponent would overflow; comparing does not.
    if not exact.is_finite() or exact.copy_abs() > MINOR_MAX // 100:
        raise ValueError(f"money is at most {MINOR_MAX} minor units")
    return int(exact.quantize(_CENT, ROUND_HALF_UP) * 100)


def major_units(minor: int) -> float:
    """Give the wire form of an amount: 3499 becomes 34.99."""
    return minor / 100


class _Money:
    """Tell pydantic the two sides of an amount."""

    def __init__(self, *, signed: bool) -> None:
        self.least = -MINOR_MAX if signed else 0
        self.read = _signed_minor_units if signed else minor_units

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.json_or_python_schema(
            core_schema.no_info_plain_validator_function(self.read),
            core_schema.int_schema(ge=self.least, le=MINOR_MAX, strict=True),
            serialization=core_schema.plain_serializer_function_ser_schema(
                major_units, return_schema=core_schema.float_schema(), when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {
            "type": "number",
            "minimum": self.least / 100,
            "maximum": MINOR_MAX / 100,
            "description": "Decimal number of major units, at most two decimals.",
        }


Minor = Annotated[int, _Money(signed=False)]
"""Money, 0 to 10^13 minor units.

On the wire: major units under the field's name without `_minor`.
"""

SignedMinor = Annotated[int, _Money(signed=True)]
"""Money that may be owed either way (a proration), within ±10^13 minor units."""

MinorUnits = Annotated[int, Field(ge=0, le=MINOR_MAX)]
"""Money that is in minor units on the wire too, as card networks write it."""


# --- time ---


def utc_ms(moment: datetime) -> datetime:
    """Give the same moment in UTC, cut to whole milliseconds, so that what is held is what travels.

    Raises:
        ValueError: before 1970, or not representable in UTC.
    """
    if moment.tzinfo is UTC and moment.microsecond % 1000 == 0 and moment.year >= _YEAR_MIN:
        return moment
    try:
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("the moment is out of range") from None
    if moment.year < _YEAR_MIN:
        raise ValueError(f"the moment is before {_YEAR_MIN}")
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def parse_moment(value: object) -> datetime:
    """Read RFC 3339 text (no offset means UTC), or epoch seconds or milliseconds.

    Raises:
        ValueError: not a moment between 1970 and 9999.
    """
    if type(value) is str:
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:  # Its text repeats the whole value, which may be long or personal.
            raise ValueError(_MOMENT_EXPECTED) from None
        return utc_ms(moment)
    if (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and math.isfinite(value)
        and value >= 0
    ):
        try:
            return utc_ms(
                datetime.fromtimestamp(value / 1000 if value > _EPOCH_MS_WATERSHED else value, UTC)
            )
        except (OverflowError, OSError):
            raise ValueError("the moment is out of range") from None
    raise ValueError(_MOMENT_EXPECTED)


def format_moment(moment: datetime) -> str:
    """Write RFC 3339 with milliseconds and Z, by hand: `isoformat` takes twice as long."""
    two = _TWO_DIGITS
    return (
        f"{moment.year}-{two[moment.month]}-{two[moment.day]}T{two[moment.hour]}:{two[moment.minute]}"
        f":{two[moment.second]}.{moment.microsecond // 1000:03d}Z"
    )


def known_ms(ms: int) -> int:
    """Give milliseconds since 1970, cut to 1970 to 9999: record timestamps are anyone's."""
    return min(max(ms, 0), _MS_MAX)


@lru_cache(maxsize=_MOMENTS_CACHED)
def format_ms(ms: int) -> str:
    """Write milliseconds since 1970 as RFC 3339, cut to 1970 to 9999."""
    ms = known_ms(ms)
    return f"{_second_text(ms // 1000)}{ms % 1000:03d}Z"


@lru_cache(maxsize=_MOMENTS_CACHED)
def _second_text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.")


def epoch_ms(value: object) -> int:
    """Read any wire form of a moment as milliseconds since 1970."""
    return round(parse_moment(value).timestamp() * 1000)


class _Moment:
    """Tell pydantic the two sides of a moment; in Python a naive datetime is refused."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.json_or_python_schema(
            core_schema.no_info_plain_validator_function(parse_moment),
            core_schema.no_info_after_validator_function(
                utc_ms, core_schema.datetime_schema(strict=True, tz_constraint="aware")
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(
                format_moment, return_schema=core_schema.str_schema(), when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}


Moment = Annotated[datetime, _Moment()]
"""An aware UTC moment, whole milliseconds, from 1970 on."""


# --- text ---

Id = Annotated[str, StringConstraints(min_length=1, max_length=ID_CHARS_MAX)]
"""An opaque id: a uuid, or prefixed with ord_, pay_ and the like. Numbers become text."""

Text = Annotated[str, StringConstraints(max_length=TEXT_CHARS_MAX)]
Email = Annotated[
    str,
    StringConstraints(min_length=3, max_length=320),
    WithJsonSchema({"type": "string", "format": "email"}),
]
Url = Annotated[
    str, StringConstraints(max_length=2048), WithJsonSchema({"type": "string", "format": "uri"})
]
FourDigits = Annotated[str, StringConstraints(pattern="^[0-9]{4}$")]

Currency = Annotated[
    str,
    StringConstraints(pattern="^[A-Za-z]{3}$", to_upper=True),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217"}),
]
Country = Annotated[
    str,
    StringConstraints(pattern="^[A-Za-z]{2}$", to_upper=True),
    WithJsonSchema(
        {"type": "string", "pattern": "^[A-Z]{2}$", "description": "ISO 3166-1 alpha-2"}
    ),
]

# --- numbers ---

Quantity = Annotated[int, Field(ge=1, le=QUANTITY_MAX)]
Count = Annotated[int, Field(ge=0, le=COUNT_MAX)]
Change = Annotated[int, Field(ge=-QUANTITY_MAX, le=QUANTITY_MAX)]
"""A signed change of a quantity, in units."""

Points = Annotated[int, Field(ge=0, le=100)]
Number = Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False)]
Ratio = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

# --- collections ---

T = TypeVar("T")
Many = Annotated[tuple[T, ...], Field(max_length=ITEMS_MAX)]
Map = Annotated[dict[str, T], Field(max_length=ITEMS_MAX)]


def _check(value: object, depth: int) -> None:
    if isinstance(value, (dict, list, tuple)):
        if value and depth >= OBJECT_DEPTH_MAX:
            raise ValueError(f"nested deeper than {OBJECT_DEPTH_MAX} levels")
        for inner in value.values() if isinstance(value, dict) else value:
            if type(inner) is not str:  # Most are, and a call for each would be half the cost.
                _check(inner, depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("NaN and infinity are not JSON")
    elif isinstance(value, int) and abs(value) > _INT64_MAX:
        raise ValueError("an integer does not fit in 64 bits")
    elif value is not None and not isinstance(value, (str, int, float)):
        raise ValueError(f"{type(value).__name__} is not JSON")


def plain_json(value: dict[str, Any]) -> dict[str, Any]:
    """Pass a free-form object whose every value is plain JSON within bounds.

    Raises:
        ValueError: deeper than `OBJECT_DEPTH_MAX`, NaN, an integer beyond 64 bits, or not a JSON
            value.
    """
    _check(value, 0)
    return value


JsonObject = Annotated[dict[str, Any], AfterValidator(plain_json)]
"""An object whose fields the contract leaves open."""
