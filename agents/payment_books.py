"""What the agent `payments` notes for the nightly look at the providers' books, and does then."""

from collections.abc import Sequence
from typing import Final

from agents.wiring import Cause, announce, cause_of
from engine.specs import Context, Delivery, TickHandler
from events.ids import derived_id
from streams.moments import day_of
from streams.payments.approvals import approvals_wanted
from streams.payments.books import (
    ASKED,
    ASKED_END,
    BOOKS,
    Noted,
    Stuck,
    alert,
    asked_key,
    day_and_payment,
    due_before,
    has_money_moved,
    is_comparable,
    is_overdue,
    is_stale,
    next_asked,
    note_key,
    overdue_alert,
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
        ctx.table(BOOK_NOTES)[note_key(day_of(at_ms), payment_id)] = Noted()
    if after.stuck_on != (() if before is None else before.stuck_on):
        _list(ctx, payment_id, relisted(ctx.table(STUCK).get(payment_id), before, after, at_ms))
    if after.stuck and (before is None or not before.stuck):
        announce(ctx, AGENT, cause, (stuck_alert(payment_id, after, at_ms),))
    if wanted := approvals_wanted(payment_id, before, after, at_ms):
        announce(ctx, f"{AGENT} approval", cause, wanted)


def reconciling(rules: PaymentRules) -> TickHandler:
    """Make the tick that asks for what is due, a page at a time.

    What was asked for is put aside by its provider, so that one which does not answer keeps
    neither another's payments nor its own next ones from being asked about.
    """

    def tick(ctx: Context, now_ms: int) -> None:
        notes = ctx.table(BOOK_NOTES)
        page = rules.reconciliation_page_max
        _ask(ctx, [*notes.scan("", due_before(now_ms, rules), page)], now_ms, rules)
        start = ASKED
        while silent := [*notes.scan(start, ASKED_END, page)]:
            start = next_asked(silent[0][0])
            _ask(ctx, [one for one in silent if one[0] < start], now_ms, rules)

    return tick


def _ask(ctx: Context, due: Sequence[tuple[str, Noted]], now_ms: int, rules: PaymentRules) -> None:
    """Ask providers about the payments of notes, unless there is something to wait for.

    One that has not answered for a day is told of, once.
    """
    notes = ctx.table(BOOK_NOTES)
    pages: dict[str, dict[str, Payment]] = {}
    overdue: set[tuple[str, str]] = set()
    for key, noted in due:
        day, payment_id = day_and_payment(key)
        payment = ctx.table(PAYMENTS).get(payment_id)
        if payment is not None and underway_minor(payment.refunds):
            # It may take weeks: meanwhile its note must not take another's place on the page.
            del notes[key]
            notes[note_key(day_of(now_ms), payment_id)] = Noted()
            continue
        if payment is None or not is_comparable(payment, noted, now_ms, rules):
            continue
        pages.setdefault(day, {})[payment_id] = payment
        if is_overdue(day, noted, now_ms, rules):
            overdue.add((payment.provider, day))
        del notes[key]
        notes[asked_key(payment.provider, day, payment_id)] = Noted(now_ms)
    for day, payments in pages.items():
        asked = derived_id("reconcile", day, *payments, str(now_ms))
        announce(ctx, AGENT, Cause(asked, asked, now_ms), questions(day, payments))
    for provider, day in sorted(overdue):
        since = derived_id("overdue", provider, day, *pages[day], str(now_ms))
        told = overdue_alert(provider, day, len(pages[day]), now_ms)
        announce(ctx, AGENT, Cause(since, since, now_ms), (told,))


def reconciled(ctx: Context, delivery: Delivery) -> None:
    """Take a provider's answer: the handler of ChargesReconciled."""
    event, cause = delivery.value.data, cause_of(delivery)
    wrong = {mismatch.payment_id: mismatch for mismatch in event.mismatches}
    notes, day, found = ctx.table(BOOK_NOTES), event.day.isoformat(), 0
    for payment_id in event.compared:
        payment = ctx.table(PAYMENTS).get(payment_id)
        mismatch, key = wrong.get(payment_id), asked_key(event.provider, day, payment_id)
        if payment is None or notes.get(key) is None:
            continue
        del notes[key]
        if mismatch is not None and is_stale(payment, mismatch):
            notes[note_key(event.day, payment_id)] = Noted()
        elif mismatch is not None:
            ctx.table(STUCK)[payment_id] = stuck_books(payment, mismatch, cause.at_ms)
            found += 1
        else:
            agree(ctx, payment_id, cause.at_ms)
    if found:
        announce(ctx, AGENT, cause, (alert(event, found, cause.at_ms),))


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
