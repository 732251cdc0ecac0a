"""An invoice is paid once or not at all, and whoever left is charged no more.

Read from the rows of invoices, subscriptions and payments. All amounts are minor units.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from simulation.laws.broken import insist
from simulation.laws.marks import is_with_people

PAID: Final = "a paid invoice was paid, once and in full"
UNPAID: Final = "of an invoice that nobody has to pay no money is kept"
ONE: Final = "one invoice a period"
LEFT: Final = "whoever left is charged no more"
_TAX_PERCENT: Final = 8
TAXED: Final = "tax is 8 percent"
ADDS_UP: Final = "an invoice is the sum of its lines"
CHARGED: Final = "what is charged is what the invoice says"


@dataclass(slots=True)
class BillingLaw:
    """Holds invoices against payments."""

    rows: Mapping[str, dict[str, Any]]
    ended_ids: set[str] = field(default_factory=set)
    """Subscriptions that are over."""
    ending_ids: set[str] = field(default_factory=set)
    """Those that ended in the commit that is looked at: a charge may have begun in it before."""

    def subscriber(self, _key: str, _before: Any, row: Any) -> None:
        """A user's subscriptions changed."""
        for one in row.subscriptions if row is not None else ():
            if one.status.value in {"cancelled", "expired"}:
                self.ending_ids.add(one.subscription_id)

    def settled(self) -> None:
        """Everything that one commit changed is told."""
        self.ended_ids |= self.ending_ids
        self.ending_ids.clear()

    def invoice(self, key: str, before: Any, row: Any) -> None:
        """An invoice changed: a charge that begins has somebody to pay it."""
        if row is None:
            return
        begins = row.charge_key and (before is None or before.charge_key != row.charge_key)
        over = begins and row.subscription_id in self.ended_ids
        insist(not over, LEFT, row.subscription_id, f"{key} is charged as {row.charge_key}")
        tax = (row.subtotal_minor * _TAX_PERCENT * 2 + 100) // 200
        insist(row.tax_minor == tax, TAXED, key, f"{row.tax_minor} of {row.subtotal_minor}")
        lines = [one.total_minor for one in row.items]
        exact = lines == [one.quantity * one.unit_price_minor for one in row.items]
        fine = exact and sum(lines) == row.subtotal_minor and min(lines, default=0) >= 0
        insist(fine, ADDS_UP, key, f"{row.subtotal_minor} of {row.items}")
        adds_up = row.subtotal_minor + row.tax_minor == row.total_minor
        insist(adds_up, TAXED, key, f"{row.subtotal_minor} and {row.tax_minor}: {row.total_minor}")

    def ended(self) -> None:
        """All is done."""
        payments: dict[str, list[Any]] = defaultdict(list)
        for row in self.rows["payments"].values():
            if row.session.invoice_id:
                payments[row.session.invoice_id].append(row)
        periods: dict[tuple[str, Any], str] = {}
        for row in self.rows["invoices"].values():
            self._settled(row, payments[row.invoice_id])
            if row.status.value != "cancelled":
                period = (row.subscription_id, row.period_start)
                other = periods.setdefault(period, row.invoice_id)
                insist(other == row.invoice_id, ONE, row.subscription_id, f"{other} and {row}")

    def _settled(self, invoice: Any, payments: list[Any]) -> None:
        charged = {one.session.amount_minor for one in payments}
        fine = charged <= {invoice.total_minor}
        insist(fine, CHARGED, invoice.invoice_id, f"{charged} of {invoice.total_minor}")
        if any(is_with_people(one) or one.owed for one in payments):
            return
        if any(one.dispute or one.disputes_over for one in payments):
            return
        name = invoice.subscription_id
        taken = [one.captured_minor for one in payments if one.captured_minor]
        kept = [one for one in payments if one.captured_minor > one.refunded_minor]
        if invoice.status.value == "paid":
            fine = taken.count(invoice.total_minor) >= 1 or not invoice.total_minor
            insist(fine, PAID, name, f"{taken} of {invoice.total_minor} were taken")
            insist(len(kept) <= 1, PAID, name, f"{len(kept)} payments of it are kept")
        elif not any(one.status.value in {"HELD", "INITIATED"} for one in payments):
            insist(not kept, UNPAID, name, f"it is {invoice.status}, and {kept} is kept")
