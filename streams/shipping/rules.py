"""Shipping's figures: each is a setting, with the contract's default."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from events.vocabulary import Carrier
from streams.moments import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

Bands = tuple[tuple[int, int], ...]
"""Prices by weight: (up to so many grams, minor units), lightest first."""

ANYWHERE: Final = "*"
"""In `lanes`: every country that is not named."""


@dataclass(frozen=True, slots=True)
class ItemSize:
    """What one unit of a product weighs and measures."""

    weight_g: int = 500
    length_cm: int = 20
    width_cm: int = 15
    height_cm: int = 10


@dataclass(frozen=True, slots=True)
class ShippingRules:
    """What Shipping may be told otherwise by its settings."""

    fulfil_ms: int = 24 * HOUR_MS
    """How long after PaymentComplete a shipment should be dispatched (domain §3)."""

    volume_divisor: int = 5_000
    """Cubic centimetres that count as a kilogram (G-26)."""
    standard_bands: Bands = (
        (2_000, 599),
        (5_000, 899),
        (10_000, 1_199),
        (25_000, 1_699),
        (50_000, 2_799),
    )
    """Standard prices by chargeable weight; above the last a quote is refused (G-26)."""
    express_bands: Bands = (
        (2_000, 1_299),
        (5_000, 1_599),
        (10_000, 1_899),
        (25_000, 2_499),
        (50_000, 3_999),
    )
    """The same for express (G-26)."""
    international_factor: int = 2
    """Prices abroad are so many times the domestic ones (G-26)."""
    signature_minor: int = 300
    """What a signature costs (G-26)."""
    signature_from_minor: int = 50_000
    """From this order value a signature is asked for; the contract names no figure."""
    free_from_minor: int = 2_500
    """From this order value domestic standard shipping is free for the customer (G-26)."""

    lanes: Mapping[str, tuple[Carrier, ...]] = field(
        default_factory=lambda: MappingProxyType(
            {
                "US": ("USPS", "UPS", "FedEx"),
                "GB": ("Royal Mail", "DHL", "UPS"),
                ANYWHERE: ("DHL", "FedEx", "UPS"),
            }
        )
    )
    """Carriers of domestic parcels, by country (G-27)."""
    lane_abroad: tuple[Carrier, ...] = ("DHL", "FedEx")
    """Carriers of international parcels (G-27)."""
    package_g_limits: Mapping[Carrier, int] = field(
        default_factory=lambda: MappingProxyType({"USPS": 30_000, "Royal Mail": 30_000})
    )
    """The heaviest package of a carrier (G-27)."""
    package_g_limit: int = 70_000
    """The same of every other carrier (G-27)."""
    cost_percents: Mapping[Carrier, int] = field(
        default_factory=lambda: MappingProxyType(
            {"USPS": 100, "Royal Mail": 100, "UPS": 110, "FedEx": 115, "DHL": 120}
        )
    )
    """What carriers cost, compared with each other (G-27)."""
    carrier_days: Mapping[str, int] = field(default_factory=dict)
    """Delivery days of a carrier that are above the promise, as `USPS express`: 3. Such a one is
    not chosen (G-27)."""
    carrier_fallback: Carrier = "Royal Mail"
    """Takes what no candidate takes, where it serves the lane (G-27)."""
    standard_days: int = 5
    """From dispatch to delivery, Sundays not counted (G-27)."""
    express_days: int = 2
    """The same for express (G-27)."""
    standard_hour: int = 18
    """Of the day in UTC, by when a standard parcel arrives (G-27)."""
    express_hour: int = 14
    """The same for express (G-27)."""

    package_g_max: int = 25_000
    """No package of ours is heavier, unless a single unit is (G-29)."""
    size: ItemSize = field(default_factory=ItemSize)
    """Of a product that `sizes` does not name (G-29)."""
    sizes: Mapping[str, ItemSize] = field(default_factory=dict)
    """By productId."""
    warehouse_default: str = "wh_MAIN_001"
    """Ships what nobody says the warehouse of."""
    countries: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType({"wh_eu_central_01": "DE"})
    )
    """Where warehouses stand."""
    country_default: str = "US"
    """Where every other warehouse stands."""
    shipments_max: int = 100
    """Shipments of one order: as many as a product has warehouses at most."""

    booking_tries_max: int = 3
    """Tries at one carrier (G-28)."""
    booking_second_ms: int = 30 * SECOND_MS
    """The second try comes so long after the first (G-28)."""
    booking_third_ms: int = 120 * SECOND_MS
    """The third try comes so long after the first (G-28)."""
    booking_carriers_max: int = 2
    """Carriers tried before a person takes over (G-28)."""
    booking_answer_s: float = 60.0
    """How long a carrier may owe an answer before the try counts as failed. Real seconds: what
    calls take does not shrink with the time scale."""

    poll_ms: int = 4 * HOUR_MS
    """How often a carrier is asked where a parcel is (G-30)."""
    poll_for_ms: int = 30 * DAY_MS
    """How long after its booking, or after it left, a parcel is asked for."""
    lost_ms: int = 5 * DAY_MS
    """Without any scan for so long, a parcel counts as lost (G-30)."""
    claim_again_ms: int = DAY_MS
    """How long after a claim a carrier that did not answer is asked again."""
    claim_asks_max: int = 7
    """Times that a carrier is asked before its claim is for a person."""
    attempts_max: int = 3
    """Attempts to deliver before a parcel is returned to its sender (G-31, K13)."""
    address_fix_ms: int = 5 * DAY_MS
    """How long a parcel waits for a better address (G-31)."""
    redelivery_hour: int = 9
    """Of the next business day in UTC: when the next attempt is made (G-31)."""
    day_ms: int = DAY_MS
    """How long a day is; unless it is a day, the next attempt is one of these away."""
    eta_shift_ms: int = DAY_MS
    """The customer is told of an ETA that moves by more than this (domain §3)."""

    return_window_ms: int = 30 * DAY_MS
    """After delivery, how long goods may be sent back (G-32)."""
    label_ms: int = 14 * DAY_MS
    """How long a return label is valid (G-32)."""
    return_fee_minor: int = 599
    """Deducted where the seller does not pay for the return (G-32)."""
    return_carrier: str = "UPS"
    """Takes returns that the outbound carrier does not (G-32)."""
    seller_pays: frozenset[str] = frozenset(
        {"defective_item", "wrong_item", "damaged", "not_as_described", "delivery_failed"}
    )
    """Reasons for which the seller pays the way back (G-32)."""
    warehouse_finds_damage: frozenset[str] = frozenset({"defective_item", "damaged"})
    """Reasons for which damaged goods are refunded all the same (G-32)."""

    early_ms: int = 10 * MINUTE_MS
    """How long news of an order is kept that has not been confirmed (G-13)."""

    def size_of(self, product_id: str) -> ItemSize:
        """What a unit of a product weighs and measures."""
        return self.sizes.get(product_id, self.size)

    def country_of(self, warehouse_id: str) -> str:
        """Where a warehouse stands."""
        return self.countries.get(warehouse_id, self.country_default)

    @property
    def booking_waits_ms(self) -> tuple[int, int, int]:
        """When each try begins, from the first (G-28)."""
        return (0, self.booking_second_ms, self.booking_third_ms)
