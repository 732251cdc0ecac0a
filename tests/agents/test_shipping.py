"""Shipping as an agent: rows, timers and messages, in memory under an injected clock."""

import pytest

from events.base import Message
from events.order_parts import Amendment, OrderLine
from events.orders import OrderAmended
from events.shipping import ShipmentRouteUpdated
from settings import Settings
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS, moment_of
from streams.shipping import fulfilment
from streams.shipping.asking import shipments_asked
from streams.shipping.evolution import fold
from streams.shipping.fulfilment_facts import Planned
from streams.shipping.opening import begun
from streams.shipping.planning import planned
from streams.shipping.rows import Status
from streams.shipping.rules import ShippingRules
from tests.agents.dock import Dock
from tests.streams.orders.samples import paid
from tests.streams.shipping.samples import (
    AT_MS,
    RULES,
    address,
    cancel,
    cancelled,
    closed,
    complete,
    confirmed,
    dispute,
    failure,
    fraud,
    held,
    label,
    let_go,
    moved_to,
    receipt,
    scan,
    told,
    verdict,
)
from topics import SHIPPING_COMMANDS, SHIPPING_EVENTS

ORDER: tuple[Message, ...] = (confirmed(), held(1, units=2), held(2), paid(), complete())


@pytest.fixture
def dock() -> Dock:
    return Dock()


def test_a_paid_order_is_created_dispatched_and_delivered(dock: Dock) -> None:
    dock.tell(*ORDER)
    assert dock.shipment().status is Status.CREATED

    dock.tell(scan("shipped"), scan("in_transit"), scan("out_for_delivery"), scan("delivered"))

    assert dock.names(SHIPPING_EVENTS) == [
        "CarrierBooked",
        "ShipmentCreated",
        "ShipmentDispatched",
        "ShipmentInTransit",
        "ShipmentInTransit",
        "ShipmentDelivered",
    ]
    assert dock.names(SHIPPING_COMMANDS) == ["CreateShipment", "BookCarrier"]
    assert {e.correlation_id for e in dock.said()} == {"corr_1"}
    assert dock.driver.timers() == {}
    assert dock.driver.dead_letters(SHIPPING_COMMANDS) == []


def test_a_shipment_lies_where_its_order_lies(dock: Dock) -> None:
    dock.tell(*ORDER, scan("shipped"))

    hops = [name for name in dock.driver.log if "shipping" in name and "repartition" in name]
    assert hops == []


def test_carriers_are_asked_where_a_parcel_is_and_nobody_else_has_to_tell(dock: Dock) -> None:
    dock.tell(*ORDER)

    dock.driver.advance(3 * DAY_MS, step_ms=HOUR_MS)

    assert dock.shipment().status is Status.DELIVERED
    assert dock.names(SHIPPING_EVENTS).count("ShipmentInTransit") == 2
    assert dock.one("ShipmentDelivered").proof_of_delivery.photo_url is not None
    assert dock.driver.timers() == {}


@pytest.mark.parametrize("order", [ORDER[::-1], (*ORDER[1:], ORDER[0])], ids=["back", "late"])
def test_topics_may_race(dock: Dock, order: tuple[Message, ...]) -> None:
    dock.tell(*order)

    assert dock.shipment().status is Status.CREATED
    assert dock.names(SHIPPING_EVENTS) == ["CarrierBooked", "ShipmentCreated"]


def test_everything_twice_ships_once(dock: Dock) -> None:
    dock.tell(*[message for message in ORDER for _ in range(2)])
    dock.tell(*ORDER)

    assert dock.names() == ["CreateShipment", "BookCarrier", "CarrierBooked", "ShipmentCreated"]


def test_an_order_nobody_confirms_is_forgotten(dock: Dock) -> None:
    dock.tell(held(1), paid())
    assert dock.driver.timers() == {"shipping.fulfilment": 1}

    dock.driver.advance(10 * MINUTE_MS)

    assert dock.driver.timers() == {}
    with pytest.raises(KeyError):
        dock.fulfilment()


