"""Ends of orders: a row a story."""

from itertools import permutations
from typing import Any

import pytest

from events.base import Message
from events.shipping import DeliveryFailed
from streams.metrics import journeys
from streams.metrics.counts import Counts
from streams.metrics.journeys import BLANK, Journey
from streams.metrics.rules import MetricsRules
from tests.agents.metrics_desk import arrived, back, booked, cancelled, complete, confirmed, left

RULES = MetricsRules()
STEPS: dict[str, Any] = {
    "OrderConfirmed": journeys.confirmed,
    "OrderCancelled": journeys.cancelled,
    "PaymentComplete": journeys.paid,
    "ShipmentCreated": journeys.created,
    "ShipmentDispatched": journeys.dispatched,
    "ShipmentDelivered": journeys.delivered,
    "DeliveryFailed": journeys.attempt_failed,
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
