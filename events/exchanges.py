"""Exchanges: other goods in the place of what was sent back (G-33). All of them extensions."""

from events.base import Part
from events.money import Minor
from events.orders import OrderCommand
from events.refunds import Reason, RefundCommand
from events.scalars import Count, Currency, Id, Many, Quantity, Text
from events.shipping_parts import ReturnedItem
from events.types import Address, OrderItem, OrderPayment
from events.vocabulary import ItemCondition, ShippingMethod


class PlaceReplacement(OrderCommand):
    """Asks for an order whose goods were paid for with those that come back.

    Each line's stock is held already, as `<orderId>:x<line>`, or is asked for like any order's. An
    item's unit price tells what the goods are worth, its total what they cost beyond that, which
    was paid before.
    """

    source = "orders-service"

    order_id: Id
    exchange_for: Id  # the order whose goods come back
    return_id: Id
    user_id: Id
    order_items: Many[OrderItem]
    replaces: Many[Id]  # by line, the product that comes back
    return_fee_minor: Minor = 0  # what the way back costs, should the price go back after all
    currency: Currency
    shipping_address: Address
    shipping_method: ShippingMethod
    sales_channel: Text | None = None  # where what comes back was sold
    payment: OrderPayment | None = None  # what paid for the totals


class UndoneUnits(Part):
    """Units of one line of a replacement that its customer does not have, as they were found."""

    number: Count
    quantity: Quantity
    condition: ItemCondition


class UndoReplacement(OrderCommand):
    """Tells an order that its customer does not have all that was to replace what comes back.

    It was not sent, got lost, or was sent back too. What was taken back for it is worth its price
    again. A cause is told once.
    """

    source = "orders-service"

    order_id: Id  # whose goods come back
    replacement_id: Id
    lines: Many[UndoneUnits]
    fee_minor: Minor = 0  # what the ways back cost the customer
    cause: Id


class RefundGoods(RefundCommand):
    """Asks to give back the price of goods, or the difference that an exchange made.

    Units of a product are given back once, whatever asks for them, and a cause is one refund. With
    an amount, that goes back and no unit is: from the payment named, then from the order's others.
    """

    source = "orders-service"

    payment_id: Id
    order_id: Id
    items: Many[ReturnedItem] = ()
    amount_minor: Minor | None = None
    fee_minor: Minor = 0  # what the way back costs the customer, and what went back already
    reason: Reason
    return_id: Id | None = None
    cause: Id
