"""A shipment's life: every transition of the contract's table, and what moves nothing."""

import msgspec
import pytest

from events.alerts import AlertRaised
from events.base import Message
from events.returns import ReturnInitiated
from events.types import OrderItem, ShippedItem
from streams.moments import DAY_MS, HOUR_MS
from streams.shipping import fulfilment
from streams.shipping.asking import shipments_asked
from streams.shipping.booking import key_of, search
from streams.shipping.calendar import eta_ms
from streams.shipping.deciding import decide, due_times
from streams.shipping.evolution import fold
from streams.shipping.facts import (
    Asked,
    BookingGivenUp,
    Cancelled,
    LabelSpare,
    Noted,
    Rerouted,
    Scanned,
    TryFailed,
)
from streams.shipping.fulfilment_facts import Planned
from streams.shipping.messages import following
from streams.shipping.opening import Refusal, again, begun, named
from streams.shipping.return_facts import ReturnAsked
from streams.shipping.rows import Shipment, Status
from streams.shipping.rules import ShippingRules
from tests.streams.orders.samples import paid
from tests.streams.shipping.samples import (
    AT_MS,
    RULES,
    address,
    after,
    booked,
    cancel,
    cancelled,
    closed,
    complete,
    confirmed,
    created,
    delivered,
    dispatched,
    dispute,
    failure,
    fraud,
    held,
    label,
    moved_to,
    pending,
    receipt,
    refused,
    scan,
    told,
    verdict,
    ware,
)
from tests.streams.shipping.shipments import STATES, failed, fired, given_up, in_transit, labelled

MOVES: dict[tuple[Status, str], Status] = {
    (Status.CREATED, "shipped"): Status.DISPATCHED,
    (Status.CREATED, "in_transit"): Status.IN_TRANSIT,
    (Status.CREATED, "delivered"): Status.DELIVERED,
    (Status.CREATED, "delivery_failed"): Status.DELIVERY_FAILED,
    (Status.DISPATCHED, "in_transit"): Status.IN_TRANSIT,
    (Status.DISPATCHED, "out_for_delivery"): Status.IN_TRANSIT,
    (Status.CREATED, "out_for_delivery"): Status.IN_TRANSIT,
    (Status.DISPATCHED, "delivered"): Status.DELIVERED,
    (Status.DISPATCHED, "delivery_failed"): Status.DELIVERY_FAILED,
    (Status.IN_TRANSIT, "delivered"): Status.DELIVERED,
    (Status.IN_TRANSIT, "delivery_failed"): Status.DELIVERY_FAILED,
    (Status.DELIVERY_FAILED, "in_transit"): Status.IN_TRANSIT,
    (Status.DELIVERY_FAILED, "out_for_delivery"): Status.IN_TRANSIT,
    (Status.DELIVERY_FAILED, "delivered"): Status.DELIVERED,
}
SCANS = (
    "pending",
    "shipped",
    "in_transit",
    "out_for_delivery",
    "delivered",
    "delivery_failed",
    "returned",
)


@pytest.mark.parametrize("status", list(Status))
def test_every_state_is_reached(status: Status) -> None:
    assert STATES[status].status is status


@pytest.mark.parametrize("word", SCANS)
@pytest.mark.parametrize("status", list(Status))
def test_a_scan_moves_only_as_the_table_says(status: Status, word: str) -> None:
    moved = after(STATES[status], scan(word), at_ms=AT_MS + HOUR_MS)

    assert moved.status is MOVES.get((status, word), status)


@pytest.mark.parametrize("end", [cancel(), cancelled(), closed("lost")], ids=lambda m: m.name)
@pytest.mark.parametrize("status", list(Status))
def test_a_shipment_is_cancelled_only_before_dispatch(status: Status, end: Message) -> None:
    before = {Status.PENDING, Status.BOOKING_FAILED, Status.CREATED, Status.CANCELLED}

    ended = after(STATES[status], end, end)

    assert ended.status is (Status.CANCELLED if status in before else status)
    assert len(ended.history) <= len(STATES[status].history) + 1


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.RETURNED])
def test_an_end_has_no_timers(status: Status) -> None:
    assert due_times(STATES[status]) == {}


# --- booking ---------------------------------------------------------------------------------


def test_a_try_that_failed_is_repeated_half_a_minute_after_the_first() -> None:
    shipment = pending()

    waiting = after(shipment, refused(shipment))
    again = fired(waiting, "booking")

    assert due_times(waiting) == {"booking": AT_MS + 30_000}
    assert again.booking is not None
    assert (again.booking.tries, again.booking.carrier, again.booking.asked) == (2, "USPS", True)


def test_a_carrier_that_refuses_for_good_is_not_asked_again() -> None:
    shipment = pending()

    facts = decide(shipment, refused(shipment, retryable=False), AT_MS, RULES)

    assert [type(fact) for fact in facts] == [TryFailed, Asked]
    assert isinstance(facts[1], Asked)
    assert facts[1].booking.carrier == "UPS"


def test_an_answer_to_an_earlier_question_says_nothing() -> None:
    shipment = pending()
    stale = refused(shipment, idempotency_key="another")

    assert decide(shipment, stale, AT_MS, RULES) == ()


def test_where_nobody_goes_a_person_is_needed_at_once() -> None:
    assert search((), AT_MS, "outbound", RULES) == (BookingGivenUp(AT_MS, 0, ()),)


