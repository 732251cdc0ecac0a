"""Ends of orders: a row a story."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from events.base import Message
from events.order_parts import OrderLine
from events.orders import OrderAmended
from events.shipping import DeliveryFailed, ShipmentCancelled
from events.types import OrderItem, ShippedItem
from streams.metrics import journeys
from streams.metrics.counts import Counts
from streams.metrics.journeys import BLANK, Journey
from streams.metrics.rules import MetricsRules
from streams.moments import DAY_MS
from tests.agents.metrics_desk import (
    EVE,
    arrived,
    back,
    booked,
    cancelled,
    complete,
    confirmed,
    left,
)

RULES = MetricsRules(categories={"p": "Books", "q": "Toys"})
STEPS: dict[str, Any] = {
    "OrderConfirmed": journeys.confirmed,
    "OrderAmended": journeys.amended,
    "OrderCancelled": journeys.cancelled,
    "PaymentComplete": journeys.paid,
    "ShipmentCreated": journeys.created,
    "ShipmentDispatched": journeys.dispatched,
    "ShipmentDelivered": journeys.delivered,
    "DeliveryFailed": journeys.attempt_failed,
    "ShipmentCancelled": journeys.parcel_cancelled,
    "ReturnReceived": journeys.returned,
}
TWO: dict[str, Any] = {"shipment_id": "shp_a:2"}


def told(*messages: Message) -> tuple[Journey, Counts]:
    journey, counts = BLANK, ()
    for message in messages:
        journey, more = STEPS[message.name](journey, message, 1_000, RULES)
        counts = (*counts, *more)
    return journey, counts


def lost(order: str, shipment_id: str = "") -> Message:
    return DeliveryFailed(
        shipment_id=shipment_id or f"shp_{order}",
        order_id=order,
        failure_reason="lost",
        reason_code="LOST",
    )


def ends(counts: Counts) -> list[str]:
    found = [c.cell.partition("|")[0] for c in counts if c.family == "orders"]
    return [cell for cell in found if cell in {"completed", "cancelled", "returned"}]


def test_what_replaces_goods_is_no_order_of_a_report_and_its_parcels_are_parcels() -> None:
    free = confirmed("a", 0, exchange_for="b")
    parcels = (booked("a"), left("a"), arrived("a"), back("a"))

    for messages in ((free, *parcels), (free, cancelled("a")), (booked("a"), free, left("a"))):
        _, counts = told(*messages)
        assert ends(counts) == []
        assert "confirmed" not in {one.cell for one in counts}
    assert "delivered" in {one.cell for one in told(free, *parcels)[1]}


def two() -> Message:
    order = confirmed("a", 10_00)
    [item] = order.order_items
    return order.model_copy(update={"order_items": (item.model_copy(update={"quantity": 2}),)})


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ((), []),
        ((booked("a"), left("a")), []),
        ((booked("a"), left("a"), arrived("a")), ["completed"]),
        ((booked("a"), left("a"), arrived("a"), arrived("a")), ["completed"]),
        ((arrived("a"),), ["completed"]),
        ((booked("a"), left("a"), back("a")), ["returned"]),
        ((booked("a"), left("a"), arrived("a"), back("a")), ["completed", "returned"]),
        ((booked("a"), left("a"), lost("a")), ["returned"]),
        ((booked("a"), left("a"), arrived("a"), lost("a")), ["completed"]),
        ((cancelled("a"),), ["cancelled"]),
        ((cancelled("a"), cancelled("a")), ["cancelled"]),
        ((cancelled("a"), left("a"), arrived("a")), ["cancelled"]),
        ((booked("a"), arrived("a"), cancelled("a")), ["completed"]),
    ],
)
def test_an_order_ends_once_in_each_way(messages: tuple[Message, ...], expected: list[str]) -> None:
    _, counts = told(confirmed("a", 10_00), *messages)

    assert ends(counts) == expected


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ((booked("a"), arrived("a")), []),
        ((booked("a"), arrived("a"), booked("a", **TWO)), []),
        ((booked("a"), arrived("a"), booked("a", **TWO), arrived("a", **TWO)), ["completed"]),
        ((booked("a", 2), arrived("a"), back("a", 1)), ["completed"]),
        ((booked("a"), booked("a", **TWO), arrived("a", **TWO), lost("a")), ["completed"]),
        ((booked("a"), booked("a", **TWO), back("a"), lost("a", **TWO)), ["returned"]),
        ((booked("a", 2), arrived("a"), back("a", 2)), ["completed", "returned"]),
        ((booked("a"), booked("a", **TWO), arrived("a", **TWO), back("a", 2)), ["completed"]),
    ],
)
def test_an_order_of_two_units_needs_both(
    messages: tuple[Message, ...], expected: list[str]
) -> None:
    _, counts = told(two(), *messages)

    assert ends(counts) == expected


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_messages_of_other_topics_may_come_before_the_order(order: tuple[int, ...]) -> None:
    messages = (confirmed("a", 10_00), complete("a"), booked("a"), arrived("a"))

    journey, counts = told(*[messages[n] for n in order])

    assert journey.outcome == "completed"
    assert ends(counts) == ["completed"]
    assert sum(c.amount for c in counts if c.cell.startswith("completed")) == 10_00


def test_what_happens_to_a_parcel_counts_once() -> None:
    _, counts = told(
        confirmed("a", 1), booked("a"), booked("a"), left("a"), left("a"), booked("a"), arrived("a")
    )

    cells = [c.cell for c in counts if c.family == "fulfilment"]
    assert sorted(cells) == [
        "confirmed", "created", "delivered", "delivered_in_time", "dispatched", "dispatched_in_time"
    ]  # fmt: skip


# --- what an order costs, and of what


def amended(total: int, *lines: OrderLine) -> Message:
    return OrderAmended(
        order_id="a",
        user_id="cus_a",
        amendment_type="QUANTITY_CHANGE",
        amendments=(),
        new_order_total_minor=total,
        currency="USD",
        order_status="confirmed",
        lines=lines or None,
    )


def line(number: int, product: str, quantity: int, total: int) -> OrderLine:
    return OrderLine(
        number=number,
        product_id=product,
        quantity=quantity,
        unit_price_minor=5_00,
        total_price_minor=total,
    )


def item(product: str, quantity: int, **given: Any) -> OrderItem:
    return OrderItem(product_id=product, quantity=quantity, unit_price_minor=5_00, **given)


def shares(counts: Counts) -> dict[str, int]:
    return {c.cell: c.amount for c in counts if c.cell.startswith("category")}


def test_lines_of_one_category_are_one_share_and_what_nobody_sorted_is_other() -> None:
    goods = confirmed("a", 40_00, item("p", 2), item("p", 1), item("q", 1), item("unknown", 4))

    _, counts = told(goods, booked("a", 8), arrived("a"))

    assert shares(counts) == {
        "category|USD|Books": 15_00, "category|USD|Toys": 5_00, "category|USD|Other": 20_00
    }  # fmt: skip


def test_a_product_that_is_sorted_by_itself_is_not_sorted_by_its_sku() -> None:
    goods = confirmed("a", 15_00, item("p", 1, sku="q-1"), item("other", 2, sku="q-1"))

    _, counts = told(goods, booked("a", 3), arrived("a"))

    assert shares(counts) == {"category|USD|Books": 5_00, "category|USD|Toys": 10_00}


def test_an_order_is_worth_its_total_in_its_currency_and_a_category_what_its_lines_cost() -> None:
    goods = confirmed("a", 12_00, item("p", 3), currency="EUR")

    _, counts = told(goods, booked("a", 3), arrived("a"))

    assert [c.amount for c in counts if c.cell == "completed|EUR"] == [12_00]
    assert shares(counts) == {"category|EUR|Books": 15_00}


def test_an_order_of_many_categories_is_told_by_its_first_fifty() -> None:
    rules = MetricsRules(categories={f"p{n}": f"c{n:02}" for n in range(51)})
    goods = confirmed("a", 1, *[item(f"p{n}", 1) for n in range(51)])

    journey, _ = journeys.confirmed(BLANK, goods, 1, rules)

    assert [share.category for share in journey.shares] == [f"c{n:02}" for n in range(50)]


def test_amended_lines_of_one_category_are_one_share_by_product_or_sku() -> None:
    lines = (
        line(1, "p", 1, 5_00),
        line(2, "p", 2, 10_00),
        line(3, "new", 1, 7_00).model_copy(update={"sku": "q-1"}),
    )

    _, counts = told(confirmed("a", 5_00), amended(22_00, *lines), booked("a", 4), arrived("a"))

    assert shares(counts) == {"category|USD|Books": 15_00, "category|USD|Toys": 7_00}


def test_what_was_amended_counts_as_it_is_now() -> None:
    lines = (line(1, "p", 0, 0), line(2, "q", 3, 15_00))

    _, counts = told(
        confirmed("a", 5_00), amended(15_00, *lines), booked("a"), arrived("a"),
        booked("a", 2, **TWO), arrived("a", **TWO),
    )  # fmt: skip

    assert ends(counts) == ["completed"]
    assert [c.amount for c in counts if c.cell == "completed|USD"] == [15_00]
    assert shares(counts) == {"category|USD|Toys": 15_00}


def test_an_amended_order_needs_the_units_of_its_lines_and_another_address_none() -> None:
    three = amended(15_00, line(1, "p", 3, 15_00))

    assert ends(told(confirmed("a", 5_00), three, booked("a"), arrived("a"))[1]) == []
    assert ends(told(two(), amended(10_00), booked("a"), arrived("a"))[1]) == []


def test_a_confirmation_that_comes_again_changes_nothing() -> None:
    once, _ = told(confirmed("a", 10_00), amended(15_00))

    assert journeys.confirmed(once, confirmed("a", 10_00), 2_000, RULES) == (once, ())


def test_a_returned_order_stays_returned_whatever_its_lines_are_told_to_be() -> None:
    more = (amended(10_00, line(1, "p", 2, 10_00)), booked("a", **TWO), arrived("a", **TWO))

    assert ends(told(confirmed("a", 5_00), booked("a"), back("a"), *more)[1]) == ["returned"]


def test_a_cancelled_order_tells_its_reason() -> None:
    _, counts = told(confirmed("a", 10_00), cancelled("a"))

    assert "cancelled|CUSTOMER_REQUEST" in {c.cell for c in counts if c.family == "fulfilment"}


# --- how long it took


def at(*timed: tuple[int, Message]) -> Counts:
    journey, counts = BLANK, ()
    for at_ms, message in timed:
        journey, more = STEPS[message.name](journey, message, at_ms, RULES)
        counts = (*counts, *more)
    return counts


@pytest.mark.parametrize(("took_ms", "in_time"), [(DAY_MS, 1), (DAY_MS + 1, 0)])
def test_a_parcel_leaves_in_time_within_a_day_of_the_first_word_of_the_payment(
    took_ms: int, in_time: int
) -> None:
    counts = at(
        (1_000, confirmed("a", 1)),
        (5_000, complete("a")),
        (6_000, complete("a")),
        (5_000 + took_ms, left("a")),
    )

    assert [c.amount for c in counts if c.cell == "dispatched"] == [took_ms]
    assert len([c for c in counts if c.cell == "dispatched_in_time"]) == in_time


def test_without_a_payment_the_order_starts_the_clock_and_no_time_is_below_zero() -> None:
    early = at((9_000, confirmed("a", 1)), (8_000, left("a")))

    assert [c.amount for c in early if c.cell == "dispatched"] == [0]
    late = at((1_000, confirmed("a", 1)), (8_000, left("a")))
    assert [c.amount for c in late if c.cell == "dispatched"] == [7_000]


def test_what_replaces_goods_is_paid_when_it_is_confirmed() -> None:
    free = confirmed("a", 0, exchange_for="b")
    counts = at((1_000, free), (2_000, free), (1_000 + DAY_MS + 1, left("a")))

    assert [(c.cell, c.amount) for c in counts] == [("dispatched", DAY_MS + 1)]


def test_an_orders_time_is_that_of_its_last_parcel_and_a_parcels_that_of_its_way() -> None:
    counts = at(
        (1_000, two()), (2_000, complete("a")), (3_000, booked("a")),
        (3_000, booked("a", **TWO)), (4_000, left("a")), (6_000, left("a", **TWO)),
        (9_000, arrived("a")), (9_500, arrived("a", **TWO)),
    )  # fmt: skip

    assert [c.amount for c in counts if c.cell == "fulfilment_ms"] == [4_000]
    assert [c.amount for c in counts if c.cell == "delivered"] == [5_000, 3_500]


def test_a_parcel_that_nobody_saw_leave_has_no_time_on_its_way_and_its_order_none() -> None:
    counts = at((1_000, confirmed("a", 1)), (3_000, booked("a")), (9_000, arrived("a")))

    assert [c.amount for c in counts if c.cell in {"delivered", "fulfilment_ms"}] == [0, 0]


THIRD: dict[str, Any] = {"shipment_id": "shp_a:3"}


def not_sent(units: int | None, **given: Any) -> Message:
    """The order's second parcel is cancelled, with what was in it."""
    items = None if units is None else (ShippedItem(item_id="p", quantity=units),)
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return ShipmentCancelled(
        **{"order_id": "a", "cancelled_at": at, "items": items, **TWO, **given}
    )


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ((left("a"), arrived("a"), not_sent(1)), ["completed"]),
        ((not_sent(1), left("a"), arrived("a")), ["completed"]),
        ((not_sent(1), left("a"), back("a")), ["returned"]),
        ((not_sent(1), left("a"), lost("a")), ["returned"]),
        ((not_sent(1), left("a"), arrived("a"), back("a")), ["completed", "returned"]),
        ((not_sent(1), left("a")), []),
        ((not_sent(1),), []),
        ((not_sent(None), left("a"), arrived("a")), []),
        ((not_sent(1, reason="ORDER_AMENDED"), left("a"), arrived("a")), []),
        (
            (not_sent(1), booked("a", **THIRD), left("a"), arrived("a")),
            [],
        ),
        (
            (not_sent(1), booked("a", **THIRD), arrived("a", **THIRD), arrived("a"), back("a")),
            ["completed"],
        ),
    ],
)
def test_what_is_not_sent_of_an_order_that_has_left_counts_as_lost(
    messages: tuple[Message, ...], expected: list[str]
) -> None:
    _, counts = told(two(), booked("a"), booked("a", **TWO), *messages)

    assert ends(counts) == expected


