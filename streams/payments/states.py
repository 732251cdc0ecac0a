"""What is kept of a payment: its state, its session, and what is still owed.

Every row is bounded: the lines of one order until the money is in, and `REFUNDS_MAX` refunds.
"""

from enum import StrEnum
from typing import Final

import msgspec
from msgspec.structs import replace

from events.vocabulary import PaymentFailureReason
from streams.payments.dispute import Dispute
from streams.payments.refund import Refunds
from streams.payments.session import Session

TEXT_CHARS_MAX: Final = 200
"""What is kept of a provider's words."""
STUCK_MAX: Final = 50
"""Things of a payment that a person must look at, the newest."""
RESOLUTIONS_MAX: Final = 10
"""Words of people on what was stuck, the newest."""
REFUSED_MAX: Final = 8
"""Failed charges that are known, the newest: more than there are attempts."""


class Status(StrEnum):
    """The states of the contract's payment machine."""

    INITIATED = "INITIATED"
    HELD = "HELD"
    AUTHORIZED = "AUTHORIZED"
    CAPTURED = "CAPTURED"
    SETTLED = "SETTLED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    DISPUTED = "DISPUTED"
    CHARGED_BACK = "CHARGED_BACK"


TERMINAL: Final = frozenset({Status.CANCELLED, Status.REFUNDED, Status.CHARGED_BACK})
PAID: Final = frozenset({Status.CAPTURED, Status.SETTLED, Status.PARTIALLY_REFUNDED})
"""The shop holds at least part of the money, and nobody disputes it."""
TAKEN: Final = PAID | {Status.DISPUTED}
"""The money came in, whether or not somebody disputes it by now."""

MOVES: Final = frozenset(
    {
        (Status.INITIATED, Status.HELD),
        (Status.HELD, Status.INITIATED),
        (Status.INITIATED, Status.CANCELLED),
        (Status.HELD, Status.CANCELLED),
        (Status.INITIATED, Status.AUTHORIZED),
        (Status.INITIATED, Status.CAPTURED),
        (Status.AUTHORIZED, Status.CAPTURED),
        (Status.INITIATED, Status.FAILED),
        (Status.AUTHORIZED, Status.FAILED),
        (Status.FAILED, Status.INITIATED),
        (Status.FAILED, Status.CANCELLED),
        (Status.AUTHORIZED, Status.CANCELLED),
        (Status.CAPTURED, Status.SETTLED),
        (Status.CAPTURED, Status.PARTIALLY_REFUNDED),
        (Status.SETTLED, Status.PARTIALLY_REFUNDED),
        (Status.CAPTURED, Status.REFUNDED),
        (Status.SETTLED, Status.REFUNDED),
        (Status.PARTIALLY_REFUNDED, Status.REFUNDED),
        (Status.CAPTURED, Status.DISPUTED),
        (Status.SETTLED, Status.DISPUTED),
        (Status.PARTIALLY_REFUNDED, Status.DISPUTED),
        (Status.DISPUTED, Status.SETTLED),
        (Status.DISPUTED, Status.CHARGED_BACK),
    }
)
"""The contract's transitions from one state to another; `fold` asserts that no other happens."""


NOT_NEEDED: Final = "NOT_NEEDED"
"""Why a payment was cancelled that its order, which goes on, does not cost any more."""


class Owed(StrEnum):
    """Whose answer a payment waits for. People and shelves owe nothing here."""

    NOTHING = ""
    DECISION = "decision"
    """Fraud's, on a fresh session."""
    CHARGE = "charge"
    """The provider's, on an attempt."""
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why an attempt failed."""

    reason: PaymentFailureReason
    code: str
    """The provider's own word."""
    retryable: bool
    message: str | None = None
    charge_id: str = ""
    provider: str = ""
    unknown: bool = False
    """True: nobody knows whether the charge went through, so its key must be asked about again."""


