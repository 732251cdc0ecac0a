"""Exchanges: other goods in the place of what was sent back (G-33). All of them extensions."""

from events.orders import OrderCommand
from events.refunds import Reason, RefundCommand
from events.scalars import Currency, Id, Many, Minor
from events.shipping_parts import ReturnedItem
from events.types import Address, OrderItem
from events.vocabulary import ShippingMethod


class PlaceReplacement(OrderCommand):
    """Asks for an order that costs nothing: its goods were paid for by those that came back.

    Each line's stock is held already, as `<orderId>:x<line>`, or is asked for like any order's. An
    item's unit price tells what the goods are worth, its total is 0.
    """

    source = "orders-service"

    order_id: Id
    exchange_for: Id  # the order whose goods came back
    return_id: Id
    user_id: Id
    order_items: Many[OrderItem]
    replaces: Many[Id]  # by line, the product that came back
    return_fee_minor: Minor = 0  # what the way back costs, should the price go back after all
    currency: Currency
    shipping_address: Address
    shipping_method: ShippingMethod


class RefundGoods(RefundCommand):
    """Asks to give back the price of goods that were to be exchanged, and are not replaced.

    Units of a product are given back once, whatever asks for them, and a cause is one refund.
    """

    source = "orders-service"

    payment_id: Id
    order_id: Id
    items: Many[ReturnedItem]
    fee_minor: Minor = 0  # what the way back costs the customer
    reason: Reason
    return_id: Id | None = None
    cause: Id
