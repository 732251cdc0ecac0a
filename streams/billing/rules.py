"""Billing's figures: each is a setting, with the contract's default.

Dates follow the calendar, not the time scale: days are days of the month, run at one hour of
UTC. The calendar itself may run faster (`streams.clock`).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BillingRules:
    """What Billing may be told otherwise by its settings. Money is minor units."""

    tax_basis_points: int = 800
    """Tax on an invoice: 8 %, half up (G-12)."""
    run_minute: int = 5
    """Minute of the UTC day at which whatever falls due that day is done: 00:05 (G-40)."""
    lead_days: int = 7
    """An invoice is issued this many days before its period (domain §3, K20)."""
    due_days: int = 14
    """It is overdue this many days after it was issued (domain §3)."""
    reminder_days: int = 3
    """The customer is reminded this many days before the charge (domain §3)."""
    dunning_days: tuple[int, ...] = (1, 3, 7)
    """Days after the first failure at which the charge is tried again (K4, G-42)."""
    grace_days: int = 7
    """Days of limited access after the last of these, before the suspension (K4, G-42)."""
    open_invoice_days_max: int = 30
    """With an older open invoice, a customer who is past due cannot cancel (G-43)."""
    number_lanes: int = 64
    """Invoice numbers of partition p are p plus multiples of this, so that no two partitions
    give the same: at least as many as partitions, and never fewer than before in the same year.
    Beyond five digits numbers grow longer."""

    def __post_init__(self) -> None:
        """Refuse to call invoices overdue before they are charged.

        Raises:
            ValueError: `due_days` is below `lead_days`.
        """
        if self.due_days < self.lead_days:
            raise ValueError(f"due_days: expected {self.lead_days} (lead_days) at least")