def test_each_warehouse_sends_a_parcel_of_its_own(dock: Dock) -> None:
    dock.tell(confirmed(), held(1, "wh_a", 1), held(1, "wh_b", 1), held(2, "wh_b"), complete())

    first, second = dock.shipment("shp_ord_1"), dock.shipment("shp_ord_1:2")
    assert (first.warehouse_id, second.warehouse_id) == ("wh_a", "wh_b")
    assert [(item.product_id, item.quantity) for item in first.items] == [("p1", 1)]
    assert [(item.product_id, item.quantity) for item in second.items] == [("p1", 1), ("p2", 1)]

    dock.tell(scan("shipped", shipment_id="shp_ord_1:2"))

    assert dock.shipment("shp_ord_1:2").status is Status.DISPATCHED
    assert dock.shipment("shp_ord_1").status is Status.CREATED


def test_what_nobody_said_where_it_lies_leaves_wherever_stock_holds_it(dock: Dock) -> None:
    dock.tell(confirmed(), held(1, "wh_a", 2), complete())
    known, guessed = dock.shipment("shp_ord_1:2"), dock.shipment("shp_ord_1")
    assert (known.items[0].product_id, guessed.items[0].product_id) == ("p1", "p2")

    dock.tell(scan("shipped"), scan("shipped", shipment_id="shp_ord_1:2"))

    left = [e.data for e in dock.said() if e.event_type == "ShipmentDispatched"]
    assert {one.shipment_id: one.warehouse and one.warehouse.id for one in left} == {
        "shp_ord_1": None,
        "shp_ord_1:2": "wh_a",
    }


def test_a_busy_carrier_is_asked_three_times_then_another_then_a_person(dock: Dock) -> None:
    dock.tell(confirmed(shipping_address=address(postal_code="1-busy")), *ORDER[1:])

    dock.driver.advance(10 * MINUTE_MS, step_ms=1000)

    asked = [e.data for e in dock.said() if e.event_type == "BookCarrier"]
    assert [(one.carrier, one.attempt) for one in asked] == [
        ("USPS", 1),
        ("USPS", 2),
        ("USPS", 3),
        ("UPS", 1),
        ("UPS", 2),
        ("UPS", 3),
    ]
    times = [e.timestamp_ms for e in dock.said() if e.event_type == "BookCarrier"]
    assert [time - times[0] for time in times[:3]] == [0, 30_000, 120_000]
    assert [time - times[3] for time in times[3:]] == [0, 30_000, 120_000]
    assert len({one.idempotency_key for one in asked}) == 2
    failed = dock.one("ShipmentBookingFailed")
    assert (failed.attempts, failed.carriers_tried) == (6, ("USPS", "UPS"))
    assert failed.manual_fulfillment
    assert dock.driver.timers() == {}


def test_a_carrier_that_is_silent_for_good_is_not_waited_for() -> None:
    dock = Dock(with_carriers=False)
    dock.tell(*ORDER)

    dock.driver.advance(HOUR_MS, step_ms=1000)

    assert dock.shipment().status is Status.BOOKING_FAILED
    assert dock.names().count("BookCarrier") == 6
    assert dock.driver.timers() == {}


def test_a_person_has_the_search_begun_anew(dock: Dock) -> None:
    rules_address = address(postal_code="1-unbookable")
    dock.tell(confirmed(shipping_address=rules_address), *ORDER[1:])
    assert dock.shipment().status is Status.BOOKING_FAILED
    dock.tell(moved_to(postal_code="02101"))
    [command] = [e.data for e in dock.said() if e.event_type == "CreateShipment"]

    dock.tell(command.model_copy(update={"shipment_id": None}))

    assert dock.shipment().status is Status.CREATED
    assert dock.names(SHIPPING_EVENTS)[-1] == "ShipmentCreated"


