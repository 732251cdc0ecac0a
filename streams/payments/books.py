"""The nightly look at the providers' books (G-20).

Whatever payment had money move on a day is noted under that day (UTC). From 02:00 on its charge
is compared with the provider's own books: what was captured, and what went back. What differs
is an alert, and stays on the list of stuck payments until the books agree.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

import msgspec

from events.alerts import AlertRaised
from events.books import BookedCharge, BookMismatch, ChargesReconciled, ReconcileCharges
from streams.alarms import alarm
from streams.moments import DAY_MS, MINUTE_MS, day_of
from streams.payments.amounts import remaining_minor
from streams.payments.rules import PaymentRules
from streams.payments.states import Owed, Payment

RULE: Final = "reconciliation"
"""The alert's name, and its runbook's."""


BOOKS: Final = "books"
"""Why a payment is listed whose provider's books differ; also that entry's name."""
ASKED: Final = "asked"
"""What the names of notes begin with whose provider was asked: behind every day's."""
_BEHIND: Final = "0"
"""The character behind the stroke."""
ASKED_END: Final = ASKED + _BEHIND
"""Behind the last of them."""
STUCK: Final = "stuck_payment"
"""The alert on a payment that the provider refused or failed for good, and its runbook's name."""


class Noted(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A payment whose money moved on a day, and that is to be compared."""

    asked_at_ms: int = 0
    """When the comparison was asked for; 0: it was not yet."""


class Stuck(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A payment that a person must look at."""

    why: str
    """`provider`: it refused or failed for good. `books`: its books say otherwise."""
    since_ms: int
    """When the newest of what it stands for came."""
    provider: str
    charge_id: str
    currency: str
    captured_minor: int
    refunded_minor: int
    provider_captured_minor: int | None = None
    """As its books have it; None: it does not know the charge, or was not asked."""
    provider_refunded_minor: int | None = None
    order_id: str | None = None
    on: tuple[str, ...] = ()
    """The payment's `stuck_on`: `books` is not among it."""


def note_key(day: date, payment_id: str) -> str:
    """Name a day's note on a payment, so that days sort."""
    return f"{day.isoformat()}/{payment_id}"


def asked_key(provider: str, day: str, payment_id: str) -> str:
    """Name the note of a payment that a provider was asked about: none of a day comes behind it."""
    return f"{ASKED}/{provider}/{day}/{payment_id}"


def day_and_payment(key: str) -> tuple[str, str]:
    """The day of a note and the payment that it is about, asked or not."""
    if key.startswith(ASKED):
        key = key.split("/", 2)[2]
    day, _, payment_id = key.partition("/")
    return day, payment_id


def next_asked(key: str) -> str:
    """Where the notes of the next provider begin, behind those of this one."""
    return f"{ASKED}/{key.split('/', 2)[1]}{_BEHIND}"


def due_before(now_ms: int, rules: PaymentRules) -> str:
    """Notes before this key are due: those of days that ended, once it is 02:00 UTC (G-20)."""
    return day_of(now_ms - rules.reconciliation_minute * MINUTE_MS).isoformat()


def has_money_moved(before: Payment | None, after: Payment) -> bool:
    """Whether the provider's books have changed by what happened."""
    if before is None:
        return False
    was = (before.captured_minor, before.refunded_minor)
    return was != (after.captured_minor, after.refunded_minor)


def is_comparable(payment: Payment, note: Noted, now_ms: int, rules: PaymentRules) -> bool:
    """Whether to ask now: not while an answer is owed, and again only when none came."""
    is_asked = note.asked_at_ms and now_ms < note.asked_at_ms + rules.reconciliation_retry_ms
    return payment.owed is Owed.NOTHING and not is_asked


def is_overdue(day: str, note: Noted, now_ms: int, rules: PaymentRules) -> bool:
    """Whether the provider has owed an answer for a day now, and had not when it was last asked."""
    if not note.asked_at_ms:
        return False
    return due_before(note.asked_at_ms - DAY_MS, rules) <= day < due_before(now_ms - DAY_MS, rules)


def questions(day: str, payments: Mapping[str, Payment]) -> Iterator[ReconcileCharges]:
    """Ask every provider about its charges."""
    pages: dict[str, list[BookedCharge]] = {}
    for payment_id, payment in payments.items():
        pages.setdefault(payment.provider, []).append(_booked(payment_id, payment))
    for provider, charges in pages.items():
        yield ReconcileCharges(
            payment_id=charges[0].payment_id,
            provider=provider,
            day=date.fromisoformat(day),
            charges=tuple(charges),
        )


def _booked(payment_id: str, payment: Payment) -> BookedCharge:
    return BookedCharge(
        payment_id=payment_id,
        charge_id=payment.charge_id,
        currency=payment.session.currency,
        captured_minor=payment.captured_minor,
        refunded_minor=payment.refunded_minor,
    )


def compared(
    charges: Iterable[BookedCharge], books: Mapping[str, tuple[int, int]]
) -> Iterator[BookMismatch]:
    """Give what a provider's books (captured, refunded, by charge) have otherwise."""
    for charge in charges:
        told = books.get(charge.charge_id)
        if told != (charge.captured_minor, charge.refunded_minor):
            yield BookMismatch(
                **charge.model_dump(),
                provider_captured_minor=None if told is None else told[0],
                provider_refunded_minor=None if told is None else told[1],
            )


def is_stale(payment: Payment, mismatch: BookMismatch) -> bool:
    """Whether money moved since the question, so that the answer says nothing."""
    asked_with = (mismatch.captured_minor, mismatch.refunded_minor)
    return asked_with != (payment.captured_minor, payment.refunded_minor)


def stuck_books(payment: Payment, mismatch: BookMismatch, now_ms: int) -> Stuck:
    """Put a mismatch on the list."""
    stuck = stuck_at_provider(payment, now_ms)
    return msgspec.structs.replace(
        stuck,
        why=BOOKS,
        provider_captured_minor=mismatch.provider_captured_minor,
        provider_refunded_minor=mismatch.provider_refunded_minor,
    )


def stuck_at_provider(payment: Payment, now_ms: int) -> Stuck:
    """Put a payment on the list whose provider refused or failed for good."""
    return Stuck(
        "provider",
        now_ms,
        payment.provider,
        payment.charge_id,
        payment.session.currency,
        payment.captured_minor,
        payment.refunded_minor,
        order_id=payment.session.order_id,
        on=payment.stuck_on,
    )


def relisted(
    listed: Stuck | None, before: Payment | None, after: Payment, now_ms: int
) -> Stuck | None:
    """Give the row of a payment on which people must look at something else than before."""
    if listed is None or not (after.stuck or listed.why == BOOKS):
        return stuck_at_provider(after, now_ms) if after.stuck else None
    known = () if before is None else before.stuck_on
    is_new = not set(after.stuck_on) <= set(known)
    since_ms = now_ms if is_new else listed.since_ms
    return msgspec.structs.replace(listed, on=after.stuck_on, since_ms=since_ms)


def stuck_alert(payment_id: str, payment: Payment, now_ms: int) -> AlertRaised:
    """Say that a person must look at a payment, once each time that it gets stuck."""
    return alarm(
        STUCK,
        (payment_id, str(now_ms)),
        payment_id,
        (payment.authorized_minor or remaining_minor(payment)) / 100,
        payment.session.currency,
        now_ms,
    )


def alert(event: ChargesReconciled, found: int, now_ms: int) -> AlertRaised:
    """Say that books differ: one alert a provider and night, however many pages it has."""
    return _alert((event.provider, event.day.isoformat()), found, now_ms)


def overdue_alert(provider: str, day: str, payments: int, now_ms: int) -> AlertRaised:
    """Say that a provider does not tell its books: nobody knows whether they differ."""
    return _alert((provider, day, "untold"), payments, now_ms)


def _alert(named: tuple[str, ...], payments: int, now_ms: int) -> AlertRaised:
    subject = " ".join(named)
    return alarm(RULE, named, subject, payments, "payments", now_ms, severity="critical")
