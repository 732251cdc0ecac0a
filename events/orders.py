"""Orders: the commands it takes and the facts it publishes, keyed by orderId."""

from datetime import date
from typing import ClassVar, Literal

from events.base import ANY_OTHER, Command, Event, Query, Spellings, Upcast, names
from events.moments import Moment
from events.money import Minor, MinorUnits
from events.order_parts import (
    AddressChange,
    Amendment,
    GiftDetails,
    InventoryDetails,
    OrderLine,
    PaymentFailureDetails,
    RefundInfo,
)
from events.scalars import Count, Currency, Id, JsonObject, Many, Text
from events.types import (
    Address,
    Customer,
    OrderItem,
    OrderPayment,
    RiskContext,
    ShippedItem,
)
from events.vocabulary import (
    AmendmentType,
    CancellationReason,
    RejectionReason,
    Resolution,
    ReturnMethod,
    ReturnRequestReason,
    ShippingMethod,
)


class OrderCommand(Command):
    """A request to Orders, from the API gateway."""

    topic = "orders.{env}.commands"
    key_field = "order_id"
    source = "api-gateway"


class OrderEvent(Event):
    """A fact about one order."""

    topic = "orders.{env}.events"
    key_field = "order_id"
    source = "orders-service"


class PlaceOrder(OrderCommand):
    """Asks for an order. The client sends intent; the server owns the order's id and status.

    `payment.amount` is the client's total and serves the price check only (G-10).
    """

    model_config = names(user_id=("userId", "customerId"), order_items=("orderItems", "items"))
    upcast = Upcast(
        paths={"userId": ("customer.customerId",), "risk.ipAddress": ("metadata.ipAddress",)}
    )

    order_id: Id | None = None  # server generates ord_<ulid> when absent
    user_id: Id
    customer: Customer | None = None
    order_items: Many[OrderItem]
    shipping_address: Address
    billing_address: Address | None = None  # defaults to shippingAddress
    payment: OrderPayment
    currency: Currency = "USD"
    shipping_method: ShippingMethod = "standard"
    is_gift: bool | None = None
    gift_details: GiftDetails | None = None
    discount_code: Text | None = None
    subscription_id: Id | None = None  # set when a Subscribe & Save cycle places the order
    cart_id: Id | None = None
    order_date: Moment | None = None
    risk: RiskContext | None = None  # extension: copied into PaymentInitiated for fraud scoring
    allow_substitutes: bool | None = None  # extension: another product may take one's place (G-11)


class UpdateCart(OrderCommand):
    """Says all that a cart holds (G-15). An extension: the contract has carts and no command.

    It is a level, not a change: repeated, it changes nothing. No items: the cart is empty.
    """

    key_field = "cart_id"

    cart_id: Id
    user_id: Id
    items: Many[OrderItem]


class AmendOrder(OrderCommand):
    """Asks to change an order before anything is dispatched (G-8).

    A line says how many units of its product the sender believes are ordered, and how many it
    wants: where that differs from the order, everything is refused.
    """

    order_id: Id
    user_id: Id
    amendment_type: AmendmentType
    amendments: Many[Amendment] | None = None
    new_address: Address | None = None
    expected_version: Count | None = None  # extension: the order's version the sender saw


class CancelOrder(OrderCommand):
    """Asks to cancel an order before anything is dispatched (G-9). Asking twice changes nothing."""

    order_id: Id
    user_id: Id
    cancellation_reason: Text
    cancellation_note: Text | None = None


class RequestReturn(OrderCommand):
    """Asks to send goods back, for a refund (G-32) or an exchange (G-33)."""

    order_id: Id
    user_id: Id
    items: Many[ShippedItem]
    reason: ReturnRequestReason
    reason_details: Text | None = None
    return_method: ReturnMethod = "drop_off"
    resolution: Resolution = "refund"
    exchange_items: Many[OrderItem] | None = None
    payment: OrderPayment | None = None  # extension: how goods that cost more are paid


class GetOrder(Query):
    """One order. Answered by `GET /v1/orders/{orderId}`."""

    source = "orders-service"

    order_id: Id