def test_an_order_cancelled_before_dispatch_ends_its_shipment_and_the_label(dock: Dock) -> None:
    dock.tell(*ORDER, cancelled())

    assert dock.shipment().status is Status.CANCELLED
    assert dock.names()[-3:] == ["CarrierBooked", "ShipmentCreated", "ShipmentCancelled"]
    assert "VoidLabel" in dock.names(SHIPPING_COMMANDS)
    assert dock.driver.timers() == {}


@pytest.mark.parametrize("end", [cancelled(), closed("lost")], ids=lambda message: message.name)
def test_an_order_that_ended_before_it_was_paid_ships_nothing(dock: Dock, end: Message) -> None:
    dock.tell(*ORDER[:4], end, complete())

    assert dock.names() == []
    assert dock.driver.timers() == {}


def test_a_disputed_payment_keeps_what_has_not_left_until_it_is_lost(dock: Dock) -> None:
    dock.tell(*ORDER, dispute(), scan("shipped"))
    assert dock.shipment().status is Status.CREATED

    dock.tell(closed("lost"))

    assert dock.one("ShipmentCancelled").reason == "CHARGEBACK"


def test_an_order_disputed_from_the_start_is_booked_and_leaves_once_that_is_won(dock: Dock) -> None:
    dock.tell(*ORDER[:4], dispute(), complete(), scan("shipped"))
    assert dock.shipment().status is Status.CREATED

    dock.tell(closed("won"))

    assert dock.shipment().status is Status.DISPATCHED


def test_what_fraud_blocks_leaves_once_it_is_cleared(dock: Dock) -> None:
    dock.tell(*ORDER, fraud("high"), scan("shipped"))
    assert dock.shipment().status is Status.CREATED

    dock.tell(verdict("APPROVED"))

    assert dock.shipment().status is Status.DISPATCHED


def test_a_parcel_that_a_dispute_kept_at_home_for_two_months_is_followed_to_the_door(
    dock: Dock,
) -> None:
    dock.tell(*ORDER[:4], dispute(), complete())
    dock.driver.advance(60 * DAY_MS)

    dock.tell(closed("won"))
    dock.driver.advance(8 * DAY_MS)

    assert "DeliveryFailed" not in dock.names(SHIPPING_EVENTS)
    assert dock.shipment().status is Status.DELIVERED


def test_an_order_under_suspicion_has_its_shipment_blocked_from_the_start(dock: Dock) -> None:
    dock.tell(*ORDER[:4], fraud("critical"), complete(), scan("shipped"), scan("in_transit"))

    assert dock.shipment().status is Status.CREATED
    assert "ShipmentDispatched" not in dock.names()


def test_nobody_at_home_three_times_sends_it_back(dock: Dock) -> None:
    dock.tell(confirmed(shipping_address=address(postal_code="1-never")), *ORDER[1:])

    dock.driver.advance(20 * DAY_MS, step_ms=HOUR_MS)

    failed = [e.data for e in dock.said() if e.event_type == "DeliveryFailed"]
    assert [(one.attempt_number, one.retriable) for one in failed] == [
        (1, True),
        (2, True),
        (3, False),
    ]
    assert dock.one("ReturnInitiated").reason == "delivery_failed"
    assert dock.shipment().status is Status.RETURNING
    assert dock.driver.timers() == {}


def test_an_address_that_is_mended_in_time_is_tried_again(dock: Dock) -> None:
    dock.tell(*ORDER, scan("shipped"), scan("in_transit"), failure("ADDRESS_NOT_FOUND"))

    dock.tell(moved_to(line1="2 Main St"))
    assert dock.one("ShipmentRouteUpdated").reason == "CUSTOMER_ADDRESS_CHANGED"
    dock.driver.advance(2 * DAY_MS, step_ms=HOUR_MS)

    assert dock.shipment().status is not Status.RETURNING
    assert dock.shipment().destination.line1 == "2 Main St"