def test_a_label_that_comes_too_late_is_given_back() -> None:
    ended = after(pending(), cancel())

    [fact] = decide(ended, booked(ended), AT_MS, RULES)

    assert isinstance(fact, LabelSpare)
    [message] = following(fold(ended, (fact,)), (fact,), RULES)
    assert message.name == "VoidLabel"


def test_an_address_that_changes_before_dispatch_gets_another_label() -> None:
    moved = after(created(), moved_to(line1="2 Main St"))
    relabelled = after(moved, booked(moved, tracking_number="94B"))

    assert moved.status is relabelled.status is Status.CREATED
    assert (moved.tracking_number, relabelled.tracking_number) == ("94A", "94B")
    assert relabelled.destination.line1 == "2 Main St"
    said = following(
        relabelled, decide(moved, booked(moved, tracking_number="94B"), AT_MS, RULES), RULES
    )
    assert [message.name for message in said] == ["VoidLabel", "ShipmentCreated"]


def test_a_label_that_cannot_be_replaced_stays() -> None:
    moved = after(created(), moved_to(line1="2 Main St"))

    first = after(moved, refused(moved, retryable=False))
    kept = after(first, refused(first, retryable=False))

    assert (kept.status, kept.tracking_number) == (Status.CREATED, "94A")
    assert kept.history[-1].reason == "RELABEL_FAILED"
    assert "booking" not in due_times(kept)


def test_a_new_label_that_is_looked_for_at_dispatch_is_needed_no_longer() -> None:
    moved = after(created(), moved_to(line1="2 Main St"))

    gone = after(moved, scan("shipped"))

    assert "booking" not in due_times(gone)
    assert after(gone, refused(moved, retryable=False)).status is Status.DISPATCHED
    assert isinstance(
        decide(gone, booked(gone, tracking_number="94B"), AT_MS, RULES)[0], LabelSpare
    )


# --- planning --------------------------------------------------------------------------------


def test_an_order_whose_address_was_erased_before_its_end_was_heard_of_is_not_sent() -> None:
    row = told(confirmed(), held(1, units=2), held(2))
    assert row is not None
    assert isinstance(fulfilment.decide(row, complete(), AT_MS, RULES)[-1], Planned)
    erased = msgspec.structs.replace(row, destination=None)

    facts = fulfilment.decide(erased, complete(), AT_MS, RULES)

    assert list(shipments_asked(fulfilment.fold(erased, facts), facts)) == []


# --- opening ---------------------------------------------------------------------------------


def _command(**given: object) -> Message:
    from streams.shipping.asking import shipments_asked  # noqa: PLC0415 - one helper's need
    from streams.shipping.fulfilment_facts import Planned  # noqa: PLC0415
    from streams.shipping.planning import planned  # noqa: PLC0415

    row = told(confirmed(), paid())
    assert row is not None
    [command] = shipments_asked(row, (Planned(planned(row)),))
    return command.model_copy(update=given)


@pytest.mark.parametrize(
    ("row", "name", "found"),
    [
        (None, None, Refusal.ORDER_UNKNOWN),
        (told(paid()), None, Refusal.ORDER_UNKNOWN),
        (told(confirmed()), None, Refusal.NOT_PAID),
        (told(confirmed(), paid()), None, Refusal.NOT_PAID),
        (told(confirmed(), paid()), "shp_ord_1", Refusal.NOT_PAID),
        (told(confirmed(), complete()), None, "shp_ord_1"),
        (told(confirmed(), complete()), "shp_ord_1", "shp_ord_1"),
        (told(confirmed(), complete()), "shp_01J", Refusal.NAME_DIFFERS),
        (told(confirmed(), complete()), "shp_ord_1:2", Refusal.NAME_DIFFERS),
    ],
)
def test_which_shipment_is_meant(row: object, name: str | None, found: object) -> None:
    assert named(row, _command(shipment_id=name), {}, RULES) == found  # type: ignore[arg-type]  # as given


def test_a_command_without_a_name_means_the_shipment_that_found_no_carrier() -> None:
    row = told(confirmed(), held(1, "wh_a", 2), held(2, "wh_b"), complete())
    begun_ones = {"shp_ord_1": Status.DELIVERED, "shp_ord_1:2": Status.BOOKING_FAILED}

    assert named(row, _command(shipment_id=None), begun_ones, RULES) == "shp_ord_1:2"


def test_a_cancelled_shipment_is_followed_by_the_orders_next() -> None:
    row = told(confirmed(), complete())
    ended = {"shp_ord_1": Status.CANCELLED}

    assert named(row, _command(shipment_id=None), ended, RULES) == "shp_ord_1:2"
    few = ShippingRules(shipments_max=1)
    assert named(row, _command(shipment_id=None), ended, few) is Refusal.TOO_MANY


def test_a_shipment_of_an_order_that_is_over_ends_at_once() -> None:
    row = told(confirmed(), complete(), cancelled())
    assert row is not None

    facts = begun(row, "shp_ord_1", _command(), AT_MS, "corr", RULES)  # type: ignore[arg-type]  # a CreateShipment

    assert isinstance(facts[-1], Cancelled)
    assert fold(None, facts).status is Status.CANCELLED


