"""AmendOrder: what may be changed, in which order things happen, and what undoes them (G-8)."""

import dataclasses
from typing import Any

import pytest
from msgspec.structs import replace

from events.alerts import AlertRaised
from events.base import Message
from events.order_parts import Amendment
from events.orders import OrderAmended
from events.shipping import ShipmentCreated
from streams.moments import ms_of
from streams.orders.amendments import Refusal
from streams.orders.deciding import amendment_over, backorder_over, decide, once
from streams.orders.evolution import fold
from streams.orders.facts import AmendmentAsked
from streams.orders.outcomes import due_times, following
from streams.orders.rows import LINES_EVER_MAX, Order, Status
from tests.streams.orders.parcels import created, dispatched, gone
from tests.streams.orders.returns import dispute
from tests.streams.orders.samples import (
    AT_MS,
    BACKORDERED,
    CANCELLED,
    CONFIRMED,
    ON_HOLD,
    PAID,
    PAID_ON_HOLD,
    RULES,
    address,
    after,
    amend,
    cancel,
    change,
    declined,
    expired,
    held,
    item,
    paid,
    place_order,
    placed,
    readdress,
    reasons,
    refund,
    released,
    short,
)

MORE = amend(change("p1", 2, 5))
FEWER = amend(change("p1", 2, 1))
NEW = change("p9", 0, 1, 1000)


def told(order: Order, message: Message, at_ms: int = AT_MS) -> list[Message]:
    """What follows from a message."""
    facts = decide(order, message, at_ms, RULES)
    return [*following(fold(order, facts) if facts else order, facts, message, at_ms, RULES)]


def amended(order: Order, *messages: Message) -> OrderAmended:
    """The last message that follows from the last of them."""
    *before, last = messages
    found = told(after(order, *before), last)[-1]
    assert isinstance(found, OrderAmended)
    return found


# -- once


def test_an_amendment_that_is_told_again_after_it_was_undone_is_not_made_again() -> None:
    def heard(order: Order, event_id: str) -> Order:
        there = readdress(line1="9 Elm St")
        facts = once(order, there, event_id, decide(order, there, AT_MS, RULES))
        return fold(order, facts) if facts else order

    moved = heard(PAID, "e1")
    back = after(moved, readdress())

    assert moved.shipping_address != PAID.shipping_address
    assert back.shipping_address == PAID.shipping_address
    assert heard(back, "e1") == back
    assert heard(back, "e2").shipping_address == moved.shipping_address


# -- what may be amended


@pytest.mark.parametrize("order", [CONFIRMED, BACKORDERED, ON_HOLD, PAID, PAID_ON_HOLD])
def test_before_a_shipment_is_booked_lines_may_change(order: Order) -> None:
    now = after(order, FEWER)

    assert now.lines[0].quantity == 1
    assert now.status is order.status or order is BACKORDERED


GONE = replace(CONFIRMED.lines[0], quantity=0, total_minor=0)
SUBSCRIBED = replace(CONFIRMED, subscription_id="sub_1")
MANY = after(CONFIRMED, *[readdress(line1=f"{n} Main St") for n in range(5)])
LONG = replace(CONFIRMED, lines=CONFIRMED.lines + (GONE,) * (LINES_EVER_MAX - 3))
"""It had but one line fewer than it may ever have."""
TOO_MANY_LINES = amend(*[change(f"q{n}", 0, 1) for n in range(49)])

