"""Rows as of the last commit, for people to look at. Never the rows of a batch under way."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from engine.processor import Processor
from engine.specs import TableSpec
from engine.tables import table_prefix

MASKED = "***"


def committed_row(
    processor: Processor, table: TableSpec[Any], key: str, *, masked: bool = True
) -> Any | None:
    """One row as plain JSON values; None when there is none."""
    raw = processor.store.get(table_prefix(table.name) + key.encode())
    return None if raw is None else _shown(raw, table, masked=masked)


def committed_rows(
    processor: Processor,
    table: TableSpec[Any],
    *,
    prefix: str = "",
    first: str = "",
    limit: int,
    masked: bool = True,
) -> Iterator[tuple[str, Any]]:
    """Up to limit rows whose keys begin with prefix, in the order of their keys, from first on."""
    start = table_prefix(table.name)
    begin = start + max(prefix, first).encode()
    rows = processor.store.range(begin, start + prefix.encode() + b"\xff")
    for key, raw in islice(rows, limit):
        yield key[len(start) :].decode(), _shown(raw, table, masked=masked)


def _shown(raw: bytes, table: TableSpec[Any], *, masked: bool) -> Any:
    value = msgspec.json.decode(raw)
    return mask(value, table.mask) if masked else value


def mask(value: Any, paths: tuple[str, ...]) -> Any:
    """The value with what each dotted path names replaced by stars; lists are gone through."""
    for path in paths:
        _mask(value, path.split("."))
    return value


def _mask(value: Any, path: list[str]) -> None:
    if isinstance(value, list):
        for item in value:
            _mask(item, path)
    elif isinstance(value, dict) and value.get(path[0]) is not None:
        if len(path) == 1:
            value[path[0]] = MASKED
        else:
            _mask(value[path[0]], path[1:])
