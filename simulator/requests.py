"""Orders as they are asked for, and the wrong ones that must be refused."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from random import Random
from types import MappingProxyType
from typing import Any, Final

from events.orders import CancelOrder, PlaceOrder
from events.types import Address, Geo, OrderItem, OrderPayment, RiskContext
from events.types import Customer as WireCustomer
from simulator.chance import chance_of, one_of
from simulator.customers import Customer
from simulator.places import STREETS, TOWNS, UNSERVED, Town
from simulator.plans import Cancel, Plan, Risk

_EXPRESS: Final = 0.2
_BILLED: Final = 0.5
"""Orders that name the billing address although it is the shipping address."""
_SILENT: Final = 0.1
"""Ordinary orders whose producer tells Fraud nothing."""
_ROAMING: Final = 0.1
"""Ordinary orders from another region of the customer's own country."""
_FRESH: Final = 0.3
"""Doubtful orders from an account opened that very moment."""
_LINES_TOO_MANY: Final = 51
_QUANTITY_TOO_LARGE: Final = 101
_PRICE_HUGE_MINOR: Final = 90_000


def request_of(plan: Plan, seed: int, start_ms: int) -> PlaceOrder:
    """The order as its customer asks for it, flaw and all."""
    chance = chance_of(seed, start_ms, "request", plan.number)
    buyer = plan.customer
    own = _address(buyer.street, buyer.town)
    fields: dict[str, Any] = {
        "order_id": plan.order_id,
        "user_id": buyer.customer_id,
        "customer": WireCustomer(
            customer_id=buyer.customer_id, name=buyer.name, email=buyer.email, phone=buyer.phone
        ),
        "order_items": _items(plan),
        "shipping_address": _elsewhere(chance, buyer.town) if plan.gift else own,
        "billing_address": own if plan.gift or chance.random() < _BILLED else None,
        "payment": OrderPayment(
            method=plan.card.method,
            status="pending",
            token=plan.card.token,
            amount_minor=plan.total_minor,
            card_last_four=buyer.card_last_four if plan.card.method != "paypal" else None,
        ),
        "currency": plan.currency,
        "shipping_method": "express" if chance.random() < _EXPRESS else "standard",
        "discount_code": plan.discount_code,
        "order_date": _moment(start_ms + plan.due_ms),
        "risk": _risk(chance, plan, start_ms),
    }
    if plan.refusal is not None:
        fields |= _FLAWS[plan.refusal.flaw](chance, fields)
    return PlaceOrder(**fields)


def cancel_of(order_id: str, cancel: Cancel) -> CancelOrder:
    """The request to cancel."""
    return CancelOrder(order_id=order_id, user_id=cancel.user_id, cancellation_reason=cancel.reason)


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def _items(plan: Plan) -> tuple[OrderItem, ...]:
    return tuple(
        OrderItem(
            product_id=line.product.product_id,
            product_name=line.product.name,
            quantity=line.quantity,
            unit_price_minor=line.product.price_minor,
        )
        for line in plan.lines
    )


def _address(street: str, town: Town) -> Address:
    return Address(
        line1=street,
        city=town.city,
        state=town.state,
        postal_code=town.postal_code,
        country=town.country,
    )


def _elsewhere(chance: Random, home: Town) -> Address:
    """An address in another town."""
    town = one_of(chance, [town for town in TOWNS if town.city != home.city])
    return _address(f"{chance.randint(181, 360)} {one_of(chance, STREETS)}", town)


def _risk(chance: Random, plan: Plan, start_ms: int) -> RiskContext | None:
    if plan.risk is Risk.ORDINARY:
        return None if chance.random() < _SILENT else _usual(chance, plan.customer)
    return _unusual(chance, plan, start_ms)


