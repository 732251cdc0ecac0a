"""Rankings: bounded, exact while they fit, and never wrong by more than they say."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from streams.pulse.ranking import counted, leaders, merged

sales = st.lists(st.tuples(st.sampled_from("abcdefghij"), st.integers(1, 9)), max_size=80)


def ranked(entries: list[tuple[str, int]], items_max: int) -> tuple[dict[str, int], int]:
    counts: dict[str, int] = {}
    error = 0
    for item, amount in entries:
        counts, error = counted(counts, error, item, amount, items_max)
    return counts, error


def truth(entries: list[tuple[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for item, amount in entries:
        total[item] += amount
    return total


@given(sales)
def test_a_ranking_with_room_is_exact(entries: list[tuple[str, int]]) -> None:
    assert ranked(entries, 10) == (dict(truth(entries)), 0)


@given(sales, st.integers(1, 6))
def test_a_full_ranking_is_bounded_and_too_low_by_its_error_at_most(
    entries: list[tuple[str, int]], items_max: int
) -> None:
    counts, error = ranked(entries, items_max)

    assert len(counts) <= items_max
    for item, count in truth(entries).items():
        assert count - error <= counts.get(item, 0) <= count


@given(sales, sales, st.integers(1, 6))
def test_merging_keeps_the_bounds(
    one: list[tuple[str, int]], other: list[tuple[str, int]], items_max: int
) -> None:
    (a, error_a), (b, error_b) = ranked(one, items_max), ranked(other, items_max)

    counts, error = merged(a, b, error_a + error_b, items_max)

    assert len(counts) <= items_max
    for item, count in truth(one + other).items():
        assert count - error <= counts.get(item, 0) <= count


def test_leaders_come_highest_first_and_equal_ones_by_name() -> None:
    assert leaders({"b": 2, "a": 2, "c": 9, "d": 1}, 3) == [("c", 9), ("a", 2), ("b", 2)]
