"""Sums over a partition's subscriptions follow from their facts."""

import pytest

from streams.moments import DAY_MS
from streams.subscriptions import facts as f
from streams.subscriptions.evolution import evolve
from streams.subscriptions.levels import BARE, Levels, after, standing, told
from streams.subscriptions.rows import Status, Subscription
from tests.streams.subscriptions.samples import active, charged, pending

MONDAY_MS = 20_500 * DAY_MS
LOST = f.ChargeFailed(MONDAY_MS)
AGAIN = f.ChargeBegun(MONDAY_MS, "sub_1_2025_02_2", is_retry=True)
TUESDAY_MS = 20_501 * DAY_MS


def summed(
    levels: Levels, before: Subscription | None, *facts: f.Fact, at_ms: int = MONDAY_MS
) -> Levels:
    for fact in facts:
        now = evolve(before, fact)
        levels, before = after(levels, before, now, fact, at_ms), now
    return levels


def test_a_subscription_is_counted_where_it_is_until_it_ends() -> None:
    one, two = active(), active()
    levels = summed(summed(BARE, None, f.Began(one)), None, f.Began(two))
    assert levels.states == {"active": 2}

    late = f.ChargeFailed(MONDAY_MS), f.Moved(Status.PAST_DUE)
    levels = summed(levels, charged(), *late)
    levels = summed(levels, two, f.Expired())

    assert levels.states == {"active": 0, "past_due": 1}


@pytest.mark.parametrize(
    ("facts", "went"),
    [
        ((f.InvoicePaid(),), (1, 0)),
        ((f.ChargeFailed(MONDAY_MS),), (0, 1)),
        ((LOST, AGAIN, f.InvoicePaid()), (0, 1)),
        ((LOST, AGAIN, LOST), (0, 1)),
        ((f.Reminded(3),), (0, 0)),
    ],
)
def test_a_cycle_counts_once_by_its_first_outcome(
    facts: tuple[f.Fact, ...], went: tuple[int, int]
) -> None:
    levels = summed(BARE, charged(), *facts)

    assert (levels.paid, levels.failed) == went


def test_another_day_begins_anew() -> None:
    lost = f.ChargeFailed(MONDAY_MS)
    monday = summed(summed(BARE, charged(), lost), charged(), f.InvoicePaid())
    levels = summed(monday, charged(), f.InvoicePaid(), at_ms=TUESDAY_MS)

    assert (levels.day, levels.paid, levels.failed) == (20_501, 1, 0)
    assert levels.seq > monday.seq, "it is the newer"
    again = summed(monday, charged(), f.InvoicePaid())
    assert (again.paid, again.failed) == (2, 1), "the same day"
    cells = standing(levels).cells
    assert (cells["paid|20501"].total, cells["failed|20501"].total) == (1, 0)


def test_what_began_again_after_its_end_is_counted_once_more_and_what_was_told_is_known() -> None:
    ended = summed(summed(BARE, None, f.Began(active())), active(), f.Expired())

    levels = summed(ended, None, f.Began(active()))

    assert levels.states == {"active": 1}
    assert levels.seq > ended.seq
    assert standing(told(levels)).published == levels.seq


def test_what_changes_no_sum_changes_no_row() -> None:
    levels = summed(BARE, None, f.Began(pending()))

    assert summed(levels, charged(), f.Reminded(3)) is levels
