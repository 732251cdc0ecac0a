"""What holds for an order whatever it is told, in whatever order."""

from dataclasses import replace
from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from events.base import Message
from streams.moments import HOUR_MS
from streams.orders.deciding import amendment_over, backorder_over, decide, review_over
from streams.orders.evolution import evolve, fold
from streams.orders.facts import Amended
from streams.orders.flags import CHARGED_BACK
from streams.orders.outcomes import due_times, following
from streams.orders.returning import lapse
from streams.orders.rows import BEFORE_DISPATCH, HISTORY_MAX, LINES_EVER_MAX, Order, Status
from tests.streams.orders import samples
from tests.streams.orders.parcels import created, delivered, dispatched, returned
from tests.streams.orders.returns import advised, ask, dispute, received, ware
from tests.streams.orders.samples import (
    AT_MS,
    amend,
    cancel,
    change,
    declined,
    expired,
    fraud,
    held,
    paid,
    placed,
    readdress,
    refund,
    released,
    short,
    verdict,
)
from tests.streams.orders.shortages import gone, missed
from tests.streams.orders.table import TABLE

RULES = replace(samples.RULES, substitutes={"p1": ("s1", "s2"), "p2": ("s1",)})
CONFIRMED = placed(allow_substitutes=True)

WIDER = {
    # An order must not outlive its money.
    ("backordered", "cancelled", "PaymentFailed"),
    ("backordered", "cancelled", "FraudCheckCompleted"),
    ("on_hold", "cancelled", "PaymentFailed"),
    ("confirmed", "cancelled", "FraudCheckCompleted"),
    ("paid", "cancelled", "FraudCheckCompleted"),
    ("processing", "cancelled", "FraudCheckCompleted"),
    # Money is captured only when every line is held: the restock's own message is late.
    ("backordered", "confirmed", "PaymentProcessed"),
    # A review that was opened while the order waited holds it once its stock is there.
    ("confirmed", "on_hold", "InventoryAdjusted"),
    ("confirmed", "on_hold", "PaymentProcessed"),
    ("confirmed", "on_hold", "AmendOrder"),
    # An order comes back from its review to waiting for stock.
    ("confirmed", "backordered", "FraudCheckCompleted"),
    # The last line that was waited for cannot be had, or is replaced.
    ("backordered", "confirmed", "OutOfStock"),
    ("backordered", "confirmed", "timer:backorder"),
    ("backordered", "confirmed", "timer:amendment"),
    ("backordered", "confirmed", "CancelOrder"),
    ("confirmed", "on_hold", "OutOfStock"),
    ("confirmed", "on_hold", "timer:backorder"),
    ("confirmed", "on_hold", "timer:amendment"),
    ("on_hold", "cancelled", "InventoryAdjusted"),
    ("on_hold", "cancelled", "timer:amendment"),
    ("backordered", "cancelled", "timer:amendment"),
    ("confirmed", "cancelled", "timer:amendment"),
    # A hold that expired before its commit, or two lines of one order that run short.
    ("paid", "cancelled", "InventoryAdjusted"),
    ("processing", "cancelled", "InventoryAdjusted"),
    ("on_hold", "cancelled", "OutOfStock"),
    ("backordered", "cancelled", "OutOfStock"),
    ("on_hold", "cancelled", "timer:backorder"),
    ("backordered", "cancelled", "timer:review"),
    # An amendment takes away what the order waited for, at once or with what it adds.
    ("backordered", "confirmed", "AmendOrder"),
    # Parcels are scanned out of turn.
    ("paid", "processing", "ShipmentDispatched"),
    ("paid", "processing", "ShipmentDelivered"),
    ("processing", "shipped", "ShipmentDelivered"),
    ("on_hold", "processing", "ShipmentDispatched"),
    ("on_hold", "processing", "ShipmentDelivered"),
    ("shipped", "delivered", "ReturnReceived"),
    # All money went back before the goods were at their end.
    ("delivered", "refunded", "ShipmentDelivered"),
    ("delivered", "refunded", "ReturnReceived"),
    ("returned", "refunded", "ReturnReceived"),
}
"""Pairs of states that the table has for another cause only; each with its reason."""