def test_an_expensive_order_is_signed_for() -> None:
    shipment = pending(order_total_minor=50_000)

    assert (shipment.signature, shipment.cost_minor) == (True, 599 + 300)
    assert not pending(order_total_minor=49_999).signature


def test_a_late_dispatch_is_known() -> None:
    assert not dispatched().late
    assert after(created(), scan("shipped"), at_ms=AT_MS + DAY_MS).late


# --- scans -----------------------------------------------------------------------------------


def test_the_same_scan_counts_once() -> None:
    shipment = after(dispatched(), scan("in_transit", AT_MS + 5000))

    assert decide(shipment, scan("in_transit", AT_MS + 5000), AT_MS + 9000, RULES) == ()


def test_a_scan_out_of_order_is_only_kept() -> None:
    shipment = after(dispatched(), scan("out_for_delivery", AT_MS + 9000), at_ms=AT_MS + 10_000)

    facts = decide(shipment, scan("in_transit", AT_MS + 5000), AT_MS + 11_000, RULES)

    assert [type(fact) for fact in facts] == [Scanned]


def test_a_delivery_counts_however_late_it_is_told() -> None:
    shipment = after(dispatched(), scan("in_transit", AT_MS + 9000), at_ms=AT_MS + 10_000)

    arrived = after(shipment, scan("delivered", AT_MS + 5000), at_ms=AT_MS + 11_000)

    assert (arrived.status, arrived.delivered_at_ms) == (Status.DELIVERED, AT_MS + 5000)


def test_a_carriers_clock_that_is_ahead_holds_up_nothing() -> None:
    shipment = after(dispatched(), scan("in_transit", AT_MS + 9 * DAY_MS))

    assert after(shipment, failure(), at_ms=AT_MS + 5000).status is Status.DELIVERY_FAILED


# --- attempts to deliver ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "attempts", "retriable", "then"),
    [
        ("CUSTOMER_UNAVAILABLE", 1, True, Status.IN_TRANSIT),
        ("OTHER", 1, True, Status.IN_TRANSIT),
        ("nonsense", 1, True, Status.IN_TRANSIT),
        ("ADDRESS_NOT_FOUND", 0, True, Status.RETURNING),
        ("DAMAGED_IN_TRANSIT", 1, False, Status.RETURNING),
        ("REFUSED", 1, False, Status.RETURNING),
    ],
)
def test_what_follows_a_failed_attempt(
    code: str, attempts: int, *, retriable: bool, then: Status
) -> None:
    facts = decide(in_transit(), failure(code), AT_MS + 5000, RULES)
    shipment = fold(in_transit(), facts)

    [message] = following(shipment, facts, RULES)
    assert message.retriable is retriable  # type: ignore[attr-defined]  # a DeliveryFailed
    assert shipment.attempts == attempts
    assert fired(shipment, "redelivery").status is then


@pytest.mark.parametrize(
    ("hour", "late_hours"),
    [(11, 0), (23, 4), (0, 1), (0, 0)],
    ids=["by day", "told past midnight", "night of UTC, told late", "night of UTC"],
)
def test_attempts_of_three_days_are_three_whenever_they_are_told(
    hour: int, late_hours: int
) -> None:
    shipment = in_transit()

    for day in range(1, 4):
        seen_ms = AT_MS + (hour - 11) * HOUR_MS + day * DAY_MS
        told_ms = seen_ms + late_hours * HOUR_MS
        shipment = after(shipment, failure(at_ms=seen_ms), at_ms=told_ms)

    assert (shipment.attempts, shipment.failure) == (3, "CUSTOMER_UNAVAILABLE")
    assert fired(shipment, "redelivery").status is Status.RETURNING


def test_the_next_attempt_follows_when_the_last_was_made_not_when_it_was_told() -> None:
    seen_ms, told_ms = AT_MS + 12 * HOUR_MS, AT_MS + 15 * HOUR_MS  # 23:00, and 02:00 of the 11th

    shipment = after(in_transit(), failure(at_ms=seen_ms), at_ms=told_ms)

    assert shipment.next_ms == AT_MS + 22 * HOUR_MS, "the 11th at 09:00"


def test_attempts_of_two_days_that_are_told_at_once_are_two() -> None:
    told_ms = AT_MS + 3 * DAY_MS
    first, second = (failure(at_ms=AT_MS + day * DAY_MS) for day in (1, 2))

    shipment = after(in_transit(), first, second, at_ms=told_ms)

    assert shipment.attempts == 2
    assert shipment.next_ms > told_ms


def test_the_third_failure_is_the_last() -> None:
    shipment = in_transit()
    for step in range(3):
        shipment = after(shipment, failure(), at_ms=AT_MS + (step + 1) * 10_000)
        shipment = fired(shipment, "redelivery", AT_MS + (step + 2) * 10_000 - 1)

    assert (shipment.status, shipment.attempts) == (Status.RETURNING, 3)
    assert shipment.returning is not None
    assert shipment.returning.reason == "delivery_failed"


def test_the_same_failure_told_twice_counts_once() -> None:
    shipment = after(failed(), failure(at_ms=AT_MS + HOUR_MS), at_ms=AT_MS + HOUR_MS)

    assert shipment.attempts == 1


def test_without_a_scan_for_five_days_a_parcel_is_lost() -> None:
    shipment = after(dispatched(), scan("in_transit", AT_MS + HOUR_MS), at_ms=AT_MS + HOUR_MS)

    assert due_times(shipment)["lost"] == AT_MS + HOUR_MS + 1000 + 5 * DAY_MS


