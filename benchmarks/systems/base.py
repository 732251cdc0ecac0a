"""What the runner has to know of a system."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from benchmarks.job import Job
from benchmarks.kafka import Record

Row = tuple[str, tuple[int, ...] | None]
"""A key and the figures of its row; None: the row is gone."""


@dataclass(frozen=True, slots=True)
class System:
    """One system with one guarantee."""

    name: str
    guarantee: str
    command: Callable[[Job], list[str]]
    """The command line that does a job."""
    changelog: Callable[[Job], str]
    """The topic that holds the rows of W1."""
    rows: Callable[[Iterable[Record]], Iterable[Row]]
    """The changelog's records as rows; markers and the like left out."""
    topics: Callable[[Job], tuple[str, ...]] = field(default=lambda _job: ())
    """Topics that it wants made beforehand."""
    clocks_by_key: bool = False
    """Windows close by the event time of their key alone."""
    seconds_max: float = 600.0
