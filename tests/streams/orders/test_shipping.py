"""What shipping's news means for an order (G-14, G-31, G-32)."""

import msgspec
import pytest
from msgspec.structs import replace

from events.base import Message
from events.shipping import (
    ShipmentBookingFailed,
)
from streams.orders.back import RETURNS_MAX, Back
from streams.orders.deciding import decide, review_over
from streams.orders.evolution import fold
from streams.orders.outcomes import following
from streams.orders.rows import PARCELS_MAX, Order, Status
from tests.streams.orders.parcels import (
    PAID,
    came_back,
    created,
    delivered,
    dispatched,
    failed,
    gone,
    returned,
)
from tests.streams.orders.samples import (
    AT_MS,
    RULES,
    after,
    cancel,
    fraud,
    placed,
    refund,
    verdict,
)


def lost(number: int = 1) -> Message:
    return failed().model_copy(update={"shipment_id": f"shp_{number}", "reason_code": "LOST"})


def full_refund() -> Message:
    return refund(PAID.total_minor, "refunded")


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ((created(),), Status.PROCESSING),
        ((created(), dispatched()), Status.SHIPPED),
        ((dispatched(),), Status.SHIPPED),
        ((created(), dispatched(), failed(1), failed(2)), Status.SHIPPED),
        ((created(), dispatched(), delivered()), Status.DELIVERED),
        ((delivered(),), Status.DELIVERED),
        ((created(), dispatched(), returned()), Status.RETURNED),
        ((created(), dispatched(), delivered(), returned()), Status.RETURNED),
        ((created(), dispatched(), delivered(), returned(units=2)), Status.DELIVERED),
        ((created(), dispatched(), lost()), Status.RETURNED),
        ((dispatched(), lost()), Status.RETURNED),
        ((created(), dispatched(), lost(), delivered()), Status.RETURNED),
        ((created(), dispatched(), lost(), full_refund()), Status.REFUNDED),
        ((created(), dispatched(), full_refund(), lost()), Status.REFUNDED),
        ((created(), dispatched(), delivered(), lost()), Status.DELIVERED),
        ((created(), gone()), Status.PROCESSING),
        ((created(), gone(), created(2), dispatched(2), delivered(2)), Status.DELIVERED),
    ],
)
def test_where_shipping_takes_an_order(told: tuple[Message, ...], status: Status) -> None:
    assert after(PAID, *told).status is status


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ((created(1, 1), dispatched(1), delivered(1)), Status.SHIPPED),
        ((created(1, 1), created(2, 2), dispatched(2), delivered(2)), Status.SHIPPED),
        (
            (created(1, 1), created(2, 2), dispatched(2), delivered(2), delivered(1)),
            Status.DELIVERED,
        ),
        (
            (created(1, 1), dispatched(1), delivered(1), created(2, 2), delivered(2)),
            Status.DELIVERED,
        ),
        ((created(1, 1), created(2, 2), delivered(1), returned(2, 2)), Status.DELIVERED),
        ((created(1, 1), created(2, 2), dispatched(1), lost(1)), Status.SHIPPED),
        ((created(1, 1), created(2, 2), delivered(1), dispatched(2), lost(2)), Status.DELIVERED),
        ((created(1, 1), created(2, 2), dispatched(1), lost(1), delivered(2)), Status.DELIVERED),
        ((created(1, 1), created(2, 2), dispatched(1), lost(1), returned(2, 2)), Status.RETURNED),
        ((created(1, 1), created(2, 2), returned(1, 1), dispatched(2), lost(2)), Status.RETURNED),
        (
            (created(1, 1), created(2, 2), dispatched(1), dispatched(2), lost(1), lost(2)),
            Status.RETURNED,
        ),
        ((created(1, 1), created(2, 2), delivered(1), returned(2, 2), gone(3)), Status.DELIVERED),
        (
            (created(1, 1), created(2, 2), dispatched(1), returned(1, 1), returned(2, 2)),
            Status.RETURNED,
        ),
    ],
)
def test_an_order_of_several_shipments_waits_for_the_last(
    told: tuple[Message, ...], status: Status
) -> None:
    assert after(PAID, *told).status is status


@pytest.mark.parametrize(
    "message",
    [created(), dispatched(), delivered(), returned(), gone(), failed(), lost()],
    ids=lambda m: m.name,
)
def test_news_told_twice_changes_nothing(message: Message) -> None:
    order = after(PAID, created(), dispatched(), message)

    assert decide(order, message, AT_MS, RULES) == ()


