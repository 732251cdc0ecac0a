"""Histograms: buckets that cover everything once, quantiles within their error, exact merging."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.pulse.histogram import VALUE_MAX, bounds_of, bucket_of, merged, quantile

values = st.integers(0, VALUE_MAX)


def histogram(numbers: list[int]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for number in numbers:
        counts[bucket_of(number)] = counts.get(bucket_of(number), 0) + 1
    return counts


def test_buckets_follow_each_other_without_gap_or_overlap() -> None:
    edges = [bounds_of(bucket) for bucket in range(bucket_of(VALUE_MAX) + 1)]

    assert edges[0][0] == 0
    assert edges[-1][1] == VALUE_MAX + 1
    assert all(above == low for (_, above), (low, _) in pairwise(edges))


@given(values)
def test_a_value_lies_in_its_bucket_and_the_bucket_is_narrow(value: int) -> None:
    low, above = bounds_of(bucket_of(value))

    assert low <= value < above
    assert above - low <= max(1, low / 16)


@pytest.mark.parametrize(
    ("value", "counts_as"), [(-5, 0), (VALUE_MAX + 1, VALUE_MAX), (2**60, VALUE_MAX)]
)
def test_values_outside_count_as_the_nearest_inside(value: int, counts_as: int) -> None:
    assert bucket_of(value) == bucket_of(counts_as)


@given(st.lists(values, min_size=1, max_size=60), st.sampled_from([1, 50, 95, 99, 100]))
def test_a_quantile_is_within_a_thirtysecond_of_the_exact_one(
    numbers: list[int], percent: int
) -> None:
    exact = sorted(numbers)[-(-percent * len(numbers) // 100) - 1]

    found = quantile(histogram(numbers), percent)

    assert found is not None
    assert abs(found - exact) <= max(0.5, exact / 32)


def test_nothing_has_no_quantile() -> None:
    assert quantile({}, 95) is None


@given(st.lists(values, max_size=40), st.integers(0, 40))
def test_merging_parts_gives_the_histogram_of_the_whole(numbers: list[int], cut: int) -> None:
    parts = merged(histogram(numbers[:cut]), histogram(numbers[cut:]))

    assert parts == histogram(numbers)