REFUSALS: list[tuple[Refusal, Order, Any]] = [
    (Refusal.FOREIGN, CANCELLED, FEWER.model_copy(update={"user_id": "usr_2"})),
    (Refusal.FOREIGN, after(CONFIRMED, FEWER), FEWER.model_copy(update={"user_id": "usr_2"})),
    (Refusal.CLOSED, after(PAID, dispatched()), FEWER),
    (Refusal.TOO_MANY, MANY, FEWER),
    (Refusal.UNDER_WAY, after(CONFIRMED, MORE), FEWER),
    (Refusal.INVALID, CONFIRMED, amend()),
    (Refusal.INVALID, CONFIRMED, amend(change("p1", 2, 1), change("p1", 2, 3))),
    (Refusal.INVALID, CONFIRMED, amend(change(), amendment_type="ITEM_REMOVED")),
    (Refusal.INVALID, CONFIRMED, amend(change(), amendment_type="ITEM_ADDED")),
    (Refusal.INVALID, CONFIRMED, amend(change(), NEW, amendment_type="ITEM_ADDED")),
    (Refusal.INVALID, CONFIRMED, amend(change(), new_address=address())),
    (Refusal.INVALID, CONFIRMED, amend(change(), amendment_type="ADDRESS_CHANGE")),
    (Refusal.ITEMS_CLOSED, after(PAID, created()), FEWER),
    (Refusal.ITEMS_CLOSED, after(PAID, created(), gone()), FEWER),
    (Refusal.SUBSCRIBED, SUBSCRIBED, FEWER),
    (Refusal.SUBSCRIBED, SUBSCRIBED, MORE),
    (Refusal.DISPUTED, after(PAID, dispute()), FEWER),
    (Refusal.DISPUTED, after(PAID, dispute("lost")), MORE),
    (Refusal.PAID_BACK, after(PAID, refund(13497, "refunded")), MORE),
    (Refusal.CONFLICT, CONFIRMED, amend(change("p1", 2, 1), expected_version=7)),
    (Refusal.CONFLICT, CONFIRMED, amend(change("p1", 3, 1))),
    (Refusal.CONFLICT, CONFIRMED, amend(change("p9", 1, 2))),
    (Refusal.PRICE, CONFIRMED, amend(change("p1", 2, 1, 3000))),
    (Refusal.PRICE, CONFIRMED, amend(change("p1", 2, 1, new_line_total_minor=3000))),
    (Refusal.EMPTY, CONFIRMED, amend(change("p1", 2, 0), change("p2", 1, 0, 6499))),
    (Refusal.LIMITS, CONFIRMED, amend(change("p1", 2, 101))),
    (Refusal.LIMITS, CONFIRMED, amend(change("p9", 0, 100, 60_000))),
    (Refusal.LIMITS, CONFIRMED, TOO_MANY_LINES),
    (Refusal.LIMITS, LONG, amend(NEW, change("p8", 0, 1, 1000))),
    (Refusal.ADDRESS, CONFIRMED, readdress(country="CH")),
]


@pytest.mark.parametrize(("why", "order", "command"), REFUSALS)
def test_what_may_not_be_amended_is_refused_and_the_history_says_why(
    why: Refusal, order: Order, command: Message
) -> None:
    now = after(order, command)

    assert reasons(now)[-1] == f"AMEND_REFUSED_{why}"
    assert (now.lines, now.total_minor, now.status) == (
        order.lines,
        order.total_minor,
        order.status,
    )
    assert told(order, command) == []


def test_the_goods_of_a_subscription_may_go_elsewhere() -> None:
    now = after(SUBSCRIBED, readdress(line1="9 Elm St"))

    assert now.shipping_address.line1 == "9 Elm St"


def test_refusals_are_tried_in_their_order() -> None:
    tried = [why for why, _, _ in REFUSALS]

    assert tried == sorted(tried, key=[*Refusal].index)


def test_an_ended_order_that_was_never_shipped_refuses_too() -> None:
    assert reasons(after(CANCELLED, FEWER))[-1] == "AMEND_REFUSED_CLOSED"


def test_the_shop_may_amend_any_order() -> None:
    assert after(CONFIRMED, FEWER.model_copy(update={"user_id": "system"})).amendments == 1


def test_the_version_that_the_sender_saw_may_be_the_orders() -> None:
    seen = amend(change("p1", 2, 1), expected_version=CONFIRMED.version)

    assert after(CONFIRMED, seen).amendments == 1


# -- less


def test_fewer_units_are_taken_from_the_newest_line_and_the_total_follows() -> None:
    order = placed(order_items=(item("p1", 3, 1000), item("p1", 2, 1000)))

    now = after(order, amend(change("p1", 5, 1, 1000)))

    assert [line.quantity for line in now.lines] == [1, 0]
    assert (now.total_minor, now.earlier_totals_minor) == (1000, (5000,))
    assert reasons(now)[-1] == "AMENDED_QUANTITY_CHANGE"