def test_a_parcel_that_will_not_come_is_counted_and_waited_for_no_more() -> None:
    gone = not_sent(None)

    _, counts = told(confirmed("a", 1), booked("a"), booked("a", **TWO), gone, arrived("a"))

    assert ends(counts) == ["completed"]
    assert "parcel_cancelled" in {c.cell for c in counts}


def of(units: int) -> Message:
    return confirmed("a", units * 5_00, item("p", units))


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ((of(2), booked("a", 2), left("a"), lost("a")), ["returned"]),
        ((of(2), booked("a", 2), back("a"), back("a")), ["completed", "returned"]),
        ((of(3), booked("a", 2), booked("a", **TWO), arrived("a", **TWO), *[back("a")] * 3),
         ["completed"]),
        ((of(3), booked("a"), booked("a", 2, **TWO), arrived("a", **TWO), back("a", 2), back("a")),
         ["completed"]),
        ((of(2), booked("a"), booked("a", **TWO), back("a", 2), back("a"), arrived("a", **TWO)),
         ["completed"]),
        ((of(3), booked("a", **TWO), back("a", 2), back("a"), lost("a", "shp_a:2")), ["returned"]),
    ],
    ids=[
        "lost", "two labels", "more than was in it", "more, of another", "more at once",
        "nobody said how many",
    ],
)  # fmt: skip
def test_of_what_came_back_or_is_lost_each_unit_counts_once(
    messages: tuple[Message, ...], expected: list[str]
) -> None:
    _, counts = told(*messages)

    assert ends(counts) == expected
    assert len([c for c in counts if c.cell == "parcel_returned"]) == (back("a") in messages)


