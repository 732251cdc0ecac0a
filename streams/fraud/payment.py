"""A payment as the scoring sees it: every input flat, None where the producer told nothing."""

from zlib import crc32

import msgspec

from events.fraud import CheckFraud
from events.payment_ids import order_of_payment, payment_id_of
from events.payments import PaymentInitiated
from events.types import Address
from streams.moments import ms_of


class Payment(msgspec.Struct, frozen=True, gc=False):
    """What is known of a payment when it is scored."""

    payment_id: str
    customer_id: str
    amount_minor: int
    currency: str
    order_id: str | None = None
    account_created_at_ms: int | None = None
    previous_orders: int | None = None
    device_id: str | None = None
    ip: int | None = None
    """A 32-bit mark of the network address."""
    card: int | None = None
    """A 32-bit mark of the card's fingerprint."""
    card_reported_stolen: bool = False
    latitude: float | None = None
    longitude: float | None = None
    ip_country: str | None = None
    ip_region: str | None = None
    country: str | None = None
    """Of the billing address, else of the shipping address."""
    region: str | None = None
    addresses_match: bool | None = None
    """None unless both addresses are known."""

    @property
    def is_further(self) -> bool:
        """Whether it is what an order costs beyond its price: no order of its own."""
        order_id, name = self.order_id, self.payment_id
        if order_id is None or name == payment_id_of(order_id):
            return False
        return order_of_payment(name) == order_id


def payment_of(message: PaymentInitiated) -> Payment:
    """Take from an opened payment session what scoring asks for."""
    created, geo = message.account_created_at, message.geo
    ip, card = message.ip_address, message.card_fingerprint
    shipping, billing = message.shipping_address, message.billing_address
    address = billing or shipping
    return Payment(
        message.payment_id,
        message.customer_id,
        message.amount_minor,
        message.currency,
        message.order_id,
        None if created is None else ms_of(created),
        message.previous_orders,
        message.device_id,
        None if ip is None else crc32(ip.encode()),
        None if card is None else crc32(card.encode()),
        message.card_reported_stolen is True,
        None if geo is None else geo.latitude,
        None if geo is None else geo.longitude,
        message.ip_country,
        message.ip_region,
        None if address is None else address.country,
        None if address is None else address.state,
        None if shipping is None or billing is None else same_address(shipping, billing),
    )


def payment_to_check(command: CheckFraud) -> Payment:
    """Take from a request to check what little it tells."""
    return Payment(command.payment_id, command.customer_id, command.amount_minor, command.currency)


def same_address(one: Address, other: Address) -> bool:
    """Whether two addresses name one place. What either leaves out does not tell them apart."""
    return (
        one.country == other.country
        and _same(one.line1, other.line1)
        and _same(one.city, other.city)
        and _same(one.postal_code, other.postal_code)
    )


def _same(one: str | None, other: str | None) -> bool:
    return (
        one == other
        or one is None
        or other is None
        or "".join(one.casefold().split()) == "".join(other.casefold().split())
    )
