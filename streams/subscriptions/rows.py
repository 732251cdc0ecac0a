"""What is kept of a user's subscriptions. Times are ms since 1970 UTC, money is minor units."""

from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from streams.addresses import PostalAddress
from streams.billing.rows import Invoice

ENDED_KEPT_MAX: Final = 4
"""Ended subscriptions of a user that are kept."""
PREPAID_MAX: Final = 4
"""Payments for subscriptions nobody here knows yet that are kept of a user, the newest."""
LOCKS_MAX: Final = 16
"""Payments whose findings lock an account that are kept, the newest."""


class Status(StrEnum):
    """The contract's states of a subscription."""

    PENDING = "pending"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAUSED = "paused"
    CANCEL_SCHEDULED = "cancel_scheduled"
    PAST_DUE = "past_due"
    GRACE = "grace"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


ENDED: Final = frozenset({Status.CANCELLED, Status.EXPIRED})
RENEWING: Final = frozenset({Status.TRIALING, Status.ACTIVE})
"""Here, and only here, the next period is invoiced and charged."""
OWING: Final = frozenset({Status.PAST_DUE, Status.GRACE})

MOVES: Final = frozenset(
    {
        (Status.PENDING, Status.TRIALING),
        (Status.PENDING, Status.ACTIVE),
        (Status.PENDING, Status.CANCELLED),
        (Status.TRIALING, Status.ACTIVE),
        (Status.ACTIVE, Status.PAST_DUE),
        (Status.TRIALING, Status.PAST_DUE),
        (Status.PAST_DUE, Status.ACTIVE),
        (Status.PAST_DUE, Status.GRACE),
        (Status.GRACE, Status.ACTIVE),
        (Status.GRACE, Status.SUSPENDED),
        (Status.SUSPENDED, Status.ACTIVE),
        (Status.SUSPENDED, Status.CANCELLED),
        (Status.ACTIVE, Status.PAUSED),
        (Status.TRIALING, Status.PAUSED),
        (Status.PAUSED, Status.ACTIVE),
        (Status.ACTIVE, Status.CANCEL_SCHEDULED),
        (Status.TRIALING, Status.CANCEL_SCHEDULED),
        (Status.PAUSED, Status.CANCEL_SCHEDULED),
        (Status.CANCEL_SCHEDULED, Status.ACTIVE),
        (Status.CANCEL_SCHEDULED, Status.CANCELLED),
        (Status.ACTIVE, Status.CANCELLED),
        (Status.TRIALING, Status.CANCELLED),
        (Status.PAUSED, Status.CANCELLED),
        (Status.PAST_DUE, Status.CANCELLED),
        (Status.GRACE, Status.CANCELLED),
        (Status.ACTIVE, Status.EXPIRED),
    }
)
"""The contract's transitions from one state to another; `evolve` asserts that no other happens."""


class Goods(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One line of a Subscribe & Save basket."""

    product_id: str
    quantity: int
    list_price_minor: int
    name: str | None = None
    sku: str | None = None


class Method(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """How the subscription is paid: a gateway token, never a card number."""

    method_id: str
    type: str
    last4: str | None = None


class Leaving(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Why a subscription ends, and whether that is settled."""

    reason: str
    by: str
    note: str | None = None
    told: bool = False
    """True: UserSubscriptionCancelled is out."""
    offer_percent: int = 0
    """The save offer that stands; 0: none does."""
    offer_due_ms: int = 0


class Subscription(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One subscription's life, with its newest invoice. At most 50 lines of goods."""

    subscription_id: str
    user_id: str
    plan_id: str
    status: Status
    created_at_ms: int
    correlation_id: str
    """The saga's, so that what timers do belongs to it too."""
    method: Method
    started_on: date
    period_start: date
    period_end: date
    """The next billing date: the period that is paid, free or on trial ends here."""
    anchor_day: int
    """The day of the month that billing dates go back to after short months."""
    trial_days: int = 0
    skipped: int = 0
    """Periods that were over when another producer's subscription became known: nobody is
    charged for them (G-21)."""
    version: int = 1
    """Counts facts."""
    invoice: Invoice | None = None
    """The newest one."""
    invoices: int = 0
    """How many there were."""
    percent: int = 0
    """What the next `percent_cycles` invoices are lowered by."""
    percent_cycles: int = 0
    period_percent: int = 0
    """What the running period was paid at less."""
    period_minor: int | None = None
    """What the plan cost in it, that taken off; None: nobody kept it then."""
    balance_minor: int = 0
    """Goes onto the next invoice; below 0 it is owed to the customer."""
    next_plan_id: str = ""
    """The plan from the next period on; "": the same."""
    leaving: Leaving | None = None
    offered_at_ms: int = 0
    """When a save offer was made last."""
    paused_on: date | None = None
    resume_on: date | None = None
    suspended_at_ms: int = 0
    goods: tuple[Goods, ...] = ()
    address: PostalAddress | None = None
    discount_code: str | None = None
    signup_source: str | None = None

    @property
    def under_way(self) -> bool:
        """Whether a charge's outcome is not known."""
        return self.invoice is not None and self.invoice.is_open and self.invoice.under_way

    @property
    def owed(self) -> Invoice | None:
        """The invoice that is still to be paid."""
        return self.invoice if self.invoice is not None and self.invoice.is_open else None


class Subscriber(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A user with all their subscriptions: at most one live of each family, and a few that ended.

    An empty `subscriptions` of a row that is there: every subscription ended and was let go.
    """

    subscriptions: tuple[Subscription, ...] = ()
    """In the order of their beginning."""
    trial_used: bool = False
    """A user has one trial (G-39)."""
    left: tuple[str, ...] = ()
    """Families that the user has left: a new subscription of theirs is a win-back (G-44)."""
    locked: bool = False
    """True: fraud suspended the account (G-24, G-43)."""
    prepaid: tuple[str, ...] = ()
    """Subscriptions that were paid for before they became known here (G-21)."""
    locked_by: str = ""
    """The payment whose finding did: only its case, or an administrator's word on it, unlocks."""
    locked_too: tuple[str, ...] = ()
    """Payments with such a finding since: the account stays locked by them."""

    def find(self, subscription_id: str) -> Subscription | None:
        """The subscription of that id."""
        for one in self.subscriptions:
            if one.subscription_id == subscription_id:
                return one
        return None