def test_each_failed_attempt_is_in_the_history() -> None:
    order = after(PAID, created(), dispatched(), failed(1), failed(1), failed(2))

    assert [step.reason for step in order.history[-2:]] == [
        "DELIVERY_FAILED_CUSTOMER_UNAVAILABLE_1",
        "DELIVERY_FAILED_CUSTOMER_UNAVAILABLE_2",
    ]


def test_a_person_who_has_to_find_a_carrier_is_in_the_history() -> None:
    event = ShipmentBookingFailed(
        shipment_id="shp_1",
        order_id="ord_1",
        attempts=6,
        carriers_tried=("UPS",),
        manual_fulfillment=True,
    )

    assert after(PAID, event).history[-1].reason == "SHIPMENT_BOOKING_FAILED"


def test_nothing_is_cancelled_after_dispatch() -> None:
    order = after(PAID, created(), dispatched(), cancel(), verdict("DECLINED"))

    assert order.status is Status.SHIPPED


def test_an_order_on_hold_comes_back_as_processing_once_its_shipment_is_booked() -> None:
    order = after(PAID, fraud(), created())
    assert (order.status, order.held_from) == (Status.ON_HOLD, Status.PROCESSING)

    assert after(order, verdict("APPROVED")).status is Status.PROCESSING


def test_what_left_while_the_hold_was_on_its_way_is_held_no_longer() -> None:
    order = after(PAID, created(), fraud(), dispatched())

    assert (order.status, order.review_due_ms) == (Status.SHIPPED, 0)
    assert review_over(order, AT_MS, AT_MS, RULES) == ()


def test_what_left_although_it_was_cancelled_is_told() -> None:
    order = after(PAID, created(), cancel(), dispatched())

    assert order.status is Status.CANCELLED
    assert order.history[-1].reason == "DISPATCHED_AFTER_CANCEL"
    assert after(order, lost()).parcels[0].state == "lost"


def test_what_left_although_it_was_cancelled_is_told_to_people_and_asked_back_as_it_arrives() -> (
    None
):
    gone_on = after(PAID, created(), cancel(), dispatched())
    facts = decide(after(PAID, created(), cancel()), dispatched(), AT_MS, RULES)
    [alert] = [*following(gone_on, facts, dispatched(), AT_MS, RULES)]
    assert (alert.rule, alert.subject) == ("sent_after_cancel", "order ord_1, parcel shp_1")

    assert [back.shipment_id for back in after(gone_on, delivered()).returns] == ["shp_1"]
    full = replace(gone_on, returns=(Back("shp_9", "other", (), lapsed=True),) * RETURNS_MAX)
    assert after(full, delivered()).returns == full.returns


def test_no_more_parcels_are_kept_than_an_order_may_have() -> None:
    order = after(PAID, *[created(number) for number in range(1, PARCELS_MAX + 2)])

    assert len(order.parcels) == PARCELS_MAX
    assert after(order, dispatched(PARCELS_MAX)).parcels[-1].state == "dispatched"


@pytest.mark.parametrize("status", [Status.CONFIRMED, Status.BACKORDERED, Status.REJECTED])
def test_shipping_moves_no_order_that_is_not_paid(status: Status) -> None:
    order = replace(placed(), status=status)

    assert after(order, created(), dispatched(), delivered()).status is status


def test_a_row_is_the_same_after_storing() -> None:
    whole = fold(PAID, decide(PAID, created(), AT_MS, RULES))

    assert msgspec.json.decode(msgspec.json.encode(whole), type=Order) == whole


def test_an_order_whose_money_all_went_back_on_its_way_is_refunded_where_it_arrives() -> None:
    order = after(PAID, created(), dispatched(), refund())
    assert order.status is Status.SHIPPED

    order = after(order, delivered())

    assert [step.status for step in order.history[-2:]] == [Status.DELIVERED, Status.REFUNDED]


@pytest.mark.parametrize(
    ("goods", "status"),
    [
        ([("p1", 2), ("p2", 1)], Status.RETURNED),
        ([("p1", 2), ("brick", 1)], Status.DELIVERED),
        ([("p1", 3)], Status.DELIVERED),
        ([("brick", 3)], Status.DELIVERED),
        ([("p1", 5), ("p2", 1)], Status.RETURNED),
    ],
)
def test_what_was_not_in_a_parcel_returns_no_order(
    goods: list[tuple[str, int]], status: Status
) -> None:
    back = returned().model_copy(update={"items": came_back(goods)})

    assert after(PAID, created(), dispatched(), delivered(), back).status is status
