"""What the agent `payments` notes for the nightly look at the providers' books, and does then."""

from itertools import islice
from typing import Final

from agents.wiring import Cause, announce, cause_of
from engine.specs import Context, Delivery, Handler, TickHandler
from events.ids import derived_id
from streams.payments.approvals import approvals_wanted
from streams.payments.books import (
    BOOKS,
    Noted,
    Stuck,
    alert,
    due_before,
    has_money_moved,
    is_comparable,
    is_stale,
    note_key,
    payment_of_note,
    questions,
    relisted,
    stuck_alert,
    stuck_at_provider,
    stuck_books,
)
from streams.payments.refund import underway_minor
from streams.payments.rules import PaymentRules
from streams.payments.states import Payment
from tables.payments import BOOK_NOTES, PAYMENTS, STUCK

AGENT: Final = "payment_books"
TICK_EVERY_MS: Final = 10_000


def note(
    ctx: Context, cause: Cause, payment_id: str, before: Payment | None, after: Payment
) -> None:
    """Note a payment whose money moved; list one that is stuck, and tell of it, while it is.

    People are told too of a refund that waits for one of them.
    """
    at_ms = cause.at_ms
    if has_money_moved(before, after):
        ctx.table(BOOK_NOTES)[note_key(at_ms, payment_id)] = Noted()
    if after.stuck_on != (() if before is None else before.stuck_on):
        _list(ctx, payment_id, relisted(ctx.table(STUCK).get(payment_id), before, after, at_ms))
    if after.stuck and (before is None or not before.stuck):
        announce(ctx, AGENT, cause, (stuck_alert(payment_id, after, at_ms),))
    if wanted := approvals_wanted(payment_id, before, after, at_ms):
        announce(ctx, f"{AGENT} approval", cause, wanted)


def reconciling(rules: PaymentRules) -> TickHandler:
    """Make the tick that asks for what is due, a page at a time."""

    def tick(ctx: Context, now_ms: int) -> None:
        notes = ctx.table(BOOK_NOTES)
        due = notes.scan("", due_before(now_ms, rules))
        pages: dict[str, dict[str, Payment]] = {}
        for key, noted in list(islice(due, rules.reconciliation_page_max)):
            payment = ctx.table(PAYMENTS).get(payment_of_note(key))
            if payment is not None and underway_minor(payment.refunds):
                # It may take weeks: meanwhile its note must not take another's place on the page.
                del notes[key]
                notes[note_key(now_ms, payment_of_note(key))] = Noted()
                continue
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
            else:
                agree(ctx, payment_id, cause.at_ms)
        if found:
            announce(ctx, AGENT, cause, (alert(event, found, cause.at_ms),))

    return handler


def agree(ctx: Context, payment_id: str, at_ms: int) -> None:
    """List a payment for its provider's books no more; what else is wrong with it stays."""
    listed, payment = ctx.table(STUCK).get(payment_id), ctx.table(PAYMENTS).get(payment_id)
    if payment is not None and listed is not None and listed.why == BOOKS:
        _list(ctx, payment_id, stuck_at_provider(payment, at_ms) if payment.stuck else None)


def _list(ctx: Context, payment_id: str, row: Stuck | None) -> None:
    if row is None:
        del ctx.table(STUCK)[payment_id]
    else:
        ctx.table(STUCK)[payment_id] = row
