"""The daily reports' figures: each is a setting, with the contract's default."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from streams.moments import DAY_MS


@dataclass(frozen=True, slots=True)
class MetricsRules:
    """What the daily reports may be told otherwise by settings."""

    run_minute: int = 15
    """Minute of the UTC day at which the day before is reported: 00:15 (ADR-013)."""
    currency: str = "USD"
    """What the revenue of all currencies is told in."""
    pence: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType({"GBP": 100, "USD": 79, "EUR": 86, "CAD": 58})
    )
    """What 100 minor units of a currency are worth in pence (G-12)."""
    categories: Mapping[str, str] = field(default_factory=dict)
    """A product's category, by its productId, or by the part of its SKU before the first hyphen:
    the contract's orders name none."""
    category_else: str = "Other"
    """The category of all other products."""
    categories_told: int = 3
    """How many of them a report names, by revenue: as many as the contract's example."""
    fulfil_within_ms: int = DAY_MS
    """A paid order should leave within a day (domain §3 Shipping)."""
    order_kept_ms: int = 90 * DAY_MS
    """How long an order is followed from its first message on; what happens later is not counted.
    Longer than delivery, 30 days to return it and 14 days of a label take (G-32)."""
    days_kept: int = 400
    """Reports that the tables hold: a year and a month."""

    def __post_init__(self) -> None:
        """Refuse to tell the revenue in what nobody knows the worth of.

        Raises:
            ValueError: `pence` has no rate for the reports' currency, or one of nothing.
        """
        if self.pence.get(self.currency, 0) <= 0:
            raise ValueError(f"pence: expected the worth of {self.currency}, which reports are in")
