"""The most frequent items of a stream in bounded memory, mergeable.

A ranking counts exactly while it has room. When it is full, the median count is taken off
every count and what is left with nothing goes (the frequent-items sketch of Misra and Gries,
in the batched form of Anderson and others, 2017). So a count is a lower bound, and lower by
at most `error`; no item whose true count exceeds the error is missing.
"""

from collections.abc import Mapping

Counts = dict[str, int]


def counted(
    counts: Mapping[str, int], error: int, item: str, amount: int, items_max: int
) -> tuple[Counts, int]:
    """Count an item; what comes out never holds more than `items_max` items."""
    grown = dict(counts)
    grown[item] = grown.get(item, 0) + amount
    return (grown, error) if len(grown) <= items_max else _thinned(grown, error)


def merged(
    a: Mapping[str, int], b: Mapping[str, int], error: int, items_max: int
) -> tuple[Counts, int]:
    """Add two rankings up; `error` is the sum of theirs."""
    counts = dict(a)
    for item, count in b.items():
        counts[item] = counts.get(item, 0) + count
    while len(counts) > items_max:
        counts, error = _thinned(counts, error)
    return counts, error


def leaders(counts: Mapping[str, int], items: int) -> list[tuple[str, int]]:
    """Give the items with the highest counts, highest first, equal ones by name."""
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:items]


def _thinned(counts: Counts, error: int) -> tuple[Counts, int]:
    """Take the median count off every count: about half the items go."""
    values = sorted(counts.values())
    median = values[len(values) // 2]
    return {item: n - median for item, n in counts.items() if n > median}, error + median
