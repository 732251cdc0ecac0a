"""What the agent `payments` notes for the nightly look at the providers' books, and does then."""

from itertools import islice
from typing import Final

from agents.wiring import Cause, announce, cause_of
from engine.specs import Context, Delivery, Handler, TickHandler
from events.ids import derived_id
from streams.payments.books import (
    Noted,
    alert,
    due_before,
    has_money_moved,
    is_comparable,
    is_stale,
    note_key,
    payment_of_note,
    questions,
    stuck_alert,
    stuck_at_provider,
    stuck_books,
)
from streams.payments.rules import PaymentRules
from streams.payments.states import Payment
from tables.payments import BOOK_NOTES, PAYMENTS, STUCK

AGENT: Final = "payment_books"
TICK_EVERY_MS: Final = 10_000


def note(
    ctx: Context, cause: Cause, payment_id: str, before: Payment | None, after: Payment
) -> None:
    """Note a payment whose money moved; list one that is stuck, and tell of it, while it is."""
    at_ms = cause.at_ms
    if has_money_moved(before, after):
        ctx.table(BOOK_NOTES)[note_key(at_ms, payment_id)] = Noted()
    if after.stuck and (before is None or not before.stuck):
        ctx.table(STUCK)[payment_id] = stuck_at_provider(after, at_ms)
        announce(ctx, AGENT, cause, (stuck_alert(payment_id, after, at_ms),))
    if before is not None and before.stuck and not after.stuck:
        _take_off(ctx, payment_id, "provider")


def reconciling(rules: PaymentRules) -> TickHandler:
    """Make the tick that asks for what is due, a page at a time."""

    def tick(ctx: Context, now_ms: int) -> None:
        notes = ctx.table(BOOK_NOTES)
        due = notes.scan("", due_before(now_ms, rules))
        pages: dict[str, dict[str, Payment]] = {}
        for key, noted in list(islice(due, rules.reconciliation_page_max)):
            payment = ctx.table(PAYMENTS).get(payment_of_note(key))
            if payment is None or not is_comparable(payment, noted, now_ms, rules):
                continue
            pages.setdefault(key.partition("/")[0], {})[payment_of_note(key)] = payment
            notes[key] = Noted(now_ms)
        for day, payments in pages.items():
            asked = derived_id("reconcile", day, *payments, str(now_ms))
            announce(ctx, AGENT, Cause(asked, asked, now_ms), questions(day, payments))

    return tick


def reconciled(_rules: PaymentRules) -> Handler:
    """Make the handler of a provider's answer."""

    def handler(ctx: Context, delivery: Delivery) -> None:
        event, cause = delivery.value.data, cause_of(delivery)
        wrong = {mismatch.payment_id: mismatch for mismatch in event.mismatches}
        found = 0
        for payment_id in event.compared:
            payment = ctx.table(PAYMENTS).get(payment_id)
            mismatch, key = wrong.get(payment_id), f"{event.day.isoformat()}/{payment_id}"
            if payment is None or ctx.table(BOOK_NOTES).get(key) is None:
                continue
            if mismatch is not None and is_stale(payment, mismatch):
                ctx.table(BOOK_NOTES)[key] = Noted()
                continue
            del ctx.table(BOOK_NOTES)[key]
            if mismatch is not None:
                ctx.table(STUCK)[payment_id] = stuck_books(payment, mismatch, cause.at_ms)
                found += 1
            elif _take_off(ctx, payment_id, "books") and payment.stuck:
                ctx.table(STUCK)[payment_id] = stuck_at_provider(payment, cause.at_ms)
        if found:
            announce(ctx, AGENT, cause, (alert(event, found, cause.at_ms),))

    return handler


def _take_off(ctx: Context, payment_id: str, why: str) -> bool:
    """Take a payment off the list that stands there for this reason; whether it did."""
    stuck = ctx.table(STUCK).get(payment_id)
    is_listed = stuck is not None and stuck.why == why
    if is_listed:
        del ctx.table(STUCK)[payment_id]
    return is_listed
