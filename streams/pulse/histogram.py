"""Histograms of whole numbers in logarithmic buckets: bounded, and they merge exactly.

A histogram is a mapping of bucket to count. Values up to 31 have a bucket each; above, every
doubling has 16 buckets, so a value is known to a sixteenth and a quantile, taken in the
middle of its bucket, is off by 1/32 at most. Two histograms merge by adding counts, so a
quantile of the merged one does not depend on who counted what.
"""

from collections.abc import Mapping

VALUE_MAX = 2**27 - 1
"""Larger values count as this one: 37 hours, in milliseconds."""

_EXACT = 32
_BITS = 5


def bucket_of(value: int) -> int:
    """Name the bucket of a value; below 0 counts as 0, above `VALUE_MAX` as `VALUE_MAX`."""
    if value < _EXACT:
        return max(value, 0)
    value = min(value, VALUE_MAX)
    shift = value.bit_length() - _BITS
    return (shift << 4) + (value >> shift)


def bounds_of(bucket: int) -> tuple[int, int]:
    """Give the least value of a bucket and the least above it."""
    if bucket < _EXACT:
        return bucket, bucket + 1
    shift = (bucket >> 4) - 1
    low = ((bucket & 15) + 16) << shift
    return low, low + (1 << shift)


def merged(a: Mapping[int, int], b: Mapping[int, int]) -> dict[int, int]:
    """Add two histograms up."""
    total = dict(a)
    for bucket, count in b.items():
        total[bucket] = total.get(bucket, 0) + count
    return total


def quantile(buckets: Mapping[int, int], percent: int) -> float | None:
    """Give the value that this percentage of all values does not exceed; None without values.

    It is the middle of the bucket in which the value of that rank lies.
    """
    rank = -(-percent * sum(buckets.values()) // 100)
    seen = 0
    for bucket in sorted(buckets):
        seen += buckets[bucket]
        if seen >= rank:
            low, above = bounds_of(bucket)
            return (low + above - 1) / 2
    return None
