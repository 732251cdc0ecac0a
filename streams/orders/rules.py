"""Orders' figures: each is a setting, with the contract's default."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS
from streams.percents import insist

ORDER_ID_CHARS_MAX: Final = 120
"""Payments, refunds and reservations are named after their order, and an id has at most 128
characters: `pay_<orderId>`, `ref_<orderId>`, `<orderId>:<line>`."""


@dataclass(frozen=True, slots=True)
class OrderRules:
    """What Orders may be told otherwise by its settings."""

    lines_max: int = 50
    """Lines of an order (G-10); at least one."""
    quantity_max: int = 100
    """Units of a line (G-10); at least one."""
    total_minor_max: int = 5_000_000
    """An order's total, in minor units of whatever currency (G-10)."""
    price_tolerance_minor: int = 1
    """By how much the client's total may differ from ours (G-10)."""
    currencies: frozenset[str] = frozenset({"USD", "EUR", "GBP", "CAD"})
    """An order is in one of these, never in two (G-12)."""
    discounts_percent: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType({"SAVE10": 10, "ENTERPRISE20": 20})
    )
    """Discount codes and what they take off the sum of the lines, in percent (G-12)."""
    prices: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """The catalogue: by `<productId>:<currency>`, what a unit costs in minor units. What is not
    named in any currency costs what the order says (G-10)."""
    countries: frozenset[str] = frozenset(
        {"US", "CA", "GB", "DE", "FR", "IE", "NL", "ES", "IT", "AU"}
    )
    """Where goods go (G-10)."""
    countries_with_state: frozenset[str] = frozenset({"US", "CA", "AU"})
    """Where an address needs a state (G-10)."""
    standard_days: int = 5
    """From confirmation to delivery, Sundays not counted (G-27)."""
    express_days: int = 2
    """The same for express (G-27)."""
    backorder_ms: int = 3 * DAY_MS
    """How long an order waits for stock, and how far off a restock may be (G-11)."""
    review_ms: int = 24 * HOUR_MS
    """How long a fraud review may take before the order is cancelled (G-24)."""
    review_grace_ms: int = 5 * MINUTE_MS
    """Waited on top, because the review itself decides at 24 h and may have to be heard from a
    worker that was killed: this timer is its backstop, as a payment's is."""
    payment_attempts_max: int = 3
    """The attempt that is the last, where PaymentFailed does not say (G-16)."""
    refund_days_customer: int = 5
    """Business days a refund is said to take when the customer cancelled (G-9)."""
    refund_days_system: int = 3
    """The same when the shop cancelled (G-9)."""
    system_users: frozenset[str] = frozenset({"system"})
    """Who may cancel any order, beside the customer whose it is (G-9)."""
    substitutes: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """By product, what may be sent instead, the best first; it costs what the other did, and what
    the catalogue has for more is passed over (G-11)."""
    amendments_max: int = 5
    """Amendments of one order (G-8)."""
    amendment_hold_ms: int = 15 * MINUTE_MS
    """How long stock is held for what an amendment adds to an unpaid order (K2)."""
    amendment_wait_ms: int = MINUTE_MS
    """How long an amendment waits for the answers of stock."""
    return_window_ms: int = 30 * DAY_MS
    """How long after its delivery a parcel may be sent back (G-32)."""
    return_label_ms: int = 14 * DAY_MS
    """How long a return is waited for (G-32)."""
    exchange_at_once: frozenset[str] = frozenset({"wrong_item", "defective_item"})
    """Reasons for which the replacement goes out before anything came back (G-33)."""
    exchange_waived_minor: int = 50
    """What a line's goods may cost more or less for nothing, as an amendment's may (G-8, G-33)."""
    exchange_wait_ms: int = MINUTE_MS
    """How long an exchange waits for the answers of stock before it becomes a refund (G-33)."""
    exchange_pay_ms: int = 25 * HOUR_MS
    """How long an exchange waits for a difference to be paid, a fraud review included (G-33)."""
    exchange_hold_ms: int = 17 * DAY_MS
    """How long stock keeps what an exchange holds, should nobody let go of it: the fortnight of
    its label, and what comes before it (G-33)."""
    stuck_unpaid_ms: int = HOUR_MS
    """How long a confirmed order may stand still before people are told. Its holds last half an
    hour, its payment's retries less."""
    stuck_paid_ms: int = 48 * HOUR_MS
    """The same for a paid one: 24 hours to fulfil it, twice."""
    stuck_sent_ms: int = 30 * DAY_MS
    """The same for a shipped one: as long as carriers are asked for its parcels (G-30)."""
    unsent_ms: int = 14 * DAY_MS
    """How long an order of which nothing has left may stand still before it is cancelled; the
    contract names no figure. People were told long before."""
    archive_ms: int = 2557 * DAY_MS
    """After seven years an order goes into the archive."""
    archive_bucket: str = "flowmart-order-archive"
    """Where the archive lies, as LegacyOrderArchived tells it."""
    early_ms: int = 10 * MINUTE_MS
    """How long a message waits for the order it is about (G-13)."""

    def __post_init__(self) -> None:
        """Refuse a discount of more than everything, and a price in no currency of ours.

        Its product would cost what the order says.
        """
        insist(discounts_percent=self.discounts_percent)
        for priced in self.prices:
            if priced.rpartition(":")[2] not in self.currencies:
                named = ", ".join(sorted(self.currencies))
                raise ValueError(f"prices: {priced}: expected <productId>:<currency>, of {named}")

    def sells(self, product_id: str, currency: str) -> bool:
        """Whether a product has a price in a currency, or in none: then the order names it."""
        if not self.prices or f"{product_id}:{currency}" in self.prices:
            return True
        return not any(f"{product_id}:{other}" in self.prices for other in self.currencies)

    def price_minor(self, product_id: str, currency: str, told_minor: int) -> int:
        """What a unit costs: what the catalogue says, else what the sender does (G-10)."""
        return self.prices.get(f"{product_id}:{currency}", told_minor)

    def costs(self, product_id: str, currency: str, told_minor: int) -> bool:
        """Whether a unit costs what the sender says (G-10)."""
        ours_minor = self.price_minor(product_id, currency, told_minor)
        return self.agree(ours_minor, told_minor) and self.sells(product_id, currency)

    def agree(self, ours_minor: int, told_minor: int) -> bool:
        """Whether the sender saw the price that is ours, but for a rounding."""
        return abs(ours_minor - told_minor) <= self.price_tolerance_minor


@dataclass(frozen=True, slots=True)
class CartRules:
    """What carts may be told otherwise by their settings (G-15)."""

    lines_max: int = 50
    """Lines of a cart: as many as an order may have."""
    abandoned_ms: int = 24 * HOUR_MS
    """How long after its last change a cart counts as abandoned."""
    expired_ms: int = 30 * DAY_MS
    """How long after its last change a cart expires."""
    kept_ms: int = 30 * DAY_MS
    """How long a cart is kept after it was ordered or has expired."""
