"""Names of shipments tell their order, whatever the order is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.shipment_ids import order_of_shipment, shipment_id_of
from events.shipping import CancelShipment
from topics import SHIPPING_COMMANDS
from wire.contract import CONTRACT

ORDERS = st.one_of(
    st.text(min_size=1, max_size=20), st.from_regex(r"\A(shp_)?ord:?[0-9]{0,5}(:[0-9])?\Z")
)


@given(ORDERS, st.integers(1, 100))
def test_a_name_tells_its_order(order_id: str, number: int) -> None:
    assert order_of_shipment(shipment_id_of(order_id, number)) == order_id


@given(ORDERS, ORDERS, st.integers(1, 100), st.integers(1, 100))
def test_no_two_shipments_share_a_name(one: str, other: str, first: int, second: int) -> None:
    same = shipment_id_of(one, first) == shipment_id_of(other, second)

    assert same == ((one, first) == (other, second))


@pytest.mark.parametrize(
    ("order_id", "number", "name"),
    [
        ("ord_1", 1, "shp_ord_1"),
        ("ord_1", 2, "shp_ord_1:2"),
        ("ord:2", 1, "shp_ord:2:1"),
        ("ord:0", 1, "shp_ord:0"),
    ],
)
def test_names_are_as_short_as_may_be(order_id: str, number: int, name: str) -> None:
    assert shipment_id_of(order_id, number) == name


@pytest.mark.parametrize("name", ["shp_ord_1", "shp_ord_1:2", "shp_ord_1:99"])
def test_a_shipment_lies_with_its_order(name: str) -> None:
    class Value:
        data = CancelShipment(shipment_id=name)

    assert CONTRACT.field(Value(), "shipmentId") == "ord_1"  # type: ignore[arg-type]  # all it reads


@pytest.mark.parametrize("number", [1, 2, 99])
def test_the_records_of_every_shipment_are_written_where_the_order_lies(number: int) -> None:
    assert SHIPPING_COMMANDS.stem(shipment_id_of("ord_1", number)) == "ord_1"
