"""Allocation as an agent, fed by Orders: an order's lines become commands to stock."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import events
from events.base import Message
from streams.allocation.rows import LineState, Status
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS, moment_of, ms_of
from tables.allocations import ALLOCATIONS
from tests.agents.order_desk import Desk
from tests.streams.orders.samples import (
    amend,
    cancel,
    change,
    declined,
    expired,
    fraud,
    held,
    paid,
    place_order,
    short,
    verdict,
)
from tests.streams.orders.shortages import missed
from topics import INVENTORY_COMMANDS, ORDERS_EVENTS


def said(desk: Desk) -> list[tuple[str, str]]:
    return [
        (envelope.event_type, envelope.data.reservation_id)
        for envelope in sorted(desk.said(INVENTORY_COMMANDS), key=lambda e: e.timestamp_ms)
    ]


def test_a_placed_order_asks_for_its_lines_by_product() -> None:
    desk = Desk().tell(place_order())

    records = desk.driver.outputs(INVENTORY_COMMANDS)

    assert sorted(record.key or b"" for record in records) == [b"p1", b"p2"]
    for envelope in desk.said(INVENTORY_COMMANDS):
        assert envelope.event_type == "ReserveStock"
        assert envelope.correlation_id == "corr_1"
        assert envelope.data.payment_id == "pay_ord_1"
        assert ms_of(envelope.data.expires_at) == desk.driver.now_ms + 15 * MINUTE_MS


def test_no_street_and_no_name_goes_to_stock() -> None:
    desk = Desk().tell(place_order())

    values = b"".join(r.value or b"" for r in desk.driver.outputs(INVENTORY_COMMANDS))

    assert b"Main St" not in values
    assert b'"country":"US"' in values


def test_stock_is_told_where_a_line_was_sold_and_by_when_it_is_promised() -> None:
    desk = Desk()
    desk.put(place_order(), metadata={"source": "mobile-app"})
    desk.driver.run()

    desk.tell(amend(change("p1", 2, 5)))

    asked = [e.data for e in desk.said(INVENTORY_COMMANDS) if e.event_type == "ReserveStock"]
    promised = desk.said(ORDERS_EVENTS)[0].data.estimated_delivery_date
    assert [(one.reservation_id, one.sales_channel, one.promised_date) for one in asked] == [
        (f"ord_1:{line}", "mobile-app", promised) for line in (1, 2, 3)
    ]


def test_a_rejected_order_asks_for_nothing() -> None:
    desk = Desk().tell(place_order(currency="CHF"))

    assert desk.driver.rows(ALLOCATIONS) == {}
    assert said(desk) == []


@pytest.mark.parametrize(
    ("ends", "reason"),
    [
        ([cancel()], "order_cancelled"),
        ([declined(3)], "payment_failed"),
        ([expired(1)], "reservation_expired"),
        ([verdict("DECLINED")], "order_cancelled"),
        ([fraud(), verdict("DECLINED")], "order_cancelled"),
    ],
    ids=["customer", "payment", "expiry", "fraud", "fraud after review"],
)
def test_an_order_that_ends_lets_every_line_go(ends: list[Message], reason: str) -> None:
    desk = Desk().tell(place_order(), *ends)

    released = [e.data for e in desk.said(INVENTORY_COMMANDS) if e.event_type == "ReleaseStock"]

    assert sorted(command.reservation_id for command in released) == ["ord_1:1", "ord_1:2"]
    assert {command.reason for command in released} == {reason}
    assert desk.allocation().status is Status.RELEASED


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        ([short("p1", backorder_allowed=False), short("p2", backorder_allowed=False)], "cancelled"),
        ([paid(), missed(1), missed(2)], "expired"),
    ],
)
def test_lines_that_cannot_be_had_are_let_go_one_by_one(
    refused: list[Message], reason: str
) -> None:
    desk = Desk().tell(place_order(), *refused)

    released = [e.data for e in desk.said(INVENTORY_COMMANDS) if e.event_type == "ReleaseStock"]

    assert [one.reservation_id for one in released] == ["ord_1:1", "ord_1:2"]
    assert released[0].reason == "order_amended"
    assert released[1].reason.endswith(reason)
    assert desk.allocation().status is Status.RELEASED


def test_a_backorder_that_ends_by_its_clock_lets_go_what_was_waited_for() -> None:
    desk = Desk().tell(place_order(), short("p1"))

    desk.driver.advance(3 * DAY_MS)

    lines = desk.allocation().lines
    assert [line.state for line in lines] == [LineState.GONE, LineState.ASKED]


def test_a_captured_payment_commits_every_line_once() -> None:
    desk = Desk().tell(place_order(), held(1), held(2), paid(), paid())

    committed = [name for name, _ in said(desk) if name == "CommitStock"]

    assert len(committed) == 2
    assert desk.allocation().status is Status.COMMITTED


def test_a_retried_payment_makes_the_holds_last() -> None:
    desk = Desk().tell(place_order())
    desk.driver.advance(MINUTE_MS)
    retry_at_ms = desk.driver.now_ms + 20 * MINUTE_MS

    desk.tell(declined(1, next_retry_at=moment_of(retry_at_ms)))

    extended = [e.data for e in desk.said(INVENTORY_COMMANDS) if e.event_type == "ExtendHold"]
    assert len(extended) == 2
    assert {ms_of(command.expires_at) for command in extended} == {retry_at_ms + 5 * MINUTE_MS}


def test_an_approved_review_asks_again_for_what_lapsed() -> None:
    desk = Desk().tell(place_order(), held(1), held(2), verdict("MANUAL_REVIEW"))
    desk.driver.advance(HOUR_MS)
    desk.tell(expired(1), expired(2))

    desk.driver.advance(HOUR_MS)
    desk.tell(verdict("APPROVED"))

    assert said(desk)[-2:] == [("ReserveStock", "ord_1:1"), ("ReserveStock", "ord_1:2")]
    assert desk.order().status == "confirmed"
    assert all(line.state is LineState.ASKED for line in desk.allocation().lines)
    assert desk.tell(held(1), held(2), paid()).order().status == "paid"


def test_an_approved_order_goes_on_without_the_line_whose_stock_is_gone() -> None:
    desk = Desk().tell(place_order(), verdict("MANUAL_REVIEW"), expired(1), verdict("APPROVED"))

    desk.tell(short("p1", backorder_allowed=False))
    assert [line.state for line in desk.allocation().lines] == [LineState.GONE, LineState.ASKED]

    desk.tell(short("p2", backorder_allowed=False))
    assert desk.order().cancellation_reason == "OUT_OF_STOCK"
    assert desk.allocation().status is Status.RELEASED


def test_a_restock_asks_again_for_what_lapsed_meanwhile() -> None:
    desk = Desk().tell(place_order(), short("p1"), held(2))
    desk.driver.advance(HOUR_MS)

    desk.tell(expired(2), held(1))

    assert said(desk)[-1] == ("ReserveStock", "ord_1:2")
    assert desk.tell(held(2), paid()).order().status == "paid"


def test_messages_about_an_order_that_is_never_confirmed_are_forgotten() -> None:
    desk = Desk().tell(paid(), verdict("MANUAL_REVIEW"))
    assert len(desk.driver.rows(ALLOCATIONS)) == 1

    desk.driver.advance(10 * MINUTE_MS)

    assert desk.driver.rows(ALLOCATIONS) == {}
    assert desk.driver.timers() == {}
    assert said(desk) == []


def test_a_payment_that_comes_before_its_order_commits_what_is_asked_for() -> None:
    desk = Desk().tell(paid(), place_order())

    names = [name for name, _ in said(desk)]

    assert sorted(names) == ["CommitStock", "CommitStock", "ReserveStock", "ReserveStock"]
    assert names.index("CommitStock") > names.index("ReserveStock")
    assert desk.driver.timers() == {}


LIFE = (
    place_order(),
    held(1),
    short("p2"),
    expired(1),
    verdict("MANUAL_REVIEW"),
    held(2),
    verdict("APPROVED"),
    held(1),
    declined(1, next_retry_at=moment_of(1_750_000_000_000 + 20 * MINUTE_MS)),
    paid(),
    cancel(),
)


def test_a_whole_life_told_again_says_nothing_new() -> None:
    desk = Desk()
    for number, message in enumerate(LIFE):
        desk.put(message, event_id=f"event-{number}")
        desk.driver.run()
    row = desk.allocation()
    before = [envelope.event_id for envelope in desk.said(INVENTORY_COMMANDS)]

    for number, message in enumerate(LIFE):
        desk.put(message, event_id=f"event-{number}")
    desk.driver.run()

    assert [envelope.event_id for envelope in desk.said(INVENTORY_COMMANDS)] == before
    assert len(set(before)) == len(before)
    assert desk.allocation() == row


@given(st.lists(st.sampled_from(LIFE), max_size=10))
@settings(max_examples=25)
def test_whatever_is_told_what_ends_is_let_go_and_what_is_paid_is_kept(
    lot: list[Message],
) -> None:
    desk = Desk().tell(place_order(), *lot)

    order, allocation = desk.order(), desk.allocation()
    assert (order.status == "cancelled") is (allocation.status is Status.RELEASED)
    kept = order.captured_minor is not None and order.status != "cancelled"
    assert kept is (allocation.status is Status.COMMITTED)


def test_every_command_is_read_back_as_it_was_meant() -> None:
    desk = Desk().tell(*LIFE)

    found = {envelope.event_type for envelope in desk.said(INVENTORY_COMMANDS)}

    assert found == {"ReserveStock", "ExtendHold", "CommitStock", "ReleaseStock"}
    for record in desk.driver.outputs(INVENTORY_COMMANDS):
        envelope = events.decode(record.value or b"", record_timestamp_ms=0)
        assert (record.key or b"").decode() == envelope.data.product_id