def test_an_address_that_is_not_mended_sends_it_back_after_five_days(dock: Dock) -> None:
    dock.tell(confirmed(shipping_address=address(postal_code="1-noaddress")), *ORDER[1:])

    dock.driver.advance(12 * DAY_MS, step_ms=HOUR_MS)

    assert dock.shipment().status is Status.RETURNING
    assert dock.one("DeliveryFailed").retriable


def test_what_nobody_scans_for_five_days_is_lost(dock: Dock) -> None:
    dock.tell(confirmed(shipping_address=address(postal_code="1-lost")), *ORDER[1:])

    dock.driver.advance(10 * DAY_MS, step_ms=HOUR_MS)

    assert dock.one("DeliveryFailed").reason_code == "LOST"
    assert dock.driver.timers() == {}


def test_a_parcel_nobody_ever_scans_is_not_asked_for_forever(dock: Dock) -> None:
    dock.tell(confirmed(shipping_address=address(postal_code="1-unscanned")), *ORDER[1:])

    dock.driver.advance(40 * DAY_MS, step_ms=4 * HOUR_MS)

    assert dock.driver.timers() == {}


def test_goods_come_back(dock: Dock) -> None:
    dock.tell(*ORDER, scan("shipped"), scan("delivered"), label())
    initiated = dock.one("ReturnInitiated")
    assert dock.shipment().status is Status.RETURN_INITIATED
    assert initiated.refund_estimate.amount_minor == 13497 - 599
    assert initiated.return_label.carrier == "USPS"

    dock.tell(receipt(dock.shipment(), ("SKU1", 2, "new"), ("SKU2", 1, "damaged")))

    received = dock.one("ReturnReceived")
    assert [(item.product_id, item.refundable) for item in received.items] == [
        ("p1", True),
        ("p2", False),
    ]
    assert dock.shipment().status is Status.RETURNED
    assert dock.driver.timers() == {}


def test_a_label_that_nobody_uses_lapses_after_a_fortnight(dock: Dock) -> None:
    dock.tell(*ORDER, scan("delivered"), label())

    dock.driver.advance(14 * DAY_MS - 1)
    assert dock.shipment().status is Status.RETURN_INITIATED
    dock.driver.advance(1)

    assert dock.shipment().status is Status.DELIVERED
    assert dock.driver.timers() == {}


def test_a_label_asked_for_by_the_same_record_after_the_first_lapsed_is_another_event() -> None:
    dock = Dock()
    dock.tell(*ORDER, scan("delivered"))
    dock.tell(label(), event_id="same")
    dock.driver.advance(14 * DAY_MS)

    dock.tell(label(), event_id="same")

    for name, times in (("BookCarrier", 3), ("CarrierBooked", 3), ("ReturnInitiated", 2)):
        ids = [e.event_id for e in dock.said() if e.event_type == name]
        assert len(ids) == len(set(ids)) == times


def test_the_scaled_day_moves_the_next_attempt() -> None:
    dock = Dock(rules=ShippingRules(day_ms=1000))
    dock.tell(*ORDER, scan("shipped"), failure())

    dock.driver.advance(1000)

    assert dock.shipment().status is Status.IN_TRANSIT


