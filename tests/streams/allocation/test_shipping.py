"""What left, came back, or is disputed, as commands to stock."""

from events.base import Message
from events.orders import OrderConfirmed
from events.returns import ReturnReceived
from events.shipping import ShipmentCancelled, ShipmentDispatched
from events.shipping_parts import Package, ReturnedItem, WarehouseRef
from events.types import Address, OrderItem, Place, ShippedItem
from streams.allocation.commands import commands
from streams.allocation.deciding import decide
from streams.allocation.evolution import fold
from streams.allocation.rows import Allocation, Status
from streams.allocation.rules import AllocationRules
from streams.moments import moment_of

AT_MS = 1_773_140_400_000
RULES = AllocationRules()


def row() -> Allocation:
    event = OrderConfirmed(
        order_id="ord_1",
        user_id="usr_1",
        order_items=(
            OrderItem(product_id="p1", quantity=2, unit_price_minor=100),
            OrderItem(product_id="p2", quantity=1, unit_price_minor=100),
        ),
        order_total_minor=300,
        currency="USD",
        shipping_address=Address(line1="1 Main St", city="Boston", country="US"),
        shipping_method="standard",
        order_status="confirmed",
    )
    return fold(None, decide(None, event, AT_MS, RULES))


def asked(message: Message) -> list[Message]:
    facts = decide(row(), message, AT_MS, RULES)
    return list(commands(fold(row(), facts), facts)) if facts else []


def left(*packages: Package, warehouse: str | None = "wh_a") -> ShipmentDispatched:
    return ShipmentDispatched(
        shipment_id="shp_ord_1",
        order_id="ord_1",
        carrier="UPS",
        tracking_number="1Z",
        shipping_method="standard",
        estimated_delivery=moment_of(AT_MS),
        warehouse=None if warehouse is None else WarehouseRef(id=warehouse),
        destination=Place(city="Boston", country="US"),
        packages=packages or None,
    )


def package(*items: tuple[str, int]) -> Package:
    wares = [ShippedItem(item_id=name, quantity=units) for name, units in items]
    return Package(package_id="p", weight_kg=1, items=tuple(wares))


def test_what_left_is_told_once_a_line_and_warehouse() -> None:
    message = left(package(("ord_1:1", 1)), package(("ord_1:1", 1), ("ord_1:2", 1)))

    found = asked(message)

    assert [
        (c.name, c.reservation_id, c.product_id, c.quantity, c.warehouse_id, c.shipment_id)  # type: ignore[attr-defined]  # ShipStock
        for c in found
    ] == [
        ("ShipStock", "ord_1:1", "p1", 2, "wh_a", "shp_ord_1"),
        ("ShipStock", "ord_1:2", "p2", 1, "wh_a", "shp_ord_1"),
    ]


def test_a_dispatch_that_names_nothing_means_every_line() -> None:
    for packages in ((), (Package(package_id="p", weight_kg=1),)):
        found = asked(left(*packages, warehouse=None))

        assert [(c.product_id, c.warehouse_id, c.shipment_id) for c in found] == [  # type: ignore[attr-defined]  # ShipStock
            ("p1", None, None),
            ("p2", None, None),
        ]


def test_lines_of_another_order_do_not_leave() -> None:
    found = asked(left(package(("ord_2:1", 1), ("ord_1:1", 2))))

    assert [c.reservation_id for c in found] == ["ord_1:1"]  # type: ignore[attr-defined]  # ShipStock


def test_a_parcel_of_what_the_order_does_not_have_takes_none_of_its_stock() -> None:
    assert asked(left(package(("ord_1:3", 1), ("gift", 1)))) == []


def test_what_a_parcel_names_by_its_product_leaves_that_line() -> None:
    for names in ({"sku": "p2"}, {"sku": "s", "product_id": "p2"}):
        item = ShippedItem(item_id="item_1", quantity=1, **names)
        found = asked(left(Package(package_id="p", weight_kg=1, items=(item,))))

        assert [(c.reservation_id, c.quantity) for c in found] == [("ord_1:2", 1)]  # type: ignore[attr-defined]  # ShipStock


def back() -> ReturnReceived:
    return ReturnReceived(
        return_id="ret_1",
        shipment_id="shp_ord_1",
        order_id="ord_1",
        warehouse_id="wh_a",
        items=(
            ReturnedItem(sku="s", product_id="p1", quantity=2, condition="new"),
            ReturnedItem(sku="p2", quantity=1, condition="damaged"),
            ReturnedItem(sku="unknown", quantity=1, condition="new"),
        ),
        resolution="refund",
        received_at=moment_of(AT_MS),
    )


def test_what_came_back_is_booked_in_by_its_condition() -> None:
    found = asked(back())

    assert [
        (c.product_id, c.quantity, c.stock_source["condition"])  # type: ignore[attr-defined]  # AddInventory
        for c in found
    ] == [("p1", 2, "new"), ("p2", 1, "damaged")]


def test_stock_is_told_which_return_brought_what_came_back() -> None:
    [first, _] = asked(back())

    assert first.stock_source == {  # type: ignore[attr-defined]  # AddInventory
        "type": "return",
        "orderId": "ord_1",
        "returnId": "ret_1",
        "condition": "new",
    }


def gone(reason: str | None) -> ShipmentCancelled:
    return ShipmentCancelled(
        shipment_id="shp_ord_1", order_id="ord_1", reason=reason, cancelled_at=moment_of(AT_MS)
    )


def test_a_disputed_payments_stock_is_let_go() -> None:
    facts = decide(row(), gone("CHARGEBACK"), AT_MS, RULES)

    assert fold(row(), facts).status is Status.RELEASED
    assert [c.name for c in asked(gone("CHARGEBACK"))] == ["ReleaseStock"] * 2


def test_stock_that_was_let_go_is_not_let_go_for_a_dispute_too() -> None:
    released = fold(row(), decide(row(), gone("CHARGEBACK"), AT_MS, RULES))

    assert decide(released, gone("CHARGEBACK"), AT_MS, RULES) == ()


def test_a_shipment_that_staff_cancelled_keeps_its_stock_for_the_next() -> None:
    assert asked(gone("CANCEL_SHIPMENT")) == []


def test_an_order_unheard_of_moves_no_stock() -> None:
    for message in (left(), back(), gone("CHARGEBACK")):
        assert decide(None, message, AT_MS, RULES) == ()
