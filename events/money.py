"""Amounts: a decimal number of major units on the wire, an integer of minor units inside.

Validating JSON reads major units, at most two decimals; building a model in Python takes minor
units and refuses a float. So the two cannot be mixed up.
"""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Annotated, Any, Final

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

MINOR_MAX: Final = 10**13

_DECIMAL_CHARS_MAX: Final = 40
_MONEY_EXPECTED: Final = "money is a decimal number of major units"
_CENT: Final = Decimal("0.01")
_ROUNDING_NOISE: Final = 1e-6


def minor_units(value: object) -> int:
    """Turn a wire amount in major units into minor units, rounding half up at the second decimal.

    Raises:
        ValueError: not a number, negative, or above `MINOR_MAX` minor units.
    """
    if type(value) is float:
        scaled = value * 100
        nearest = round(scaled) if 0 <= scaled < MINOR_MAX else MINOR_MAX + 1
        if nearest <= MINOR_MAX and abs(scaled - nearest) < _ROUNDING_NOISE:
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

SomeMinorUnits = Annotated[int, Field(ge=1, le=MINOR_MAX)]
"""The same, and not nothing: a bank that claims nothing disputes nothing."""