def test_an_unknown_address_may_be_mended_for_five_days() -> None:
    shipment = after(in_transit(), failure("ADDRESS_NOT_FOUND"), at_ms=AT_MS + HOUR_MS)

    assert due_times(shipment)["redelivery"] == AT_MS + HOUR_MS + 1000 + 5 * DAY_MS


def test_a_parcel_whose_days_ended_while_no_worker_ran_is_asked_for_before_it_is_lost() -> None:
    due_ms = due_times(in_transit())["lost"]
    back_ms = due_ms + DAY_MS

    waiting = fired(in_transit(), "lost", back_ms)
    found = after(waiting, scan("delivered"), at_ms=back_ms)

    assert waiting.status is Status.IN_TRANSIT
    assert due_times(waiting)["lost"] == back_ms + RULES.poll_ms
    assert found.status is Status.DELIVERED
    assert fired(waiting, "lost").failure == "LOST"
    assert fired(waiting, "lost", back_ms + DAY_MS).failure == "LOST"


def test_a_parcel_that_was_lost_and_is_found_goes_on() -> None:
    lost = fired(in_transit(), "lost")

    assert (lost.status, lost.failure) == (Status.DELIVERY_FAILED, "LOST")
    assert set(due_times(lost)) == {"claim"}
    found = after(lost, scan("delivered"), at_ms=AT_MS + 9 * DAY_MS)
    assert found.status is Status.DELIVERED


def test_a_mended_address_is_tried_on_the_next_business_day() -> None:
    mended = after(failed("ADDRESS_NOT_FOUND"), moved_to(line1="2 Main St"))

    assert mended.route_version == 1
    assert fired(mended, "redelivery").status is Status.IN_TRANSIT


# --- fraud -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("severity", "blocked"), [("low", False), ("medium", False), ("high", True), ("critical", True)]
)
def test_grave_suspicion_blocks_dispatch(severity: str, *, blocked: bool) -> None:
    shipment = after(created(), fraud(severity), scan("shipped"))

    assert bool(shipment.suspected) is blocked
    assert shipment.status is (Status.CREATED if blocked else Status.DISPATCHED)


def test_what_is_cleared_may_leave_when_it_is_ready() -> None:
    shipment = after(created(), fraud(), verdict())

    assert (shipment.suspected, shipment.status) == ((), Status.CREATED)
    assert after(shipment, scan("shipped")).status is Status.DISPATCHED


def test_what_two_payments_keep_leaves_once_both_are_approved() -> None:
    seen = (verdict("MANUAL_REVIEW"), verdict("MANUAL_REVIEW", payment_id="pay_ord_1:2"))
    other = verdict("APPROVED", payment_id="pay_ord_1:2")

    unasked = after(created(), seen[0], other)
    freed = after(created(), *seen, other, verdict())
    rows = [told(confirmed(), *seen, other), told(confirmed(), *seen, other, verdict())]

    assert (unasked.suspected, freed.suspected) == (("pay_ord_1",), ())
    assert [row is not None and row.suspected for row in rows] == [("pay_ord_1",), ()]


@pytest.mark.parametrize("seen", [fraud(), verdict("MANUAL_REVIEW")], ids=["found", "reviewed"])
def test_what_suspicion_kept_from_dispatch_ends_where_it_is_confirmed(seen: Message) -> None:
    shipment = after(created(), seen, verdict("DECLINED"))

    assert (shipment.status, shipment.history[-1].reason) == (Status.CANCELLED, "FRAUD_DETECTED")
    assert decide(shipment, verdict("DECLINED"), AT_MS, RULES) == ()
    assert decide(created(), verdict("DECLINED"), AT_MS, RULES) == ()


def test_one_payment_too_many_ends_no_parcel_that_waits_for_a_review() -> None:
    too_many = verdict("DECLINED", "rate_limited")
    waiting = after(created(), fraud())

    shipment = after(waiting, too_many)
    row = told(confirmed(), fraud(), too_many)

    assert shipment == waiting
    assert row is not None
    assert (row.suspected, row.stopped) == (("pay_ord_1",), "")


def test_of_an_order_of_which_suspicion_is_confirmed_nothing_more_is_sent() -> None:
    row = told(confirmed(), fraud(), verdict("DECLINED"))

    assert row is not None
    assert row.stopped == "FRAUD_DETECTED"


@pytest.mark.parametrize("outcome", ["won", "withdrawn"])
def test_what_a_claim_keeps_from_dispatch_leaves_once_no_claim_does(outcome: str) -> None:
    claimed = after(created(), dispute(), dispute(), dispute("cb_2"), scan("shipped"))

    one_left = after(claimed, closed(outcome, "cb_2"))
    free = after(one_left, closed(outcome))

    assert (claimed.status, claimed.disputes) == (Status.CREATED, ("cb_1", "cb_2"))
    assert one_left.status is Status.CREATED
    assert (free.status, free.disputes) == (Status.DISPATCHED, ())


