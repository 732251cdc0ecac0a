"""Rows of tables as the API shows them: camelCase, money in major units, times in RFC 3339."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, Final

import msgspec

_INTERNAL: Final = frozenset({"correlation_id", "idempotency_key", "cause_id", "token"})
"""Nobody outside needs them, and a payment token is as good as money."""
_CENTS: Final = 100


def public(row: Any, row_type: Any) -> Any:
    """A row, as a worker's table view gave it, in the form of the API."""
    try:
        return _shown(msgspec.convert(row, row_type))
    except msgspec.ValidationError:  # masked values need not have the type of what they hide
        return _shown(row)


def _shown(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return _fields({name: getattr(value, name) for name in value.__struct_fields__})
    if isinstance(value, Mapping):
        return _fields(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_shown(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    return dict(
        _field(name, value)
        for name, value in fields.items()
        if name not in _INTERNAL and value is not None
    )


def _field(name: str, value: Any) -> tuple[str, Any]:
    number = isinstance(value, int) and not isinstance(value, bool)
    if name.endswith("_minor"):
        return _camel(name.removesuffix("_minor")), value / _CENTS if number else value
    if number and (name == "at_ms" or name.endswith(("_at_ms", "_due_ms"))):
        return _camel(name.removesuffix("_ms")), _moment(value) if value else None
    return _camel(name), _shown(value)


def _moment(at_ms: int) -> str:
    moment = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return moment.replace("+00:00", "Z")


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)
