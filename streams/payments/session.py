"""What was asked for when a payment was opened, and how it is paid."""

import msgspec

from events.vocabulary import MethodType


class Method(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the customer pays: a gateway token, never a card number."""

    type: MethodType
    token: str | None = None
    """Forgotten once no charge can follow."""
    brand: str | None = None
    last4: str | None = None
    expiry_month: int | None = None
    expiry_year: int | None = None
    wallet_type: str | None = None
    paypal_email: str | None = None
    paypal_payer_id: str | None = None


class Session(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was asked for when the payment was opened.

    Only the token is forgotten, and amendments change the amount.
    """

    customer_id: str
    amount_minor: int
    """What the order costs, or the renewal."""
    currency: str
    method: Method
    initiated_at_ms: int
    correlation_id: str = ""
    """Carried on to what timers cause."""
    order_id: str | None = None
    subscription_id: str | None = None
    invoice_id: str | None = None
    recurring: bool = False
    """True: charged at once, without waiting for stock. With lines, an order claims the money
    afterwards (G-45)."""
