"""A row without its personal data: what views mask, an erasure empties.

A field goes back to its default; one that has none becomes empty: no text, no entries, 0. Of an
address its country stays, because amounts are taxed by it.
"""

from functools import cache
from typing import Any, Final, TypeVar

import msgspec
from msgspec.structs import FieldInfo, fields, replace

T = TypeVar("T")

KEPT: Final = frozenset({"country"})


def blanked(row: T, paths: tuple[str, ...]) -> T:
    """The row with what each dotted path names emptied; the very row if nothing was there.

    Lists are gone through.
    """
    for path in paths:
        row = _blanked(row, path.split("."))
    return row


def _blanked(value: Any, path: list[str]) -> Any:
    if isinstance(value, tuple):
        items = tuple([_blanked(item, path) for item in value])
        return value if items == value else items
    if not isinstance(value, msgspec.Struct):
        return value
    name, *rest = path
    before = getattr(value, name)
    after = _blanked(before, rest) if rest else _empty(_fields(type(value))[name], before)
    return value if after == before else replace(value, **{name: after})


def _empty(field: FieldInfo, value: Any) -> Any:
    """What a field holds when it holds nothing."""
    if field.default is not msgspec.NODEFAULT:
        return field.default
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return _nothing(value)


def _nothing(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        kind = type(value)
        return kind(
            **{
                name: getattr(value, name) if name in KEPT else _empty(field, getattr(value, name))
                for name, field in _fields(kind).items()
            }
        )
    return None if value is None else type(value)()


@cache
def _fields(kind: type[msgspec.Struct]) -> dict[str, FieldInfo]:
    return {field.name: field for field in fields(kind)}
