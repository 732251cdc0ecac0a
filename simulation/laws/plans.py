"""What a change of plan costs is billed once, and never less than nothing. Amounts: minor units."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from simulation.laws.broken import insist

UPGRADE: Final = "an upgrade costs something, and no more than the new plan"
BILLED: Final = "what changes of plan cost is on invoices that are paid, or on the next one"
_PRORATION: Final = "Plan change, proration"
_PRICES_MINOR: Final = {
    "plan_monthly_basic": 9_99,
    "plan_monthly_pro": 29_99,
    "plan_annual_pro": 299_00,
    "plan_annual_enterprise": 499_00,
}
_OVER: Final = frozenset({"cancelled", "expired"})


@dataclass(slots=True)
class PlansLaw:
    """Adds up what changes of plan in the middle of a period cost."""

    rows: Mapping[str, dict[str, Any]]
    owed: Counter[str] = field(default_factory=Counter)
    """By subscription."""

    def subscriber(self, _key: str, before: Any, row: Any) -> None:
        """A user's subscriptions changed."""
        known = {one.subscription_id: one for one in before.subscriptions} if before else {}
        for one in row.subscriptions if row is not None else ():
            was = known.get(one.subscription_id)
            if was is None or was.plan_id == one.plan_id or was.period_start != one.period_start:
                continue
            owed = one.balance_minor - was.balance_minor
            fine = 0 <= owed <= _PRICES_MINOR[one.plan_id]
            insist(fine, UPGRADE, one.subscription_id, f"{owed} from {was.plan_id} on")
            self.owed[one.subscription_id] += owed

    def ended(self) -> None:
        """All is done."""
        billed = Counter[str]()
        for invoice in self.rows["invoices"].values():
            if invoice.status.value == "paid":
                lines = [one.total_minor for one in invoice.items if one.description == _PRORATION]
                billed[invoice.subscription_id] += sum(lines)
        for row in self.rows["subscriptions"].values():
            for one in row.subscriptions:
                name = one.subscription_id
                owed, paid = self.owed[name], billed[name]
                left = owed - paid
                # Who is thrown out, or leaves owing, is not charged for it (G-41).
                fine = left >= 0 if one.status.value in _OVER else left == one.balance_minor
                insist(fine, BILLED, name, f"{paid} of {owed} are paid, {one.balance_minor} stand")