def test_everybody_is_told_what_changed_and_the_identity_of_totals_holds() -> None:
    event = amended(CONFIRMED, FEWER)

    [line] = event.amendments
    assert (line.previous_quantity, line.new_quantity) == (2, 1)
    assert (line.previous_line_total_minor, line.new_line_total_minor) == (6998, 3499)
    assert event.previous_order_total_minor == 13497
    assert event.new_order_total_minor == 13497 - 3499
    assert [(one.number, one.quantity) for one in event.lines or ()] == [(1, 1), (2, 1)]
    assert event.order_status == "confirmed"


def test_asking_for_what_is_so_is_nothing() -> None:
    now = after(CONFIRMED, FEWER)

    assert decide(now, FEWER, AT_MS, RULES) == ()
    assert decide(now, readdress(), AT_MS, RULES) == ()


def test_asking_for_what_is_so_beside_what_is_not_changes_that() -> None:
    now = after(CONFIRMED, amend(change("p1", 2, 2), change("p2", 1, 0, 6499)))

    assert [line.quantity for line in now.lines] == [2, 0]


def test_a_discount_goes_on_with_the_order() -> None:
    order = placed(discount_code="SAVE10", order_items=(item("p1", 2, 1000),))

    asked = after(order, amend(change("p1", 2, 3, 1000)))

    assert after(asked, held(2)).total_minor == 2700


@pytest.mark.parametrize("percents", [{}, {"SAVE10": 50}])
def test_a_code_that_came_to_its_end_takes_off_what_it_did(percents: dict[str, int]) -> None:
    later = dataclasses.replace(RULES, discounts_percent=percents)
    order = placed(discount_code="SAVE10", order_items=(item("p1", 2, 1000),))

    for message in (amend(change("p1", 2, 3, 1000)), held(2)):
        order = fold(order, decide(order, message, AT_MS, later))

    assert order.total_minor == 2700


def test_an_order_that_is_beyond_limits_of_today_may_become_smaller_and_no_larger() -> None:
    today = dataclasses.replace(RULES, quantity_max=1, total_minor_max=100, lines_max=1)
    order = placed(order_items=(item("p1", 5, 1000), item("p2", 1, 1000), item("p3", 1, 1000)))

    smaller = fold(order, decide(order, amend(change("p1", 5, 4, 1000)), AT_MS, today))
    larger = fold(order, decide(order, amend(change("p1", 5, 6, 1000)), AT_MS, today))

    assert smaller.total_minor == 6000
    assert reasons(larger)[-1] == "AMEND_REFUSED_LIMITS"


def test_taking_the_only_waiting_line_away_ends_the_backorder() -> None:
    now = after(BACKORDERED, amend(change("p1", 2, 0), amendment_type="ITEM_REMOVED"))

    assert (now.status, now.short, due_times(now)) == (Status.CONFIRMED, (), {})
    assert reasons(after(now, held(2)))[-1] == "STOCK_HELD"


# -- more: stock first


def test_what_is_added_is_asked_of_stock_before_anything_changes() -> None:
    [command] = told(CONFIRMED, MORE)
    now = after(CONFIRMED, MORE)

    assert command.name == "ReserveStock"
    assert (command.reservation_id, command.product_id, command.quantity) == ("ord_1:3", "p1", 3)
    assert (command.payment_id, command.backorder) == (None, False)
    assert (now.total_minor, now.amendments) == (13497, 0)
    assert now.pending is not None
    assert decide(now, MORE, AT_MS, RULES) == ()


def test_once_all_of_it_is_held_the_order_is_amended() -> None:
    both = amend(change("p1", 2, 5), NEW)
    half = after(CONFIRMED, both, held(3))
    assert half.amendments == 0

    event = amended(CONFIRMED, both, held(3), held(4))
    now = after(half, held(4))

    assert event.new_order_total_minor == now.total_minor == 13497 + 3 * 3499 + 1000
    assert [(one.product_id, one.new_quantity) for one in event.amendments] == [
        ("p1", 5),
        ("p9", 1),
    ]
    assert [(one.number, one.quantity) for one in event.lines or ()] == [
        (1, 2),
        (2, 1),
        (3, 3),
        (4, 1),
    ]
    assert (now.held, now.pending, now.amendments) == ((3, 4), None, 1)