class Resolution(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A person looked at what was stuck, and settled it outside."""

    at_ms: int
    by: str
    note: str
    """In their own words, so an erasure of the customer empties it."""
    entries: tuple[str, ...]


class Payment(msgspec.Struct, frozen=True, omit_defaults=True):
    """One payment. 0 and "" stand for «not yet»."""

    session: Session
    status: Status = Status.INITIATED
    updated_at_ms: int = 0
    """Since when the status stands: whoever asks for it learns how fresh it is (ADR-006)."""

    owed: Owed = Owed.NOTHING
    owed_due_ms: int = 0
    """When patience with the answer ends."""
    asks: int = 0
    """How often the answer was asked for."""
    watch_ms: int = 0
    """The `session` timer that is set; it may lie before `owed_due_ms` and is then set anew."""
    due_ms: int = 0
    """The timer of the state: retry in FAILED, review in HELD, authorization in AUTHORIZED,
    settlement in CAPTURED and PARTIALLY_REFUNDED, evidence in DISPUTED."""

    attempt: int = 0
    """The newest attempt, 1 to attempts_max."""
    key_attempt: int = 0
    """The attempt whose idempotency key the newest charge carries."""
    first_attempt_at_ms: int = 0
    failure: Failure | None = None
    """The newest failure."""
    refused: tuple[str, ...] = ()
    """Charges that failed, by id: their webhooks may come long after."""
    final: bool = False
    """True: PaymentFailed said that no attempt follows."""

    fraud: str = ""
    """APPROVED, DECLINED, MANUAL_REVIEW, or "" before the first decision."""
    reviewed: bool = False
    """True: a review ended; its word outranks the machine's."""

    lines: int = 0
    """Lines of the order, 0 when there is none or their number is not known yet."""
    held: tuple[str, ...] = ()
    """Lines that stock holds, in order of arrival; emptied when the money is in."""
    committed: tuple[str, ...] = ()
    """Lines whose hold is permanent; emptied when the payment is complete."""

    dropped: tuple[str, ...] = ()
    """Lines of the session that amendments took away: `lines` counts them no more."""
    added: tuple[str, ...] = ()
    """Lines that amendments brought, held when they came: `lines` counts them too."""
    exact: bool = False
    """True: the shop took lines away, and gives back every cent of what they cost (G-11)."""

    asked_minor: int = 0
    """What the newest charge was asked for: an amendment may change the order's total since."""
    capture_minor: int = 0
    """The same of its capture: a key is for one amount."""
    charge_id: str = ""
    """The charge that was authorised or captured."""
    foreign: bool = False
    """True: it is kept, and of another currency than was asked for."""
    provider: str = ""
    authorized_minor: int = 0
    """Held at the provider and neither captured nor let go."""
    captured_minor: int = 0
    refunded_minor: int = 0
    charged_back_minor: int = 0

    captured_at_ms: int = 0
    """When the money came in: the refund window begins (G-17)."""

    refund_id: str = ""
    """The refund that the provider owes, or the newest that it was asked for."""
    refund_minor: int = 0
    """Its amount."""
    refunds: Refunds = ()
    """Every refund that was requested and not refused at once, in order."""

    cancel_reason: str = ""
    """Why the order was cancelled; "" while it was not."""
    complete: bool = False
    """True: the money is in and every line is committed."""
    stuck_on: tuple[str, ...] = ()
    """What a person must look at (G-20): `charge`, `capture`, `void`, a refund or a dispute by its
    id, or `puzzle`. The provider's late word takes all but the last off, a person all but
    `capture`."""
    resolved: tuple[Resolution, ...] = ()
    """What people took off, in order."""

    waiting_since_ms: int = 0
    """Since when a review, a retry or stock is waited for; 0 when the machine is at work."""
    waited_ms: int = 0
    """Such waits that have ended, added up."""
    settled_at_ms: int = 0
    """When the provider paid out."""
    dispute: Dispute | None = None
    """The newest one, also when it has ended: a repeat of it opens no other."""
    disputes_over: tuple[str, ...] = ()
    """The references of those before it: news of them comes too late."""

    claimed_minor: int = 0
    """What an order costs that claimed money which was taken before it was placed."""
    allotted: bool = False
    """True: that order has all its stock, and knows that it is paid."""

    @property
    def stuck(self) -> bool:
        """Whether a person must look."""
        return bool(self.stuck_on)


def stuck_on(payment: Payment, what: str) -> Payment:
    """Have a person look at this too."""
    if what in payment.stuck_on:
        return payment
    return replace(payment, stuck_on=(*payment.stuck_on, what)[-STUCK_MAX:])


def is_for_a_person(payment: Payment, what: str) -> bool:
    """Whether a person must look at this, or has settled it outside."""
    return what in payment.stuck_on or any(what in word.entries for word in payment.resolved)


def loosened(payment: Payment, *things: str) -> Payment:
    """Have nobody look at these any more."""
    if not payment.stuck_on:
        return payment
    return replace(payment, stuck_on=tuple([w for w in payment.stuck_on if w not in things]))


def without_token(payment: Payment) -> Payment:
    """Forget the token."""
    session = payment.session
    if session.method.token is None:
        return payment
    return replace(payment, session=replace(session, method=replace(session.method, token=None)))


_SEEN: Final = {
    Status.CAPTURED: "completed",
    Status.SETTLED: "completed",
    Status.PARTIALLY_REFUNDED: "completed",
    Status.DISPUTED: "completed",
    Status.REFUNDED: "refunded",
    Status.CHARGED_BACK: "refunded",
    Status.CANCELLED: "failed",
}


def seen_status(status: str, *, final: bool) -> str:
    """A payment's status as customers see it: pending, completed, failed or refunded (K21).

    A failed attempt is pending until no other follows.
    """
    if status == Status.FAILED:
        return "failed" if final else "pending"
    return _SEEN.get(Status(status), "pending")
