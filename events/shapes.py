"""What the models say about wire names: which field a name belongs to, and what lies below it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import get_args, get_origin

from pydantic import AliasChoices

from events.base import Part


@dataclass(frozen=True, slots=True)
class FieldShape:
    """One field as the wire sees it."""

    wire: str
    """The canonical name."""

    choices: tuple[str, ...]
    """Every name it is read under, canonical first."""

    required: bool
    part: type[Part] | None
    """The model of its value, or of its items."""

    is_map: bool


def _part_in(annotation: object) -> type[Part] | None:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    return next((part for inner in get_args(annotation) if (part := _part_in(inner))), None)


def _has_map(annotation: object) -> bool:
    return get_origin(annotation) is dict or any(_has_map(inner) for inner in get_args(annotation))


@cache
def shape_of(model: type[Part]) -> Mapping[str, FieldShape]:
    """Give a model's fields by every wire name; a field's own name goes before an alias."""
    shapes = []
    for field in model.model_fields.values():
        alias = field.validation_alias
        choices = (
            tuple(str(choice) for choice in alias.choices)
            if isinstance(alias, AliasChoices)
            else (str(alias),)
        )
        shapes.append(
            FieldShape(
                wire=choices[0],
                choices=choices,
                required=field.is_required(),
                part=_part_in(field.annotation),
                is_map=_has_map(field.annotation),
            )
        )
    by_alias = {choice: shape for shape in shapes for choice in shape.choices}
    return by_alias | {shape.wire: shape for shape in shapes}


def owner_of(
    model: type[Part], path: tuple[int | str, ...]
) -> tuple[type[Part], FieldShape] | None:
    """Find the model and field that a path ends at; None where it leaves the contract."""
    found: tuple[type[Part], FieldShape] | None = None
    below: type[Part] | None = model
    key_follows = False
    for step in path:
        if isinstance(step, int) or key_follows:
            key_follows = False
            continue
        if below is None or step not in shape_of(below):
            return None
        found = (below, shape_of(below)[step])
        below, key_follows = found[1].part, found[1].is_map
    return found
