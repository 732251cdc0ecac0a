"""Rows of tables as the API shows them: camelCase, money in major units, times in RFC 3339."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any, Final

import msgspec

from events.moments import format_ms

_INTERNAL: Final = frozenset(
    {
        "asked_ms", "cause_id", "correlation_id", "idempotency_key", "members", "pauses", "queue",
        "resolved", "token",
    }
)  # fmt: skip
"""Nobody outside needs them, a payment token is as good as money, what people noted of a payment
that was stuck is not for its customer, and who waits for a product is nobody else's business."""
_STAFFS: Final = frozenset({"approved_by", "fraud", "requested_by", "stuck_on", "suspected"})
"""Not for customers: what the shop thinks of a payment, and who of its people decided."""
_DURATIONS: Final = frozenset({"waited_ms"})
"""Every other field of milliseconds is a moment."""
_CENTS: Final = 100


def public(row: Any, row_type: Any, *, staff: bool = True) -> Any:
    """A row, as a worker's table view gave it, in the form of the API."""
    return _shown(_typed(row, row_type), _INTERNAL if staff else _INTERNAL | _STAFFS)


def _typed(value: Any, kind: Any) -> Any:
    """The value as what it is, field by field where one of them is masked."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:  # What is masked need not have the type of what it hides.
        known = isinstance(kind, type) and issubclass(kind, msgspec.Struct)
        if not (known and isinstance(value, dict)):
            return value
    return {
        one.name: _typed(value[one.name], one.type) if one.name in value else one.default
        for one in msgspec.structs.fields(kind)
        if one.name in value or one.default is not msgspec.NODEFAULT
    }


def _shown(value: Any, hidden: frozenset[str]) -> Any:
    if isinstance(value, msgspec.Struct):
        told = {name: getattr(value, name) for name in value.__struct_fields__}
        return _fields(told, hidden)
    if is_dataclass(value):
        return _fields({one.name: getattr(value, one.name) for one in fields(value)}, hidden)
    if isinstance(value, Mapping):
        return _fields(value, hidden)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_shown(one, hidden) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _fields(told: Mapping[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
    shown = (_field(name, value, hidden) for name, value in told.items() if name not in hidden)
    return {name: value for name, value in shown if value is not None}


def _field(name: str, value: Any, hidden: frozenset[str]) -> tuple[str, Any]:
    """Its name and its value in the form of the API; None where it says nothing."""
    number = isinstance(value, int) and not isinstance(value, bool)
    if name.endswith("_minor"):
        return _camel(name.removesuffix("_minor")), _major(value)
    if number and name.endswith("_ms") and name not in _DURATIONS:
        return _camel(name.removesuffix("_ms")), format_ms(value) if value else None
    return _camel(name), _shown(value, hidden)


def _major(value: Any) -> Any:
    """An amount, or several, in major units."""
    if isinstance(value, (list, tuple)):
        return [_major(one) for one in value]
    return value / _CENTS if isinstance(value, int) else value


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)
