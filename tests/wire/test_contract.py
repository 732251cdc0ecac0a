import msgspec
import pytest

import events
from engine.records import Record
from events.registry import ALIASES
from wire.contract import CONTRACT, SUBSCRIBER, _name

AT_MS = 1_750_000_000_000
LINE = {"productId": "prd_1", "quantity": 1, "unitPrice": 5.0}
CANCEL = {"orderId": "o1", "userId": "u1", "cancellationReason": "late"}
SHORT = {
    "productId": "p1",
    "sku": "s1",
    "warehouseId": "ALL",
    "previousQuantity": 1,
    "currentQuantity": 0,
}
VOIDED = {"chargeId": "ch_1", "provider": "stripe"}
HOME = {"line1": "1 Main Street", "city": "Chicago", "state": "IL", "country": "US"}


ORDER = {
    "orderId": "o1",
    "userId": "u1",
    "orderItems": [LINE],
    "orderTotal": 5.0,
    "currency": "USD",
    "shippingAddress": HOME,
    "shippingMethod": "standard",
    "orderStatus": "confirmed",
}
LABEL = {"orderId": "o1", "carrier": "UPS", "trackingNumber": "1Z", "idempotencyKey": "void"}


def record(value: bytes | None, topic: str = "orders.dev.commands", **headers: str) -> Record:
    found = tuple((name, text.encode()) for name, text in headers.items())
    return Record(topic, 0, 0, AT_MS, b"key", value, headers=found)


def place_order(**fields: object) -> bytes:
    request = {
        "userId": "cus_1",
        "orderItems": [LINE],
        "shippingAddress": HOME,
        "payment": {"method": "credit_card"},
        **fields,
    }
    return b'{"eventId":"e1","eventType":"PlaceOrder","data":%b}' % msgspec.json.encode(request)


# -- reading


def test_a_header_tells_the_type_wherever_it_stands() -> None:
    assert CONTRACT.route(record(b"{}", eventType="PlaceOrder")) == "PlaceOrder"
    assert CONTRACT.route(record(b"{}", trace="x", eventType="PlaceOrder")) == "PlaceOrder"
    assert CONTRACT.route(record(b"{}", trace="x")) is None
    assert CONTRACT.route(record(b"{}")) is None


@pytest.mark.parametrize(("other", "own"), sorted(ALIASES.items()))
def test_a_header_may_have_another_name_of_a_message(other: str, own: str) -> None:
    assert CONTRACT.route(record(b"{}", eventType=other)) == own


def test_a_header_that_is_no_text_is_a_type_nobody_reads() -> None:
    odd = record(b"{}")
    odd.headers = (("eventType", b"\xff"),)

    assert CONTRACT.route(odd) == "\ufffd"


def test_a_header_without_a_value_tells_nothing() -> None:
    odd = record(b"{}")
    odd.headers = (("eventType", None),)

    assert CONTRACT.route(odd) is None


def test_a_record_of_nothing_is_refused() -> None:
    with pytest.raises(events.ContractError, match="null"):
        CONTRACT.decode(record(None), None)


def test_an_order_without_an_id_gets_one_that_a_repeat_gets_as_well() -> None:
    first = CONTRACT.decode(record(place_order()), "PlaceOrder")[1]
    again = CONTRACT.decode(record(place_order()), None)[1]

    assert first.data.order_id == again.data.order_id
    assert first.data.order_id.startswith("ord_")
    assert first.event_id == "e1"


def test_an_order_keeps_the_id_that_it_has() -> None:
    found = CONTRACT.decode(record(place_order(orderId="ord_7")), "PlaceOrder")[1]

    assert found.data.order_id == "ord_7"


@pytest.mark.parametrize(
    "topic",
    ["orders.dev.commands", "flowmart-dev-orders.dev.commands-by-orderId-repartition"],
)
def test_a_nameless_record_is_known_by_its_topic_before_and_after_it_is_re_keyed(
    topic: str,
) -> None:
    nameless = b'{"orderId":"o1","userId":"u1","cancellationReason":"late"}'

    assert CONTRACT.decode(record(nameless, topic), None)[0] == "CancelOrder"


# -- partitioning


@pytest.mark.parametrize(
    ("name", "data", "field", "expected"),
    [
        ("CancelOrder", CANCEL, "orderId", "o1"),
        ("CancelOrder", CANCEL, "customerId", "u1"),
        ("CancelOrder", CANCEL, "paymentId", None),
        ("OutOfStock", SHORT | {"triggeredByOrderId": "o1"}, "orderId", "o1"),
        ("OutOfStock", SHORT, "orderId", None),
        ("DeleteInventory", {"inventoryId": "p1:wh_1"}, "productId", "p1"),
        ("ChargeVoided", VOIDED | {"paymentId": "pay_o1"}, "paymentId", "o1"),
        ("ChargeVoided", VOIDED | {"paymentId": "odd"}, "paymentId", "odd"),
        ("VoidLabel", LABEL | {"shipmentId": "shp_o1:2"}, "shipmentId", "o1"),
        ("VoidLabel", LABEL | {"shipmentId": "odd"}, "shipmentId", "odd"),
        ("CancelOrder", CANCEL, SUBSCRIBER, None),
        ("OrderConfirmed", ORDER, SUBSCRIBER, None),
        ("OrderConfirmed", ORDER | {"subscriptionId": "sub_1"}, SUBSCRIBER, "u1"),
    ],
)
def test_the_field_that_decides_the_partition(
    name: str, data: dict[str, object], field: str, expected: str | None
) -> None:
    value = msgspec.json.encode({"eventId": "e1", "eventType": name, "data": data})
    found = CONTRACT.decode(record(value, topic=""), name)[1]

    assert CONTRACT.field(found, field) == expected


def test_names_from_outside_do_not_fill_the_memory() -> None:
    for number in range(5_000):
        CONTRACT.route(record(b"{}", eventType=f"Invented{number}"))

    assert _name.cache_info().currsize <= 1_024
