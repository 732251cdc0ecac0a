"""What a shipment begins with, what it is worth, and what of it comes back."""

import pytest

from events.shipping import CreateShipment
from events.types import ShippedItem
from streams.shipping import fulfilment
from streams.shipping.asking import shipments_asked
from streams.shipping.booking import key_of
from streams.shipping.deciding import decide
from streams.shipping.deliveries import redelivery_due
from streams.shipping.evolution import fold
from streams.shipping.fulfilment_facts import ShipmentBegan
from streams.shipping.opening import again, begun, named
from streams.shipping.planning import planned
from streams.shipping.return_facts import Returned
from streams.shipping.rows import Fulfilment, Item, Shipment, Status
from tests.streams.shipping.samples import (
    AT_MS,
    RULES,
    address,
    after,
    complete,
    confirmed,
    created,
    delivered,
    failure,
    held,
    label,
    pending,
    receipt,
    refused,
    scan,
    told,
    ware,
)


def order() -> tuple[Fulfilment, CreateShipment]:
    """A paid order, and the command for its shipment."""
    before = told(confirmed(shipping_method="express"), held(1, units=2), held(2))
    facts = fulfilment.decide(before, complete(), AT_MS, RULES)
    row = fulfilment.fold(before, facts)
    [command] = shipments_asked(row, facts)
    return row, command


def opened(command: CreateShipment, row: Fulfilment, name: str = "shp_ord_1") -> Shipment:
    return fold(None, begun(row, name, command, AT_MS, "corr_1", RULES))


def item_of(**given: object) -> Item:
    """The one item of a shipment that is made by hand."""
    row, command = order()
    item = ShippedItem(**({"item_id": "ord_1:2", "quantity": 1} | given))
    [found] = opened(command.model_copy(update={"items": (item,)}), row).items
    return found


def test_what_is_asked_for_by_a_lines_name_is_of_that_line_and_worth_what_it_costs() -> None:
    first, second = item_of(item_id="ord_1:1"), item_of()

    assert (first.product_id, first.sku, first.unit_minor) == ("p1", "SKU1", 3499)
    assert (second.product_id, second.sku, second.unit_minor) == ("p2", "SKU2", 6499)


def test_what_a_command_says_of_an_item_goes_before_what_its_line_says() -> None:
    item = item_of(product_id="p9", sku="S9", name="Gift", price_per_unit_minor=100)

    assert (item.product_id, item.sku, item.name, item.unit_minor) == ("p9", "S9", "Gift", 100)


@pytest.mark.parametrize("name", ["ord_1:0", "ord_1:3", "ord_1:²", "ord_1:", "ord_2:1", "gift"])
def test_what_is_no_line_of_the_order_is_worth_what_its_command_says(name: str) -> None:
    item = item_of(item_id=name, product_id="p9")

    assert (item.item_id, item.product_id, item.sku, item.unit_minor) == (name, "p9", None, None)


def test_a_shipment_leaves_within_a_day_of_the_payments_completion() -> None:
    row, command = order()

    shipment = opened(command, row)

    assert (shipment.dispatch_due_ms, shipment.method) == (AT_MS + RULES.fulfil_ms, "express")


def test_only_a_shipment_that_is_made_by_hand_may_go_elsewhere() -> None:
    row, command = order()
    elsewhere = command.model_copy(update={"shipping_address": address(line1="2 Main St")})

    planned_one, other = opened(elsewhere, row), opened(elsewhere, row, "shp_ord_1_2")

    assert planned_one.destination.line1 == "1 Main St"
    assert other.destination.line1 == "2 Main St"


def test_names_go_on_behind_those_of_shipments_that_were_made_by_hand() -> None:
    row, command = order()
    row = fulfilment.evolve(row, ShipmentBegan("shp_ord_1_2"))
    unnamed = command.model_copy(update={"shipment_id": None})
    ended = dict.fromkeys(("shp_ord_1", "shp_ord_1_2"), Status.CANCELLED)

    [parcel] = planned(row)

    assert parcel.shipment_id == named(row, unnamed, ended, RULES)
    assert parcel.shipment_id not in {"shp_ord_1", "shp_ord_1_2"}


def test_who_is_asked_again_is_asked_under_another_key() -> None:
    shipment = pending()
    for _ in range(2):
        shipment = after(shipment, refused(shipment, retryable=False))
    assert shipment.status is Status.BOOKING_FAILED

    keys = set()
    for _ in range(2):
        shipment = fold(shipment, again(shipment, AT_MS, RULES))
        assert shipment.booking is not None
        keys.add(key_of(shipment.shipment_id, "outbound", shipment.booking))
        for _ in range(2):
            shipment = after(shipment, refused(shipment, retryable=False))

    assert len(keys) == 2


@pytest.mark.parametrize(
    "named_by",
    [{"item_id": "ord_1:2"}, {"item_id": "x", "product_id": "p2"}, {"item_id": "x", "sku": "SKU2"}],
)
def test_what_comes_back_is_named_by_its_line_its_product_or_its_sku(named_by: dict) -> None:
    item = ShippedItem(**(named_by | {"quantity": 1}))

    returning = after(delivered(), label(items=(item,))).returning

    assert returning is not None
    assert [(one.item_id, one.quantity) for one in returning.items] == [("ord_1:2", 1)]


def test_a_label_that_is_asked_for_too_early_is_refused_and_one_asked_for_twice_is_a_repeat() -> (
    None
):
    early, asked = after(created(), label()), after(delivered(), label())

    assert early.history[-1].reason == "RETURN_REFUSED_NOT_DELIVERED"
    assert early.returning is None
    assert after(asked, label(items=(ware("p1"),))) == asked


def test_what_was_never_delivered_is_refunded_though_it_comes_back_damaged() -> None:
    failed = after(created(), scan("shipped"), failure("REFUSED"))
    due_ms = failed.next_ms
    shipment = fold(failed, redelivery_due(failed, due_ms, due_ms, RULES))

    [returned] = decide(shipment, receipt(shipment, ("SKU1", 2, "damaged")), due_ms, RULES)

    assert isinstance(returned, Returned)
    assert [one.refundable for one in returned.items] == [True]