@pytest.mark.parametrize("first", [verdict("APPROVED"), closed("won")], ids=lambda m: m.name)
def test_what_fraud_and_a_claim_keep_leaves_when_both_let_it_go(first: Message) -> None:
    kept = after(created(), fraud(), dispute(), scan("shipped"))
    [second] = [one for one in (verdict("APPROVED"), closed("won")) if one.name != first.name]

    assert after(kept, first).status is Status.CREATED
    assert after(kept, first, second).status is Status.DISPATCHED


def test_an_order_that_was_claimed_before_it_is_sent_has_its_parcel_kept_from_the_start() -> None:
    row = told(confirmed(), dispute())

    won, lost = told(confirmed(), dispute(), closed("won")), told(confirmed(), closed("lost"))

    assert row is not None
    assert won is not None
    assert lost is not None
    assert (row.disputes, row.stopped) == (("cb_1",), "")
    assert won.disputes == ()
    assert lost.stopped == "CHARGEBACK"


# --- returns ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "deducted"),
    [
        ("defective_item", 0),
        ("wrong_item", 0),
        ("damaged", 0),
        ("not_as_described", 0),
        ("changed_mind", 599),
        ("size_or_fit", 599),
        ("anything", 599),
    ],
)
def test_who_pays_the_way_back(reason: str, deducted: int) -> None:
    shipment = after(delivered(), label(reason=reason))

    assert shipment.returning is not None
    assert shipment.returning.estimate_minor == 13497 - deducted


def test_a_return_is_asked_for_within_thirty_days_of_delivery() -> None:
    last_ms = delivered().delivered_at_ms + 30 * DAY_MS

    assert isinstance(decide(delivered(), label(), last_ms, RULES)[0], ReturnAsked)
    assert decide(delivered(), label(), last_ms + 1, RULES) == (
        Noted(last_ms + 1, "RETURN_REFUSED_OUTSIDE_WINDOW"),
    )


def test_a_return_is_asked_of_the_carrier_that_brought_it_and_then_of_ups() -> None:
    asked = [fact for fact in decide(delivered(), label(), AT_MS, RULES) if isinstance(fact, Asked)]

    assert [fact.booking.carriers for fact in asked] == [("USPS", "UPS")]


@pytest.mark.parametrize("items", [(ware("p9"),), ()])
def test_only_what_was_sent_comes_back(items: tuple[object, ...]) -> None:
    shipment = after(delivered(), label(items=items))

    assert shipment.returning is None
    assert shipment.history[-1].reason == "RETURN_REFUSED_UNKNOWN_ITEMS"


def test_no_more_comes_back_than_was_sent() -> None:
    shipment = after(delivered(), label(items=(ware("p1", 9),)))

    assert shipment.returning is not None
    assert [(item.product_id, item.quantity) for item in shipment.returning.items] == [("p1", 2)]


@pytest.mark.parametrize(
    ("reason", "condition", "refundable"),
    [
        ("changed_mind", "new", True),
        ("changed_mind", "refurbished", True),
        ("changed_mind", "damaged", False),
        ("defective_item", "damaged", True),
        ("damaged", "damaged", True),
    ],
)
def test_inspection_decides_on_the_refund(reason: str, condition: str, *, refundable: bool) -> None:
    asked = after(delivered(), label(reason=reason))
    shipment = after(asked, booked(asked, "return", tracking_number="94R"))

    facts = decide(shipment, receipt(shipment, ("p1", 1, condition)), AT_MS, RULES)

    [received] = following(fold(shipment, facts), facts, RULES)
    assert received.items[0].refundable is refundable  # type: ignore[attr-defined]  # a ReturnReceived


def test_an_exchange_says_so() -> None:
    asked = after(delivered(), label(reshipping=True))
    shipment = after(asked, booked(asked, "return", tracking_number="94R"))
    facts = decide(shipment, receipt(shipment, ("p1", 1, "new")), AT_MS, RULES)

    [received] = following(fold(shipment, facts), facts, RULES)

    assert received.resolution == "exchange"  # type: ignore[attr-defined]  # a ReturnReceived


def test_what_was_not_announced_is_not_refunded() -> None:
    facts = decide(labelled(), receipt(labelled(), ("p1", 5, "new")), AT_MS, RULES)

    [received] = following(fold(labelled(), facts), facts, RULES)

    items = received.items  # type: ignore[attr-defined]  # a ReturnReceived
    assert [(item.quantity, item.refundable) for item in items] == [(2, True), (3, False)]


@pytest.mark.parametrize(
    ("reason", "names", "found"),
    [
        ("wrong_item", ["SKU9"], [("p1", 2, True), (None, 1, False)]),
        ("wrong_item", ["SKU1"], [("p1", 2, True), ("p1", 1, False)]),
        ("wrong_item", ["SKU9", "SKU1"], [("p1", 2, True), (None, 3, False), ("p1", 1, False)]),
        ("changed_mind", ["SKU9"], [(None, 3, False)]),
    ],
)
def test_wrong_goods_stand_for_those_that_were_ordered(
    reason: str, names: list[str], found: list[tuple[str | None, int, bool]]
) -> None:
    asked = after(delivered(), label(reason=reason, items=(ware("p1", 2),)))
    shipment = after(asked, booked(asked, "return", tracking_number="94R"))

    facts = decide(shipment, receipt(shipment, *[(one, 3, "new") for one in names]), AT_MS, RULES)

    [received] = following(fold(shipment, facts), facts, RULES)
    items = received.items  # type: ignore[attr-defined]  # a ReturnReceived
    assert [(item.product_id, item.quantity, item.refundable) for item in items] == found