class OrderConfirmed(OrderEvent):
    """The order is valid and accepted; stock, fraud and payment are yet to come (K1).

    New events carry a payment status of pending or authorized; older ones may say captured. The
    total leaves out gift wrapping. `OrderPlaced`, `OrderCreated` and `order.placed` are other names
    of this event (K22).
    """

    model_config = names(
        user_id=("userId", "customerId"),
        order_total_minor=("orderTotal", "totalAmount"),
        confirmed_at=("confirmedAt", "confirmationTimestamp"),
    )
    upcast = Upcast(timestamp_from="confirmedAt")

    order_id: Id
    user_id: Id
    order_items: Many[OrderItem]
    order_total_minor: Minor
    currency: Currency
    shipping_address: Address
    shipping_method: ShippingMethod
    estimated_delivery_date: date | None = None
    payment: OrderPayment | None = None
    is_gift: bool | None = None
    gift_details: GiftDetails | None = None
    subscription_id: Id | None = None
    order_status: Literal["confirmed"]
    confirmed_at: Moment | None = None
    cart_id: Id | None = None  # extension: the cart it came of
    # Extension: the order whose goods it replaces (G-33). It costs nothing, no payment belongs to
    # it, and an item's unit price tells what the goods are worth. Also `metadata.exchangeFor`.
    exchange_for: Id | None = None


class OrderAmended(OrderEvent):
    """The order's lines or address changed before dispatch (G-8).

    `amendments` is empty for ADDRESS_CHANGE. The previous total plus the differences of the lines
    is the new total. `userId` is null for a guest, and travels as null.

    `lines` tells every line. Those whose number is above the number of lines of OrderConfirmed came
    by amendments, and have their stock when this is said: nobody needs to wait for it. Their
    reservations name no payment. The difference of the totals is for Payment to charge or give
    back, unless it is 0.50 or less; of lines that the shop cancels, all of it goes back.
    """

    model_config = names(
        amendments=("amendments", "amendedItems"),
        new_order_total_minor=("newOrderTotal", "totalAmount"),
    )
    upcast = Upcast(defaults={"amendmentType": "QUANTITY_CHANGE", "currency": "USD"})
    always_sent = ("user_id",)

    order_id: Id
    user_id: Id | None
    amendment_type: AmendmentType
    amendments: Many[Amendment]
    shipping_address: AddressChange | None = None
    previous_order_total_minor: Minor | None = None
    new_order_total_minor: Minor
    currency: Currency
    order_status: Text
    lines: Many[OrderLine] | None = None  # extension: every line as it is now
    cancellation_reason: CancellationReason | None = None  # extension: why the shop took lines away


class OrderCancelled(OrderEvent):
    """The order ended before dispatch (G-9). `refund` is absent when nothing was captured.

    Return to sender is not a cancellation (G-31).
    """

    model_config = names(order_total_minor=("orderTotal", "totalAmount"))
    spellings: ClassVar[Spellings] = {
        "cancellationReason": {
            "Customer requested cancellation": "CUSTOMER_REQUEST",
            ANY_OTHER: "OTHER",
        }
    }
    upcast = Upcast(defaults={"currency": "USD", "cancellationReason": "OTHER"})

    order_id: Id
    user_id: Id
    cancellation_reason: CancellationReason
    cancellation_note: Text | None = None
    order_items: Many[OrderItem]
    order_total_minor: Minor
    currency: Currency
    refund: RefundInfo | None = None
    payment_failure_details: PaymentFailureDetails | None = None
    inventory_details: InventoryDetails | None = None
    order_status: Literal["cancelled"]


class OrderFailed(OrderEvent):
    """The order was refused when it was placed, and never confirmed."""

    order_id: Id
    user_id: Id
    rejection_reason: RejectionReason
    details: Many[Text] | None = None


class LegacyOrderArchived(OrderEvent):
    """An order older than seven years moved to the archive, in the nightly run."""

    upcast = Upcast(timestamp_from="archivedAt")

    order_id: Id
    customer_id: Id
    location: JsonObject  # bucket, objectKey, storageClass (GLACIER)
    line_items: Many[JsonObject]  # sku, quantity, productName
    original_order_date: Moment | None = None
    total_amount_minor_units: MinorUnits | None = None
    currency_code: Currency = "GBP"
    archived_at: Moment
    gdpr_erasure_applied: bool = False