def test_one_line_short_refuses_all_and_lets_go_of_the_rest() -> None:
    both = amend(change("p1", 2, 5), NEW)
    asked = after(CONFIRMED, both, held(3))
    ran_short = short("p9", reservation_id="ord_1:4", backorder_allowed=False)

    commands = told(asked, ran_short)
    now = after(asked, ran_short)

    assert [(one.name, one.reservation_id) for one in commands] == [
        ("ReleaseStock", "ord_1:3"),
        ("ReleaseStock", "ord_1:4"),
    ]
    assert (now.status, now.total_minor, now.pending) == (Status.CONFIRMED, 13497, None)
    assert reasons(now)[-1] == "AMEND_REFUSED_SHORT"


@pytest.mark.parametrize("lost", [expired(4), released(4)])
def test_stock_that_goes_while_another_line_is_waited_for_ends_the_amendment(lost: Message) -> None:
    waiting = after(CONFIRMED, amend(NEW, change("p8", 0, 1, 1000)), held(4))

    now = after(waiting, lost)

    assert (now.pending, now.standing) == (None, CONFIRMED.standing)
    assert reasons(now)[-1] == "AMEND_REFUSED_SHORT"
    assert [one.reservation_id for one in told(waiting, lost)] == ["ord_1:3", "ord_1:4"]


def test_a_shortage_of_the_orders_own_line_is_not_the_amendments() -> None:
    now = after(CONFIRMED, MORE, short("p1", reservation_id="ord_1:1"))

    assert now.status is Status.BACKORDERED
    assert now.pending is not None


def test_the_numbers_of_a_refused_amendment_are_never_used_again() -> None:
    ran_short = short("p1", reservation_id="ord_1:3", backorder_allowed=False)

    [command] = told(after(CONFIRMED, MORE, ran_short), amend(NEW))

    assert command.reservation_id == "ord_1:4"


def test_the_orders_own_lines_are_all_held_whatever_an_amendment_left_behind() -> None:
    ran_short = short("p1", reservation_id="ord_1:3", backorder_allowed=False)

    now = after(CONFIRMED, MORE, ran_short, held(1), held(2))

    assert reasons(now)[-1] == "STOCK_HELD"


def test_stock_that_does_not_answer_ends_the_amendment() -> None:
    asked = after(CONFIRMED, MORE)
    due_ms = due_times(asked)["amendment"]

    facts = amendment_over(asked, due_ms, due_ms, RULES)

    assert reasons(fold(asked, facts))[-1] == "AMEND_REFUSED_NO_ANSWER"
    assert due_times(fold(asked, facts)) == {}
    assert amendment_over(asked, due_ms - 1, due_ms, RULES) == ()


# -- where two flows meet


def test_an_order_cancelled_meanwhile_lets_go_of_what_its_amendment_asked_for() -> None:
    asked = after(CONFIRMED, MORE)

    released_, cancelled = told(asked, cancel())

    assert (released_.name, released_.reservation_id) == ("ReleaseStock", "ord_1:3")
    assert cancelled.name == "OrderCancelled"
    assert decide(after(asked, cancel()), held(3), AT_MS, RULES) == ()


def test_a_line_whose_backorder_ends_waits_for_the_amendment_to_end() -> None:
    waiting = after(CONFIRMED, short("p2"), MORE)
    due_ms = due_times(waiting)["backorder"]

    facts = backorder_over(waiting, due_ms, due_ms, RULES)
    now = fold(waiting, facts)

    assert [*following(now, facts, None, due_ms, RULES)] == []
    assert [one.name for one in told(now, held(3))] == ["OrderAmended", "OrderAmended"]
    assert after(now, held(3)).total_minor == 5 * 3499


def test_a_shipment_booked_meanwhile_ends_the_amendment() -> None:
    now = after(after(PAID, MORE), created(), held(3))

    assert reasons(now)[-1] == "AMEND_REFUSED_ITEMS_CLOSED"
    assert now.total_minor == 13497


@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [(dispute(), "DISPUTED"), (refund(13497, "refunded"), "PAID_BACK")],
    ids=["claimed", "paid back"],
)
def test_money_that_is_gone_meanwhile_ends_the_amendment(meanwhile: Message, why: str) -> None:
    now = after(PAID, MORE, meanwhile, held(3))

    assert reasons(now)[-1] == f"AMEND_REFUSED_{why}"
    assert (now.total_minor, now.pending) == (13497, None)