def test_units_of_all_boxes_of_a_parcel_are_in_it() -> None:
    [box] = booked("a").packages
    boxes = booked("a", packages=(box, box))

    assert told(of(2), boxes)[0].parcels["shp_a"].units == 2
    assert ends(told(of(2), boxes, arrived("a"))[1]) == ["completed"]


def test_fifty_parcels_are_followed_to_their_ends_and_no_more() -> None:
    fifty = [booked("a", shipment_id=f"shp_{n}") for n in range(50)]
    further = (booked("a", **TWO), arrived("a", **TWO), arrived("a", shipment_id="shp_7"))

    journey, counts = told(of(60), *fifty, *further)

    assert len(journey.parcels) == 50
    assert [c.cell for c in counts].count("created") == 50
    assert [c.cell for c in counts].count("delivered") == 1


def cells(*messages: Message) -> list[str]:
    return [c.cell for c in told(confirmed("a", 1), *messages)[1] if c.family == "fulfilment"]


def test_a_parcel_arrives_in_time_until_the_promised_moment_and_not_without_a_promise() -> None:
    exactly = {"estimated_delivery": EVE}
    sooner = {"estimated_delivery": EVE - timedelta(seconds=1)}

    assert "delivered_in_time" in cells(booked("a", **exactly), arrived("a"))
    assert "delivered_in_time" not in cells(booked("a", **sooner), arrived("a"))
    assert "delivered_in_time" not in cells(
        arrived("a", delivered_at=datetime.fromtimestamp(0, UTC))
    )


def test_a_failed_attempt_is_counted_by_its_reason_and_only_a_lost_parcel_is_gone() -> None:
    failed = lost("a").model_copy(update={"reason_code": "RECIPIENT_UNAVAILABLE"})

    assert "attempt_failed|RECIPIENT_UNAVAILABLE" in cells(booked("a"), left("a"), failed)
    assert ends(told(confirmed("a", 1), booked("a"), left("a"), failed)[1]) == []


def test_a_parcel_that_was_lost_and_is_seen_again_is_a_parcel_like_any_other() -> None:
    gone = (booked("a"), left("a"), booked("a", **TWO), left("a", **TWO), lost("a", "shp_a:2"))
    found = (*gone, arrived("a", **TWO))

    assert cells(*found).count("delivered") == 1
    assert cells(*gone, back("a").model_copy(update=TWO)).count("parcel_returned") == 1
    assert ends(told(of(2), *found, arrived("a"), back("a"))[1]) == ["completed"]


def test_goods_that_came_back_are_counted() -> None:
    assert "parcel_returned" in cells(booked("a"), arrived("a"), back("a"))