def test_more_than_was_announced_is_booked_in_as_what_it_is() -> None:
    facts = decide(
        labelled(), receipt(labelled(), ("SKU1", 3, "new"), ("X", 1, "new")), AT_MS, RULES
    )

    [received] = following(fold(labelled(), facts), facts, RULES)

    items = received.items  # type: ignore[attr-defined]  # a ReturnReceived
    assert [(item.product_id, item.quantity) for item in items] == [("p1", 2), ("p1", 1), (None, 1)]


@pytest.mark.parametrize(
    ("reason", "expected"), [("wrong_item", [("SKU1", 2), ("SKU2", 1)]), ("changed_mind", None)]
)
def test_a_return_of_the_wrong_goods_says_what_should_have_come(
    reason: str, expected: list[tuple[str, int]] | None
) -> None:
    asked = after(delivered(), label(reason=reason))
    facts = decide(asked, booked(asked, "return", tracking_number="1ZB"), AT_MS, RULES)

    [initiated] = following(fold(asked, facts), facts, RULES)

    assert isinstance(initiated, ReturnInitiated)
    told = initiated.expected_items
    assert (told and [(item.sku, item.quantity) for item in told]) == expected


def unlabelled(shipment: Shipment) -> Message:
    """The carrier that is asked for a return's label issues none."""
    assert shipment.returning is not None
    assert shipment.returning.booking is not None
    key = key_of(shipment.shipment_id, "return", shipment.returning.booking)
    carrier = shipment.returning.booking.carrier
    return refused(
        pending(), retryable=False, purpose="return", carrier=carrier, idempotency_key=key
    )


def test_a_return_that_no_carrier_has_a_label_for_is_for_people_and_may_be_asked_for_again() -> (
    None
):
    shipment, facts = after(delivered(), label()), ()
    while shipment.returning is not None:
        facts = decide(shipment, unlabelled(shipment), AT_MS, RULES)
        shipment = fold(shipment, facts)

    [alarm] = following(shipment, facts, RULES)
    assert isinstance(alarm, AlertRaised)
    assert alarm.subject == "order ord_1, parcel shp_ord_1"
    assert (shipment.status, due_times(shipment)) == (Status.DELIVERED, {})
    assert after(shipment, label()).returning is not None


def test_a_returns_label_that_nobody_waits_for_is_given_back_and_a_repeat_is_not() -> None:
    again = booked(labelled(), "return", tracking_number="94R")
    other = booked(labelled(), "return", tracking_number="94S")

    assert decide(labelled(), again, AT_MS, RULES) == ()
    for shipment in (labelled(), delivered()):
        assert decide(shipment, other, AT_MS, RULES) == (LabelSpare(AT_MS, "USPS", "94S"),)
    assert decide(created(), booked(created()), AT_MS, RULES) == ()


def test_a_receipt_of_what_nobody_sends_back_is_refused() -> None:
    came = receipt(labelled(), ("p1", 1, "new"))

    assert after(delivered(), came).history[-1].reason == "RECEIPT_REFUSED_NO_RETURN"


def test_what_left_although_its_order_was_cancelled_is_worth_nothing_on_its_way_back() -> None:
    kept, over = delivered(), after(dispatched(), cancelled(), scan("delivered"))

    worth = [
        after(one, label()).returning.estimate_minor  # type: ignore[union-attr]  # it was asked for
        for one in (kept, over)
    ]

    assert worth[0] > 0
    assert worth[1] == 0


def test_a_failed_attempt_from_before_the_last_scan_is_only_kept() -> None:
    shipment = after(in_transit(), scan("out_for_delivery", AT_MS + DAY_MS))

    assert [type(one) for one in decide(shipment, failure(at_ms=AT_MS), AT_MS + DAY_MS, RULES)] == [
        Scanned
    ]


@pytest.mark.parametrize(
    ("shipment", "message"),
    [
        (created(), closed("won", "cb_of_another")),
        (created(), moved_to()),
        (delivered(), moved_to(line1="2 Main St")),
        (failed("LOST"), moved_to(line1="2 Main St")),
        (after(created(), fraud()), fraud()),
        (after(dispatched(), fraud()), fraud()),
        (delivered(), fraud()),
    ],
    ids=["no claim", "no move", "too late", "lost", "suspected", "suspected on its way", "arrived"],
)
def test_news_that_changes_nothing_for_a_parcel_is_not_written_down(
    shipment: Shipment, message: Message
) -> None:
    assert decide(shipment, message, AT_MS + HOUR_MS, RULES) == ()


def test_a_carrier_is_looked_for_again_only_where_none_was_found() -> None:
    asked = again(given_up(), AT_MS, RULES)

    assert [type(one) for one in asked] == [Asked]
    assert again(fold(given_up(), asked), AT_MS, RULES) == ()
    assert again(created(), AT_MS, RULES) == ()


def test_another_returns_receipt_is_refused() -> None:
    other = receipt(labelled(), ("p1", 1, "new")).model_copy(update={"return_id": "ret_other"})

    assert after(labelled(), other).history[-1].reason == "RECEIPT_REFUSED_OTHER_RETURN"


