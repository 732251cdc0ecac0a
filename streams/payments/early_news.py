"""What is kept of a payment whose session is not open yet."""

import msgspec


class EarlyLine(msgspec.Struct, frozen=True):
    """A line of an order as an amendment left it."""

    number: int
    product_id: str
    sku: str | None
    quantity: int
    total_price_minor: int


class EarlyAmendment(msgspec.Struct, frozen=True):
    """The newest amendment of an order whose payment is not open yet: what counts of its event."""

    new_order_total_minor: int
    currency: str
    lines: tuple[EarlyLine, ...]
    cancellation_reason: str | None


class Early(msgspec.Struct, frozen=True, omit_defaults=True):
    """News of a payment whose session is not open yet: topics race each other."""

    expires_at_ms: int
    held: tuple[str, ...] = ()
    lines: int = 0
    decision: str = ""
    too_many: bool = False
    """It is refused as one payment too many in an hour."""
    cancel_reason: str = ""
    amended: EarlyAmendment | None = None
