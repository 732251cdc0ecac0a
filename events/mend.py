"""Mends what older producers are known for, where validation points, and words the rest."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from events.base import ANY_OTHER, Message, Part
from events.errors import NAME_CHARS_MAX, quoted
from events.moments import parse_moment
from events.shapes import FieldShape, owner_of

_Fault = Mapping[str, Any]
_Path = tuple[int | str, ...]

_ABSENT: Final = object()
_DATE_CHARS: Final = len("2025-11-16")
_REASON_CHARS_MAX: Final = 160


def mend(record: dict[str, Any], model: type[Message], faults: Sequence[_Fault]) -> bool:
    """Mend in place what can be mended, and tell whether anything was."""
    return sum(_mend_one(record, model, fault) for fault in faults) > 0


def _mend_one(record: dict[str, Any], model: type[Message], fault: _Fault) -> bool:
    path: _Path = fault["loc"]
    owner = owner_of(model, path[1:]) if path[:1] == ("data",) else None
    holder = _below(record, path[:-1])
    if owner is None or not isinstance(holder, (dict, list)):
        return False
    value = _below(record, path)
    if value is _ABSENT:
        return False
    mended = _mended(owner[0], owner[1], fault["type"], value)
    if mended is not _ABSENT:
        holder[path[-1]] = mended  # type: ignore[index]  # the path was just walked
        return True
    if isinstance(holder, dict) and _is_droppable(owner[1], fault["type"], value, holder):
        del holder[str(path[-1])]
        return True
    return False


def _is_droppable(field: FieldShape, fault: str, value: object, holder: Mapping[str, Any]) -> bool:
    """Tell whether a wrong value counts as none: null, or an optional field's unknown word."""
    if not field.required:
        return value is None or fault == "literal_error"
    return value is None and any(holder.get(choice) is not None for choice in field.choices)


def _mended(owner: type[Part], field: FieldShape, fault: str, value: object) -> object:
    if fault == "literal_error":
        words = owner.spellings.get(field.wire, {})
        return (
            words.get(value, words.get(ANY_OTHER, _ABSENT)) if isinstance(value, str) else _ABSENT
        )
    if fault == "model_type" and field.part is not None and field.part.scalar is not None:
        is_scalar = isinstance(value, (str, int, float)) and not isinstance(value, bool)
        return {**field.part.scalar_defaults, field.part.scalar: value} if is_scalar else _ABSENT
    if fault.startswith("date_from") and isinstance(value, str):
        return _date_of(value)
    return _ABSENT


def _date_of(moment: str) -> object:
    try:
        parse_moment(moment)
    except ValueError:
        return _ABSENT
    return moment[:_DATE_CHARS] if len(moment) > _DATE_CHARS else _ABSENT


def _below(record: object, path: _Path) -> object:
    found = record
    for step in path:
        if isinstance(found, list) and isinstance(step, int):
            found = found[step] if step < len(found) else _ABSENT
        elif isinstance(found, dict):
            found = found.get(step, _ABSENT)
        else:
            return _ABSENT
    return found


def explain(model: type[Message], faults: Sequence[_Fault]) -> str:
    """Say in one line which field is wrong, why, and what was expected."""
    fault = faults[0]
    path = ".".join(str(step) for step in fault["loc"] if step != "data") or "record"
    reason = str(fault["msg"]).replace("Value error, ", "").replace("Input should be", "expected")
    reason = reason[:_REASON_CHARS_MAX].replace("\n", " ")
    got = "" if fault["type"] == "missing" else f", got {quoted(fault['input'])}"
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"{model.name}.{path[:NAME_CHARS_MAX]}: {reason}{got}{more}"
