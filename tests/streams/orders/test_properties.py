"""What holds for an order whatever it is told, in whatever order."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from events.base import Message
from streams.orders.deciding import backorder_over, decide, review_over
from streams.orders.evolution import evolve, fold
from streams.orders.outcomes import due_times, following
from streams.orders.rows import BEFORE_DISPATCH, HISTORY_MAX, Order, Status
from tests.streams.orders.samples import (
    AT_MS,
    CONFIRMED,
    HOUR_MS,
    RULES,
    cancel,
    declined,
    expired,
    fraud,
    held,
    paid,
    refund,
    released,
    short,
    verdict,
)

TRANSITIONS = {
    ("confirmed", "backordered"),
    ("backordered", "confirmed"),
    ("backordered", "cancelled"),
    ("confirmed", "cancelled"),
    ("confirmed", "on_hold"),
    ("paid", "on_hold"),
    ("processing", "on_hold"),
    ("on_hold", "confirmed"),
    ("on_hold", "paid"),
    ("on_hold", "processing"),
    ("on_hold", "cancelled"),
    ("confirmed", "paid"),
    ("paid", "cancelled"),
    ("processing", "cancelled"),
}
"""Of the contract's table, the pairs that do not need Shipping."""

MESSAGES = (
    held(1),
    held(2),
    expired(1),
    expired(2),
    released(2),
    short("p1"),
    short("p2"),
    short("p1", backorder_allowed=False),
    paid(),
    paid(amount_minor=1),
    declined(1),
    declined(3),
    verdict("APPROVED"),
    verdict("MANUAL_REVIEW"),
    verdict("DECLINED"),
    fraud("high"),
    refund(100, "partially_refunded"),
    refund(),
    cancel(),
    cancel("usr_2"),
    "tick",
)
told = st.lists(st.tuples(st.sampled_from(MESSAGES), st.integers(0, 30 * HOUR_MS)), max_size=25)


def facts_of(order: Order, message: Message | str, at_ms: int) -> tuple[Any, ...]:
    if message != "tick":
        return decide(order, message, at_ms, RULES)
    for kind, rule in (("backorder", backorder_over), ("review", review_over)):
        due_ms = due_times(order).get(kind)
        if due_ms is not None and due_ms <= at_ms:
            return rule(order, due_ms, at_ms, RULES)
    return ()


def run(order: Order, lot: list[tuple[Any, int]]) -> list[tuple[Order, tuple[Any, ...], Order]]:
    """Every (row before, facts, row after), as time goes on."""
    steps, at_ms = [], AT_MS
    for message, wait_ms in lot:
        at_ms += wait_ms
        facts = facts_of(order, message, at_ms)
        after = fold(order, facts) if facts else order
        steps.append((order, facts, after))
        order = after
    return steps


@given(told)
def test_only_the_contracts_transitions_happen(lot: list) -> None:
    for before, facts, _ in run(CONFIRMED, lot):
        row = before
        for fact in facts:
            now = evolve(row, fact)
            moved = (row.status.value, now.status.value)
            assert row.status is now.status or moved in TRANSITIONS
            row = now


@given(told)
def test_a_terminal_state_is_never_left(lot: list) -> None:
    for before, facts, after in run(CONFIRMED, lot):
        if before.status is Status.CANCELLED:
            assert after.status is Status.CANCELLED
            assert not [*following(after, facts, None, AT_MS)]


@given(told)
def test_each_fact_makes_one_version_and_nothing_else_does(lot: list) -> None:
    for before, facts, after in run(CONFIRMED, lot):
        assert after.version == before.version + len(facts)
        assert (after == before) is not bool(facts)


@given(told)
def test_the_history_is_bounded_begins_with_placing_and_never_goes_back(lot: list) -> None:
    for _, _, after in run(CONFIRMED, lot * 4):
        times = [step.at_ms for step in after.history]
        assert len(times) <= HISTORY_MAX
        assert times == sorted(times)
        assert after.history[0].reason == "PLACED"
        assert after.history[-1].status is after.status


@given(told)
def test_told_the_same_twice_in_a_row_an_order_minds_it_once(lot: list) -> None:
    order, at_ms = CONFIRMED, AT_MS
    for message, wait_ms in lot:
        at_ms += wait_ms
        facts = facts_of(order, message, at_ms)
        order = fold(order, facts) if facts else order
        assert message == "tick" or facts_of(order, message, at_ms) == ()


@given(told)
def test_what_waits_has_a_clock_and_what_has_a_clock_waits(lot: list) -> None:
    for _, _, after in run(CONFIRMED, lot):
        assert bool(after.short) is bool(after.backorder_due_ms)
        assert after.status is not Status.BACKORDERED or after.short
        assert after.status is not Status.ON_HOLD or after.review_due_ms
        assert (after.held_from is not None) is (after.status is Status.ON_HOLD)
        assert after.status in BEFORE_DISPATCH or not due_times(after)


@given(told)
def test_every_wait_ends_by_its_clock_alone(lot: list) -> None:
    order = ([CONFIRMED] + [after for _, _, after in run(CONFIRMED, lot)])[-1]
    at_ms = AT_MS + 10**10
    for _ in range(3):
        facts = facts_of(order, "tick", at_ms)
        order = fold(order, facts) if facts else order

    assert order.status not in {Status.BACKORDERED, Status.ON_HOLD}
    assert due_times(order) == {}


@given(told)
def test_a_cancellation_gives_back_what_was_captured_and_no_more(lot: list) -> None:
    cancellations = 0
    for before, facts, after in run(CONFIRMED, lot):
        for message in following(after, facts, None, AT_MS):
            cancellations += 1
            owed = None if before.captured_minor is None else before.captured_minor
            given_back = None if message.refund is None else message.refund.amount_minor
            assert given_back == (None if owed is None else max(0, owed - before.refunded_minor))
    assert cancellations <= 1


@given(told)
@settings(max_examples=50)
def test_a_row_is_the_same_after_a_journey_through_the_store(lot: list) -> None:
    for _, _, after in run(CONFIRMED, lot):
        assert msgspec.json.decode(msgspec.json.encode(after), type=Order) == after
