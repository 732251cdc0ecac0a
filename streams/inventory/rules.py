"""Inventory's figures: each is a setting, with the contract's default."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from streams.moments import DAY_MS, MINUTE_MS


@dataclass(frozen=True, slots=True)
class ReorderPolicy:
    """When a level is too low and how much to order. Units, except lead time in days.

    Raises:
        ValueError: the reorder point is below the safety stock, the maximum leaves no room
            for an order, or the lead time is not positive.
    """

    reorder_point: int = 10
    reorder_quantity: int = 100
    maximum_stock_level: int = 1_000
    safety_stock: int = 5
    lead_time_days: int = 2
    """Below the backorder wait, or no line would wait for a reorder just made (G-11)."""
    auto_reorder: bool = True

    def __post_init__(self) -> None:
        """Refuse a policy that cannot work."""
        if self.reorder_point < self.safety_stock:
            raise ValueError("reorder_point must be at least safety_stock")
        if self.maximum_stock_level <= self.reorder_point + self.reorder_quantity:
            raise ValueError("maximum_stock_level must exceed reorder_point + reorder_quantity")
        if self.lead_time_days <= 0:
            raise ValueError("lead_time_days must be positive")


@dataclass(frozen=True, slots=True)
class Site:
    """Where a warehouse stands, in the words of addresses: ISO 3166-1 alpha-2 and the state.

    Of warehouses that are equally near, those that name the order's sales channel come first,
    then those that can send it by the promised day (domain §3).
    """

    country: str
    region: str = ""
    channels: tuple[str, ...] = ()
    """Sales channels (`metadata.source`) that it serves before others, the first first."""
    handling_days: int = 0
    """Days from holding a line until it can leave."""
    active: bool = True
    """Whether goods may still be brought there (domain §3)."""
    capacity: int = 0
    """Units that it has room for, over all products; 0: nobody counts (domain §3)."""


DEFAULT_SITES: Final[Mapping[str, Site]] = MappingProxyType(
    {
        "wh_MAIN_001": Site("US", "IL"),
        "wh_east_01": Site("US", "NJ"),
        "wh_west_02": Site("US", "CA"),
        "wh_eu_central_01": Site("DE", "HE"),
    }
)
"""The warehouses of the catalog's examples."""


@dataclass(frozen=True, slots=True)
class InventoryRules:
    """What Inventory may be told otherwise by its settings."""

    hold_ms: int = 15 * MINUTE_MS
    """How long stock stays held once a backordered line gets it (K2). First holds last until
    the expiresAt of their ReserveStock."""
    hold_max_ms: int = 30 * MINUTE_MS
    """No extension moves a hold's end beyond this from the moment it was held (K2)."""
    backorder_wait_ms: int = 3 * DAY_MS
    """A short line waits only if the restock is expected within this, or not known (G-11)."""
    backorders_max: int = 500
    """Lines that wait for one product. More are turned away as if backorder were not allowed."""
    no_backorder: frozenset[str] = frozenset()
    """Products whose short lines do not wait (G-11: backorderAllowed, true by default). Taken
    when the product is first seen."""
    dedupe_ms: int = DAY_MS
    """A repeat of AddInventory or UpdateInventory by event id is dropped this long (G-46)."""
    ended_keep_ms: int = DAY_MS
    """How long an ended reservation stays, so that late repeats meet it."""
    movements_max: int = 50
    """Movements kept of one product: the newest."""
    warehouses_max: int = 100
    """Warehouses of one product, which bounds its row and the parts of a split hold."""
    level_max: int = 1_000_000_000
    """Units on hand, and in quarantine, of one product in one warehouse."""
    snapshot_every_ms: int = 15 * MINUTE_MS
    """How often a warehouse's stock is told (contract: every 15 minutes)."""
    snapshot_grace_ms: int = 10_000
    """How long a snapshot waits for what other partitions have in its warehouse."""
    lead_day_ms: int = DAY_MS
    """How long a day of a policy's lead time is."""
    policy: ReorderPolicy = field(default_factory=ReorderPolicy)
    """The reorder policy where `policies` names no other."""
    policies: Mapping[str, ReorderPolicy] = field(default_factory=dict)
    """By `<productId>:<warehouseId>` or `<productId>`. A level takes its policy when it begins
    and whenever goods arrive."""
    sites: Mapping[str, Site] = field(default_factory=lambda: DEFAULT_SITES)
    """By warehouseId. A warehouse that is not named counts as far from everybody."""

    def policy_of(self, product_id: str, warehouse_id: str) -> ReorderPolicy:
        """The policy of one level: the most specific one named."""
        if not self.policies:
            return self.policy
        own = self.policies.get(f"{product_id}:{warehouse_id}")
        return own or self.policies.get(product_id) or self.policy

    def takes_goods(self, warehouse_id: str) -> bool:
        """Whether goods may still be brought to a warehouse (domain §3)."""
        site = self.sites.get(warehouse_id)
        return site is None or site.active
