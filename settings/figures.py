"""The figures of rules: how the environment names them, and what a time scale makes of them."""

import dataclasses
import json
import re
from typing import Any, Final, TypeVar, get_args, get_type_hints

from settings.names import nearest

T = TypeVar("T")

_SOME: Final = frozenset(
    {
        "letters_max", "reconciliation_page_max", "rows_max", "snapshot_every_ms",
        "travel_span_ms", "volume_divisor", "window_ms",
    }
)  # fmt: skip
"""By these others are divided, or with none of them nothing would be looked at. So it is with what
goes through a second or a minute."""


def figures(rules: Any, given: dict[str, Any]) -> dict[str, Any]:
    """What is given for a class of rules: every name must be one of its figures.

    Raises:
        ValueError: a name is none, with the nearest that is one; or a figure is not as it may be.
    """
    known = [field.name for field in dataclasses.fields(rules)]
    unknown = [name + nearest(name, known) for name in sorted(set(given) - set(known))]
    if unknown:
        raise ValueError(f"no such figure: {', '.join(unknown)}")
    kinds = get_type_hints(rules)
    return {name: _named(kinds[name], _parsed(name, figure)) for name, figure in given.items()}


def _named(kind: Any, figure: Any) -> Any:
    """The figure; where it is a table of classes, every name in it must be one of theirs too."""
    rows = next((each for each in get_args(kind) if dataclasses.is_dataclass(each)), None)
    if rows is None or not isinstance(figure, dict):
        return figure
    return {
        key: figures(rows, row) if isinstance(row, dict) else row for key, row in figure.items()
    }


def _parsed(name: str, figure: Any) -> Any:
    """A figure that is a list or an object travels as JSON; any other as it is.

    Counts, amounts and durations are all 0 or more, and some must be something.
    """
    some = name in _SOME or name.endswith(("_per_s", "_per_min"))
    if some and re.fullmatch(r"\s*\+?[0.]+\s*", str(figure)):
        raise ValueError(f"{name}: expected 1 or more")
    if not isinstance(figure, str) or not figure.lstrip().startswith(("[", "{")):
        if isinstance(figure, str) and re.match(r"\s*-[\d.]", figure):
            raise ValueError(f"{name}: expected 0 or more")
        return figure
    try:
        return json.loads(figure)
    except ValueError as error:
        raise ValueError(f"{name}: not JSON: {error}") from error


def scaled(rules: T, time_scale: float) -> T:
    """The same rules with every duration divided by the time scale, at least 1 ms."""
    if time_scale == 1.0:
        return rules
    durations: dict[str, Any] = {
        field.name: max(1, round(getattr(rules, field.name) / time_scale))
        for field in dataclasses.fields(rules)  # type: ignore[arg-type]  # rules are dataclasses
        if field.name.endswith("_ms") and isinstance(getattr(rules, field.name), int)
    }
    return dataclasses.replace(rules, **durations)  # type: ignore[type-var]