def test_after_a_label_lapsed_another_may_be_asked_for() -> None:
    lapsed = fired(labelled(), "label")
    again = after(lapsed, label(), at_ms=lapsed.history[-1].at_ms)

    assert lapsed.status is Status.DELIVERED
    assert again.returning is not None
    assert again.returning.return_id != getattr(labelled().returning, "return_id", None)


@pytest.mark.parametrize(("days", "is_taken"), [(31, True), (57, True), (59, False)])
def test_after_a_label_lapsed_another_may_be_asked_for_when_the_window_is_over(
    days: int, *, is_taken: bool
) -> None:
    lapsed = fired(labelled(), "label")

    again = after(lapsed, label(), at_ms=lapsed.delivered_at_ms + days * DAY_MS)

    assert (again.returning is not None) == is_taken


@pytest.mark.parametrize("granted", [None, True])
def test_what_orders_granted_in_time_is_not_refused_for_the_way_it_took(
    granted: bool | None,  # noqa: FBT001 - a case
) -> None:
    there = delivered()

    asked = after(there, label(granted=granted), at_ms=there.delivered_at_ms + 30 * DAY_MS + 1)

    assert (asked.returning is not None) == (granted is True)


@pytest.mark.parametrize("asked_again", [False, True])
def test_goods_that_come_after_their_label_lapsed_are_taken_back_all_the_same(
    *,
    asked_again: bool,
) -> None:
    lapsed = fired(labelled(), "label")
    late = receipt(labelled(), ("p1", 1, "new"))
    waiting = after(lapsed, label(), at_ms=lapsed.history[-1].at_ms) if asked_again else lapsed

    facts = decide(waiting, late, AT_MS + 20 * DAY_MS, RULES)
    now = fold(waiting, facts)

    [told] = following(now, facts, RULES)
    assert (now.status, told.name) == (Status.RETURNED, "ReturnReceived")
    assert told.return_id == late.return_id  # type: ignore[attr-defined]
    assert due_times(now) == {}
    assert decide(now, late, AT_MS + 20 * DAY_MS, RULES) == ()


def test_goods_that_come_with_a_lapsed_label_are_taken_back_though_another_is_issued() -> None:
    lapsed = fired(labelled(), "label")
    late = receipt(labelled(), ("p1", 1, "new"))
    asked = after(lapsed, label(), at_ms=lapsed.history[-1].at_ms)
    again = after(asked, booked(asked, "return", tracking_number="95R"))

    now = after(again, late, at_ms=AT_MS + 20 * DAY_MS)

    assert (again.status, now.status) == (Status.RETURN_INITIATED, Status.RETURNED)
    assert now.returning is not None
    assert now.returning.return_id == late.return_id
    assert due_times(now) == {}


def test_goods_may_come_with_any_label_that_lapsed() -> None:
    first = labelled()
    shipment = fired(first, "label")
    for number in range(2):
        asked = after(shipment, label(), at_ms=shipment.history[-1].at_ms)
        issued = after(asked, booked(asked, "return", tracking_number=f"9{number}R"))
        shipment = fired(issued, "label") if number == 0 else issued

    now = after(shipment, receipt(first, ("p1", 1, "new")), at_ms=AT_MS + 29 * DAY_MS)

    assert (shipment.status, now.status) == (Status.RETURN_INITIATED, Status.RETURNED)
    assert now.returning is not None
    assert now.returning.return_id == getattr(first.returning, "return_id", None)


def test_each_label_of_a_parcel_brings_back_its_part_once_and_no_other_does() -> None:
    first = labelled()
    lapsed = fired(first, "label")
    asked = after(lapsed, label(), at_ms=lapsed.history[-1].at_ms)
    second = after(asked, booked(asked, "return", tracking_number="95R"))
    late, open_ = receipt(first, ("p1", 1, "new")), receipt(second, ("p1", 1, "new"))
    other = late.model_copy(update={"return_id": "ret_other"})

    shipment, told = second, []
    for word in (late, open_, late, open_, other):
        facts = decide(shipment, word, AT_MS + 20 * DAY_MS, RULES)
        shipment = fold(shipment, facts) if facts else shipment
        told += [one.return_id for one in following(shipment, facts, RULES)]  # type: ignore[attr-defined]  # ReturnReceived

    assert told == [late.return_id, open_.return_id]
    assert (shipment.status, due_times(shipment)) == (Status.RETURNED, {})
    assert shipment.history[-1].reason == "RECEIPT_REFUSED_OTHER_RETURN"


def test_goods_that_come_with_a_label_from_before_an_exchange_are_worth_what_orders_says() -> None:
    first = labelled()
    lapsed = fired(first, "label")
    asked = after(lapsed, label(reshipping=True), at_ms=lapsed.history[-1].at_ms)
    again = after(asked, booked(asked, "return", tracking_number="95R"))

    facts = decide(again, receipt(first, ("p1", 1, "new")), AT_MS + 20 * DAY_MS, RULES)
    [told] = following(fold(again, facts), facts, RULES)

    assert getattr(told, "resolution", None) == "exchange"


def test_what_came_back_names_the_line_that_it_was_announced_of() -> None:
    asked = labelled()
    assert asked.returning is not None

    facts = decide(asked, receipt(asked, ("p1", 1, "new")), AT_MS + DAY_MS, RULES)
    [told] = following(fold(asked, facts), facts, RULES)

    [found] = getattr(told, "items", ())
    assert found.item_id == asked.returning.items[0].item_id