def test_an_order_whose_money_is_claimed_may_go_elsewhere() -> None:
    assert after(PAID, dispute(), readdress(city="Boston")).shipping_address.city == "Boston"


def test_a_capture_under_way_pays_the_price_from_before() -> None:
    grown = after(CONFIRMED, held(1), held(2), MORE, held(3))

    now = after(grown, paid(amount_minor=13497))

    assert (now.status, now.captured_minor, now.owed_minor) == (Status.PAID, 13497, 3 * 3499)


def test_the_difference_is_a_payment_of_its_own_and_counts_once() -> None:
    grown = after(PAID, MORE, held(3))
    extra = paid(payment_id="pay_ord_1:2", amount_minor=3 * 3499)

    now = after(grown, extra, extra, paid())

    assert (now.captured_minor, now.owed_minor, now.unpaid) == (13497 + 3 * 3499, 0, ())
    assert after(now, cancel()).captured_minor == now.captured_minor
    [cancelled] = told(now, cancel())
    assert cancelled.refund.amount_minor == now.captured_minor


@pytest.mark.parametrize(
    "told", [{"amount_minor": 3 * 3499 + 1}, {"amount_minor": 0}, {"currency": "EUR"}]
)
def test_more_than_is_owed_or_nothing_or_other_money_is_no_difference(
    told: dict[str, object],
) -> None:
    grown = after(PAID, MORE, held(3))

    now = after(grown, paid(payment_id="pay_ord_1:2", **({"amount_minor": 3 * 3499} | told)))

    assert reasons(now)[-1] == "PAYMENT_DIFFERS"


def test_a_difference_that_cannot_be_charged_takes_the_increase_back() -> None:
    grown = after(PAID, MORE, held(3))
    refused = declined(3, payment_id="pay_ord_1:2")

    event = amended(grown, refused)
    now = after(grown, refused)

    assert (now.status, now.total_minor, now.amendments) == (Status.PAID, 13497, 1)
    assert [(one.number, one.quantity) for one in event.lines or ()][-1] == (3, 0)
    assert event.new_order_total_minor == 13497


def test_of_two_increases_that_is_taken_back_which_nobody_paid() -> None:
    grown = after(PAID, MORE, held(3), amend(NEW), held(4))
    half = after(grown, paid(payment_id="pay_ord_1:2", amount_minor=3 * 3499))
    assert half.unpaid == (4,)
    assert half.earlier_totals_minor == (13497, 13497 + 3 * 3499)
    whole = after(half, paid(payment_id="pay_ord_1:3", amount_minor=1000))
    assert whole.further_payments == ("pay_ord_1:2", "pay_ord_1:3")

    now = after(half, declined(3, payment_id="pay_ord_1:3"))

    assert (now.total_minor, now.owed_minor, now.unpaid) == (13497 + 3 * 3499, 0, ())
    assert [line.quantity for line in now.lines] == [2, 1, 3, 0]


def test_what_costs_nothing_stays_when_the_price_of_something_else_is_not_paid() -> None:
    gift = amend(change("p9", 0, 1, 0))
    grown = after(PAID, gift, held(3), MORE, held(4))
    assert [line.quantity for line in grown.lines] == [2, 1, 1, 3]

    now = after(grown, declined(3, payment_id="pay_ord_1:2"))

    assert [line.quantity for line in now.lines] == [2, 1, 1, 0]


def test_while_it_is_tried_again_the_increase_stays() -> None:
    grown = after(PAID, MORE, held(3))

    now = after(grown, declined(1, payment_id="pay_ord_1:2"))

    assert now.lines == grown.lines
    assert reasons(now)[-1] == "AMENDMENT_ATTEMPT_1_FAILED"


@pytest.mark.parametrize("last", [{"retryable": False}, {"max_attempts": 1}])
def test_a_first_attempt_may_be_the_last_of_an_increase(last: dict[str, object]) -> None:
    grown = after(PAID, MORE, held(3))

    now = after(grown, declined(1, payment_id="pay_ord_1:2", **last))

    assert now.total_minor == PAID.total_minor


def test_what_has_a_shipment_already_is_not_taken_back() -> None:
    grown = after(PAID, MORE, held(3), created())

    refused = declined(3, payment_id="pay_ord_1:2")
    now = after(grown, refused)

    assert (now.lines, reasons(now)[-1]) == (grown.lines, "AMENDMENT_UNPAID")
    [alert] = told(grown, refused)
    assert isinstance(alert, AlertRaised)
    assert (alert.rule, alert.subject, alert.value) == ("unpaid_amendment", "ord_1", 104.97)
    assert told(now, refused) == []