@pytest.mark.parametrize("time_scale", [120, 3_600, 86_400])
def test_however_fast_time_runs_a_parcel_is_asked_for_a_dozen_times(time_scale: int) -> None:
    faster = Settings(time_scale=time_scale)
    dock = Dock(rules=faster.scaled(faster.shipping), times=faster.scaled(faster.carriers))

    dock.tell(*ORDER)
    dock.driver.advance(3 * DAY_MS // time_scale, step_ms=1000)

    assert dock.shipment().status is Status.DELIVERED
    assert dock.names().count("TrackParcel") <= 12
    assert dock.names().count("UpdateShipmentStatus") == 4


def test_news_of_an_unknown_shipment_is_among_the_dead_letters(dock: Dock) -> None:
    dock.tell(scan("shipped"), cancel())

    letters = dock.driver.dead_letters(SHIPPING_COMMANDS)
    assert [letter.error for letter in letters] == ["ShippingRefused"] * 2


def test_a_route_of_a_shipment_that_is_not_ours_is_left_to_others(dock: Dock) -> None:
    dock.tell(
        ShipmentRouteUpdated(
            shipment_id="shp_other",
            order_id="ord_other",
            route_version=1,
            reason="WEATHER_EVENT",
            previous_eta=moment_of(0),
            updated_eta=moment_of(0),
            customer_notification_required=False,
            occurred_at=moment_of(0),
        )
    )

    assert dock.driver.dead_letters(SHIPPING_EVENTS) == []


@pytest.mark.parametrize(("version", "known"), [(1, True), (0, False)])
def test_a_route_that_others_announce_moves_the_eta_unless_it_is_stale(
    dock: Dock, version: int, *, known: bool
) -> None:
    dock.tell(*ORDER, scan("shipped"))
    eta_ms = dock.shipment().eta_ms

    dock.tell(
        ShipmentRouteUpdated(
            shipment_id="shp_ord_1",
            order_id="ord_1",
            route_version=version,
            reason="WEATHER_EVENT",
            previous_eta=moment_of(eta_ms),
            updated_eta=moment_of(eta_ms + DAY_MS),
            customer_notification_required=False,
            occurred_at=moment_of(0),
        )
    )

    assert (dock.shipment().eta_ms == eta_ms + DAY_MS) is known


def test_a_shipment_of_an_unpaid_order_is_refused(dock: Dock) -> None:
    dock.tell(*ORDER)
    [command] = [e.data for e in dock.said() if e.event_type == "CreateShipment"]
    unpaid = command.model_copy(update={"order_id": "ord_2", "shipment_id": None})

    dock.tell(confirmed(order_id="ord_2"), unpaid)

    [letter] = dock.driver.dead_letters(SHIPPING_COMMANDS)
    assert "not paid" in letter.reason


def test_a_shipment_made_by_hand_before_the_orders_own_is_refused_and_nothing_is_sent_twice(
    dock: Dock,
) -> None:
    row = told(*ORDER[:4])
    assert row is not None
    [by_hand] = shipments_asked(row, (Planned(planned(row)),))

    dock.tell(*ORDER[:4], by_hand, complete())

    [letter] = dock.driver.dead_letters(SHIPPING_COMMANDS)
    assert "not committed yet" in letter.reason
    assert sum([item.quantity for item in dock.shipment().items]) == 3
    assert dock.names(SHIPPING_EVENTS) == ["CarrierBooked", "ShipmentCreated"]


def test_a_lapsed_hold_is_not_shipped_from(dock: Dock) -> None:
    dock.tell(confirmed(), held(1, "wh_a", 2), let_go(1, "wh_a"), held(1, "wh_b", 2), held(2))

    assert [(one.line, one.warehouse_id) for one in dock.fulfilment().held] == [
        (1, "wh_b"),
        (2, "wh_a"),
    ]


LIFE = (*ORDER, scan("shipped"), scan("in_transit"), failure(), scan("delivered"), label())


@pytest.mark.parametrize("chunk_max", [1, 1000])
@pytest.mark.parametrize("restart", [False, True])
def test_batches_and_crashes_do_not_change_the_result(chunk_max: int, *, restart: bool) -> None:
    plain, other = Dock(), Dock(chunk_max=chunk_max)

    for message in LIFE:
        plain.tell(message)
        other.tell(message)
        if restart:
            other.driver.restart()

    assert other.shipment() == plain.shipment()
    assert [e.event_id for e in other.said()] == [e.event_id for e in plain.said()]


def test_a_life_told_again_publishes_no_new_id(dock: Dock) -> None:
    for number, message in enumerate(LIFE):
        dock.put(message, event_id=f"event-{number}")
        dock.driver.run()
    before = {e.event_id for e in dock.said()}

    for number, message in enumerate(LIFE):
        dock.put(message, event_id=f"event-{number}")
        dock.driver.run()

    assert {e.event_id for e in dock.said()} == before


def amended_to(*units: int) -> OrderAmended:
    """Lines of p1, p2, p3 with so many units."""
    return moved_to().model_copy(
        update={
            "amendments": (
                Amendment(product_id="p1", previous_quantity=2, new_quantity=1, unit_price_minor=1),
            ),
            "shipping_address": None,
            "lines": tuple(
                OrderLine(
                    number=number,
                    product_id=f"p{number}",
                    quantity=quantity,
                    unit_price_minor=1000,
                    total_price_minor=1000 * quantity,
                )
                for number, quantity in enumerate(units, 1)
            ),
        }
    )


def test_an_order_amended_before_it_is_paid_is_packed_as_amended(dock: Dock) -> None:
    dock.tell(confirmed(), held(1, units=2), held(2), held(3, units=4))

    dock.tell(amended_to(1, 0, 4), complete())

    assert dock.packed("shp_ord_1") == {"ord_1:1": 1, "ord_1:3": 4}


def test_what_was_asked_for_already_makes_way_for_what_was_amended(dock: Dock) -> None:
    dock.tell(confirmed(), held(1, units=2), held(2), complete(), held(3, units=4))

    dock.tell(amended_to(1, 1, 4))

    assert dock.shipment("shp_ord_1").status == "cancelled"
    assert dock.packed("shp_ord_1:2") == {"ord_1:1": 1, "ord_1:2": 1, "ord_1:3": 4}
    assert dock.shipment("shp_ord_1:2").status == "created"


def test_a_shipment_asked_for_and_superseded_before_it_began_ends_at_once() -> None:
    before = told(confirmed(), held(1, units=2), held(2))
    facts = fulfilment.decide(before, complete(), AT_MS, RULES)
    [command] = shipments_asked(fulfilment.fold(before, facts), facts)
    row = told(confirmed(), held(1, units=2), held(2), complete(), amended_to(1, 1))
    assert row is not None

    _, ended = begun(row, command.shipment_id, command, AT_MS, "corr_1", RULES)

    assert (row.superseded, ended.reason) == (("shp_ord_1",), "ORDER_AMENDED")


def test_a_shipment_asked_for_before_its_order_went_elsewhere_goes_there_too() -> None:
    before = told(confirmed(), held(1, units=2), held(2))
    facts = fulfilment.decide(before, complete(), AT_MS, RULES)
    [command] = shipments_asked(fulfilment.fold(before, facts), facts)
    elsewhere = moved_to(line1="9 New St", city="Salem")
    row = told(confirmed(), held(1, units=2), held(2), complete(), elsewhere)
    assert row is not None

    facts_now = begun(row, str(command.shipment_id), command, AT_MS, "corr_1", RULES)

    assert fold(None, facts_now).destination.city == "Salem"


def test_what_is_let_go_of_a_line_leaves_the_rest(dock: Dock) -> None:
    dock.tell(confirmed(), held(1, units=2), held(2))

    dock.tell(held(1, units=-1, reason="order_amended"), complete())

    assert dock.packed("shp_ord_1")["ord_1:1"] == 1


@pytest.mark.parametrize("units", [0, -1])
def test_nothing_is_sent_from_a_warehouse_that_let_its_part_go_also_where_it_sells_no_more(
    dock: Dock, units: int
) -> None:
    dock.tell(confirmed(), held(1, "wh_a"), held(1, "wh_b"), held(2, "wh_b"))

    dock.tell(amended_to(1, 1), held(1, "wh_a", units=units, reason="order_amended"), complete())

    assert dock.shipment("shp_ord_1").warehouse_id == "wh_b"
    assert dock.packed("shp_ord_1") == {"ord_1:1": 1, "ord_1:2": 1}
