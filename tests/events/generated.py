"""Hypothesis strategies for every message, made from the models' annotations."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from events import MESSAGES, Message, moments, money, scalars
from events.base import Part
from events.books import Name, Note
from events.fraud import FraudType
from events.refunds import Reason
from events.types import Latitude, Longitude

TEXT: Final = st.text(st.characters(codec="utf-8"), max_size=20)
MOMENTS: Final = st.integers(0, 253_402_300_799_999).map(
    lambda ms: datetime.fromtimestamp(ms // 1000, UTC).replace(microsecond=ms % 1000 * 1000)
)
LEAVES: Final = (
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | TEXT | st.floats(-1e9, 1e9)
)
OBJECTS: Final = st.dictionaries(
    TEXT,
    st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner)),
    max_size=3,
)

# Annotated types compare equal but do not hash, so this is a list and not a dict.
_SCALARS: Final[list[tuple[Any, st.SearchStrategy[Any]]]] = [
    (money.Minor, st.integers(0, money.MINOR_MAX)),
    (money.SignedMinor, st.integers(-money.MINOR_MAX, money.MINOR_MAX)),
    (money.MinorUnits, st.integers(0, money.MINOR_MAX)),
    (money.SomeMinorUnits, st.integers(1, money.MINOR_MAX)),
    (moments.Moment, MOMENTS),
    (scalars.Id, st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)),
    (scalars.Text, TEXT),
    (scalars.Url, TEXT),
    (scalars.Email, st.just("ada@example.com")),
    (scalars.FourDigits, st.integers(0, 9999).map("{:04d}".format)),
    (scalars.Currency, st.sampled_from(["USD", "EUR", "GBP"])),
    (scalars.Country, st.sampled_from(["US", "DE"])),
    (scalars.Quantity, st.integers(1, 1000)),
    (scalars.Count, st.integers(0, scalars.COUNT_MAX)),
    (scalars.Change, st.integers(-scalars.QUANTITY_MAX, scalars.QUANTITY_MAX)),
    (scalars.Points, st.integers(0, 100)),
    (scalars.Number, st.floats(-1e15, 1e15)),
    (scalars.Size, st.floats(0, 1e15)),
    (scalars.Ratio, st.floats(0, 1)),
    (scalars.JsonObject, OBJECTS),
    (Latitude, st.floats(-90, 90)),
    (Longitude, st.floats(-180, 180)),
    (Name, st.sampled_from(["ann", "Zoë B."])),
    (Note, st.sampled_from(["x", "made again\nby hand"])),
    (FraudType, st.just("stolen_card")),
    (Reason, TEXT),
    (date, st.dates(date(1970, 1, 1))),
    (bool, st.booleans()),
    (type(None), st.none()),
]


def messages() -> st.SearchStrategy[Message]:
    """Any message of the contract."""
    return st.sampled_from(sorted(MESSAGES)).flatmap(lambda name: built(MESSAGES[name]))


def built(model: type[Any]) -> st.SearchStrategy[Any]:
    """Any valid instance of a model; what is optional may be absent."""
    hints = get_type_hints(model, include_extras=True)
    required = {name: _of(hints[name]) for name, f in model.model_fields.items() if f.is_required()}
    optional = {name: _of(hints[name]) for name in model.model_fields if name not in required}
    # An absent line total is worked out from the line, and must fit.
    optional.pop("total_price_minor", None)
    if "unit_price_minor" in required:
        required["unit_price_minor"] = st.integers(0, 10**9)
    return st.fixed_dictionaries(required, optional=optional).map(lambda fields: model(**fields))


def _of(annotation: object) -> st.SearchStrategy[Any]:
    scalar = next((strategy for known, strategy in _SCALARS if annotation == known), None)
    if scalar is not None:
        return scalar
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return st.deferred(lambda: built(annotation))
    inner = get_args(annotation)
    made: dict[object, Callable[[], st.SearchStrategy[Any]]] = {
        tuple: lambda: st.lists(_of(inner[0]), max_size=2).map(tuple),
        dict: lambda: st.dictionaries(TEXT, _of(inner[1]), max_size=2),
        Literal: lambda: st.sampled_from(inner),
        Union: lambda: st.one_of([_of(choice) for choice in inner]),
        UnionType: lambda: st.one_of([_of(choice) for choice in inner]),
        Annotated: lambda: _of(inner[0]),
    }
    return made[get_origin(annotation)]()
