"""Every figure of fraud detection: the scoring table, the bands, the floors, the review clock.

Points and scores are whole numbers from 0 to 100; times are milliseconds; money is minor units,
taken at par whatever the currency.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from streams.moments import HOUR_MS, MINUTE_MS

ATTEMPTS_KEPT_MAX: Final = 16
"""Payments a customer's profile remembers, the last to arrive. Windows and duplicates look no
further back, so it must exceed every count that a rule asks for."""

DEVICES_KEPT_MAX: Final = 8
"""Devices a customer's profile remembers, the last used."""

REVIEWED_KEPT_MAX: Final = 4
"""Payments under review that a customer's profile remembers, the newest."""

SUSPENSIONS_KEPT_MAX: Final = 16
"""Payments whose critical findings suspend an account that a profile remembers, the newest."""
CHARGEBACKS_KEPT_MAX: Final = 4
"""Chargebacks a customer's profile remembers, so that a repeat counts once."""


class RulesError(ValueError):
    """The figures contradict each other. Operator: mend the setting that the message names."""


@dataclass(frozen=True, slots=True)
class FraudRules:
    """The figures, with the contract's defaults."""

    account_fresh_ms: int = 10 * MINUTE_MS
    """A younger account scores `points_account_fresh` (G-22)."""
    account_young_ms: int = 24 * HOUR_MS
    """A younger account scores `points_account_young` (G-22)."""
    orders_some_from: int = 3
    """Fewer earlier orders score `points_orders_few` (G-22)."""
    orders_many_from: int = 10
    """Fewer earlier orders score `points_orders_some`, else `points_orders_many` (G-22)."""
    points_account_fresh: int = 25
    points_account_young: int = 20
    points_orders_few: int = 15
    points_orders_some: int = 8
    points_orders_many: int = 2
    points_past_chargeback: int = 25
    """Added to the customer's history, once, however many there were (G-18, G-22)."""

    fraud_devices: frozenset[str] = frozenset()
    """Devices known from fraud (G-22); one alone declines what would be reviewed as high (G-23).
    As a setting: `FLOWMART_FRAUD={"fraud_devices": ["..."]}`."""
    points_device_fraud: int = 20
    points_device_first: int = 10
    points_device_known: int = 5

    points_other_country: int = 22
    """The address on the network lies in another country than the billing address (G-22)."""
    points_other_region: int = 8
    points_address_differs: int = 20
    """Shipping and billing address differ (G-22)."""

    amount_large_minor: int = 100_000
    """Smaller amounts never score (G-22)."""
    amount_average_times: int = 3
    """A large amount scores when it exceeds this many times the customer's average (G-22)."""
    points_amount_first: int = 12
    """A large amount without any earlier order (G-22)."""
    points_amount_unusual: int = 7

    velocity_window_ms: int = HOUR_MS
    """Payments and network addresses are counted in (now - this, now] (G-22)."""
    payments_normal_max: int = 5
    """More payments in the window are an anomaly (G-22)."""
    ips_normal_max: int = 3
    """More network addresses in the window are an anomaly (G-22)."""
    cards_window_ms: int = 10 * MINUTE_MS
    """Cards are counted in (now - this, now] (G-22)."""
    cards_many_from: int = 3
    """As many cards in the window are an anomaly (G-22)."""
    points_velocity_high: int = 15
    points_cards_many: int = 10
    points_velocity_normal: int = 5

    confidence_full: float = 0.99
    """The confidence of an assessment that missed no input (G-22)."""
    confidence_per_missing: float = 0.02
    """Taken off for each factor whose input is missing (G-22)."""

    monitor_from: int = 20
    """Scores from here on are monitored, though low (K3)."""
    review_from: int = 50
    """Scores from here on are medium and reviewed (K3)."""
    decline_from: int = 80
    """Scores from here on are high: FraudDetected (K3)."""
    block_from: int = 90
    """Scores from here on are critical: declined, and the account suspended (K3)."""

    floor_stolen_card: int = 95
    """The least score when the card is reported stolen (G-23)."""
    floor_impossible_travel: int = 82
    """The least score when the customer cannot have travelled so fast (G-23)."""
    travel_km_max: int = 900
    """A customer who goes farther in `travel_span_ms` is not one person (G-23)."""
    travel_span_ms: int = HOUR_MS
    """The time that `travel_km_max` takes at least (G-23)."""
    travel_km_min: int = 100
    """Shorter distances are taken for the blur of network geolocation, whatever the speed."""

    confidence_stolen_card: float = 0.98
    """How sure a stolen-card report is, as in the contract's example."""
    confidence_velocity: float = 0.92
    confidence_fraud_device: float = 0.95
    confidence_travel: float = 0.91

    attempts_hour_max: int = 10
    """More payments in the velocity window are refused as rate_limited (payment rules)."""

    review_sla_ms: int = 4 * HOUR_MS
    """A case open for longer is marked (G-24)."""
    review_timeout_ms: int = 24 * HOUR_MS
    """A case open for longer is declined (G-24)."""

    def __post_init__(self) -> None:
        """Refuse figures that contradict each other.

        Raises:
            RulesError: the bands are out of order, or a count exceeds what a profile remembers.
        """
        bands = (0, self.monitor_from, self.review_from, self.decline_from, self.block_from, 101)
        if any(low >= high for low, high in pairwise(bands)):
            raise RulesError(f"the bands must rise between 0 and 101: {bands[1:-1]}")
        counts = (
            self.attempts_hour_max,
            self.payments_normal_max,
            self.ips_normal_max,
            self.cards_many_from,
        )
        if max(counts) >= ATTEMPTS_KEPT_MAX:
            raise RulesError(f"counts must stay below {ATTEMPTS_KEPT_MAX}: {counts}")