def twice_one_product() -> Shipment:
    """One parcel with two lines of a product, of which the second was cheaper."""
    items = tuple(
        OrderItem(product_id="p1", sku="SKU1", quantity=2, unit_price_minor=price)
        for price in (2_000, 1_000)
    )
    told_of = told(
        confirmed(order_items=items), held(1, units=2), held(2, units=2, product_id="p1")
    )
    facts = fulfilment.decide(told_of, complete(), AT_MS, RULES)
    row = fulfilment.fold(told_of, facts)
    [command] = shipments_asked(row, facts)
    sent = fold(None, begun(row, command.shipment_id, command, AT_MS, "corr_1", RULES))
    return after(sent, booked(sent), scan("shipped"), scan("delivered"))


def test_of_two_lines_of_one_product_that_comes_back_which_was_announced() -> None:
    named_line = ShippedItem(item_id="ord_1:2", product_id="p1", sku="SKU1", quantity=1)

    asked = after(twice_one_product(), label(reason="damaged", items=(named_line,)))

    assert asked.returning is not None
    [item] = asked.returning.items
    assert (item.item_id, item.quantity) == ("ord_1:2", 1)
    assert asked.returning.estimate_minor == 1_000


def test_of_two_lines_of_one_product_that_is_inspected_which_was_received() -> None:
    asked = after(twice_one_product(), label(reason="damaged"))
    shipment = after(asked, booked(asked, "return", tracking_number="94R"))
    word = receipt(shipment, ("SKU1", 3, "new"))
    [line] = word.items
    word = word.model_copy(update={"items": (line.model_copy(update={"item_id": "ord_1:2"}),)})

    facts = decide(shipment, word, AT_MS, RULES)
    [received] = following(fold(shipment, facts), facts, RULES)

    found = [(item.item_id, item.quantity) for item in getattr(received, "items", ())]
    assert found == [("ord_1:2", 2), ("ord_1:1", 1)]


# --- fulfilment ------------------------------------------------------------------------------


def test_what_replaces_other_goods_goes_out_once_all_of_it_is_held() -> None:
    free = confirmed(exchange_for="ord_0")

    assert told(free, held(1, units=2)).planned == ()  # type: ignore[union-attr]
    for row in (told(free, held(1, units=2), held(2)), told(held(2), held(1, units=2), free)):
        assert row is not None
        assert (row.paid, row.planned) == (True, ("shp_ord_1",))


def test_what_replaces_other_goods_goes_out_of_a_warehouse_that_sells_no_more_of_them() -> None:
    withdrawn = held(1, adjusted_quantity=0, previous_quantity=0, new_quantity=0)

    row = told(confirmed(exchange_for="ord_0"), withdrawn, held(2))

    assert row is not None
    assert [one.quantity for one in row.held if one.line == 1] == [2]
    assert row.planned == ("shp_ord_1",)


def test_a_commit_is_no_hold() -> None:
    row = told(confirmed(exchange_for="ord_0"), held(1, adjusted_quantity=0, committed=True))

    assert row is not None
    assert row.held == ()


def test_what_an_amendment_holds_that_is_not_made_yet_is_in_no_parcel() -> None:
    before = told(confirmed(), held(1, units=2), held(2), held(3, units=4))

    [planned] = [
        fact
        for fact in fulfilment.decide(before, complete(), AT_MS, RULES)
        if isinstance(fact, Planned)
    ]

    items = [(item.item_id, item.quantity) for one in planned.parcels for item in one.items]
    assert items == [("ord_1:1", 2), ("ord_1:2", 1)]


def test_what_replaces_other_goods_is_worth_what_they_cost() -> None:
    items = tuple(
        one.model_copy(update={"total_price_minor": 0}) for one in confirmed().order_items
    )
    row = told(confirmed(exchange_for="ord_0", order_items=items, order_total_minor=0))

    assert row is not None
    assert [line.total_minor for line in row.lines] == [6998, 6499]
    assert row.total_minor == 13497


def test_abroad_costs_twice() -> None:
    shipment = pending(shipping_address=address(country="GB", state=None))

    assert shipment.cost_minor == 2 * 599
    assert shipment.booking is not None
    assert shipment.booking.carriers == ("FedEx", "DHL")


def test_lines_nobody_says_the_warehouse_of_come_from_the_default_one() -> None:
    row = told(confirmed(), held(1, "wh_b", 2), complete())

    assert row is not None
    assert row.planned == ("shp_ord_1", "shp_ord_1:2")


@pytest.mark.parametrize(("later_ms", "told"), [(DAY_MS, False), (DAY_MS + 1, True)])
def test_of_an_eta_that_shifts_by_more_than_a_day_the_customer_is_told(
    later_ms: int, *, told: bool
) -> None:
    before_ms = eta_ms(AT_MS, "standard", RULES) - later_ms
    shipment = msgspec.structs.replace(dispatched(), eta_ms=before_ms)

    [rerouted] = decide(shipment, moved_to(city="Salem"), AT_MS, RULES)

    assert isinstance(rerouted, Rerouted)
    assert rerouted.tell is told


def test_what_a_person_looks_at_is_not_dispatched() -> None:
    shipment = after(created(), verdict("MANUAL_REVIEW"), scan("shipped"))

    assert (shipment.suspected, shipment.status) == (("pay_ord_1",), Status.CREATED)