MESSAGES = (
    held(1),
    held(2),
    expired(1),
    expired(2),
    released(2),
    short("p1"),
    short("p2"),
    short("p1", backorder_allowed=False),
    gone(1),
    gone(2),
    gone(3, "s1"),
    missed(1),
    missed(2),
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
    amend(change("p1", 2, 5)),
    amend(change("p1", 2, 1), change("p9", 0, 2, 700)),
    amend(change("p1", 2, 0)),
    amend(change("p2", 1, 0, 6499)),
    held(3),
    held(4),
    expired(3),
    short("p1", reservation_id="ord_1:3", backorder_allowed=False),
    paid(payment_id="pay_ord_1:2", amount_minor=3 * 3499),
    declined(3, payment_id="pay_ord_1:2"),
    readdress(city="Boston"),
    created(),
    dispatched(),
    delivered(),
    returned(units=1),
    ask(),
    ask(ware("p1", 2), ware("p2")),
    ask(resolution="exchange"),
    advised(),
    received(("p1", 1, "new")),
    received(("p1", 2, "new"), ("p2", 1, "damaged")),
    dispute(),
    dispute("lost"),
    "tick",
)
TIMERS = {
    "backorder": backorder_over,
    "review": review_over,
    "amendment": amendment_over,
    "return": lapse,
}
told = st.lists(st.tuples(st.sampled_from(MESSAGES), st.integers(0, 30 * HOUR_MS)), max_size=25)


def facts_of(order: Order, message: Message | str, at_ms: int) -> tuple[Any, ...]:
    if message != "tick":
        return decide(order, message, at_ms, RULES)
    for kind, rule in TIMERS.items():
        due_ms = due_times(order).get(kind)
        if due_ms is not None and due_ms <= at_ms:
            return rule(order, due_ms, at_ms, RULES)
    return ()


def cause_of(message: Message | str) -> tuple[str, ...]:
    """The names of what a step is caused by; a tick is one of its timers."""
    if isinstance(message, str):
        return ("timer:backorder", "timer:review", "timer:amendment", "timer:return")
    return (message.name,)


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
def test_only_the_contracts_transitions_happen_and_for_its_causes(lot: list) -> None:
    names = [cause_of(message) for message, _ in lot]
    for name, (before, facts, _) in zip(names, run(CONFIRMED, lot), strict=True):
        row = before
        for fact in facts:
            now = evolve(row, fact)
            if row.status is not now.status:
                moved = (row.status.value, now.status.value)
                causes = {(*moved, one) for one in name}
                assert causes & (TABLE | WIDER), (moved, name)
                assert moved in {(was, to) for was, to, _ in TABLE}
            row = now


@given(told)
def test_a_terminal_state_is_never_left(lot: list) -> None:
    for before, facts, after in run(CONFIRMED, lot):
        if before.status is Status.CANCELLED:
            assert after.status is Status.CANCELLED
            said = {one.name for one in following(after, facts, None, AT_MS, RULES)}
            assert said <= {"AlertRaised", "CreateReturnLabel"}, "only a parcel that left is news"


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
        assert after.status is not Status.BACKORDERED or after.short or after.unavailable
        under_way = after.status in BEFORE_DISPATCH
        assert not (under_way and after.unavailable) or after.pending is not None
        assert after.status is not Status.ON_HOLD or after.review_due_ms
        assert (after.held_from is not None) is (after.status is Status.ON_HOLD)
        assert under_way or {*due_times(after)} <= {"return"}


@given(told)
def test_every_wait_ends_by_its_clock_alone(lot: list) -> None:
    order = ([CONFIRMED] + [after for _, _, after in run(CONFIRMED, lot)])[-1]
    at_ms = AT_MS + 10**10
    for wait in range(12):
        facts = facts_of(order, "tick", at_ms + wait * HOUR_MS)
        order = fold(order, facts) if facts else order

    assert order.status not in {Status.BACKORDERED, Status.ON_HOLD}
    assert due_times(order) == {}


