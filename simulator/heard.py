"""What a record on a topic says, as far as the judge looks. Shares no code with `events`.

Money is turned into minor units where it is read: on the wire, amounts are decimals of major
units, but providers' are minor units already.
"""

from typing import Final, NamedTuple, Protocol

import msgspec


class Readable(Protocol):
    """A record, whoever read it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None

    @property
    def headers(self) -> tuple[tuple[str, bytes], ...]:
        """In the order in which they were written."""


class Ware(msgspec.Struct, rename="camel", gc=False):
    """Units of one product in a parcel or in a return."""

    product_id: str | None = None
    sku: str | None = None
    quantity: int = 0
    condition: str | None = None


class Box(msgspec.Struct, rename="camel", gc=False):
    """One package."""

    items: list[Ware] | None = None


class OrderLine(msgspec.Struct, rename="camel", gc=False):
    """One line of an order that was amended."""

    number: int
    quantity: int


class Data(msgspec.Struct, rename="camel", gc=False):
    """The fields of every message that the judge looks at."""

    order_id: str | None = None
    payment_id: str | None = None
    product_id: str | None = None
    warehouse_id: str | None = None
    triggered_by_order_id: str | None = None
    shipment_id: str | None = None
    packages: list[Box] | None = None
    items: list[Ware] | None = None
    lines: list[OrderLine] | None = None
    return_id: str | None = None
    exchange_for: str | None = None
    user_id: str | None = None
    subscription_id: str | None = None
    notification_id: str | None = None
    recovered: bool | None = None
    outcome: str | None = None

    order_total: float | None = None
    amount: float | None = None
    amount_minor: int | None = None
    processing_fee: float | None = None
    net_amount: float | None = None
    currency: str | None = None

    cancellation_reason: str | None = None
    rejection_reason: str | None = None
    failure_reason: str | None = None
    failure_code: str | None = None
    reason: str | None = None
    status: str | None = None
    decision: str | None = None
    severity: str | None = None
    retryable: bool | None = None

    charge_id: str | None = None
    refund_id: str | None = None
    idempotency_key: str | None = None
    operation: str | None = None

    reservation_id: str | None = None
    reservation_status: str | None = None
    reservation_expires_at: str | None = None
    previous_quantity: int | None = None
    adjusted_quantity: int | None = None
    new_quantity: int | None = None
    on_hand: int | None = None
    reserved: int | None = None
    committed: bool | None = None
    backorder_allowed: bool | None = None
    requested_quantity: int | None = None
    pending_orders: int | None = None


class Said(msgspec.Struct, rename="camel", gc=False):
    """One record's envelope."""

    event_id: str
    event_type: str
    data: Data
    correlation_id: str | None = None


class Letter(NamedTuple):
    """A dead letter: where the record lay, and what was wrong with it."""

    topic: str
    partition: int
    offset: int
    error: str
    reason: str


_decode: Final = msgspec.json.Decoder(Said).decode


def said(record: Readable) -> Said | None:
    """What a record says; None when it is not for the judge to read."""
    if record.value is None:
        return None
    try:
        return _decode(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def letter(record: Readable) -> Letter:
    """A dead letter, read by its headers."""
    why = {name: value.decode("utf-8", "replace") for name, value in record.headers}
    return Letter(
        why.get("dlq.topic", ""),
        int(why.get("dlq.partition", -1)),
        int(why.get("dlq.offset", -1)),
        why.get("dlq.error", ""),
        why.get("dlq.reason", ""),
    )


def minor(amount: float | None) -> int:
    """Major units as they travel, in minor units."""
    return 0 if amount is None else round(amount * 100)
