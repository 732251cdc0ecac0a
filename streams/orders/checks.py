"""Whether an order may be placed (G-10, G-12): every refusal, in order of precedence.

1. INVALID_REQUEST: no price can be told, or it is above the limits.
2. CUSTOMER_NOT_ELIGIBLE: the customer may not order at all.
3. INVALID_ADDRESS: the goods cannot go there.
4. PRICE_MISMATCH: the client saw another price.

What an earlier reason makes meaningless is not looked at: there is no price to compare where
the request is not valid. Details name fields and limits, never personal data.
"""

import re
from collections.abc import Iterator
from typing import Final

from events.orders import PlaceOrder
from events.types import Address
from events.vocabulary import RejectionReason
from streams.orders.pricing import discount_percent
from streams.orders.rules import ORDER_ID_CHARS_MAX, OrderRules

Refusal = tuple[RejectionReason, str]
"""Why an order is not placed, and what exactly is wrong."""

ADDRESS_CHARS_MAX: Final = 200
"""Of each line of an address."""
_FIELDS: Final = {
    "line1": "line1",
    "line2": "line2",
    "city": "city",
    "state": "state",
    "postalCode": "postal_code",
}
_PO_BOX: Final = re.compile(
    r"\bp\W{0,3}o\W{0,3}box\b|\bpost\s?(?:office)?\s?box\b|\b(?:gpo|private) box\b|\blocked bag\b"
    r"|\bpostfach\b|\bpostbus\b|\bbo[iî]te postale\b|\bb\.?p\.? ?\d"
    r"|\bapartado (?:de correos|postal)\b|\bcasella postale\b",
    re.IGNORECASE,
)
"""How the countries we send to write a box at the post office."""


def request_refusals(command: PlaceOrder, rules: OrderRules) -> Iterator[Refusal]:
    """Say what makes the request one that cannot be priced."""
    if command.order_id is None or len(command.order_id) > ORDER_ID_CHARS_MAX:
        yield "INVALID_REQUEST", f"orderId: at most {ORDER_ID_CHARS_MAX} characters"
    if not 1 <= len(command.order_items) <= rules.lines_max:
        yield "INVALID_REQUEST", f"orderItems: 1 to {rules.lines_max} lines"
    is_renewal = command.subscription_id is not None  # It has its own prices, and was paid for.
    for position, item in enumerate(command.order_items[: rules.lines_max]):
        if not (is_renewal or rules.sells(item.product_id, command.currency)):
            yield "INVALID_REQUEST", f"orderItems[{position}]: not sold in {command.currency}"
        if not 1 <= item.quantity <= rules.quantity_max:
            yield (
                "INVALID_REQUEST",
                f"orderItems[{position}].quantity: 1 to {rules.quantity_max} units",
            )
    if command.currency not in rules.currencies:
        yield "INVALID_REQUEST", f"currency: one of {', '.join(sorted(rules.currencies))}"
    if discount_percent(command.discount_code, rules.discounts_percent) is None:
        yield "INVALID_REQUEST", "discountCode: unknown"


def refusals(
    command: PlaceOrder, total_minor: int, seen_minor: int, rules: OrderRules, *, eligible: bool
) -> Iterator[Refusal]:
    """Say what else speaks against a request of that total, where the client saw another."""
    if total_minor > rules.total_minor_max:
        yield "INVALID_REQUEST", f"the total is above {rules.total_minor_max / 100:.2f}"
    if not eligible:
        yield "CUSTOMER_NOT_ELIGIBLE", "the account is suspended"
    yield from address_refusals(command.shipping_address, command.shipping_method, rules)
    if command.billing_address is not None:
        yield from _length_refusals(command.billing_address, "billingAddress")
    if not rules.agree(total_minor, seen_minor):
        told = f"payment.amount: {seen_minor / 100:.2f}, expected {total_minor / 100:.2f}"
        yield "PRICE_MISMATCH", told


def address_refusals(address: Address, method: str, rules: OrderRules) -> Iterator[Refusal]:
    """Say why goods cannot go to an address."""
    if address.country not in rules.countries:
        yield "INVALID_ADDRESS", f"shippingAddress.country: {address.country} is not served"
    yield from _length_refusals(address, "shippingAddress")
    if address.country in rules.countries_with_state and not _filled(address.state):
        yield "INVALID_ADDRESS", f"shippingAddress.state: needed in {address.country}"
    if not _filled(address.line1):
        yield "INVALID_ADDRESS", "shippingAddress.line1: empty"
    if not _filled(address.city):
        yield "INVALID_ADDRESS", "shippingAddress.city: empty"
    if method == "express" and _is_po_box(address):
        yield "INVALID_ADDRESS", "shippingAddress: express does not deliver to a PO box"


def _length_refusals(address: Address, which: str) -> Iterator[Refusal]:
    """Say which lines of an address no label has room for; every row of the order keeps them."""
    for name, field in _FIELDS.items():
        if len(getattr(address, field) or "") > ADDRESS_CHARS_MAX:
            yield "INVALID_ADDRESS", f"{which}.{name}: at most {ADDRESS_CHARS_MAX} characters"


def _filled(text: str | None) -> bool:
    return text is not None and not text.isspace() and text != ""


def _is_po_box(address: Address) -> bool:
    return bool(_PO_BOX.search(address.line1) or _PO_BOX.search(address.line2 or ""))