@given(told)
@example([(paid(), 0), (dispute("lost"), 0), (verdict("DECLINED"), 0)])  # The bank took it.
def test_a_cancellation_gives_back_what_was_captured_and_no_more(lot: list) -> None:
    cancellations = 0
    for before, facts, after in run(CONFIRMED, lot):
        for message in following(after, facts, None, AT_MS, RULES):
            if message.name != "OrderCancelled":
                continue
            cancellations += 1
            owed = None if CHARGED_BACK in before.flags else before.captured_minor
            given_back = None if message.refund is None else message.refund.amount_minor
            assert given_back == (None if owed is None else max(0, owed - before.refunded_minor))
    assert cancellations <= 1


@given(told)
@settings(max_examples=50)
def test_a_row_is_the_same_after_a_journey_through_the_store(lot: list) -> None:
    for _, _, after in run(CONFIRMED, lot):
        assert msgspec.json.decode(msgspec.json.encode(after), type=Order) == after


@given(told)
def test_lines_sum_to_the_total_and_what_is_held_or_short_is_ordered(lot: list) -> None:
    for _, _, after in run(CONFIRMED, lot):
        standing = {number for number, _ in after.standing}
        assert after.total_minor == sum(line.total_minor for line in after.lines)
        assert all(line.total_minor == 0 for line in after.lines if not line.quantity)
        assert {*after.held, *after.short, *after.unavailable, *after.unpaid} <= standing
        fates = [*after.held, *after.short, *after.unavailable]
        assert len(fates) == len(set(fates))
        assert standing
        assert len(after.lines) <= LINES_EVER_MAX


@given(told)
def test_an_amendment_tells_exactly_by_how_much_the_price_changed(lot: list) -> None:
    known_minor = CONFIRMED.total_minor
    for _, facts, after in run(CONFIRMED, lot):
        for message in following(after, facts, None, AT_MS, RULES):
            if message.name != "OrderAmended":
                continue
            changes = [
                (one.new_line_total_minor or 0) - (one.previous_line_total_minor or 0)
                for one in message.amendments
            ]
            assert message.previous_order_total_minor == known_minor
            known_minor += sum(changes)
            assert message.new_order_total_minor == known_minor
        assert after.total_minor == known_minor


@given(told)
def test_the_shop_takes_away_only_what_stock_does_not_have(lot: list) -> None:
    refused: set[int] = set()
    for (message, _), (before, facts, after) in zip(lot, run(CONFIRMED, lot), strict=True):
        refused |= {*before.short, *before.unavailable, *after.unavailable}
        if message != "tick" and message.name in {"OutOfStock", "InventoryAdjusted"}:
            refused.add(before.line_number(message.reservation_id))
            refused |= {n for n, line in before.standing if message.product_id == line.product_id}
        for fact in facts:
            if isinstance(fact, Amended) and fact.why:
                pairs = enumerate(zip(fact.before, fact.lines, strict=True), 1)
                assert {n for n, (was, now) in pairs if now.quantity < was.quantity} <= refused


@given(told)
def test_a_number_once_given_to_a_product_stays_with_it(lot: list) -> None:
    for before, _, after in run(CONFIRMED, lot):
        products = [line.product_id for line in before.lines]
        assert [line.product_id for line in after.lines][: len(products)] == products


@given(told)
def test_whatever_an_amendment_asked_of_stock_becomes_part_of_the_order_or_is_let_go(
    lot: list,
) -> None:
    asked, settled, order = set(), set(), CONFIRMED
    for _, facts, after in run(CONFIRMED, lot):
        for message in following(after, facts, None, AT_MS, RULES):
            if message.name == "ReserveStock":
                asked.add(message.reservation_id)
            elif message.name == "ReleaseStock":
                settled.add(message.reservation_id)
            elif message.name == "OrderAmended":
                settled |= {f"ord_1:{line.number}" for line in message.lines if line.quantity}
        order = after
    waiting = () if order.pending is None else order.pending.added

    assert asked - settled == {f"ord_1:{number}" for number in waiting}
