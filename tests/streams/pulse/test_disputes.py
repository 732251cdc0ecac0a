"""Payments and disputes of the last thirty days."""

from hypothesis import given
from hypothesis import strategies as st

from streams.moments import DAY_MS
from streams.pulse.disputes import (
    DAYS_KEPT_MAX,
    NONE,
    disputed,
    paid,
    share_of,
    standing,
    told,
)

NOW_MS = 20_000 * DAY_MS


def test_disputes_are_counted_among_the_payments() -> None:
    month = disputed(paid(paid(NONE, NOW_MS), NOW_MS + DAY_MS), NOW_MS + 2 * DAY_MS)

    assert share_of(standing(month).cells) == (1, 2)
    assert (month.seq, told(month).published) == (3, 3)


def test_a_day_may_have_several_and_be_told_late() -> None:
    month = disputed(disputed(paid(paid(NONE, NOW_MS + DAY_MS), NOW_MS), NOW_MS), NOW_MS)

    assert share_of(standing(month).cells) == (2, 2)


def test_after_thirty_days_a_day_counts_no_more() -> None:
    month = paid(disputed(paid(NONE, NOW_MS), NOW_MS), NOW_MS + 29 * DAY_MS)
    assert share_of(standing(month).cells) == (1, 2)

    assert share_of(standing(paid(month, NOW_MS + 30 * DAY_MS)).cells) == (0, 2)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 90)), max_size=120))
def test_days_stay_bounded(story: list[tuple[bool, int]]) -> None:
    month = NONE
    for is_dispute, day in sorted(story, key=lambda told: told[1]):
        month = (disputed if is_dispute else paid)(month, NOW_MS + day * DAY_MS)

    assert max(len(month.payments), len(month.disputes)) <= DAYS_KEPT_MAX
    assert month.seq == len(story)
