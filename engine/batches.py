"""What a processor hands over: a batch to be committed; what it takes in: outcomes of effects."""

from dataclasses import dataclass, field

from engine.records import Output, Record
from engine.store import Item


@dataclass(slots=True)
class Batch:
    """What one commit writes."""

    outputs: list[Output]
    rows: list[Item]
    """Changed rows, then markers: the changelog and the store get the same."""
    records: int = 0


@dataclass(slots=True)
class Completion:
    """The outcome of an effect's call."""

    mark: str
    end: int | None
    """How far the marker moves; None: calls before this one are still under way."""
    settled: int | None = None
    """The record's offset, when its outcome is written ahead of the marker."""
    passed: tuple[int, ...] = ()
    """Offsets written ahead that the marker has passed now."""
    outputs: list[Output] = field(default_factory=list)
    dead: list[tuple[Record, str, str, Exception]] = field(default_factory=list)
    records: int = 0
