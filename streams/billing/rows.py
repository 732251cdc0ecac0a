"""An invoice with its billing cycle. Times are ms since 1970 UTC, money is minor units."""

from datetime import date
from enum import StrEnum
from typing import Final

import msgspec


class InvoiceStatus(StrEnum):
    """The contract's states of an invoice."""

    ISSUED = "issued"
    SENT = "sent"
    OVERDUE = "overdue"
    PAID = "paid"
    CANCELLED = "cancelled"


class CycleStatus(StrEnum):
    """The contract's states of a billing cycle."""

    SCHEDULED = "scheduled"
    PROCESSING = "processing"
    FAILED = "failed"
    RETRYING = "retrying"
    PAID = "paid"
    SUSPENDED = "suspended"


INVOICE_MOVES: Final = frozenset(
    {
        (InvoiceStatus.ISSUED, InvoiceStatus.SENT),
        (InvoiceStatus.ISSUED, InvoiceStatus.PAID),
        (InvoiceStatus.SENT, InvoiceStatus.PAID),
        (InvoiceStatus.OVERDUE, InvoiceStatus.PAID),
        (InvoiceStatus.ISSUED, InvoiceStatus.OVERDUE),
        (InvoiceStatus.SENT, InvoiceStatus.OVERDUE),
        (InvoiceStatus.ISSUED, InvoiceStatus.CANCELLED),
        (InvoiceStatus.SENT, InvoiceStatus.CANCELLED),
        (InvoiceStatus.OVERDUE, InvoiceStatus.CANCELLED),
    }
)
"""The contract's transitions. Cancelled is also what a pause or a change of plan makes of an
invoice that is not charged yet: another one takes its place."""

CYCLE_MOVES: Final = frozenset(
    {
        (CycleStatus.SCHEDULED, CycleStatus.PROCESSING),
        (CycleStatus.PROCESSING, CycleStatus.PAID),
        (CycleStatus.PROCESSING, CycleStatus.FAILED),
        (CycleStatus.FAILED, CycleStatus.RETRYING),
        (CycleStatus.RETRYING, CycleStatus.PAID),
        (CycleStatus.RETRYING, CycleStatus.FAILED),
        (CycleStatus.RETRYING, CycleStatus.SUSPENDED),
    }
)
"""The contract's transitions. A new way to pay retries as well as the timer does."""

OPEN: Final = frozenset({InvoiceStatus.ISSUED, InvoiceStatus.SENT, InvoiceStatus.OVERDUE})


class Item(msgspec.Struct, frozen=True, gc=False):
    """One line of an invoice; discounts are in the unit price already."""

    description: str
    quantity: int
    unit_price_minor: int
    total_minor: int


class Invoice(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One invoice and the charges of its period. At most 52 lines."""

    invoice_id: str
    user_id: str
    subscription_id: str
    plan_id: str
    items: tuple[Item, ...]
    subtotal_minor: int
    tax_minor: int
    total_minor: int
    currency: str
    period_start: date
    period_end: date
    """The next billing date."""
    issued_at_ms: int
    due_date: date
    correlation_id: str = ""
    """The saga's in which it was issued: whoever hands it to the customer says so in it too."""
    number: str = ""
    """INV-<year>-<5 digits or more>; given when the invoice is kept."""
    status: InvoiceStatus = InvoiceStatus.ISSUED
    cycle: CycleStatus = CycleStatus.SCHEDULED
    percent: int = 0
    """The discount that is in it, for as long as a discount lasts."""
    plan_minor: int | None = None
    """What the plan costs in it, that discount taken off; None: nobody kept it then."""
    credit_minor: int = 0
    """What is still owed to the customer after it: it goes to the next invoice."""
    reminded: bool = False
    charge_key: str = ""
    """The newest charge, `<subscriptionId>_<yyyy>_<mm>[_<dd>][_<attempt>]`; "": none yet."""
    under_way: bool = False
    """True: the outcome of that charge is not known."""
    method_id: str = ""
    """The way to pay that it was tried with."""
    attempt: int = 0
    last_attempt_at_ms: int = 0
    first_failure_at_ms: int = 0
    retries: int = 0
    """Charges that the dunning tried again."""
    retry_due_ms: int = 0
    """When the next of them is due; 0: none is."""
    grace_due_ms: int = 0
    """When the grace ends; 0: it has not begun."""

    @property
    def payment_id(self) -> str:
        """The payment of the newest charge."""
        return f"pay_{self.charge_key}"

    @property
    def is_open(self) -> bool:
        """Whether it is still to be paid."""
        return self.status in OPEN
