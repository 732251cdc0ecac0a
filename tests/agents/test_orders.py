"""Orders as an agent: rows, timers and messages, in memory under an injected clock."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import events
from events.base import Message
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS
from streams.orders.early import EARLY_MAX
from streams.orders.rows import Status
from tables.orders import (
    CUSTOMER_ORDERS,
    EARLY_ORDERS,
    ORDERS,
)
from tables.pairs import dated_key, pairs_range, second_of_dated
from tests.agents.order_desk import Desk
from tests.streams.orders.samples import (
    cancel,
    declined,
    expired,
    fraud,
    held,
    item,
    paid,
    place_order,
    refund,
    short,
    verdict,
)
from topics import INVENTORY_EVENTS, ORDERS_COMMANDS, ORDERS_EVENTS, PAYMENTS_EVENTS

LIFE: tuple[Message, ...] = (
    place_order(),
    held(1),
    short("p2"),
    verdict("MANUAL_REVIEW"),
    held(2),
    verdict("APPROVED"),
    declined(1),
    paid(),
    cancel(),
    refund(),
)


def test_placing_an_order_confirms_it_and_opens_its_payment() -> None:
    desk = Desk()

    desk.put(place_order(), metadata={"source": "web"})
    desk.driver.run()

    [confirmed] = desk.said(ORDERS_EVENTS)
    [session] = desk.said(PAYMENTS_EVENTS)
    assert (confirmed.event_type, session.event_type) == ("OrderConfirmed", "PaymentInitiated")
    assert {confirmed.correlation_id, session.correlation_id} == {"corr_1"}
    assert {confirmed.causation_id, session.causation_id} == {"event-1"}
    assert confirmed.metadata == session.metadata == {"source": "web"}
    assert confirmed.timestamp_ms == desk.driver.now_ms
    assert desk.order().status is Status.CONFIRMED


def test_where_an_order_is_placed_from_is_told_its_payment_alone() -> None:
    desk = Desk()

    desk.put(place_order(), metadata={"source": "web", "ipAddress": "203.0.113.9"})
    desk.driver.run()

    [confirmed] = desk.said(ORDERS_EVENTS)
    [session] = desk.said(PAYMENTS_EVENTS)
    assert session.data.ip_address == "203.0.113.9"
    assert confirmed.metadata == session.metadata == {"source": "web"}


def test_a_rejected_order_opens_nothing() -> None:
    desk = Desk().tell(place_order(currency="CHF"))

    assert desk.names(ORDERS_EVENTS) == ["OrderFailed"]
    assert desk.names(PAYMENTS_EVENTS) == []
    assert desk.order().status is Status.REJECTED


@pytest.mark.parametrize(
    "again",
    [place_order(), place_order(order_items=(item("p9"),)), place_order(currency="CHF")],
    ids=["same", "other goods", "bad"],
)
def test_an_order_id_counts_once_whatever_is_asked_for(again: Message) -> None:
    desk = Desk().tell(place_order())
    row, said = desk.order(), desk.said(ORDERS_EVENTS) + desk.said(PAYMENTS_EVENTS)

    desk.tell(again)

    assert desk.order() == row
    assert desk.said(ORDERS_EVENTS) + desk.said(PAYMENTS_EVENTS) == said


def test_the_row_tells_the_orders_life() -> None:
    desk = Desk().tell(*LIFE)

    order = desk.order()
    assert [(step.status.value, step.reason) for step in order.history] == [
        ("confirmed", "PLACED"),
        ("confirmed", "OUT_OF_STOCK"),
        ("backordered", "BACKORDERED"),
        ("backordered", "MANUAL_REVIEW"),
        ("backordered", "STOCK_HELD"),
        ("confirmed", "RESTOCKED"),
        ("on_hold", "REVIEW_OPEN"),
        ("on_hold", "REVIEW_APPROVED"),
        ("confirmed", "RESUMED"),
        ("confirmed", "PAYMENT_ATTEMPT_1_FAILED"),
        ("confirmed", "PAYMENT_CAPTURED"),
        ("paid", "PAID"),
        ("cancelled", "CUSTOMER_REQUEST"),
        ("cancelled", "REFUND_ISSUED"),
    ]
    assert (order.refund_status, order.refunded_minor) == ("refunded", 13497)
    assert desk.driver.timers() == {}


def test_a_backorder_ends_after_three_days() -> None:
    desk = Desk().tell(place_order(order_items=(item("p1"),)), short("p1"))
    assert desk.driver.timers() == {"orders.backorder": 1}

    desk.driver.advance(3 * DAY_MS - 1)
    assert desk.order().status is Status.BACKORDERED
    desk.driver.advance(1)

    assert desk.names(ORDERS_EVENTS) == ["OrderConfirmed", "OrderCancelled"]
    cancelled = desk.said(ORDERS_EVENTS)[-1]
    assert cancelled.data.cancellation_reason == "OUT_OF_STOCK"
    assert cancelled.correlation_id == "corr_1"
    assert desk.driver.timers() == {}


def test_a_review_of_which_nothing_is_heard_ends_a_little_after_a_day() -> None:
    desk = Desk().tell(place_order(), fraud())

    desk.driver.advance(DAY_MS + 5 * 60_000 - 1)
    assert desk.order().status is Status.ON_HOLD
    desk.driver.advance(1)

    assert desk.order().cancellation_reason == "FRAUD_DETECTED"
    assert desk.driver.timers() == {}


@pytest.mark.parametrize(
    "end", [held(1), cancel(), verdict("DECLINED")], ids=["restock", "cancelled", "declined"]
)
def test_a_wait_that_is_over_has_no_timer(end: Message) -> None:
    desk = Desk().tell(place_order(), short("p1"), verdict("MANUAL_REVIEW"))
    assert desk.driver.timers() == {"orders.backorder": 1, "orders.review": 1}

    desk.tell(end, verdict("APPROVED"))

    assert desk.driver.timers() == {}


def test_an_order_that_nobody_sends_is_told_to_people_and_ends_after_a_fortnight() -> None:
    desk = Desk().tell(place_order(), held(1), held(2), paid())

    desk.driver.advance(3 * DAY_MS)
    assert (desk.order().flags, desk.names(ORDERS_EVENTS)) == (("STUCK",), ["OrderConfirmed"])
    desk.driver.advance(12 * DAY_MS)

    cancelled = desk.said(ORDERS_EVENTS)[-1]
    assert cancelled.data.cancellation_note == "NEVER_SENT"
    assert (cancelled.data.refund.refund_id, cancelled.data.refund.amount_minor) == (
        "ref_ord_1",
        13497,
    )
    assert cancelled.correlation_id == "corr_1"
    assert desk.order().status is Status.CANCELLED


@pytest.mark.parametrize("again", LIFE[1:], ids=lambda message: message.name)
def test_what_comes_after_the_end_moves_nothing(again: Message) -> None:
    desk = Desk().tell(*LIFE)
    published = desk.said(ORDERS_EVENTS) + desk.said(PAYMENTS_EVENTS)

    desk.tell(again).driver.advance(10 * DAY_MS)

    assert desk.order().status is Status.CANCELLED
    assert desk.said(ORDERS_EVENTS) + desk.said(PAYMENTS_EVENTS) == published


def test_records_from_elsewhere_find_their_order() -> None:
    desk = Desk(partitions=3)
    for partition in range(3):
        desk.put(place_order(order_id=f"ord_{partition}"), partition=partition)
        desk.driver.run()
    for partition in range(3):
        desk.put(cancel().model_copy(update={"order_id": "ord_0"}), partition=partition)
    desk.driver.run()

    assert set(desk.driver.rows(ORDERS)) == {"ord_0", "ord_1", "ord_2"}
    assert desk.names(ORDERS_EVENTS).count("OrderCancelled") == 1
    assert desk.order("ord_0").status is Status.CANCELLED


def test_what_is_about_no_order_is_not_for_orders() -> None:
    desk = Desk().tell(
        paid(order_id=None), held(1, order_id=None), short("p1", triggered_by_order_id=None)
    )

    assert desk.driver.rows(EARLY_ORDERS) == {}
    assert desk.driver.timers() == {}


# --- messages that come before their order ---------------------------------------------------


def test_what_comes_before_its_order_is_taken_once_it_is_placed() -> None:
    desk = Desk().tell(held(1), held(2), paid())
    assert desk.driver.rows(ORDERS) == {}
    assert desk.driver.timers() == {"orders.early": 1, "allocation.early": 1}

    desk.driver.advance(10 * MINUTE_MS - 1)
    desk.tell(place_order())

    assert desk.order().status is Status.PAID
    assert desk.order().held == (1, 2)
    assert desk.driver.rows(EARLY_ORDERS) == {}
    assert desk.driver.timers() == {}
    desk.driver.advance(HOUR_MS)
    assert desk.driver.dead_letters(PAYMENTS_EVENTS) == []


def test_what_comes_before_its_order_keeps_a_header_without_a_value() -> None:
    desk = Desk()
    desk.put(paid()).headers += (("trace", None),)
    desk.driver.run().restart().advance(10 * MINUTE_MS)

    [letter] = desk.driver.dead_letters(PAYMENTS_EVENTS)
    assert letter.headers[-1] == ("trace", None)


def test_a_cancellation_before_the_order_cancels_it() -> None:
    desk = Desk().tell(cancel(), place_order())

    assert desk.names(ORDERS_EVENTS) == ["OrderConfirmed", "OrderCancelled"]
    assert desk.order().status is Status.CANCELLED


def test_what_nobody_places_is_among_the_dead_letters_after_ten_minutes() -> None:
    desk = Desk()
    sent = desk.put(paid())
    desk.driver.run()
    desk.tell(cancel(), expired(1))

    desk.driver.advance(10 * MINUTE_MS - 1)
    assert desk.driver.dead_letters(PAYMENTS_EVENTS) == []
    desk.driver.advance(1)

    [letter] = desk.driver.dead_letters(PAYMENTS_EVENTS)
    assert (letter.key, letter.value) == (sent.key, sent.value)
    assert letter.headers == sent.headers
    assert (letter.error, letter.agent) == ("OrderUnknown", "orders")
    assert (letter.topic, letter.offset) == ("payments.dev.events", sent.offset)
    assert "ord_1" in letter.reason
    assert len(desk.driver.dead_letters(ORDERS_COMMANDS)) == 1
    assert len(desk.driver.dead_letters(INVENTORY_EVENTS)) == 1
    assert desk.driver.rows(EARLY_ORDERS) == {}
    assert desk.driver.timers() == {}


def test_a_flood_for_an_unknown_order_goes_to_the_dead_letters_at_once() -> None:
    desk = Desk()
    for _ in range(EARLY_MAX + 2):
        desk.put(cancel())
    desk.driver.run()

    assert len(desk.driver.dead_letters(ORDERS_COMMANDS)) == 2
    desk.driver.advance(10 * MINUTE_MS)
    assert len(desk.driver.dead_letters(ORDERS_COMMANDS)) == EARLY_MAX + 2


# --- the index by customer -------------------------------------------------------------------


def test_a_customers_orders_are_found_newest_first() -> None:
    desk = Desk(partitions=1)
    for number in range(3):
        desk.tell(place_order(order_id=f"ord_{number}"))
        desk.driver.advance(1000)
    desk.tell(place_order(order_id="other", user_id="usr_10"))

    rows = desk.driver.rows(CUSTOMER_ORDERS)
    start, end = pairs_range("usr_1")
    found = [second_of_dated(key) for key in sorted(rows) if start <= key < end]

    assert found == ["ord_2", "ord_1", "ord_0"]


@given(st.lists(st.integers(0, 10**13), min_size=2, max_size=2, unique=True))
def test_keys_of_later_orders_sort_first(times: list[int]) -> None:
    early, late = sorted(times)

    assert dated_key("c", late, "a") < dated_key("c", early, "b")


# --- batches and replays ---------------------------------------------------------------------


def outcome_of(lot: Sequence[Message], chunk_max: int, *, restart: bool = False) -> object:
    desk = Desk(chunk_max=chunk_max)
    for message in lot:
        desk.put(message)
        if chunk_max == 1:
            desk.driver.run()
        if restart:
            desk.driver.run().restart()
    desk.driver.run()
    rows = desk.driver.rows(ORDERS)
    ids = {envelope.event_id for envelope in desk.said(ORDERS_EVENTS) + desk.said(PAYMENTS_EVENTS)}
    return rows, ids


OF_ONE_TOPIC = (place_order(), cancel(), place_order(), cancel("usr_2"), cancel("system"))


@given(st.lists(st.sampled_from(OF_ONE_TOPIC), max_size=8))
@settings(max_examples=30)
def test_batch_boundaries_do_not_change_the_result(lot: list[Message]) -> None:
    assert outcome_of(lot, 1) == outcome_of(lot, 1000)


@given(st.lists(st.sampled_from(LIFE), max_size=8))
@settings(max_examples=20)
def test_a_crash_between_batches_does_not_change_the_result(lot: list[Message]) -> None:
    assert outcome_of(lot, 1, restart=True) == outcome_of(lot, 1)


def test_a_whole_life_told_again_publishes_no_new_id() -> None:
    desk = Desk()
    for number, message in enumerate(LIFE):
        desk.put(message, event_id=f"event-{number}")
        desk.driver.run()
    row = desk.order()
    before = {e.event_id for topic in (ORDERS_EVENTS, PAYMENTS_EVENTS) for e in desk.said(topic)}

    for number, message in enumerate(LIFE):
        desk.put(message, event_id=f"event-{number}")
    desk.driver.run()

    after = [e.event_id for topic in (ORDERS_EVENTS, PAYMENTS_EVENTS) for e in desk.said(topic)]
    assert sorted(after) == sorted(before)
    assert desk.order() == row


def test_a_record_that_is_no_message_harms_no_neighbour() -> None:
    desk = Desk()
    desk.put(place_order())
    desk.driver.send(ORDERS_COMMANDS, b"{", "ord_1")
    desk.put(cancel())
    desk.driver.run()

    assert desk.order().status is Status.CANCELLED
    assert len(desk.driver.dead_letters(ORDERS_COMMANDS)) == 1


def test_an_order_without_an_id_gets_one_from_its_event() -> None:
    desk = Desk()
    anonymous = place_order().model_copy(update={"order_id": None})
    value = events.encode(anonymous, event_id="event-x", timestamp=desk.driver.now_ms)
    for _ in range(2):
        desk.driver.send(ORDERS_COMMANDS, value, headers=[("eventType", b"PlaceOrder")])
    desk.driver.run()

    [order_id] = desk.driver.rows(ORDERS)
    assert order_id.startswith("ord_")
    assert desk.names(ORDERS_EVENTS) == ["OrderConfirmed"]
