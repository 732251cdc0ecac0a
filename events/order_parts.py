"""Parts of orders."""

from datetime import date

from events.base import Part, names
from events.moments import Moment
from events.money import Minor
from events.scalars import Count, FourDigits, Id, Quantity, Text
from events.types import Address
from events.vocabulary import MethodType, RefundMethod


class GiftDetails(Part):
    """How to wrap and sign a gift. Wrapping is charged apart from the order total."""

    recipient_name: Text | None = None
    gift_message: Text | None = None
    gift_wrapping: bool | None = None
    gift_wrapping_cost_minor: Minor | None = None
    hide_price: bool | None = None


class Amendment(Part):
    """One changed line of an order."""

    model_config = names(
        previous_quantity=("previousQuantity", "oldQuantity"),
        new_line_total_minor=("newLineTotal", "totalPrice"),
    )

    product_id: Id
    product_name: Text | None = None
    sku: Id | None = None
    previous_quantity: Count
    new_quantity: Count  # 0 removes the line
    unit_price_minor: Minor
    previous_line_total_minor: Minor | None = None
    new_line_total_minor: Minor | None = None


class OrderLine(Part):
    """One line of an order as it is now. Its stock is the reservation `<orderId>:<number>`."""

    number: Quantity  # counted from 1; never used again for another line
    product_id: Id
    product_name: Text | None = None
    sku: Id | None = None
    quantity: Count  # 0: the line is no longer part of the order
    unit_price_minor: Minor
    total_price_minor: Minor


class AddressChange(Part):
    """Where an order went and where it goes now."""

    previous: Address
    updated: Address


class RefundInfo(Part):
    """The refund that a cancellation brings."""

    refund_id: Id
    amount_minor: Minor
    method: RefundMethod
    estimated_processing_days: Count | None = None


class PaymentFailureDetails(Part):
    """The payment failure that cancelled an order."""

    payment_id: Id
    payment_method: MethodType | None = None
    card_last_four: FourDigits | None = None
    decline_code: Text | None = None
    retry_count: Count | None = None


class InventoryDetails(Part):
    """The shortage that cancelled an order."""

    warehouse_id: Id | None = None
    last_stock_check_at: Moment | None = None
    available_quantity: Count | None = None
    next_restock_estimate: date | None = None
