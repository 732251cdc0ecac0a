"""Parts that messages of several services share."""

from datetime import date
from typing import Annotated, Any, ClassVar

from pydantic import Field

from events.base import Part, Spellings, names
from events.moments import Moment
from events.money import MINOR_MAX, Minor
from events.scalars import Count, Country, Currency, Email, FourDigits, Id, Quantity, Text
from events.vocabulary import (
    METHOD_SPELLINGS,
    BillingCycle,
    MethodType,
    OrderPaymentStatus,
)

Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


def _line_total(line: dict[str, Any]) -> int:
    total = int(line["quantity"] * line["unit_price_minor"])
    if total > MINOR_MAX:
        raise ValueError(f"the line total is above {MINOR_MAX} minor units")
    return total


class Money(Part):
    """An amount with its currency."""

    amount_minor: Minor
    currency: Currency


class OrderItem(Part):
    """One line of an order. The line total is quantity times unit price, filled in when absent."""

    model_config = names(
        product_id=("productId", "itemId"),
        product_name=("productName", "name"),
        unit_price_minor=("unitPrice", "price", "pricePerUnit"),
        total_price_minor=("totalPrice", "total"),
    )

    product_id: Id
    product_name: Text | None = None
    sku: Id | None = None
    quantity: Quantity
    unit_price_minor: Minor
    total_price_minor: Minor = Field(default_factory=_line_total)


class Address(Part):
    """A postal address."""

    model_config = names(
        line1=("line1", "street", "addressLine1"),
        line2=("line2", "addressLine2"),
        state=("state", "region"),
        postal_code=("postalCode", "zip", "zipCode"),
    )

    line1: Text
    line2: Text | None = None
    city: Text
    state: Text | None = None
    postal_code: Text | None = None
    country: Country


class Geo(Part):
    """A point on Earth, in degrees."""

    latitude: Latitude
    longitude: Longitude


class Place(Part):
    """Where a parcel is or goes: coarser than an address."""

    model_config = names(postal_code=("postalCode", "zipCode", "zip"))

    facility: Text | None = None
    city: Text
    state: Text | None = None
    postal_code: Text | None = None
    country: Country
    coordinates: Geo | None = None


class Customer(Part):
    """Who ordered. `customer_id` and `user_id` name the same identity."""

    model_config = names(customer_id=("customerId", "id"))

    customer_id: Id
    name: Text | None = None
    email: Email | None = None
    phone: Text | None = None


class PaymentMethod(Part):
    """How somebody pays: a gateway token, never a card number."""

    model_config = names(last4=("last4", "cardLastFour", "last_four"))
    scalar = "type"
    spellings: ClassVar[Spellings] = {"type": METHOD_SPELLINGS}

    type: MethodType
    token: Id | None = None  # gateway token, never a PAN
    brand: Text | None = None
    last4: FourDigits | None = None
    expiry_month: Count | None = None
    expiry_year: Count | None = None
    wallet_type: Text | None = None
    paypal_email: Text | None = None  # masked
    paypal_payer_id: Id | None = None


class OrderPayment(Part):
    """How an order is to be paid, as the order knows it."""

    model_config = names(method=("method", "paymentMethod", "type"))
    spellings: ClassVar[Spellings] = {"method": METHOD_SPELLINGS}

    payment_id: Id | None = None
    method: MethodType
    status: OrderPaymentStatus | None = None
    token: Id | None = None
    amount_minor: Minor | None = None
    transaction_id: Id | None = None
    card_last_four: FourDigits | None = None
    paypal_email: Text | None = None


class RiskContext(Part):
    """What the shop knows about the buyer at checkout.

    Fraud scoring leaves out a factor whose input is absent (G-22).
    """

    account_created_at: Moment | None = None
    previous_orders: Count | None = None
    device_id: Id | None = None
    ip_address: Text | None = None
    geo: Geo | None = None
    ip_country: Country | None = None
    ip_region: Text | None = None
    card_fingerprint: Text | None = None
    card_reported_stolen: bool | None = None


class ShippedItem(Part):
    """One line of a parcel."""

    item_id: Id
    product_id: Id | None = None
    sku: Id | None = None
    name: Text | None = None
    quantity: Quantity
    price_per_unit_minor: Minor | None = None


class Plan(Part):
    """A subscription plan; older producers sent its id alone."""

    scalar = "planId"

    plan_id: Id
    name: Text | None = None
    billing_cycle: BillingCycle | None = None
    price_minor: Minor | None = None
    currency: Currency | None = None


class Period(Part):
    """A billing period, first to last day."""

    start: date
    end: date
