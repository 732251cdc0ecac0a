"""Tallies: what was counted in one window, and how two of them become one.

A tally is a row and a message. Its cells are counters by name; a name has parts joined by
`|`, such as `failed|stripe|card_declined`.
"""

from collections.abc import Iterable

import msgspec

from streams.pulse import histogram, ranking

CELLS_MAX = 100
"""Cells of a tally that share the first part of their names; those beyond it are counted under
that part and `other`. Names of one part are the program's own words, and few."""

NAME_CHARS_MAX = 80
"""Longer names are cut: some parts are a foreign producer's words."""

_NO_BUCKETS: dict[int, int] = {}


class Cell(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """How many, how much in all, and, where it is measured, how the amounts are spread."""

    count: int
    total: int = 0
    buckets: dict[int, int] = _NO_BUCKETS


class Tally(msgspec.Struct, frozen=True, gc=False):
    """What was counted. Never changed in place: rows are shared."""

    seq: int = 0
    """Records folded in; it tells which of two states is the newer."""
    published: int = 0
    """`seq` when it was last published."""
    cells: dict[str, Cell] = {}
    ranked: dict[str, int] = {}
    ranked_error: int = 0


class Partial(msgspec.Struct, frozen=True, gc=False):
    """One partition's tally of one window, cumulative: the last one wins.

    The window is [start_ms, start_ms + size_ms). A start of 0 is the standing window: a
    state, such as stock, that no window closes.
    """

    figure: str
    """The family of figures: the record's key."""
    start_ms: int
    size_ms: int
    partition: int
    seq: int
    cells: dict[str, Cell]
    ranked: dict[str, int] = {}
    ranked_error: int = 0


EMPTY = Tally()
STANDING_MS = 0
"""The start of the standing window."""


def grown(tally: Tally, cells: dict[str, Cell]) -> Tally:
    """Give the tally with one record more."""
    return Tally(tally.seq + 1, tally.published, cells, tally.ranked, tally.ranked_error)


def add(cells: dict[str, Cell], name: str, amount: int = 0, count: int = 1) -> None:
    """Count in the cell of that name, in a mapping that is the caller's own."""
    cell = cells.get(name)
    if cell is None:
        name = _bounded(cells, name)
        cell = cells.get(name)
    if cell is None:
        cells[name] = Cell(count, amount)
    else:
        cells[name] = Cell(cell.count + count, cell.total + amount, cell.buckets)


def observe(cells: dict[str, Cell], name: str, value: int) -> None:
    """Count a measured value, below 0 as 0, in the cell of that name."""
    value = max(value, 0)
    cell = cells.get(name)
    if cell is None:
        name = _bounded(cells, name)
        cell = cells.get(name)
    if cell is None:
        cells[name] = Cell(1, value, {histogram.bucket_of(value): 1})
        return
    buckets, bucket = cell.buckets.copy(), histogram.bucket_of(value)
    buckets[bucket] = buckets.get(bucket, 0) + 1
    cells[name] = Cell(cell.count + 1, cell.total + value, buckets)


def _bounded(cells: dict[str, Cell], name: str) -> str:
    """Give the name under which a new cell is counted."""
    name = name[:NAME_CHARS_MAX]
    stem, bar, _ = name.partition("|")
    if not bar or sum([one.startswith(stem + bar) for one in cells]) < CELLS_MAX:
        return name
    return f"{stem}|other"


def late(tally: Tally) -> Tally:
    """Count a record that came after its window had closed."""
    cells = tally.cells.copy()
    add(cells, "late")
    return grown(tally, cells)


def published(tally: Tally) -> Tally:
    """Give the tally as one that has been told."""
    return Tally(tally.seq, tally.seq, tally.cells, tally.ranked, tally.ranked_error)


def partial(tally: Tally, figure: str, start_ms: int, size_ms: int, partition: int) -> Partial:
    """Give what a partition tells about a window."""
    return Partial(
        figure,
        start_ms,
        size_ms,
        partition,
        tally.seq,
        tally.cells,
        tally.ranked,
        tally.ranked_error,
    )


def merge(parts: Iterable[Partial | Tally], ranked_max: int) -> Tally:
    """Add tallies up. The order does not matter as long as the rankings fit.

    At most `ranked_max` items stay ranked; 0 leaves the rankings out.
    """
    seq = 0
    cells: dict[str, Cell] = {}
    ranked: dict[str, int] = {}
    error = 0
    for part in parts:
        seq += part.seq
        for name, cell in part.cells.items():
            cells[name] = _sum(cells[name], cell) if name in cells else cell
        error += part.ranked_error
        if part.ranked and ranked_max:
            ranked, error = ranking.merged(ranked, part.ranked, error, ranked_max)
    return Tally(seq, seq, cells, ranked, error)


def _sum(a: Cell, b: Cell) -> Cell:
    buckets = histogram.merged(a.buckets, b.buckets) if b.buckets else a.buckets
    return Cell(a.count + b.count, a.total + b.total, buckets)
