"""What follows from a subscription's facts: rows, invoices with their numbers, timers, messages."""

from typing import Final

import msgspec
from msgspec.structs import replace

from agents.wiring import Cause, Due, announce, move_timers
from engine.specs import Context
from streams.billing.invoices import invoice_number
from streams.moments import day_of
from streams.pulse.tally import STANDING_MS, partial
from streams.subscriptions import facts as f
from streams.subscriptions.deadlines import due_times
from streams.subscriptions.evolution import evolve
from streams.subscriptions.levels import BARE, told
from streams.subscriptions.levels import after as levels_after
from streams.subscriptions.levels import standing as standing_of
from streams.subscriptions.outcomes import following
from streams.subscriptions.rows import Subscriber, Subscription
from streams.subscriptions.rules import Rules
from streams.subscriptions.standing import foremost, standing
from streams.subscriptions.subscriber import kept
from tables.pairs import pair_key
from tables.subscriptions import (
    INVOICE_NUMBERS,
    INVOICES,
    STANDINGS,
    SUBSCRIPTION_LEVELS,
    SUBSCRIPTIONS,
)
from topics import PULSE

AGENT: Final = "subscriptions"
_ALL: Final = "all"
_ENCODER: Final = msgspec.json.Encoder()


def carry_out(
    ctx: Context,
    cause: Cause,
    subscriber: Subscriber,
    before: Subscription | None,
    facts: f.Facts,
    rules: Rules,
) -> Subscriber:
    """Keep what follows from facts, move the timers, and announce."""
    if not facts:
        return subscriber
    facts = tuple([_numbered(ctx, cause, fact, rules) for fact in facts])
    at_ms, subscription = rules.clock.calendar_ms(cause.at_ms), before
    levels = levels_before = ctx.table(SUBSCRIPTION_LEVELS).get(_ALL) or BARE
    for fact in facts:
        was, subscription = subscription, evolve(subscription, fact)
        _save_invoice(ctx, was, subscription)
        levels = levels_after(levels, was, subscription, fact, at_ms)
    assert subscription is not None, "facts are about a subscription"
    if levels is not levels_before:
        ctx.table(SUBSCRIPTION_LEVELS)[_ALL] = levels
    user_id = subscription.user_id
    after = kept(subscriber, subscription, rules)
    ctx.table(SUBSCRIPTIONS)[user_id] = after
    _save_standing(ctx, user_id, after, rules)
    move_timers(ctx, user_id, due(subscriber, rules), due(after, rules))
    asked = cause.causation_id or cause.event_id
    announce(ctx, AGENT, cause, following(before, facts, at_ms, rules, asked))
    return after


def _save_invoice(ctx: Context, was: Subscription | None, now: Subscription) -> None:
    """Keep the invoice as it stands after a fact, so that none is missed."""
    invoice = now.invoice
    if invoice is not None and (was is None or was.invoice is not invoice):
        ctx.table(INVOICES)[pair_key(now.user_id, invoice.invoice_id)] = invoice


def _save_standing(ctx: Context, user_id: str, subscriber: Subscriber, rules: Rules) -> None:
    """Keep the answer to GetSubscriptionStatus."""
    about = foremost(subscriber)
    if about is not None:
        ctx.table(STANDINGS)[user_id] = standing(about, rules)


def tell_levels(ctx: Context) -> None:
    """Tell the sums over this partition's subscriptions, where they changed."""
    table = ctx.table(SUBSCRIPTION_LEVELS)
    levels = table.get(_ALL)
    if levels is None or levels.seq == levels.published:
        return
    tally = standing_of(levels)
    part = partial(tally, AGENT, STANDING_MS, 0, ctx.partition)
    ctx.publish(PULSE, part.figure, _ENCODER.encode(part), ())
    table[_ALL] = told(levels)


def _numbered(ctx: Context, cause: Cause, fact: f.Fact, rules: Rules) -> f.Fact:
    """Give a new invoice its number, and the saga that it is told in."""
    if not isinstance(fact, f.InvoiceIssued):
        return fact
    issued_on, table = day_of(fact.invoice.issued_at_ms), ctx.table(INVOICE_NUMBERS)
    year = str(issued_on.year)
    given = table.get(year) or 0
    table[year] = given + 1
    number = invoice_number(issued_on, given, ctx.partition, rules.billing)
    saga = cause.correlation_id
    return f.InvoiceIssued(replace(fact.invoice, number=number, correlation_id=saga))


def due(subscriber: Subscriber, rules: Rules) -> list[Due]:
    """The timers that a user's subscriptions have, by kind and moment."""
    moment = rules.clock.real_ms
    return sorted(
        {
            (kind, moment(due_ms))
            for one in subscriber.subscriptions
            for kind, due_ms in due_times(one, rules)
        }
    )