def test_of_an_order_that_ended_nothing_is_to_be_collected() -> None:
    grown = after(PAID, MORE, held(3), cancel())

    assert told(grown, declined(3, payment_id="pay_ord_1:2")) == []


def test_a_decrease_is_given_back_as_a_part() -> None:
    now = after(PAID, FEWER, refund(3499, "partially_refunded"))

    assert (now.status, now.owed_minor) == (Status.PAID, 0)


def test_the_hold_of_what_was_added_ends_an_unpaid_order_like_any_other() -> None:
    now = after(CONFIRMED, MORE, held(3), expired(3))

    assert now.cancellation_reason == "RESERVATION_EXPIRED"


def test_what_was_let_go_says_nothing_any_more() -> None:
    now = after(CONFIRMED, held(1), held(2), amend(change("p2", 1, 0, 6499)))

    assert decide(now, released(2), AT_MS, RULES) == ()
    assert decide(now, expired(2), AT_MS, RULES) == ()


# -- the address


def test_another_address_is_taken_at_once_and_told() -> None:
    event = amended(PAID, readdress(city="Boston", state="MA"))

    assert event.amendments == ()
    assert event.shipping_address is not None
    assert event.shipping_address.previous.city == "Washington"
    assert event.shipping_address.updated.city == "Boston"
    assert after(PAID, readdress(city="Boston")).shipping_address.city == "Boston"


@pytest.mark.parametrize("shipping", [(created(),), (created(), dispatched())])
def test_it_may_change_until_delivery(shipping: tuple[ShipmentCreated, ...]) -> None:
    now = after(after(PAID, *shipping), readdress(city="Boston"))

    assert now.shipping_address.city == "Boston"


def test_a_po_box_gets_nothing_by_express() -> None:
    order = placed(shipping_method="express")

    assert reasons(after(order, readdress(line1="PO Box 7")))[-1] == "AMEND_REFUSED_ADDRESS"
    assert place_order().shipping_method == "standard"


def test_what_is_added_costs_what_the_catalogue_says() -> None:
    rules = dataclasses.replace(RULES, prices={"p9:USD": 700, "p8:EUR": 700})

    def added(price_minor: int, product_id: str = "p9") -> tuple[Any, ...]:
        return decide(CONFIRMED, amend(change(product_id, 0, 1, price_minor)), AT_MS, rules)

    assert added(1)[0].reason == "AMEND_REFUSED_PRICE"
    assert added(700, "p8")[0].reason == "AMEND_REFUSED_PRICE"
    assert isinstance(added(700)[0], AmendmentAsked)


def test_a_rounding_in_what_its_sender_saw_makes_no_other_price_of_what_is_added() -> None:
    rules = dataclasses.replace(RULES, prices={"p9:USD": 700})

    [asked] = decide(CONFIRMED, amend(change("p9", 0, 100, 699)), AT_MS, rules)

    assert isinstance(asked, AmendmentAsked)
    added = asked.pending.lines[-1]
    assert (added.unit_price_minor, added.total_minor) == (700, 70_000)


def test_what_an_amendment_adds_is_held_for_a_quarter_of_an_hour() -> None:
    [asked] = told(CONFIRMED, MORE)

    assert ms_of(asked.expires_at) == AT_MS + 15 * 60_000


def test_an_amendment_may_go_to_the_very_limits_and_no_further() -> None:
    room_minor = RULES.total_minor_max - CONFIRMED.total_minor
    to_fifty = [change(f"n{number}", 0, 1, 100) for number in range(48)]

    def asked(*changes: Amendment) -> bool:
        return isinstance(decide(CONFIRMED, amend(*changes), AT_MS, RULES)[0], AmendmentAsked)

    assert (asked(change("p1", 2, 100)), asked(change("p1", 2, 101))) == (True, False)
    assert asked(change("p9", 0, 1, room_minor))
    assert not asked(change("p9", 0, 1, room_minor + 1))
    assert asked(*to_fifty)
    assert not asked(*to_fifty, change("one_more", 0, 1, 100))
