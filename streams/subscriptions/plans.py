"""What can be subscribed to: plans, their families and their tiers (G-39)."""

from dataclasses import dataclass
from typing import Final

from events.vocabulary import BillingCycle

SAVE: Final = "save"
"""The family of Subscribe & Save: it costs its goods."""
MEMBER: Final = "member"
"""The family of memberships."""


@dataclass(frozen=True, slots=True)
class PlanSpec:
    """One plan. A user has one live subscription of a family at most."""

    name: str
    cycle: BillingCycle
    price_minor: int
    family: str = MEMBER
    tier: int = 0
    """A higher one is an upgrade: basic 1, pro 2, enterprise 3."""
    trial_days: int = 0
    currency: str = "USD"
    auto_renew: bool = True
    """False: it expires when its first period ends."""

    @property
    def is_goods(self) -> bool:
        """Whether each period buys goods."""
        return self.family == SAVE


PLANS: Final[dict[str, PlanSpec]] = {
    "plan_monthly_basic": PlanSpec("Basic Monthly", "monthly", 9_99, tier=1),
    "plan_monthly_pro": PlanSpec("Pro Monthly", "monthly", 29_99, tier=2, trial_days=14),
    "plan_annual_pro": PlanSpec("Pro Annual", "annual", 299_00, tier=2),
    "plan_annual_enterprise": PlanSpec("Enterprise Annual", "annual", 499_00, tier=3),
    "plan_save_weekly": PlanSpec("Subscribe & Save Weekly", "weekly", 0, SAVE),
    "plan_save_monthly": PlanSpec("Subscribe & Save Monthly", "monthly", 0, SAVE),
    "plan_save_quarterly": PlanSpec("Subscribe & Save Quarterly", "quarterly", 0, SAVE),
}