def _usual(chance: Random, buyer: Customer) -> RiskContext:
    """A known customer at home: at most 40 points."""
    town = buyer.town
    roams = chance.random() < _ROAMING and not buyer.is_regular
    return RiskContext(
        account_created_at=_moment(buyer.created_at_ms),
        previous_orders=buyer.previous_orders,
        device_id=buyer.device_id,
        ip_address=buyer.ip_address,
        geo=Geo(latitude=town.latitude, longitude=town.longitude),
        ip_country=town.country,
        ip_region="XX" if roams else town.state,
        card_fingerprint=buyer.card_fingerprint,
        card_reported_stolen=False,
    )


def _unusual(chance: Random, plan: Plan, start_ms: int) -> RiskContext:
    """A first order from abroad."""
    buyer, placed_ms = plan.customer, start_ms + plan.due_ms
    far = one_of(chance, [town for town in TOWNS if town.country != buyer.town.country])
    fresh = plan.risk is Risk.DOUBTFUL and chance.random() < _FRESH
    return RiskContext(
        account_created_at=_moment(placed_ms if fresh else buyer.created_at_ms),
        previous_orders=0,
        device_id=buyer.device_id,
        ip_address=buyer.ip_address,
        geo=Geo(latitude=far.latitude, longitude=far.longitude),
        ip_country=far.country,
        card_fingerprint=buyer.card_fingerprint,
        card_reported_stolen=plan.risk is Risk.STOLEN,
    )


# --- flaws: each gives the fields it spoils


def _wrong_price(_: Random, fields: Mapping[str, Any]) -> dict[str, Any]:
    payment: OrderPayment = fields["payment"]
    assert payment.amount_minor is not None
    changed = payment.model_copy(update={"amount_minor": payment.amount_minor + 100})
    return {"payment": changed}


def _unserved(chance: Random, fields: Mapping[str, Any]) -> dict[str, Any]:
    return _readdressed(fields, country=one_of(chance, UNSERVED))


def _stateless(_: Random, fields: Mapping[str, Any]) -> dict[str, Any]:
    return _readdressed(fields, country="US", state=None)


def _no_city(_: Random, fields: Mapping[str, Any]) -> dict[str, Any]:
    return _readdressed(fields, city="  ")


def _po_box(_: Random, fields: Mapping[str, Any]) -> dict[str, Any]:
    return _readdressed(fields, line1="P.O. Box 17") | {"shipping_method": "express"}


def _readdressed(fields: Mapping[str, Any], **changes: str | None) -> dict[str, Any]:
    address: Address = fields["shipping_address"]
    return {"shipping_address": address.model_copy(update=changes)}


def _too_many_lines(_: Random, fields: Mapping[str, Any]) -> dict[str, Any]:
    item: OrderItem = fields["order_items"][0]
    return {"order_items": (item,) * _LINES_TOO_MANY}


def _too_many_units(_: Random, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"order_items": (_item(fields, _QUANTITY_TOO_LARGE, 100),)}


def _too_expensive(_: Random, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"order_items": (_item(fields, _QUANTITY_TOO_LARGE - 1, _PRICE_HUGE_MINOR),)}


def _item(fields: Mapping[str, Any], quantity: int, price_minor: int) -> OrderItem:
    first: OrderItem = fields["order_items"][0]
    return OrderItem(product_id=first.product_id, quantity=quantity, unit_price_minor=price_minor)


def _foreign_currency(_: Random, _fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"currency": "JPY"}


def _unknown_code(_: Random, _fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"discount_code": "FREE100"}


_FLAWS: Final[Mapping[str, Callable[[Random, Mapping[str, Any]], dict[str, Any]]]] = (
    MappingProxyType(
        {
            "price": _wrong_price,
            "country": _unserved,
            "state": _stateless,
            "city": _no_city,
            "po_box": _po_box,
            "lines": _too_many_lines,
            "quantity": _too_many_units,
            "currency": _foreign_currency,
            "discount": _unknown_code,
            "total": _too_expensive,
        }
    )
)
