"""Every figure of the simulated shop. Fractions are of all orders, 0 to 1; times are ms."""

from dataclasses import dataclass, field, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class Mix:
    """How often what goes wrong. What does not go wrong is an ordinary order."""

    invalid: float = 0.03
    """Orders that a check must refuse (G-10, G-12)."""
    declined: float = 0.03
    """Cards that are refused for good."""
    retried: float = 0.03
    """Cards that are refused once or twice and then accepted (G-16)."""
    flaky: float = 0.01
    """Cards with which the provider is hard to reach; see `cards.FLAKY`."""
    stolen: float = 0.01
    """Cards reported stolen: declined by Fraud (G-23)."""
    doubtful: float = 0.03
    """Payments that a person has to review (K3)."""
    cancelled: float = 0.04
    """Orders that their customer, or the shop, asks to cancel."""
    meddled: float = 0.005
    """Orders that a stranger asks to cancel, which must change nothing."""
    scarce: float = 0.03
    """Orders with a line of a product that runs out."""
    discounted: float = 0.05
    """Orders with a discount code (G-12)."""
    repeated: float = 0.10
    """Records sent again under the same event id, sometimes seconds later."""
    renamed: float = 0.01
    """Orders asked for again under another event id, as impatient clients do."""
    misplaced: float = 0.05
    """Orders keyed by something else than their id, so that they have to be re-keyed."""
    unnamed: float = 0.02
    """Orders without an id of their own: the server names them."""
    malformed: float = 0.02
    """Bad records, in proportion to orders."""

    returned: float = 0.04
    """Orders that their customer sends back once they arrived (G-32)."""
    refunded: float = 0.02
    """Orders of which support gives back the price or a part of it (G-17)."""
    disputed: float = 0.02
    """Orders whose customer's bank claims the price back (G-18)."""
    lost: float = 0.5
    """Of the disputes: those that the bank decides for the customer."""

    @classmethod
    def clean(cls) -> Self:
        """Nothing goes wrong: for load and latency."""
        return cls(*([0.0] * len(cls.__slots__)))


@dataclass(frozen=True, slots=True)
class ShopSettings:
    """One shop. Two of the same seed and start send the same bytes."""

    seed: int = 1
    mix: Mix = field(default_factory=Mix)

    products: int = 300
    stock_min: int = 5_000
    """Units of an ordinary product in a warehouse at the start, at least."""
    stock_max: int = 20_000
    scarce_products: int = 12
    """Further products, of each kind: a few units that are restocked, and a few that are not."""
    scarce_stock: int = 6
    """Units of such a product, in one warehouse: below the reorder point, so that no automatic
    reorder with its lead time of days is under way when an order waits."""
    restock_units: int = 8
    """What the buyer brings when somebody waits for a product."""
    restock_ms: int = 2_000
    """How long the buyer takes."""
    lines_max: int = 4
    sent: bool = True
    """Whether parcels reach their customers within a run. False: it ends with parcels booked, as
    half an hour of a real shop does, and nothing can happen afterwards: see `booked`."""

    customers: int = 1_000
    """Customers who come back. After `visits_max` orders each, others take their place."""
    visits_max: int = 4
    """Orders of one customer. More than five an hour would look like fraud (G-22)."""

    cancel_at_once: float = 0.4
    """Of the cancellations: those sent directly behind the order."""
    cancel_before: float = 0.1
    """Of the cancellations: those that arrive before their order does."""
    cancel_ms_max: int = 4_000
    """How long after its order a cancellation comes, at most."""
    cancel_by_shop: float = 0.2
    """Of the cancellations: those the shop asks for."""
    repeat_ms_max: int = 3_000
    """How long after the first a repeat comes, at most."""

    review_ms_min: int = 300
    """How long the reviewer takes, at least."""
    review_ms_max: int = 3_000
    approved: float = 0.6
    """Of the reviews: those that approve."""
    unreviewed: float = 0.1
    """Of the reviews: those that nobody does; the rest declines."""

    def clean(self) -> Self:
        """The same shop where nothing goes wrong."""
        return replace(self, mix=Mix.clean())

    def booked(self) -> Self:
        """The same shop whose parcels stay with their carriers."""
        mix = replace(self.mix, returned=0.0, refunded=0.0, disputed=0.0)
        return replace(self, sent=False, mix=mix)
