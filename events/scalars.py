"""The contract's texts, numbers and collections, with the bound of each.

Amounts are in `events.money`, moments in `events.moments`.
"""

import math
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

COUNT_MAX: Final = 10**12
QUANTITY_MAX: Final = 10**9
ID_CHARS_MAX: Final = 128
TEXT_CHARS_MAX: Final = 4096
ITEMS_MAX: Final = 1000
OBJECT_DEPTH_MAX: Final = 32

_INT64_MAX: Final = 2**63 - 1

# --- text ---

Id = Annotated[str, StringConstraints(min_length=1, max_length=ID_CHARS_MAX)]
"""An opaque id: a uuid, or prefixed with ord_, pay_ and the like. Numbers become text."""

_NAME_CHARS_MAX: Final = 100
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=_NAME_CHARS_MAX)
]
"""Who of the shop's own people says so."""

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
Size = Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)]
"""A weight or a length: what has none is as light or small as can be, never less."""

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
