"""Bad records, as broken producers write them."""

from collections.abc import Callable
from random import Random
from typing import Final

from simulator.chance import chance_of, one_of, uuid_of
from simulator.sending import Headers, Letter, Sent

_ORDERS: Final = "orders.{env}.commands"
_STOCK: Final = "inventory.{env}.commands"
_PAYMENTS: Final = "payments.{env}.commands"
_PLACE: Final[Headers] = (("eventType", b"PlaceOrder"), ("contentType", b"application/json"))

_GOOD: Final = (
    '{"eventId":"%s","eventType":"PlaceOrder","eventVersion":"1.0.0",'
    '"timestamp":"2026-01-01T00:00:00.000Z","source":"api-gateway","correlationId":"%s",'
    '"data":{"orderId":"ord_bad_%s","userId":"cus_bad","orderItems":'
    '[{"productId":"prd_0001","quantity":1,"unitPrice":9.99,"totalPrice":9.99}],'
    '"shippingAddress":{"line1":"1 Main Street","city":"Chicago","state":"IL",'
    '"postalCode":"60601","country":"US"},"payment":{"method":"credit_card","amount":9.99},'
    '"currency":"USD","shippingMethod":"standard"}}'
)
"""An order that would be placed, were it not spoiled."""

Fault = Callable[[Random, str], Sent]


def fault(seed: int, start_ms: int, number: int) -> Sent:
    """The bad record of that number."""
    chance = chance_of(seed, start_ms, "fault", number)
    return one_of(chance, FAULTS)(chance, f"{number:06d}")


def _order(chance: Random, name: str) -> str:
    event_id = uuid_of(chance)
    return _GOOD % (event_id, event_id, name)


def _record(
    what: str,
    value: bytes | None,
    name: str,
    headers: Headers = _PLACE,
    topic: str = _ORDERS,
    letter: Letter = Letter.ONCE,
) -> Sent:
    key = f"bad_{name}"
    return Sent(topic, key, key, value, headers, what, letter)


def _truncated(chance: Random, name: str) -> Sent:
    text = _order(chance, name)
    return _record("truncated", text[: chance.randint(1, len(text) - 1)].encode(), name)


def _empty(_: Random, name: str) -> Sent:
    return _record("empty", b"", name)


def _null(_: Random, name: str) -> Sent:
    return _record("null", None, name, headers=())


def _bad_utf8(chance: Random, name: str) -> Sent:
    raw = _order(chance, name).encode().replace(b"Main", b"M\xff\xfen")
    return _record("bad utf-8", raw, name)


def _wrong_type(chance: Random, name: str) -> Sent:
    text = _order(chance, name).replace('"quantity":1', '"quantity":"plenty"')
    return _record("wrong type", text.encode(), name)


def _no_units(chance: Random, name: str) -> Sent:
    text = _order(chance, name).replace('"quantity":1', '"quantity":0')
    return _record("no units", text.encode(), name)


def _negative(chance: Random, name: str) -> Sent:
    text = _order(chance, name).replace('"unitPrice":9.99', '"unitPrice":-9.99')
    return _record("negative price", text.encode(), name)


def _missing(chance: Random, name: str) -> Sent:
    text = _order(chance, name).replace('"userId":"cus_bad",', "")
    return _record("missing field", text.encode(), name)


def _array(_: Random, name: str) -> Sent:
    return _record("array", b"[1,2,3]", name)


def _future(chance: Random, name: str) -> Sent:
    text = _order(chance, name).replace('"eventVersion":"1.0.0"', '"eventVersion":"2.0.0"')
    return _record("future version", text.encode(), name)


def _nameless(chance: Random, name: str) -> Sent:
    """Of an unknown type, which nothing but decoding tells."""
    text = _order(chance, name).replace("PlaceOrder", "TeleportOrder")
    return _record("unknown type", text.encode(), name, headers=())


def _foreign(chance: Random, name: str) -> Sent:
    """Of an unknown type, which its header tells: skipped, not buried (G-46)."""
    text = _order(chance, name).replace("PlaceOrder", "TeleportOrder")
    headers = (("eventType", b"TeleportOrder"),)
    return _record("unknown type in header", text.encode(), name, headers, letter=Letter.NEVER)


def _bad_delivery(_: Random, name: str) -> Sent:
    raw = (
        b'{"eventId":"%s","eventType":"AddInventory","data":{"productId":"prd_0001","quantity":-5}}'
    )
    headers = (("eventType", b"AddInventory"),)
    return _record("bad delivery", raw % name.encode(), name, headers, _STOCK)


def _bad_override(_: Random, name: str) -> Sent:
    headers = (("eventType", b"OverrideFraudDecision"),)
    return _record("bad override", b'{"decision":', name, headers, _PAYMENTS)


def _orphan(chance: Random, name: str) -> Sent:
    """About an order that nobody places: waited for, then buried (G-13)."""
    raw = (
        b'{"eventId":"%s","eventType":"CancelOrder","data":{"orderId":"bad_%s",'
        b'"userId":"cus_bad","cancellationReason":"gone"}}'
    )
    headers = (("eventType", b"CancelOrder"),)
    value = raw % (uuid_of(chance).encode(), name.encode())
    return _record("orphan", value, name, headers)


def _overdrawn(chance: Random, _: str) -> Sent:
    """Takes away more than is there: refused."""
    raw = (
        b'{"eventId":"%s","eventType":"UpdateInventory","data":{"productId":"prd_0001",'
        b'"quantityChange":-900000000,"warehouseId":"wh_MAIN_001","reason":"stock_count"}}'
    )
    headers = (("eventType", b"UpdateInventory"),)
    value = raw % uuid_of(chance).encode()
    return Sent(_STOCK, "prd_0001", "prd_0001", value, headers, "overdrawn", Letter.ONCE)


FAULTS: Final[tuple[Fault, ...]] = (
    _truncated,
    _empty,
    _null,
    _bad_utf8,
    _wrong_type,
    _no_units,
    _negative,
    _missing,
    _array,
    _future,
    _nameless,
    _foreign,
    _bad_delivery,
    _bad_override,
    _orphan,
    _overdrawn,
)
"""One function a kind; each is as likely as any other."""
