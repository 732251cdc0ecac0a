"""Orders that stand still, and orders that are old."""

import pytest
from msgspec.structs import replace

from events.base import Message
from events.shipping import ShipmentBookingFailed
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS
from streams.orders.evolution import fold
from streams.orders.outcomes import due_times
from streams.orders.rows import STUCK, Order, Status
from streams.orders.sweeping import NEVER_SENT, alarm, archived, is_old, looked_at
from tests.streams.orders.parcels import created, dispatched, gone
from tests.streams.orders.samples import (
    AT_MS,
    BACKORDERED,
    CANCELLED,
    CONFIRMED,
    ON_HOLD,
    PAID,
    RULES,
    after,
    amend,
    cancel,
    change,
    declined,
    expired,
    refund,
)

UNBOOKED = ShipmentBookingFailed(
    shipment_id="shp_ord_1",
    order_id="ord_1",
    attempts=6,
    carriers_tried=("UPS",),
    manual_fulfillment=True,
)


@pytest.mark.parametrize(
    ("order", "wait_ms", "stuck"),
    [
        (CONFIRMED, HOUR_MS - MINUTE_MS, False),
        (CONFIRMED, HOUR_MS + MINUTE_MS, True),
        (PAID, 47 * HOUR_MS, False),
        (PAID, 49 * HOUR_MS, True),
        (after(PAID, created()), 49 * HOUR_MS, True),
        (after(PAID, created(), dispatched()), 29 * DAY_MS, False),
        (after(PAID, created(), dispatched()), 31 * DAY_MS, True),
        (after(PAID, created(), dispatched(), refund()), 31 * DAY_MS, False),
        (BACKORDERED, 99 * DAY_MS, False),
        (ON_HOLD, 99 * DAY_MS, False),
        (CANCELLED, 99 * DAY_MS, False),
    ],
)
def test_an_order_that_somebody_should_be_at_work_on_is_flagged(
    order: Order, wait_ms: int, *, stuck: bool
) -> None:
    facts = looked_at(order, AT_MS + wait_ms, RULES)

    assert bool(facts) is stuck
    if stuck:
        assert fold(order, facts).flags == (STUCK,)


def test_it_is_said_once_and_taken_back_when_the_order_moves() -> None:
    now_ms = AT_MS + 2 * HOUR_MS
    stuck = fold(CONFIRMED, looked_at(CONFIRMED, now_ms, RULES))

    assert looked_at(stuck, now_ms + 9 * DAY_MS, RULES) == ()
    assert alarm(stuck, now_ms).value == 120
    moved = after(stuck, amend(change("p1", 2, 1)), at_ms=now_ms)
    assert fold(moved, looked_at(moved, now_ms + MINUTE_MS, RULES)).flags == ()


@pytest.mark.parametrize(
    "ending", [cancel(), declined(3), expired()], ids=["asked", "card", "hold"]
)
def test_the_end_is_the_last_that_the_history_of_a_stuck_order_tells(ending: Message) -> None:
    stuck = fold(CONFIRMED, looked_at(CONFIRMED, AT_MS + 2 * HOUR_MS, RULES))
    disputed = replace(stuck, flags=("DISPUTED", *stuck.flags))

    ended = after(disputed, ending, at_ms=AT_MS + 3 * HOUR_MS)

    assert ended.flags == ("DISPUTED",)
    assert looked_at(ended, AT_MS + 4 * HOUR_MS, RULES) == ()
    assert ended.history[-1].reason == ended.cancellation_reason


@pytest.mark.parametrize(
    "order",
    [
        CONFIRMED,
        PAID,
        after(PAID, created()),
        after(PAID, created(), gone()),
        after(PAID, UNBOOKED),
        after(CONFIRMED, amend(change("p2", 1, 3))),
    ],
    ids=["no answer", "not booked", "never scanned", "parcel cancelled", "no carrier", "amending"],
)
def test_an_order_that_nobody_sends_ends_after_a_fortnight(order: Order) -> None:
    stuck = fold(order, looked_at(order, AT_MS + 13 * DAY_MS, RULES))
    assert stuck.flags == (STUCK,)

    facts = looked_at(stuck, AT_MS + 15 * DAY_MS, RULES)

    ended = fold(stuck, facts)
    assert (ended.status, ended.cancellation_reason) == (Status.CANCELLED, "OTHER")
    assert (facts[-1].note, due_times(ended)) == (NEVER_SENT, {})


def test_what_waits_for_its_own_clock_is_left_to_it() -> None:
    for order in (BACKORDERED, ON_HOLD, CANCELLED, after(PAID, created(), dispatched(), refund())):
        assert looked_at(order, AT_MS + 99 * DAY_MS, RULES) == ()


def test_after_seven_years_an_order_is_old() -> None:
    years = 7 * 365 * DAY_MS

    assert not is_old(CONFIRMED, AT_MS + years, RULES)
    assert is_old(CONFIRMED, AT_MS + years + 3 * DAY_MS, RULES)


def test_the_archive_is_told_all_it_keeps() -> None:
    order = after(CONFIRMED, amend(change("p2", 1, 0, 6499)))

    told = archived(order, AT_MS, RULES)

    assert told.location == {
        "bucket": "flowmart-order-archive",
        "objectKey": "2025/11/16/ord_1.json",
        "storageClass": "GLACIER",
    }
    assert [item["quantity"] for item in told.line_items] == [2]
    assert (told.total_amount_minor_units, told.currency_code) == (6998, "USD")
    assert not told.gdpr_erasure_applied


def test_the_archive_knows_whose_address_was_erased() -> None:
    erased = replace(CONFIRMED, shipping_address=replace(CONFIRMED.shipping_address, line1=""))

    assert archived(erased, AT_MS, RULES).gdpr_erasure_applied
